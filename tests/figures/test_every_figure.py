"""What every figure must hold by itself, found by its name in `bplib.figures.FIGURES`.

How it looks and plays on its page, with axe, is tests/book/test_everything_playable.py's.
"""

import re

import numpy as np
import pytest
from browser import violations

from bplib.figures import FIGURES, Choice, Words, module, show
from bplib.figures._display import DIST

pytestmark = pytest.mark.parametrize("name", FIGURES)
COMPUTE = """([name, fixtures]) => fixtures.map(({state}) => bplibFigures.figures[name].compute(state))"""
SETTINGS = """name => JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(bplibFigures.figures[name].state)
    .map(([key, {value, min, max, options}]) => [key, {value, min, max, options}]))))"""


def boxes(page):
    """The numbers that the figure's controls show."""
    return page.eval_on_selector_all(".bp-control .bp-box", "all => all.map(box => box.value)")


def test_numbers_are_the_librarys(name, show_page):
    fixtures = module(name).fixtures(np.random.default_rng(3))
    assert len(fixtures) >= 100
    page = show_page(show(name).html)
    computed = page.evaluate(COMPUTE, [name, fixtures])
    worst = 0.0
    for fixture, numbers in zip(fixtures, computed, strict=True):
        assert set(numbers) == set(fixture["numbers"])
        for key, expected in fixture["numbers"].items():
            worst = max(worst, abs(numbers[key] - expected) / max(1.0, abs(expected)))
    assert worst <= 1e-12


def test_python_and_javascript_declare_the_same_state(name, show_page):
    page = show_page(show(name).html)
    theirs = page.evaluate(SETTINGS, name)
    ours = module(name).STATE
    assert list(theirs) == list(ours)
    for key, setting in ours.items():
        if isinstance(setting, Choice):
            assert theirs[key] == {"value": setting.value, "options": list(setting.options)}
        elif isinstance(setting, Words):
            assert theirs[key] == {"value": setting.value}
        else:
            assert theirs[key] == {"value": setting.value, "min": setting.low, "max": setting.high}


@pytest.mark.parametrize("width", [1280, 320])
def test_without_javascript_the_still_is_there(name, width, show_page):
    page = show_page(show(name).html, width=width, javascript=False)
    stills = page.locator(".bp-still svg")
    assert sum(stills.nth(i).is_visible() for i in range(stills.count())) == 1
    label = stills.first.get_attribute("aria-label")
    assert stills.first.get_attribute("role") == "img"
    assert label == str(show(name))
    assert len(label) > 80
    assert page.locator("figcaption").is_visible()
    assert "needs JavaScript" in page.locator(".bp-nojs").inner_text()


def test_network_off_and_notebook_theme(name, show_page):
    page = show_page(show(name).html, offline=True)
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.wait_for_function("getComputedStyle(document.querySelector('.bp-live')).color === 'rgb(230, 237, 243)'")
    assert violations(page, ".bp-interactive") == []


def test_the_address_holds_the_state(name, show_page):
    page = show_page(show(name).html)
    first = boxes(page)
    slider = page.locator(".bp-control input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"location.hash.startsWith('#{name}.')")
    changed, address = boxes(page), page.url
    assert changed != first
    again = show_page(show(name).html, fragment="#" + address.split("#")[1])
    assert boxes(again) == changed
    again.get_by_role("button", name="Reset").click()
    again.wait_for_function("location.hash === ''")
    assert boxes(again) == first


def test_undo_and_reset(name, show_page):
    page = show_page(show(name).html)
    first = boxes(page)
    undo = page.get_by_role("button", name="Undo")
    assert undo.get_attribute("aria-disabled") == "true"
    slider = page.locator(".bp-control input[type=range]").first
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    moved = boxes(page)
    box = page.locator(".bp-control .bp-box").nth(1)
    box.fill("0.75")
    box.press("Enter")
    assert boxes(page)[1] == "0.75"
    undo.focus()
    page.keyboard.press("Enter")
    assert boxes(page) == moved
    page.keyboard.press("Control+z")  # five presses in a row are one change
    assert boxes(page) == first
    box.fill("0.25")
    box.press("Enter")
    page.get_by_role("button", name="Reset").click()
    assert boxes(page) == first


@pytest.mark.parametrize("given", ["NaN", "banana", "", "1e999", "-1e9", "%00<b>"])
def test_bad_numbers_get_one_line(name, given, show_page):
    key = next(key for key, setting in module(name).STATE.items() if not isinstance(setting, Choice))
    page = show_page(show(name).html, fragment=f"#{name}.{key}={given}&{name}.nonsense=1")
    message = page.locator(".bp-message")
    assert message.is_visible()
    text = message.inner_text()
    assert f"{key} is" in text
    assert "expected a number from" in text
    assert "There is no “nonsense” here" in text
    assert "NaN" not in page.locator(".bp-body svg").first.text_content()
    assert page.seen.errors == []
    box = page.locator(".bp-control .bp-box").first
    box.fill("seven")
    box.press("Enter")
    assert "expected a number" in message.inner_text()
    box.fill("0,5")
    box.press("Enter")
    assert not message.is_visible()


def test_touch(name, show_page):
    page = show_page(show(name).html, width=320, touch=True)
    first = boxes(page)
    slider = page.locator(".bp-control input[type=range]").first
    slider.scroll_into_view_if_needed()
    area = slider.bounding_box()
    page.touchscreen.tap(area["x"] + 12, area["y"] + area["height"] / 2)
    assert boxes(page) != first
    page.get_by_role("button", name="Undo").tap()
    assert boxes(page) == first


def test_a_link_scrolls_to_its_figure(name, show_page):
    key = next(key for key, setting in module(name).STATE.items() if not isinstance(setting, Choice))
    high = module(name).STATE[key].high
    page = show_page("<div style='height:3000px'></div>" + show(name).html, fragment=f"#{name}.{key}={high}")
    page.wait_for_function("scrollY > 1000")
    page.evaluate("location.hash = '#elsewhere'")  # an ordinary anchor is left alone
    page.wait_for_timeout(250)
    assert page.url.endswith("#elsewhere")


def test_two_on_one_page_have_their_own_state(name, show_page):
    page = show_page(show(name).html + show(name).html)
    assert page.locator(".bp-live").count() == 2
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))
    second = page.locator(".bp-live").nth(1)
    slider = second.locator("input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"location.hash.startsWith('#{name}-2.')")
    first, other = boxes(page)[: len(boxes(page)) // 2], boxes(page)[len(boxes(page)) // 2 :]
    assert first != other


def test_a_figure_that_cannot_start_leaves_its_still(name, show_page):
    page = show_page(show(name).html.replace(f'data-bp-figure="{name}"', 'data-bp-figure="missing"'))
    assert page.locator(".bp-still").is_visible()
    assert "could not start (there is no figure “missing”)" in page.locator(".bp-nojs").inner_text()


def test_an_infinity_is_said_and_not_drawn(name, show_page):
    page = show_page(show(name).html)
    drawn = page.locator(".bp-body").inner_html()
    page.evaluate(f"bplibFigures.figures['{name}'].compute = () => ({{loss: Infinity}})")
    slider = page.locator(".bp-control input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert "loss is Infinity" in page.locator(".bp-message").inner_text()
    strip = re.compile(r"<p class=\"bp-message.*|<input[^>]*>|aria-disabled=\"\w+\"", re.S)
    assert strip.sub("", page.locator(".bp-body").inner_html())[:2000] == strip.sub("", drawn)[:2000]
    assert page.seen.errors == []


def test_the_bundle_is_light(name):
    assert sum((DIST / each).stat().st_size for each in ("figures.js", "figures.css", f"figures/{name}.js")) <= 85_000
