"""Pages without what figures and quizzes stand on: storage, new parts of a browser, good numbers, the script itself.

What can still live lives, and says what it used instead; otherwise the still picture is there, and a line says why.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import sideways
from playing import PLAYABLE, ROOT
from test_built import name

FIGURES = "[data-bp-figure]"
RICHEST = max(PLAYABLE, key=lambda path: path.read_text("utf-8").count("data-bp-figure="))
OLD = "for (const each of ['IntersectionObserver', 'ResizeObserver', 'structuredClone']) delete window[each];"
OLDER = "delete Object.fromEntries; delete Array.prototype.at; delete Array.prototype.flatMap;"
STILLS = """() => [...document.querySelectorAll('[data-bp-figure]')].map(figure => [
    figure.querySelectorAll('.bp-live').length,
    [...figure.querySelectorAll('.bp-still svg')].filter(svg => svg.checkVisibility() && svg.clientWidth > 100).length,
    figure.querySelector('figcaption').checkVisibility(),
    figure.querySelector('.bp-nojs').checkVisibility() && figure.querySelector('.bp-nojs').textContent,
])"""
HIDDEN_ANSWERS = """() => [...document.querySelectorAll('.bp-question:not([hidden]) details')].filter(details => {
    details.open = true;
    return !details.querySelector('.bp-why').checkVisibility();
}).map(details => details.outerHTML.slice(0, 120))"""
CHOOSE_FIRST = """() => [...document.querySelectorAll('fieldset.bp-ask')].filter(question => {
    question.querySelector('input').click();
    return !question.querySelector('.bp-verdict p')?.textContent;
}).map(question => question.textContent)"""
every_page = pytest.mark.parametrize("path", PLAYABLE, ids=name)


def lines_of_stills(page: Any) -> set[str]:
    """What the figures say, all of which are pictures with their captions, one picture each."""
    found = page.evaluate(STILLS)
    assert [each[:3] for each in found] == [[0, 1, True]] * page.locator(FIGURES).count()
    return {line for *_, line in found}


@every_page
def test_no_storage_no_observers_and_a_number_that_is_none(path: Path, open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank", width=320, storage=False)
    page.add_init_script(OLD)
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    for figure in page.locator(FIGURES).all():
        figure.locator(".bp-live").wait_for()
        assert not figure.locator(".bp-still").is_visible()
        title = figure.get_attribute("data-bp-figure")
        declared = "name => Object.entries(bplibFigures.figures[name].state).find(([, each]) => each.sign)[0]"
        key = page.evaluate(declared, title)
        page.evaluate("hash => { location.hash = hash; }", f"{title}.{key}=NaN")
        message = figure.locator(".bp-message")
        message.wait_for()
        assert f"{key} is “NaN”; expected a number from" in str(message.text_content())
        assert "NaN" not in "".join(figure.locator(".bp-live svg").all_text_contents())
    assert page.evaluate(CHOOSE_FIRST) == []
    if path.stem == "inventory":
        assert page.get_by_text("This browser keeps nothing for this page").is_visible()
    assert sideways(page) == []
    assert set(page.seen.errors) <= {"IntersectionObserver is not defined"}  # the theme's own scripts, which need it


@every_page
def test_a_browser_too_old_for_the_figures(path: Path, open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank", width=320)
    page.add_init_script(OLDER)
    page.goto(path.as_uri() + "#a=b")  # with a state in the address every figure is woken at once
    page.wait_for_load_state("networkidle")
    for line in lines_of_stills(page):
        assert line.startswith("Still picture: the interactive figure could not start (")
    assert page.locator(f"{ROOT} fieldset, .bp-question:not([hidden])").count() == page.locator(".bp-question").count()
    assert page.evaluate(HIDDEN_ANSWERS) == []
    assert sideways(page) == []


@pytest.mark.parametrize("script", ["figures.js", "figures/*.js"])
def test_a_script_that_does_not_come(script: str, open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank", width=320)
    page.route(f"**/_static/{script}", lambda route: route.abort())
    page.goto(RICHEST.as_uri())
    page.wait_for_load_state("networkidle")
    for line in lines_of_stills(page):
        assert line.startswith("Still picture: the interactive ")
    assert page.evaluate(CHOOSE_FIRST if "/" in script else HIDDEN_ANSWERS) == []


@every_page
def test_no_javascript(path: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(path.as_uri(), width=320, javascript=False)
    assert lines_of_stills(page) <= {"Still picture: the interactive one needs JavaScript."}
    assert page.evaluate(HIDDEN_ANSWERS) == []
    assert sideways(page) == []
