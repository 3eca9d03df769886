"""The welcome page in a browser: its first screen holds the promise and a figure that works, and it is light."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from test_built import HTML, weigh

WELCOME = "book/welcome.html"


def test_the_first_screen_holds_the_promise_and_a_live_figure(
    open_page: Callable[..., Any], served: Callable[[Path], str]
) -> None:
    page = open_page(f"{served(HTML)}/{WELCOME}", width=1280, height=800)
    figure = page.wait_for_selector('[data-bp-figure][data-bp-is="live"]')
    step = page.get_by_role("button", name="Next step")
    for shown in (page.locator(".bp-promise li").last, step):
        box = shown.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 800
    before = figure.inner_text()
    step.click()
    assert figure.inner_text() != before
    assert page.seen.errors == []


def test_the_welcome_page_is_light(open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    host = served(HTML)
    page = open_page(f"{host}/{WELCOME}")
    page.wait_for_load_state("networkidle")
    raw, small = weigh({url.removeprefix(host) for url in page.seen.requests if url.startswith(host)})
    assert raw <= 1_000_000
    assert small <= 350_000


def test_the_figure_is_a_picture_without_javascript(open_page: Callable[..., Any]) -> None:
    page = open_page((HTML / WELCOME).as_uri(), javascript=False)
    assert page.locator("[data-bp-figure] svg").first.is_visible()
