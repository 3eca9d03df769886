"""Chapter 05's figure: training, stopping, predicting, starts that stay, and a number that cannot be drawn."""

import re

import pytest

from bplib.figures import show
from bplib.figures.xor_training import STARTS, STATE, numbers, outcome

DEFAULT = {key: setting.value for key, setting in STATE.items()}


def told(page):
    return page.locator(".bp-live .bp-moral").inner_text()


def epoch(page):
    return int(re.match(r"Epoch (\d+)", told(page))[1])


def test_training_runs_to_the_end_and_can_be_stopped(show_page):
    page = show_page(show("xor_training").html)
    page.get_by_role("button", name="Train").click()
    stop = page.get_by_role("button", name="Stop")
    page.wait_for_function("parseInt(document.querySelector('.bp-moral').textContent.slice(6)) > 100")
    stop.click()
    at = epoch(page)
    page.wait_for_timeout(200)
    assert epoch(page) == at < 400
    page.get_by_role("button", name="Train").click()
    page.wait_for_function("document.querySelector('.bp-moral').textContent.startsWith('Epoch 400')")
    assert "4 of 4 corners right" in told(page)
    page.wait_for_function("document.querySelector('.bp-said').textContent.startsWith('Epoch 400')")
    page.get_by_role("button", name="Undo").click()
    assert epoch(page) < 400
    assert page.seen.errors == []


def test_moving_the_slider_stops_the_training(show_page):
    page = show_page(show("xor_training").html)
    page.get_by_role("button", name="Train").click()
    page.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(200)
    assert epoch(page) == 80
    assert page.get_by_role("button", name="Train").is_visible()


def test_reduced_motion_goes_straight_to_the_end(show_page):
    page = show_page(show("xor_training").html, still=True)
    page.get_by_role("button", name="Train").click()
    assert epoch(page) == 400


@pytest.mark.parametrize("start", STARTS)
def test_predictions_are_judged_by_what_happens(start, show_page):
    truth = outcome({**DEFAULT, "start": start})
    page = show_page(show("xor_training", start=start).html)
    said = {"solves": "It solves XOR.", "stuck": "It moves, and does not solve it.", "nothing": "Nothing moves."}
    for key, text in said.items():
        page.get_by_role("button", name=text).click()
        assert (page.locator(".bp-verdict").get_attribute("data-kind") == "correct") == (key == truth)
    page.locator(".bp-control input[type=range]").first.press("ArrowRight")
    assert not page.locator(".bp-verdict").is_visible()  # it spoke of another learning rate


def test_a_zero_start_has_nine_zeros(show_page):
    page = show_page(show("xor_training", scale=0.0, epoch=400).html)
    assert page.locator(".bp-gradient").all_text_contents() == ["0"] * 9
    assert "0 of 4" not in told(page)
    assert all(numbers({**DEFAULT, "scale": 0})[f"g{i}"] == 0 for i in range(9))


def test_a_number_that_cannot_be_drawn_stops_the_training(show_page):
    page = show_page(show("xor_training").html)
    page.evaluate("""() => {
        const figure = bplibFigures.figures.xor_training, compute = figure.compute;
        figure.compute = state => ({...compute(state), loss: state.epoch > 150 ? NaN : 0.1});
    }""")
    page.get_by_role("button", name="Train").click()
    page.wait_for_function("!document.querySelector('.bp-message').hidden")
    assert "loss is NaN" in page.locator(".bp-message").inner_text()
    assert page.get_by_role("button", name="Train").is_visible()
    assert epoch(page) <= 150
    drawn = page.locator(".bp-body svg").evaluate_all("all => all.map(svg => svg.outerHTML).join()")
    assert "NaN" not in drawn
