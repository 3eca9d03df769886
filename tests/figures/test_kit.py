"""The kit under the smallest figure that can be made: what it does alone, and when a figure is at fault."""

import pytest

from bplib.figures._display import assets

ELEMENT = """<div class="bp-interactive" data-bp-figure="tiny" data-bp-state='{state}'>
<div class="bp-still">A still picture</div></div>"""
TINY = """spec => bplibFigures.figure('tiny', {
    title: 'A tiny figure',
    state: {a: {sign: 'a', name: 'the number a', value: 1, min: 0, max: 10, step: 1}},
    compute: ({a}) => ({square: a * a, inverse: 1 / a}),
    announce: (state, numbers) => `a² = ${numbers.square}, 1 × 10⁻³`,
    build(view) {
        if (spec.broken) throw new Error('no paint');
        const line = view.body.appendChild(document.createElement('p'));
        line.className = 'tiny';
        return (state, numbers) => { line.textContent = `${numbers.square} in ${view.width > 0}`; };
    },
})"""


@pytest.fixture
def tiny(show_page):
    def go(state="{}", **spec):
        page = show_page(assets())
        page.evaluate(TINY, spec)
        # as in a notebook, the element joins the page after the script ran
        page.evaluate("html => document.querySelector('main').innerHTML = html", ELEMENT.replace("{state}", state))
        page.wait_for_selector("[data-bp-is]")
        return page

    return go


def test_without_steps_there_is_undo_and_reset(tiny):
    page = tiny()
    assert page.get_by_role("button").all_inner_texts() == ["Undo", "Reset"]
    assert page.locator(".tiny").inner_text() == "1 in true"
    assert not page.locator(".bp-still").is_visible()
    slider = page.get_by_role("slider", name="a, the number a")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".tiny").inner_text() == "4 in true"
    page.wait_for_function("document.querySelector('.bp-said').textContent !== ''")
    assert page.locator(".bp-said").inner_text() == "a squared equals 4, 1 times 10 to the minus 3"


def test_a_division_by_zero_is_said_and_undone(tiny):
    page = tiny()
    box = page.get_by_role("textbox", name="the number a, as a number")
    box.fill("0")
    box.press("Enter")
    assert "inverse is Infinity" in page.locator(".bp-message").inner_text()
    assert page.locator(".tiny").inner_text() == "1 in true"
    page.get_by_role("button", name="Undo").click()
    assert not page.locator(".bp-message").is_visible()
    assert page.seen.errors == []


def test_a_valid_number_takes_an_old_message_away(tiny):
    """Also where it is the number that stands there already, because the one before was cut to it."""
    page = tiny()
    box = page.get_by_role("textbox", name="the number a, as a number")
    box.fill("50")
    box.press("Enter")
    assert "10 is used" in page.locator(".bp-message").inner_text()
    box.fill("10")
    box.press("Enter")
    assert not page.locator(".bp-message").is_visible()


@pytest.mark.parametrize(
    ("state", "words"),
    [('{"a": 50}', "a is 50; expected a number from 0 to 10. 10 is used."), ('{"b": 1}', "There is no “b” here")],
)
def test_a_bad_first_state_is_said(state, words, tiny):
    assert words in tiny(state).locator(".bp-message").inner_text()


@pytest.mark.parametrize(("state", "spec"), [("{}", {"broken": True}), ("{not json", {})])
def test_a_figure_that_fails_leaves_the_still(state, spec, tiny):
    page = tiny(state, **spec)
    assert page.locator(".bp-still").is_visible()
    assert page.locator(".bp-live").count() == 0
    assert "Still picture: the interactive figure could not start (" in page.locator(".bp-nojs").inner_text()
    assert page.seen.errors == []
