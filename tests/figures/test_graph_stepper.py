"""Chapter 02's figure: formulas in, one clear line for what is none, both orders of the walk, and the predictions."""

from urllib.parse import quote

import pytest
from browser import sideways, violations

from bplib.figures import show
from bplib.figures.graph_stepper import read

FAULTS = [
    ("x +", "nothing", "expected a number, a name or ("),
    ("2x", "After “2” stands “x”", "as in 2*x"),
    ("x * (w + 1", "stands nothing", "expected )"),
    ("tanh x", "After “tanh” stands “x”", "expected ("),
    ("x^w", "As an exponent stands “w”", "a number, as in x^2"),
    ("x^2^3", "Two ^ in a row", "parentheses"),
    ("x $ w", "“$” cannot stand", "names, numbers"),
    ("sin(x)", "“sin” is not known here", "tanh"),
    ("q = a*x", "“a” is not known here", "x, w, y"),
    ("x = 2*w; x*x", "“x” has a meaning already", "a new name before ="),
    ("a = x*x; a = a*a", "“a” has a meaning already", "a new name"),
    ("a = x; a*a", "“a” would be a second name for “x”", "one name"),
    ("x", "no operation", "such as x*x"),
    ("", "no operation", "such as x*x"),
    ("3 + 4", "no variable", "x, w, y"),
    ("*".join(["x"] * 20), "20 nodes", "at most 16"),
    ("x + " * 30 + "x", "121 signs", "at most 80"),
]


def enter(page, formula):
    field = page.get_by_role("textbox", name="Formula")
    field.evaluate("field => field.removeAttribute('maxlength')")
    field.fill(formula)
    field.press("Enter")


def gradient(page, name):
    """The gradient that stands in a variable's box."""
    return page.evaluate(
        """name => [...document.querySelectorAll('.bp-net text')].map(e => e.textContent)
            .flatMap((text, i, all) => text === name ? [all[i + 2]] : [])[0]""",
        name,
    )


def to_the_end(page):
    forward = page.get_by_role("button", name="Next step")
    for _ in range(60):
        if forward.get_attribute("aria-disabled") == "true":
            return
        forward.click()


@pytest.mark.parametrize(("formula", "found", "expected"), FAULTS)
def test_what_is_no_formula_gets_one_line(formula, found, expected, show_page):
    page = show_page(show("graph_stepper").html)
    before = page.locator(".bp-net").inner_html()
    enter(page, formula)
    line = page.locator(".bp-message").inner_text()
    assert found in line
    assert expected in line
    assert line.endswith("“a = x*x; b = w*a; c = a + b” is kept.")
    assert page.locator(".bp-net").inner_html() == before
    assert page.seen.errors == []
    with pytest.raises(ValueError, match="expected"):
        read(formula, {})


def test_both_orders_and_the_swapped_operands(show_page):
    page = show_page(show("graph_stepper").html)
    to_the_end(page)
    assert gradient(page, "x") == "∂ 18"
    page.get_by_role("combobox", name="Order").select_option("early")
    to_the_end(page)
    assert gradient(page, "x") == "∂ 6"
    assert "it leaves 6 at x, and the truth is 18" in page.locator(".bp-moral").inner_text()
    enter(page, "a = x*x; b = w*a; c = b + a")
    to_the_end(page)
    assert gradient(page, "x") == "∂ 18"
    assert "by luck" in page.locator(".bp-moral").inner_text()


def test_a_step_is_said_and_taken_back(show_page):
    page = show_page(show("graph_stepper").html, fragment="#graph_stepper.step=9")
    assert "0 + 9 = 9" in page.locator(".bp-equation").inner_text()
    page.get_by_role("button", name="Next step").click()
    assert "9 + 9 = 18" in page.locator(".bp-equation").inner_text()
    page.wait_for_function("document.querySelector('.bp-said').textContent.includes('9 + 9 equals 18')")
    page.get_by_role("button", name="Undo").click()
    assert gradient(page, "x") == "∂ 9"
    page.get_by_role("button", name="Back", exact=True).click()
    assert gradient(page, "x") == "∂ ?"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("18", "Correct"),
        ("6", "wrong order"),
        ("3", "one path"),
        ("9", "one of the messages"),
        ("-18", "sign"),
        ("324", "multiplied"),
        ("7", "no mistake that"),
        ("eighteen", "not a number"),
    ],
)
def test_predictions_are_answered(typed, words, show_page):
    page = show_page(show("graph_stepper").html)
    page.get_by_label("your prediction").fill(typed)
    page.keyboard.press("Enter")
    assert words in page.locator(".bp-verdict").inner_text()
    assert (gradient(page, "x") == "∂ 18") is (typed == "18")


def test_the_address_holds_a_formula(show_page):
    page = show_page(show("graph_stepper").html)
    enter(page, "tanh(w*x + y)^2")
    page.wait_for_function("location.hash.includes('formula=')")
    again = show_page(show("graph_stepper").html, fragment="#" + page.url.split("#")[1])
    assert again.get_by_role("textbox", name="Formula").input_value() == "tanh(w*x + y)^2"
    assert again.locator(".bp-message").is_hidden()


def test_a_value_out_of_range_is_said(show_page):
    page = show_page(show("graph_stepper").html)
    enter(page, "log(x - 5)*w")
    assert "log is NaN" in page.locator(".bp-message").inner_text()


@pytest.mark.parametrize("width", [1280, 320])
def test_a_wide_graph_scrolls_in_its_own_box(width, show_page):
    formula = "p = exp(-x/4); q = p*w - p; q/(1 + p) + relu(q) - y"
    page = show_page(show("graph_stepper").html, fragment=f"#graph_stepper.formula={quote(formula)}", width=width)
    assert page.locator(".bp-message").is_hidden()
    to_the_end(page)
    assert sideways(page) == []
    assert violations(page) == []


@pytest.mark.parametrize(("formula", "error"), [("x +", ValueError), (3, TypeError)])
def test_a_notebook_is_told_too(formula, error):
    with pytest.raises(error, match="expected"):
        show("graph_stepper", formula=formula)
