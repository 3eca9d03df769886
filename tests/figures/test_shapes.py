"""Chapter 04's figure: which arrangements fit, which is right, and that a hand, a finger or two keys can find it."""

from itertools import product

import numpy as np
import pytest

from bplib.figures import show
from bplib.figures.shapes import ORDERS, STATE, numbers, parts

START = {key: setting.value for key, setting in STATE.items()}
LABELS = "all => all.map(tile => tile.querySelector('.bp-name').textContent).join(' | ')"


def every_arrangement(**state):
    """(order, turned) -> its numbers, for the twelve arrangements."""
    return {
        (order, turned): numbers({**START, **state, "order": order, "turned": turned})
        for order, turned in product(ORDERS, ("no", "yes"))
    }


@pytest.mark.parametrize(("net", "count"), [("3 to 2", 1), ("2 to 2", 4)])
def test_how_many_fit_and_which_is_right(net, count):
    found = every_arrangement(net=net)
    fitting = {key: n for key, n in found.items() if n["fits"]}
    assert len(fitting) == count
    assert [key for key, n in fitting.items() if n["off"] < 1e-4] == [("DWd", "yes")]
    assert all(n["off"] > 0.1 for key, n in fitting.items() if key != ("DWd", "yes"))


def test_a_symmetric_matrix_hides_the_wrong_transpose():
    found = every_arrangement(net="2 to 2", w12=-0.5, w21=-0.5)
    assert [key for key, n in found.items() if n["fits"] and n["off"] < 1e-4] == [("DWd", "no"), ("DWd", "yes")]


def test_the_nudges_agree_with_the_engine():
    rng = np.random.default_rng(5)
    for net in STATE["net"].options:
        for w12, w21 in rng.uniform(-2, 2, (50, 2)):
            found = parts({"w12": w12, "w21": w21, "net": net})
            np.testing.assert_allclose(found["nudged"], found["below"], atol=2e-6)


def order(page):
    return page.eval_on_selector_all(".bp-tile", LABELS)


def test_by_keyboard(show_page):
    """To the right order with Tab, arrows and Enter; then predict, and be told by the nudges."""
    page = show_page(show("shapes").html)
    assert order(page) == "W | δ above | D"
    page.locator(".bp-tile").nth(2).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert order(page) == "D | W | δ above"
    assert page.evaluate("document.activeElement.querySelector('.bp-name').textContent") == "D"
    page.wait_for_function("document.querySelector('.bp-said').textContent.startsWith('D times W')")
    assert "D has 3 columns, but W has 2 rows" in page.locator(".bp-fits").inner_text()
    guess = page.get_by_role("button", name="It is δ below")
    assert guess.get_attribute("aria-disabled") == "true"
    guess.click(force=True)
    assert not page.locator(".bp-verdict").is_visible()
    page.get_by_role("button", name="Transpose W").focus()
    page.keyboard.press("Enter")
    assert "3 × 3 times 3 × 2 times 2 × 1 gives 3 × 1" in page.locator(".bp-fits").inner_text()
    assert "?" in page.locator(".bp-pair").inner_text()  # the nudges come after the prediction
    guess.focus()
    page.keyboard.press("Enter")
    assert page.locator(".bp-verdict").get_attribute("data-kind") == "correct"
    assert "?" not in page.locator(".bp-pair").inner_text()
    page.keyboard.press("Control+z")
    assert not page.locator(".bp-verdict").is_visible()


def test_dragging_and_choosing(show_page):
    page = show_page(show("shapes").html)
    tile, first = (page.locator(".bp-tile").nth(i).bounding_box() for i in (2, 0))
    page.mouse.move(tile["x"] + 20, tile["y"] + 20)
    page.mouse.down()
    page.mouse.move(tile["x"] - 60, tile["y"] + 22)
    page.mouse.move(first["x"] - 60, tile["y"] + 22)
    page.mouse.up()
    assert order(page) == "D | W | δ above"
    page.locator(".bp-tile").nth(0).click()
    page.locator(".bp-tile").nth(2).click()
    assert order(page) == "δ above | W | D"
    page.get_by_role("button", name="Undo").click()
    assert order(page) == "D | W | δ above"


def test_by_touch_on_a_phone(show_page):
    page = show_page(show("shapes").html, width=320, touch=True)
    page.locator(".bp-tile").nth(0).tap()
    page.locator(".bp-tile").nth(2).tap()
    page.locator(".bp-tile").nth(1).tap()
    page.locator(".bp-tile").nth(2).tap()
    assert order(page) == "D | W | δ above"
    right = page.eval_on_selector_all(".bp-tile", "all => all.map(t => t.getBoundingClientRect().right)")
    assert max(right) <= 320


def test_a_wrong_transpose_fits_and_is_told(show_page):
    page = show_page(show("shapes", net="2 to 2", order="DWd").html)
    assert "The shapes fit" in page.locator(".bp-fits").inner_text()
    page.get_by_role("button", name="It is δ below").click()
    verdict = page.locator(".bp-verdict")
    assert verdict.get_attribute("data-kind") == "wrong"
    assert "is not the gradient" in verdict.inner_text()
    for box in (page.locator(".bp-box").nth(0), page.locator(".bp-box").nth(1)):
        box.fill("1")
        box.press("Enter")
    assert "W equals its transpose" in verdict.inner_text()
    assert page.seen.errors == []
