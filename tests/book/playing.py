"""Plays what is on a built page as a reader would: each control of each figure and quiz, by keyboard or by finger.

Nothing here names a figure. Asked of every control: it can be reached and keeps the focus, it does not move away from
under the finger, what it changed is announced, and the frame that shows it comes in time. How soon is a matter of the
machine: the tests refuse what anyone would notice, and `make audit` measures against 100 ms.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from test_built import PAGES

ROOT = ".bp-interactive"
PLAYABLE = [path for path in PAGES if re.search(r"data-bp-(figure|quiz|concept)=", path.read_text("utf-8"))]
AUDIT = "BP_LATENCY" in os.environ
LATENCY = float(os.environ.get("BP_LATENCY", "1000"))  # ms from an input to the next frame, nothing throttled

WATCH = """
window.bpEvents = [];  // Event Timing, the measure behind Interaction to Next Paint; what takes under 16 ms is left out
new PerformanceObserver(list => {
    for (const {startTime, duration} of list.getEntries()) bpEvents.push([startTime, duration]);
}).observe({type: 'event', durationThreshold: 16});
window.bpPlay = {
    used: new Set(), heard: 0,
    controls: 'a[href], button, input, select, summary',
    shown: e => e.checkVisibility({visibilityProperty: true}) && !e.closest('.bp-still'),
    name(e) {
        const words = e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent;
        return `${e.localName} “${words.trim().slice(0, 50)}”`;
    },
    area: e => (e.type === 'radio' ? e.closest('.bp-choice') : e).getBoundingClientRect(),
    looks() {
        return this.root.querySelector('.bp-live')?.innerHTML.replace(/<div class="bp-said.*?<\\/div>/g, '')
            + [...this.root.querySelectorAll('input, select')].map(e => e.type === 'radio' ? e.checked : e.value);
    },
    start(root) {
        this.root = root;
        const all = {childList: true, subtree: true, characterData: true};
        for (const region of document.querySelectorAll('[aria-live]'))
            new MutationObserver(() => this.heard++).observe(region, all);
    },
    see(e) {
        this.last = e;
        const {top, width, height} = this.area(e), own = e.getBoundingClientRect();
        const over = document.elementFromPoint(own.left + own.width / 2, own.top + own.height / 2);
        const hit = over && (e.contains(over) || over.contains(e));
        return {
            name: this.name(e), tag: e.localName, type: e.type ?? '', top, width, height,
            ringed: getComputedStyle(e).outlineStyle !== 'none', moves: 'bpMoves' in e.dataset,
            high: e.type === 'range' && +e.value > (+e.min + +e.max) / 2,
            covered: hit ? '' : over?.outerHTML.slice(0, 90) ?? 'the edge',
            looks: this.looks(), heard: this.heard, time: performance.now(),
        };
    },
    focused() {
        const e = document.activeElement;
        if (!this.root.contains(e)) return null;
        const fresh = !this.used.has(e);
        this.used.add(e);
        return {fresh, ...this.see(e)};
    },
    after() {
        const e = document.activeElement;
        return {kept: this.root.contains(e), same: e === this.last, looks: this.looks(),
            top: this.last.isConnected && this.shown(this.last) ? this.area(this.last).top : null};
    },
    all() { return [...this.root.querySelectorAll(this.controls)].filter(e => this.shown(e)); },
};
"""


@dataclass
class Play:
    """One figure or quiz of an open page, played; `faults` are lines on what is not as it should be."""

    page: Any
    root: Any
    faults: list[str] = field(default_factory=list)
    acts: list[tuple[dict[str, Any], Any, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root.evaluate("e => e.scrollIntoView({block: 'start', behavior: 'instant'})")
        asleep = "e.matches('[data-bp-figure], [data-bp-quiz], [data-bp-concept]') && !e.querySelector('.bp-live')"
        self.page.wait_for_function(f"e => !({asleep})", arg=self.root.element_handle())
        self.page.wait_for_timeout(150)  # what is near wakes as well
        self.root.evaluate("e => bpPlay.start(e)")

    @property
    def title(self) -> str:
        """What the page calls this figure or quiz."""
        names = "e.dataset.bpFigure ?? e.dataset.bpQuiz ?? e.dataset.bpConcept ?? e.dataset.bpPart"
        return str(self.root.evaluate(f"e => {names}"))

    def by_keyboard(self) -> None:
        """Tab from before it to behind it; each control on the way is used with its keys."""
        self.root.evaluate("e => { e.tabIndex = -1; e.focus(); e.removeAttribute('tabindex'); }")
        moved = False  # the last act moved the focus: what it moved to is next
        for _ in range(500):
            if not moved:
                self.page.keyboard.press("Tab")
            at = self.page.evaluate("bpPlay.focused()")
            if at is None:
                break
            moved = False
            if not at["fresh"]:
                continue
            if at["covered"]:
                self.faults.append(f"{at['name']} is under {at['covered']}")
            if not at["ringed"]:
                self.faults.append(f"{at['name']} does not show that it has the focus")
            if at["type"] == "radio":
                self.page.keyboard.press("ArrowDown")
                at = self.page.evaluate("bpPlay.focused()")
            moved = self.use(at, lambda at=at: self.press(at))
        left = "bpPlay.all().filter(e => e.type !== 'radio' && !bpPlay.used.has(e)).map(bpPlay.name)"
        self.faults += [f"{name} is not reached by Tab" for name in self.page.evaluate(left)]

    def press(self, at: dict[str, Any]) -> None:
        """The keys of a control: arrows for sliders and menus, a number and Enter for boxes, Enter for the rest."""
        if at["type"] == "text":
            self.page.keyboard.press("End")
            self.page.keyboard.type("1")
        arrow = {"range": "ArrowLeft" if at["high"] else "ArrowRight", "select-one": "ArrowDown"}.get(at["type"])
        if at["tag"] != "a":
            self.page.keyboard.press(arrow or "Enter")

    def by_touch(self) -> None:
        """Each control is tapped where it stands, and is large enough for a finger."""
        for number in range(len(self.page.evaluate("bpPlay.all().map(bpPlay.name)"))):
            handle = self.page.evaluate_handle(f"bpPlay.all()[{number}] ?? null").as_element()
            if handle is None:  # an act before took some away
                break
            handle.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
            at = handle.evaluate("e => bpPlay.see(e)")
            if at["tag"] != "a" and (at["width"] < 44 or at["height"] < 44):
                self.faults.append(f"{at['name']} is {at['width']:.0f} by {at['height']:.0f} px; a finger needs 44")
            if at["covered"]:
                self.faults.append(f"{at['name']} is under {at['covered']}")
            self.use(at, lambda at=at, handle=handle: self.tap(at, handle))

    def tap(self, at: dict[str, Any], handle: Any) -> None:
        """A tap on a control; a menu's list is the phone's own, and a link would leave."""
        if at["type"] == "radio":
            handle = handle.evaluate_handle("e => e.labels[0]").as_element()
        area = handle.bounding_box()
        across = {"range": 0.2 if at["high"] else 0.9}.get(at["type"], 0.5)
        if at["type"] == "select-one":
            handle.focus()
            handle.select_option(index=handle.evaluate("e => (e.selectedIndex + 1) % e.options.length"))
        elif at["tag"] != "a":
            self.page.touchscreen.tap(area["x"] + across * area["width"], area["y"] + area["height"] / 2)
        if at["type"] == "text":
            self.press(at)

    def use(self, at: dict[str, Any], act: Callable[[], None]) -> bool:
        """Act, and look at what became of it; True where the focus was moved on."""
        self.acts.append((at, self.page.evaluate_handle("bpPlay.last").as_element(), act))
        act()
        now = self.page.evaluate("bpPlay.after()")
        if not now["kept"] and at["tag"] != "a":
            self.faults.append(f"{at['name']} loses the focus")
        if now["top"] is not None and abs(now["top"] - at["top"]) > 2 and not at["moves"]:
            self.faults.append(f"{at['name']} moves by {now['top'] - at['top']:.0f} px when it is used")
        if now["looks"] != at["looks"]:
            try:
                self.page.wait_for_function("n => bpPlay.heard > n", arg=at["heard"], timeout=5000)
            except Exception:
                self.faults.append(f"{at['name']}: what it changed is not announced")
        elif at["type"] in ("range", "radio", "select-one"):
            self.faults.append(f"{at['name']} changes nothing")
        return bool(now["kept"] and not now["same"])

    def waits(self) -> dict[str, float]:
        """How long each control took to its next frame, in ms; what was slow once is tried again, for its median."""
        found = self.timed(self.acts)
        for name, control, act in [(at["name"], control, act) for at, control, act in self.acts]:
            if found[name] <= LATENCY:
                continue
            if not control.is_visible():  # gone with its use, and one time alone is no median
                found[name] = 0.0
            else:
                tries = [found[name]]
                for _ in range(4):
                    control.evaluate("e => { e.focus(); bpPlay.now = performance.now(); }")
                    again = {"name": name, "time": self.page.evaluate("bpPlay.now")}
                    act()
                    tries += self.timed([(again, control, act)]).values()
                found[name] = median(tries)
        return found

    def timed(self, acts: list[tuple[dict[str, Any], Any, Callable[[], None]]]) -> dict[str, float]:
        """The slowest event of each act, from its input to the frame after it; 0 stands for less than 16 ms."""
        self.page.wait_for_timeout(100)
        events = self.page.evaluate("bpEvents")
        begins = [at["time"] for at, _, _ in acts]
        found = dict.fromkeys([at["name"] for at, _, _ in acts], 0.0)
        for (at, _, _), begin, end in zip(acts, begins, [*begins[1:], float("inf")], strict=True):
            took = [duration for start, duration in events if begin <= start < end]
            found[at["name"]] = max([found[at["name"]], *took])
        return found
