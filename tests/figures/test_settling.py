"""What is special to chapter 17's figure: which ways of settling end at the gradient, and the prediction."""

import pytest

from bplib.figures import show
from bplib.figures.settling import LAST, NEAR, numbers

STATE = {"gamma": 0.3, "beta": 1.0, "x": 1.0, "step": LAST, "rule": "plain"}


def end(**state):
    return numbers({**STATE, **state})["end"]


def test_what_the_chapter_says_of_it():
    assert end() > 0.5
    assert end(beta=0.1) < 0.2
    assert end(rule="fixed") < 1e-6
    assert NEAR < end(rule="both", beta=0.5) < end(rule="one", beta=0.5)
    assert end(rule="both", beta=0.1) < NEAR < end(rule="one", beta=0.1)
    hurry = {"gamma": 0.05, "rule": "one"}
    assert end(**hurry, beta=0.05) > end(**hurry, beta=0.3) > NEAR


def test_no_update_before_the_pull():
    found = numbers({**STATE, "rule": "one", "step": LAST // 2})
    assert (found["u1"], found["u2"], found["u3"], found["angle"]) == (0, 0, 0, -1)


@pytest.mark.parametrize(("rule", "answer"), [("plain", "no"), ("fixed", "yes"), ("both", "no")])
@pytest.mark.parametrize("guess", ["yes", "no"])
def test_a_prediction_is_judged(rule, answer, guess, show_page):
    page = show_page(show("settling", rule=rule, guess=guess, beta=0.5).html)
    page.get_by_role("button", name="Check").click()
    verdict = page.locator(".bp-verdict")
    assert verdict.get_attribute("data-kind") == ("correct" if guess == answer else "other")
    assert "of its length" in verdict.inner_text()
    page.locator(".bp-select").first.select_option("one")
    assert not verdict.is_visible()
    assert "Free phase, 0 steps: no update yet" in page.locator(".bp-moral").inner_text()
    assert page.seen.errors == []
