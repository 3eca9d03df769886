"""The Python half of chapter 01's figure: nudging, forward mode and reverse mode race for all slopes of a program.

The work of each is counted in plain runs of the program. `counted` has the library do the race on a small program and
counts; the figure's JavaScript (src/race.js) reckons, and the tests hold the two together.
"""

from __future__ import annotations

import math
from typing import Any

from bplib.figures._display import Choice, Range
from bplib.figures._still import both, paint, svg, text

CAPTION = (
    "Forward mode is paid per input, reverse mode per output. Each lane shows the work for all <i>n</i> × <i>m</i> "
    "slopes, in plain runs of the program. Forward mode needs <i>n</i> runs with tangents, at the price of <i>t</i> "
    "plain runs each; reverse mode needs one run and <i>m</i> walks back, at the price of <i>b</i> each. Nudging, with "
    "its <i>n</i> + 1 plain runs, runs out of competition: its slopes are not exact."
)
LAST = 8
STATE = {
    "n": Range(2500, 0, 5000),
    "m": Range(1, 0, 5000),
    "tangent": Range(2, 1, 10),
    "walk": Range(2, 0.25, 20),
    "step": Range(LAST, 0, LAST),
    "guess": Choice("forward", ("forward", "reverse")),
}
LANES = {
    "forward": ("forward mode", "forward"),
    "reverse": ("reverse mode", "gradient"),
    "nudging": ("nudging", "reference"),
}
EXACT = ("forward", "reverse")  # nudging runs out of competition: its slopes are not exact


def whole(x: float) -> int:
    """The number of inputs or outputs that a slider's value stands for: rounded, and at least one."""
    return max(1, math.floor(x + 0.5))


def numbers(state: dict[str, Any], counts: tuple[int, int, int, int] | None = None) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript.

    `counts`: runs of nudging, runs of forward mode, runs and walks back of reverse mode, if they were counted.

    >>> race = numbers({"n": 2500, "m": 1, "tangent": 2, "walk": 2, "step": 8})
    >>> race["nudging"], race["forward"], race["reverse"]
    (2501, 5000, 3)
    """
    n, m, tangent, walk = whole(state["n"]), whole(state["m"]), state["tangent"], state["walk"]
    nudges, carries, runs, walks = counts or (n + 1, n, 1, m)
    nudging, forward, reverse = nudges, carries * tangent, runs + walks * walk
    longest = max(nudging, forward, reverse)
    clock = longest ** (state["step"] / LAST) if state["step"] else 0
    done = lambda work, of: max(0, min(of, math.floor(work + 1e-9)))
    return {
        "inputs": n,
        "outputs": m,
        "nudging": nudging,
        "forward": forward,
        "reverse": reverse,
        "longest": longest,
        "clock": clock,
        "nudging_done": done(clock, nudges),
        "forward_done": done(clock / tangent, carries),
        "reverse_done": done((clock - runs) / walk, walks),
    }


def counted(n: int, m: int) -> tuple[int, int, int, int]:
    """The race run by the library on a program of n inputs and m outputs: what `numbers` takes as `counts`."""
    import numpy as np

    from bplib.counting import count_runs
    from bplib.functional import jvp, vjp
    from bplib.matrix import Tensor

    table = np.add.outer(np.arange(m), np.arange(n)) / 10.0
    x, weights = np.linspace(0.1, 1.0, n), Tensor(table)
    nudged, carried, walked = (count_runs(lambda x: (weights * x).sum(axis=1).tanh()) for _ in range(3))
    start = nudged(Tensor(x))
    for direction in np.eye(n):
        nudged(Tensor(x + 1e-6 * direction)) - start
        jvp(carried, x, direction)
    _, walk_back = vjp(walked, x)
    rows = [walk_back(row) for row in np.eye(m)]
    return nudged.runs, carried.runs, walked.runs, len(rows)


def fixtures(rng: Any, count: int = 240) -> list[dict[str, dict[str, float]]]:
    """Random states with their numbers; in a third of them, small ones, the library ran the race and was counted."""
    made = []
    for i in range(count):
        state = {key: float(rng.uniform(STATE[key].low, STATE[key].high)) for key in ("n", "m", "tangent", "walk")}
        state["step"] = int(rng.integers(0, LAST + 1))
        if i % 3 == 0:
            state["n"], state["m"] = float(rng.uniform(0, 7)), float(rng.uniform(0, 7))
        counts = counted(whole(state["n"]), whole(state["m"])) if i % 3 == 0 else None
        made.append({"state": state, "numbers": numbers(state, counts)})
    return made


def said(value: float) -> str:
    """A number of runs in words: whole ones with commas, others with one decimal.

    >>> said(2501), said(3.25)
    ('2,501', '3.3')
    """
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def winners(race: dict[str, float]) -> list[str]:
    """The names of the exact modes that take the least work."""
    least = min(race[key] for key in EXACT)
    return [LANES[key][0] for key in EXACT if race[key] <= least * (1 + 1e-12)]


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    race = numbers(state)
    plural = lambda k, word: f"{k:,} {word}{'s' * (k != 1)}"
    first = " and ".join(winners(race))
    return (
        f"Three lanes along a log axis of work. For {plural(race['inputs'], 'input')} and "
        f"{plural(race['outputs'], 'output')}, forward mode takes the work of {said(race['forward'])} plain runs of "
        f"the program and reverse mode that of {said(race['reverse'])}; nudging, which is not exact, takes "
        f"{said(race['nudging'])} runs. The exact mode with the least work: {first}."
    )


def still(state: dict[str, Any]) -> str:
    """The finished race, once for wide pages and once for narrow ones."""
    return both(_draw(state, 640), _draw(state, 288))


def _draw(state: dict[str, Any], width: int) -> str:
    race = numbers({**state, "step": LAST})
    top = max(1.0, math.log(race["longest"]))
    place = lambda work: (width - 8) * max(0.0, math.log(max(1.0, work))) / top
    parts = []
    for row, (key, (name, colour)) in enumerate(LANES.items()):
        y = 22 + 62 * row
        parts.append(text(0, y, f"{name}: {said(race[key])} plain runs", colour, size=15))
        parts.append(f'<rect x="0" y="{y + 10}" width="{max(3, place(race[key])):.1f}" height="14" rx="2" '
                     f'style="fill:{paint(colour)}"/>')  # fmt: skip
    words = f"log axis, from 1 to {said(race['longest'])} plain runs"
    parts.append(text(0, 210, words, size=15))
    return svg(width, 220, alt(state), parts)
