"""What is special to chapter 16's figure: which layer is first, and how a prediction is judged."""

import pytest

from bplib.figures import show
from bplib.figures.alignment import LAST, numbers

STATE = {"eta": 0.3, "size": 1.0, "draw": 2, "step": LAST, "rule": "fa"}


def first(**state):
    n = numbers({**STATE, **state})
    since = {"one": n["from1"], "two": n["from2"]}
    there = {name: step for name, step in since.items() if step >= 0}
    best = [name for name, step in there.items() if step == min(there.values())]
    return best[0] if len(best) == 1 else "both" if best else "none"


def test_the_layer_next_to_the_output_is_usually_first_and_frozen_ones_seldom_come():
    draws = range(1, 21)
    assert sum(first(draw=draw) == "two" for draw in draws) >= 14
    assert sum(first(draw=draw, rule="frozen") == "none" for draw in draws) >= 12


def test_from_small_weights_layer_1_ends_nearer_to_the_gradient_in_most_draws():
    end = lambda size, draw: numbers({**STATE, "size": size, "draw": draw})["angle1"]
    assert sum(end(0.1, draw) < end(1.0, draw) for draw in range(1, 13)) >= 10


def test_backpropagation_has_no_angle():
    n = numbers({**STATE, "rule": "backprop"})
    assert max(n["angle1"], n["angle2"]) < 1e-10


@pytest.mark.parametrize("draw", [2, 5])
@pytest.mark.parametrize("guess", ["one", "two"])
def test_a_prediction_is_judged(draw, guess, show_page):
    page = show_page(show("alignment", draw=draw, guess=guess).html)
    page.get_by_role("button", name="Check").click()
    right = first(draw=draw) == guess
    verdict = page.locator(".bp-verdict")
    assert verdict.get_attribute("data-kind") == ("correct" if right else "other")
    assert "layer 2 from" in verdict.inner_text() or "layer 2 not" in verdict.inner_text()
    page.get_by_role("button", name="Other numbers").click()
    assert not verdict.is_visible()
    assert "After 0 updates" in page.locator(".bp-moral").inner_text()


def test_the_rule_is_chosen_from_a_menu(show_page):
    page = show_page(show("alignment", step=30).html)
    page.locator(".bp-select").nth(1).select_option("backprop")
    assert "layer 1 at 0°, layer 2 at 0°" in page.locator(".bp-moral").inner_text()
