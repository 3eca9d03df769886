"""Comfort: nothing jumps while a page is read, code is copied by keyboard, pages hold without a script and at 400 %."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import sideways
from test_built import HTML, name

CHAPTERS = sorted((HTML / "chapters").glob("*.html"))
THREE = [
    HTML / "chapters" / "03_worked_example.html",
    HTML / "chapters" / "01_why_gradients.html",
    HTML / "book" / "notation.html",
]
# What moved while the page was there, but for what the reader's own act moved: the measure is Cumulative Layout Shift.
WATCH = """window.moved = []; new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput)
        moved.push([entry.value, ...entry.sources.map(source => source.node?.className || source.node?.nodeName)]);
}).observe({type: 'layout-shift', buffered: true});"""
# Text that its own box cuts off: neither scrolled to, nor meant for screen readers alone.
CUT = """() => [...document.querySelectorAll('article *')].filter(e => {
    const style = getComputedStyle(e);
    return ['hidden', 'clip'].includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 2
        && style.clipPath === 'none' && !e.closest('.katex, svg, .bp-said, .bp-hidden');
}).map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", THREE, ids=name)
def test_nothing_jumps_while_reading(
    path: Path, width: int, open_page: Callable[..., Any], served: Callable[[Path], str]
) -> None:
    page = open_page("about:blank", width=width)
    page.add_init_script(WATCH)
    page.goto(f"{served(HTML)}/{name(path)}")
    page.wait_for_load_state("networkidle")
    for _ in range(40):
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(50)
    moved = page.evaluate("moved")
    total = sum(value for value, *_ in moved)
    print(f"{name(path)} at {width} px: {total:.3f}")
    assert total < 0.1, sorted(moved, reverse=True)[:5]


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_a_chapter_reads_without_a_script(path: Path, open_page: Callable[..., Any]) -> None:
    """Text, formulas, still figures and the answers to questions; no control that would do nothing."""
    page = open_page(path.as_uri(), javascript=False, width=1280)
    assert page.locator(".katex").count() > 20
    for figure in page.locator("[data-bp-figure]").all():
        assert figure.locator(".bp-still svg").first.is_visible()
    answer = page.locator(".bp-question details").first
    answer.locator("summary").click()
    assert answer.locator(".bp-why").first.is_visible()
    dead = "[...document.querySelectorAll('button')].filter(e => e.checkVisibility() && e.offsetWidth)"
    assert page.evaluate(f"{dead}.map(e => e.outerHTML)") == []


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_at_400_per_cent_nothing_is_cut(path: Path, open_page: Callable[..., Any]) -> None:
    """A window of 1280 px at 400 % is 320 px wide, and 225 px high."""
    page = open_page(path.as_uri(), width=320, height=225)
    page.wait_for_load_state("networkidle")
    assert sideways(page) == []
    assert page.evaluate(CUT) == []
    covering = page.evaluate("""() => [...document.querySelectorAll('body *')].filter(e =>
        ['fixed', 'sticky'].includes(getComputedStyle(e).position) && e.checkVisibility({visibilityProperty: true})
        && e.offsetWidth > 160 && e.offsetHeight > 90).map(e => e.outerHTML.slice(0, 120))""")
    assert covering == []


def test_lines_are_of_a_length_that_is_read_with_ease(open_page: Callable[..., Any]) -> None:
    """Between 55 and 90 letters in a full line on a wide screen."""
    page = open_page(THREE[0].as_uri(), width=1920)
    letters = page.evaluate(
        """() => [...document.querySelectorAll('article section > p:not(:has(.math, code))')].map(p => {
            const room = p.getBoundingClientRect().width;
            p.style.cssText = 'white-space: nowrap; width: max-content; max-width: none';
            return p.textContent.length * room / p.getBoundingClientRect().width;
        })"""
    )
    assert len(letters) >= 10
    full = sorted(letters)[len(letters) // 2]  # a short line is narrower than the column
    print(f"{full:.0f} letters")
    assert 55 <= full <= 90


def test_code_is_copied_by_keyboard(open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    page = open_page(f"{served(HTML)}/{name(THREE[0])}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.wait_for_load_state("networkidle")
    code = page.locator(".cell_input pre").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.copybtn')"):
            break
    button = page.locator(".copybtn:focus")
    page.wait_for_function("getComputedStyle(document.activeElement).opacity === '1'")
    assert button.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.copybtn.success')")
    assert page.evaluate("navigator.clipboard.readText()").strip() == code.inner_text().strip()


def test_arrow_keys_turn_the_page_but_not_inside_a_figure(open_page: Callable[..., Any]) -> None:
    page = open_page(THREE[0].as_uri())
    page.wait_for_load_state("networkidle")
    slider = page.locator("[data-bp-figure] input[type=range]").first
    page.locator("[data-bp-figure]").first.scroll_into_view_if_needed()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert "03_worked_example" in page.url
    slider.blur()
    following = page.evaluate("document.querySelector('link[rel=next]').href")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(following)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/03_worked_example.html")


def test_arrow_keys_scroll_wide_code_and_do_not_turn_the_page(open_page: Callable[..., Any]) -> None:
    page = open_page(THREE[0].as_uri(), width=320)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("'bpMeasured' in document.documentElement.dataset")
    page.locator("article pre[tabindex]").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    assert "03_worked_example" in page.url


def test_figures_change_with_the_theme(open_page: Callable[..., Any]) -> None:
    """Still pictures, drawn by Matplotlib or by a figure, in light and in dark: no ink keeps its colour."""
    ink = "[...document.querySelectorAll('article svg text')].map(e => getComputedStyle(e).fill)"
    light, dark = (open_page(THREE[0].as_uri(), dark=dark, javascript=True).evaluate(ink) for dark in (False, True))
    assert len(light) == len(dark) > 30
    assert all(a != b for a, b in zip(light, dark, strict=True))
