"""Chapter 07's figure: the same random numbers in both languages, the prediction, and what is known in closed form."""

import numpy as np
import pytest

from bplib.figures import show
from bplib.figures.vanishing_explorer import STATE, draws, numbers, verdict, weights

DEFAULT = {key: setting.value for key, setting in STATE.items()}


def test_the_draws_are_even_and_the_mirrors_orthogonal():
    table = np.concatenate([draws(net, layer, 4096) for net in range(5) for layer in range(30)])
    assert abs(table).max() < 3**0.5
    assert table.mean() == pytest.approx(0, abs=0.005)
    assert table.var() == pytest.approx(1, abs=0.005)
    assert len(np.unique(table)) > 0.999 * table.size
    Q = weights(0, 0, True)
    np.testing.assert_allclose(Q @ Q.T, np.eye(64), atol=1e-13)


@pytest.mark.parametrize(
    ("change", "drift", "off"),
    [
        ({}, 0.5 * np.log10(0.5), 0.02),
        ({"start": "he"}, 0.0, 0.02),
        ({"start": "he", "norm": "batch"}, 0.5 * np.log10(np.pi / (np.pi - 1)), 0.02),
        ({"start": "orthogonal", "gain": 0.5}, 0.5 * np.log10(0.125), 0.02),
    ],
)
def test_five_nets_follow_the_theory(change, drift, off):
    found = numbers(DEFAULT | change)
    assert found["theory"] == pytest.approx(drift, abs=0.01)
    assert found["drift"] == pytest.approx(drift, abs=off)


def test_verdicts():
    assert verdict(numbers(DEFAULT)) == "fades"
    assert verdict(numbers(DEFAULT | {"start": "he"})) == "level"
    assert verdict(numbers(DEFAULT | {"start": "he", "keep": 1.0})) == "explodes"


def test_predict_then_reveal(show_page):
    page = show_page(show("vanishing_explorer").html)
    page.get_by_role("button", name="Hide it, I will predict").click()
    svg = page.locator(".bp-body svg").first
    assert svg.locator("path.bp-measured").count() == 0
    assert "hidden" in svg.get_attribute("aria-label")
    page.get_by_role("button", name="It stays level").click()
    assert page.locator(".bp-verdict").get_attribute("data-kind") == "wrong"
    assert svg.locator("path.bp-measured").count() == 1
    page.get_by_label("Initial weights", exact=True).select_option("he")  # another net: hidden again
    assert svg.locator("path.bp-measured").count() == 0
    page.get_by_role("button", name="It stays level").click()
    assert page.locator(".bp-verdict").get_attribute("data-kind") == "correct"
    page.get_by_role("button", name="Always show it").click()
    assert not page.locator(".bp-verdict").is_visible()
    page.get_by_label("Normalisation", exact=True).select_option("batch")
    assert "The gradient explodes" in page.locator(".bp-live .bp-lead").inner_text()
    page.wait_for_function("location.hash.includes('vanishing_explorer.norm=batch')")


def test_half_a_layer_is_rounded_and_said(show_page):
    page = show_page(show("vanishing_explorer").html, fragment="#vanishing_explorer.depth=10.5")
    assert "expected a number from 2 to 30" in page.locator(".bp-message").inner_text()
    assert page.seen.errors == []
