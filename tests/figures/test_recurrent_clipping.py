"""What is special to chapter 08's figure: its closed form, its verdicts, and which arrow turns."""

import math

import pytest

from bplib.figures import module, show

FIGURE = module("recurrent_clipping")


@pytest.mark.parametrize(("rho", "kappa", "T"), [(1.1, 0.0, 200), (0.9, 2.0, 60), (0.5, 0.3, 1)])
def test_the_library_gives_the_closed_form(rho, kappa, T):
    found = FIGURE.numbers({"rho": rho, "kappa": kappa, "T": T, "limit": 1.0})
    power = rho ** (T - 1)
    assert found[f"back{T}"] == pytest.approx(math.hypot(rho * power, T * kappa * power), rel=1e-12)
    assert found["d_kappa"] == pytest.approx(T * power, rel=1e-12)
    assert found["d_rho"] == pytest.approx(T * power + kappa * T * (T - 1) * rho ** (T - 2), rel=1e-12)
    assert math.hypot(found["norm_rho"], found["norm_kappa"]) <= 1 + 1e-12
    assert max(found["value_rho"], found["value_kappa"]) <= 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("8.3", "Right."),
        ("-8.3", "the sign is not"),
        ("20", "factors multiply"),
        ("3", "No: +8.28"),
        ("many", "not a number"),
    ],
)
def test_a_prediction_gets_a_reason(typed, said, show_page):
    page = show_page(show("recurrent_clipping", rho=1.1, kappa=0.0, T=200, step=0).html)
    assert "8.28" not in page.locator(".bp-body").inner_text()
    page.locator(".bp-guess").fill(typed)
    page.locator(".bp-guess").press("Enter")
    assert said in page.locator(".bp-verdict").inner_text()
    assert page.seen.errors == []


def test_the_eigenvalue_alone_is_named(show_page):
    page = show_page(show("recurrent_clipping", rho=0.9, kappa=2.0, T=60).html)
    page.locator(".bp-guess").fill("−2.75")
    page.get_by_role("button", name="Check").click()
    assert "eigenvalue alone" in page.locator(".bp-verdict").inner_text()
    assert "longest after 9 steps back" in page.locator(".bp-moral").first.inner_text()


def test_a_new_net_hides_its_end(show_page):
    page = show_page(show("recurrent_clipping").html)
    assert "turns by 42°" in page.locator(".bp-moral").nth(1).inner_text()
    page.get_by_role("button", name="New net").click()
    assert "known at the end" in page.locator(".bp-moral").nth(1).inner_text()
    assert "0 of 200 steps" in page.locator(".bp-moral").first.inner_text()
    for _ in range(10):
        page.get_by_role("button", name="Next step").click()
    assert "+8.28 decades" in page.locator(".bp-moral").first.inner_text()
    assert "does not turn" in page.locator(".bp-moral").nth(1).inner_text()
