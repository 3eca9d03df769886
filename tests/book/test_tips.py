"""What a link shows before it is followed: an equation, a term, a claim; by mouse and keyboard, never in the way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import sideways, violations
from test_built import HTML

CHAPTER = "chapters/04_matrix_form.html"
HERE = 'article a[href="#equation-eq-04-delta"]:not(.eqno)'
AWAY = 'article a[href$="03_worked_example.html#equation-eq-03-update"]'
TIP = "#bp-tip"
BEFORE = """link => {
    const stops = [...document.querySelectorAll('a, button, [tabindex="0"]')];
    stops[stops.indexOf(link) - 1].focus();
}"""


@pytest.fixture
def chapter(open_page: Callable[..., Any], served: Callable[[Path], str]) -> Callable[..., Any]:
    """chapter(page=…, disk=False, **how) -> an open page."""

    def go(name: str = CHAPTER, disk: bool = False, **how: Any) -> Any:
        page = open_page((HTML / name).as_uri() if disk else f"{served(HTML)}/{name}", **how)
        page.wait_for_load_state("networkidle")
        return page

    return go


def settle(page: Any, link: Any) -> None:
    """Bring a link into view, until what lies above it is laid out and it stands still."""
    before = None
    while before != (before := link.evaluate("link => (link.scrollIntoView({block: 'center'}), scrollY)")):
        page.wait_for_timeout(200)


def rest_on(page: Any, selector: str) -> Any:
    link = page.locator(selector).first
    settle(page, link)
    link.hover()
    page.wait_for_selector(TIP)
    return link


@pytest.mark.parametrize(("width", "dark"), [(320, True), (320, False), (1280, True), (1280, False)])
def test_an_equation_of_this_page(width: int, dark: bool, chapter: Callable[..., Any]) -> None:
    page = chapter(width=width, dark=dark, still=True)
    link = rest_on(page, HERE)
    shown = page.locator(f"{TIP} .katex-display math").text_content()
    assert shown == page.locator("#equation-eq-04-delta math").text_content()
    assert link.get_attribute("aria-describedby") == "bp-tip"
    assert page.locator(TIP).get_attribute("role") == "tooltip"
    box = page.locator(TIP).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert violations(page) == []
    assert sideways(page) == []
    assert page.seen.errors == []


@pytest.mark.parametrize("disk", [False, True])
def test_an_equation_of_another_chapter(disk: bool, chapter: Callable[..., Any]) -> None:
    page = chapter("chapters/05_training.html", disk)
    assert not [url for url in page.seen.requests if "/tips/" in url], "tips are loaded only when they are asked for"
    rest_on(page, AWAY)
    assert "η" in page.locator(f"{TIP} math").text_content()
    assert len([url for url in page.seen.requests if "/tips/" in url]) == 1
    assert page.seen.errors == []


def test_a_wide_formula_fits_a_phone(chapter: Callable[..., Any]) -> None:
    page = chapter("chapters/16_feedback_alignment.html", width=320)
    rest_on(page, 'article a[href="#equation-eq-16-fa"]:not(.eqno)')
    assert page.locator(TIP).evaluate("tip => tip.scrollWidth <= tip.clientWidth + 1")
    assert page.locator(f"{TIP} .katex").evaluate("formula => parseFloat(getComputedStyle(formula).fontSize)") > 8


def test_it_is_dismissed_hovered_and_left(chapter: Callable[..., Any]) -> None:
    page = chapter()
    rest_on(page, HERE)
    page.keyboard.press("Escape")
    assert not page.locator(TIP).is_visible()
    page.mouse.move(5, 5)
    rest_on(page, HERE)
    page.locator(f"{TIP} .katex-display").hover()
    page.wait_for_timeout(500)
    assert page.locator(TIP).is_visible(), "it stays while the mouse is on it"
    page.mouse.move(5, 5)
    page.wait_for_selector(TIP, state="hidden")


def test_the_keyboard_has_it_too(chapter: Callable[..., Any]) -> None:
    page = chapter()
    link = page.locator(HERE).first
    link.evaluate(BEFORE)
    page.keyboard.press("Tab")
    page.wait_for_selector(TIP)
    assert link.evaluate(
        "link => link === document.activeElement && link.getAttribute('aria-describedby') === 'bp-tip'"
    )
    page.keyboard.press("Escape")
    assert not page.locator(TIP).is_visible()
    assert link.evaluate("link => link === document.activeElement"), "Esc leaves the focus where it is"


def test_a_tap_follows_the_link(chapter: Callable[..., Any]) -> None:
    page = chapter(width=320, touch=True)
    link = page.locator(HERE).first
    settle(page, link)
    link.tap()
    page.wait_for_function("location.hash === '#equation-eq-04-delta'")
    assert not page.locator(TIP).is_visible()


def test_a_term_shows_its_definition(chapter: Callable[..., Any]) -> None:
    for path in sorted(HTML.rglob("*.html")):
        if (
            path.parent.name in {"chapters", "book"}
            and path.stem != "glossary"
            and "glossary.html#term-" in path.read_text("utf-8")
        ):
            break
    page = chapter(path.relative_to(HTML).as_posix())
    link = rest_on(page, 'article a[href*="#term-"]')
    assert len(page.locator(TIP).inner_text()) > len(link.inner_text()) + 20
    assert page.locator(f"{TIP} a").count() == 0


def test_a_claim_and_a_reference_show_themselves(chapter: Callable[..., Any]) -> None:
    page = chapter()
    rest_on(page, 'article .bp-links a[href*="#claim-"]')
    assert any(word in page.locator(TIP).inner_text() for word in ("holds", "does not hold"))
    page.mouse.move(5, 5)
    page.wait_for_selector(TIP, state="hidden")
    rest_on(page, 'article a[href*="bibliography.html#"]')
    assert len(page.locator(TIP).inner_text()) > 40


def test_the_script_is_small() -> None:
    assert (HTML / "_static" / "tips.js").stat().st_size < 6_000
