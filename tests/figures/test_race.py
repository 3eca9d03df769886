"""Chapter 01's figure: its counts are those of the library's own race, and its words follow them."""

import re

import pytest
from browser import sideways

from bplib.figures import show
from bplib.figures.race import EXACT, LANES, LAST, STATE, counted, numbers, whole, winners

OUTSIDE = """() => [...document.querySelectorAll('.bp-live svg text')].filter(text =>
    text.getBoundingClientRect().right > text.ownerSVGElement.getBoundingClientRect().right + 2)
    .map(text => text.textContent)"""
DEFAULT = {key: STATE[key].value for key in ("n", "m", "tangent", "walk", "step")}


@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 1), (1, 5), (4, 7)])
def test_the_price_is_what_the_library_was_counted_to_do(n, m):
    assert counted(n, m) == (n + 1, n, 1, m)
    race = numbers({**DEFAULT, "n": n, "m": m}, counted(n, m))
    assert race == numbers({**DEFAULT, "n": n, "m": m})


def test_a_slider_between_whole_numbers():
    assert [whole(x) for x in (0, 0.4, 0.75, 1.5, 2.49)] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("n", "m", "first"), [(2500, 1, "reverse mode"), (2, 300, "forward mode"), (3, 3, "forward mode")]
)
def test_who_wins(n, m, first):
    assert winners(numbers({**DEFAULT, "n": n, "m": m})) == [first]


def test_a_tie_names_both():
    race = numbers({**DEFAULT, "n": 3, "m": 1, "tangent": 1})
    assert winners(race) == [LANES[key][0] for key in EXACT]


def test_the_last_step_brings_everybody_home(show_page):
    page = show_page(show("race", n=37.0, m=11.0).html)
    lanes = page.locator(".bp-live svg").get_attribute("aria-label")
    assert lanes.count("all slopes") == len(LANES)
    assert page.locator(".bp-live svg text", has_text="⚑").count() == len(LANES)


def test_the_first_step_gives_nothing_away(show_page):
    page = show_page(show("race", n=2.0, m=300.0, step=0).html)
    assert page.locator(".bp-live svg text", has_text="⚑").count() == 0
    assert "First" not in page.locator(".bp-moral").inner_text()


@pytest.mark.parametrize(("guess", "kind", "title"), [("forward", "correct", "Right"), ("reverse", "other", "No")])
def test_a_prediction_is_judged(guess, kind, title, show_page):
    page = show_page(show("race", n=2.0, m=300.0, step=0).html)
    page.locator(".bp-select").select_option(guess)
    page.get_by_role("button", name="Start the race").click()
    verdict = page.locator(".bp-verdict")
    assert verdict.get_attribute("data-kind") == kind
    assert verdict.inner_text().split("\n")[-1].startswith(f"{title}: forward mode.")
    page.locator(".bp-control input[type=range]").first.press("ArrowRight")
    assert not verdict.is_visible()
    assert "this race is run" in page.locator(".bp-lead").inner_text()


def test_nothing_is_asked_of_a_race_whose_end_is_shown(show_page):
    page = show_page(show("race").html)
    assert "which mode" not in page.locator(".bp-lead").inner_text()
    page.get_by_role("button", name="New race").click()
    assert "which mode" in page.locator(".bp-lead").inner_text()


def test_a_new_race_begins_at_the_start_and_each_differs(show_page):
    page = show_page(show("race").html)
    leads = set()
    for _ in range(6):
        page.get_by_role("button", name="New race").click()
        assert page.locator(".bp-live svg text", has_text="⚑").count() == 0
        leads.add(page.locator(".bp-lead").inner_text())
    assert len(leads) == 6


@pytest.mark.parametrize("state", [{"n": 5000.0, "m": 4999.0}, {"n": 1.0, "m": 1.0, "tangent": 1.0, "walk": 0.25}])
def test_every_step_fits_a_phone(state, show_page):
    page = show_page(show("race", **state, step=0).html, width=320)
    for _ in range(LAST + 1):
        assert sideways(page) == []
        assert page.evaluate(OUTSIDE) == []
        assert not re.search(r"NaN|undefined", page.locator(".bp-live").inner_text())
        page.get_by_role("button", name="Next step").click(force=True)
