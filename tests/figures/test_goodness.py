"""What is special to chapter 18's figure: an untrained layer copies a length, and how a prediction is judged."""

import pytest

from bplib.figures import show
from bplib.figures.goodness import EXAMPLES, LAST, MOST, numbers

STATE = {"eta": 0.3, "theta": 1, "step": LAST, "learns": "first"}


def told2(draw, lengths):
    return numbers({**STATE, "draw": draw, "lengths": lengths})["told2"]


def test_an_untrained_layer_tells_labels_apart_by_length_and_not_without_it():
    draws = range(1, 21)
    assert sum(told2(draw, "pass") >= MOST for draw in draws) >= 18
    assert sum(told2(draw, "normalised") < MOST for draw in draws) >= 17
    assert min(numbers({**STATE, "draw": draw, "lengths": "pass"})["told1"] for draw in draws) > EXAMPLES * 0.75


@pytest.mark.parametrize("lengths", ["pass", "normalised"])
@pytest.mark.parametrize("guess", ["half", "most"])
def test_a_prediction_is_judged(lengths, guess, show_page):
    page = show_page(show("goodness", lengths=lengths, guess=guess).html)
    page.get_by_role("button", name="Check").click()
    count = told2(4, lengths)
    verdict = page.locator(".bp-verdict")
    assert verdict.get_attribute("data-kind") == ("correct" if (count >= MOST) == (guess == "most") else "other")
    assert f"{count} of 24." in verdict.inner_text()
    page.get_by_role("button", name="Other numbers").click()
    assert not verdict.is_visible()
    assert "After 0 updates" in page.locator(".bp-moral").inner_text()


def test_menus_change_what_is_trained(show_page):
    page = show_page(show("goodness", step=LAST).html)
    before = page.locator(".bp-moral").inner_text()
    page.locator(".bp-select").nth(1).select_option("both")
    assert page.locator(".bp-moral").inner_text() != before
