"""Every page in a real browser: both themes, wide and narrow, served and from the disk; axe, keyboard, search."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import sideways, violations
from test_built import HTML, PAGES, name, weigh

OPENED = [path for path in PAGES if path.name != "index.html"]
CHAPTER = "chapters/03_worked_example.html"
ANNOUNCED = "[...document.querySelectorAll('[data-bp-figure] [aria-live]')].some(region => region.textContent.trim())"


# Every page in both themes and at both widths; listings of source, all made alike, in two of the four settings.
LOOKS = [
    (path, width, dark)
    for path in OPENED
    for width in (320, 1280)
    for dark in (False, True)
    if "_modules" not in path.parts or dark == (width == 320)
]


@pytest.mark.parametrize(
    ("path", "width", "dark"), LOOKS, ids=[f"{name(p)}-{w}-{'dark' if d else 'light'}" for p, w, d in LOOKS]
)
def test_page(path: Path, width: int, dark: bool, open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    host = served(HTML)
    page = open_page(f"{host}/{name(path)}", width=width, dark=dark, still=True)
    page.wait_for_load_state("networkidle")
    page.wait_for_function(
        "'bpMeasured' in document.documentElement.dataset"
    )  # while the browser is idle: see scrollable.js
    assert page.evaluate("document.documentElement.dataset.theme") == ("dark" if dark else "light")
    assert page.seen.errors == []
    assert page.seen.elsewhere(host) == []
    assert sideways(page) == []
    assert violations(page) == []


@pytest.mark.parametrize("path", OPENED, ids=name)
def test_page_from_the_disk(path: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(path.as_uri(), width=320)
    page.wait_for_load_state("networkidle")
    assert page.seen.errors == []
    assert page.seen.elsewhere() == []
    assert page.locator("h1").first.is_visible()


@pytest.mark.parametrize("path", [p for p in OPENED if p.parent.name == "chapters"], ids=name)
def test_a_chapter_is_light(path: Path, open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    """At most 1.0 MB raw and 350 KB gzipped, all files counted that the page asks for, scrolled to its end."""
    host = served(HTML)
    page = open_page(f"{host}/{name(path)}")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    raw, small = weigh({url.removeprefix(host) for url in page.seen.requests if url.startswith(host)})
    print(f"{name(path)}: {raw / 1e3:.0f} KB raw, {small / 1e3:.0f} KB gzipped")
    assert raw <= 1_000_000
    assert small <= 350_000


@pytest.mark.parametrize("source", ["server", "disk"])
def test_search_finds_a_word(source: str, open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    host = served(HTML) if source == "server" else HTML.as_uri()
    page = open_page(f"{host}/search.html?q=sigmoid")
    page.wait_for_selector("#search-results a")
    hrefs = page.locator("#search-results a").evaluate_all("links => links.map(link => link.href)")
    assert any(CHAPTER in href for href in hrefs)
    assert page.seen.errors == []


def test_search_by_keyboard_from_a_chapter(open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    page = open_page(f"{served(HTML)}/{CHAPTER}")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+k")
    page.keyboard.type("rounding")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results a")
    assert page.locator("#search-results a").count() > 0


def test_theme_is_switched_and_kept(open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    page = open_page(f"{served(HTML)}/{CHAPTER}")
    page.wait_for_load_state("networkidle")
    seen = set()
    for _ in range(3):
        page.locator(".theme-switch-button").first.click()
        seen.add(
            (
                page.evaluate("document.documentElement.dataset.mode"),
                page.evaluate("document.documentElement.dataset.theme"),
            )
        )
    assert {("dark", "dark"), ("light", "light")} <= seen
    while page.evaluate("document.documentElement.dataset.mode") != "dark":
        page.locator(".theme-switch-button").first.click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_keyboard_walk_through_the_figure(open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    """From the page's beginning, Tab alone reaches the figure; Enter steps it, and the step is announced."""
    page = open_page(f"{served(HTML)}/{CHAPTER}")
    page.wait_for_load_state("networkidle")
    inside = "document.activeElement.closest('[data-bp-figure]') !== null"
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate(inside) and page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    assert page.evaluate(inside), "Tab never reached the figure"
    reached = set()
    for _ in range(60):
        label = page.evaluate("document.activeElement.textContent.trim()")
        if not page.evaluate(inside):
            break
        if page.evaluate("document.activeElement.tagName") == "BUTTON" and label not in reached:
            reached.add(label)
            page.keyboard.press("Enter")
            if label == "Next step":
                page.wait_for_function(ANNOUNCED)
        page.keyboard.press("Tab")
    assert "Next step" in reached
    assert len(reached) >= 3
    assert page.seen.errors == []
