"""The Parsons problems: which orders are right, what each wrong line does; keys, a mouse and a finger can build one."""

from itertools import permutations

import pytest

from bplib.figures import show
from bplib.figures.parsons import PROGRAMS, STATE, numbers

START = {key: setting.value for key, setting in STATE.items()}
every_program = pytest.mark.parametrize("program", PROGRAMS)


def outcome(program, order):
    """right, wrong, unfinished (a result is missing) or stopped, for a program that was run."""
    found = numbers({**START, "program": program, "order": "".join(order)})
    if found["stopped"] >= 0:
        return "stopped"
    names = [name[5:] for name in found if name.startswith("true ")]
    if any(name not in found for name in names):
        return "unfinished"
    off = max(abs(found[name] - found[f"true {name}"]) for name in names)
    assert off < 1e-12 or off > 1e-4, "a wrong order has to show"
    return "right" if off < 1e-12 else "wrong"


@every_program
def test_the_right_order_is_right_and_needs_every_line(program):
    right = PROGRAMS[program]["right"]
    assert outcome(program, right) == "right"
    for letter in right:
        assert outcome(program, right.replace(letter, "")) != "right"


@every_program
def test_each_wrong_line_is_wrong_in_place_of_its_twin(program):
    lines, right, wrong = (PROGRAMS[program][key] for key in ("lines", "right", "wrong"))
    assert sorted([*right, *wrong]) == sorted(lines)
    for letter in wrong:
        made = lines[letter].split(" = ")[0]
        twins = [each for each in right if lines[each].startswith(f"{made} = ")]
        outcomes = {outcome(program, right.replace(twin, letter)) for twin in twins}
        assert "wrong" in outcomes
        assert "right" not in outcomes


@every_program
def test_an_order_of_right_lines_goes_wrong_for_the_one_reason_that_is_given(program):
    right, soon = PROGRAMS[program]["right"], PROGRAMS[program].get("soon")
    found = {"".join(order): outcome(program, order) for n in range(1, 7) for order in permutations(right, n)}
    wrong = [order for order, what in found.items() if what == "wrong"]
    assert bool(wrong) == bool(soon)
    for order in wrong:
        if program == "chain":  # w2 moved before delta1 read it
            assert order.index("B") < order.index("H")
        else:
            assert "A" not in order  # the second path is left out
    assert sum(what == "right" for what in found.values()) >= 2


def lines(page):
    return page.eval_on_selector_all(".bp-line:not(.bp-out) b", "all => all.map(b => b.textContent).join('')")


def line(page, letter):
    return page.locator(".bp-line", has=page.locator(f"b:text-is('{letter}')"))


def verdict(page):
    return page.locator(".bp-verdict").inner_text()


def test_by_keyboard(show_page):
    page = show_page(show("parsons").html)
    run = page.get_by_role("button", name="Run it")
    run.focus()
    page.keyboard.press("Enter")
    assert "Nothing to run yet" in verdict(page)
    for letter in "CEBHAF":
        line(page, letter).focus()
        page.keyboard.press("Enter")
    assert lines(page) == "CEBHAF"
    assert not page.locator(".bp-verdict").is_visible()
    assert "truly" not in page.locator(".bp-body svg").first.get_attribute("aria-label")
    run.focus()
    page.keyboard.press("Enter")
    assert "w2 has moved before delta1 read it" in verdict(page)
    line(page, "B").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.querySelector('.bp-said').textContent === 'Line H is number 3 of 6.'")
    page.keyboard.press("ArrowDown")
    assert lines(page) == "CEHABF"
    assert page.evaluate("document.activeElement.querySelector('b').textContent") == "B"
    run.focus()
    page.keyboard.press("Enter")
    assert page.locator(".bp-verdict").get_attribute("data-kind") == "correct"
    page.keyboard.press("Control+z")
    assert not page.locator(".bp-verdict").is_visible()


@pytest.mark.parametrize(
    ("program", "order", "told"),
    [
        ("chain", "HCE", "Line H stops. It reads delta2, which is made further down."),
        ("chain", "HE", "It reads delta2, which no line of the program makes."),
        ("chain", "CE", "Not whole yet. No line makes dw1."),
        ("chain", "CEDABF", "In line D the way from delta2 to delta1 goes through the sigmoid below as well"),
        ("chain", "CEHGBF", "In line G delta2 belongs to the output"),
        ("paths", "DFEGHB", "dx is wrong: line G. In line G the message along b replaces the one along a"),
        ("paths", "DFCHB", "Along a path slopes multiply; over several paths they add"),
        ("paths", "DFEHB", "x has received from one of its paths only"),
        ("paths", "CDFEAHB", "Line C stops"),
        ("paths", "DFCEAHB", "line C does no harm"),
        ("batch", "GAFC", "Delta2 carries 1/n"),
        ("batch", "DABC", "W2 is used the wrong way round"),
        ("batch", "DAFE", "dW1 transposed"),
        ("batch", "DHFC", "dW2 transposed"),
    ],
)
def test_a_run_says_what_is_wrong(program, order, told, show_page):
    page = show_page(show("parsons", program=program, order=order, run="yes").html)
    assert told in " ".join(verdict(page).split())
    assert page.seen.errors == []


def test_dragging_and_a_right_order_that_is_shown(show_page):
    page = show_page(show("parsons", order="EC").html)
    upper, lower = (line(page, letter).bounding_box() for letter in "EC")
    page.mouse.move(lower["x"] + 60, lower["y"] + 15)
    page.mouse.down()
    page.mouse.move(upper["x"] + 60, upper["y"] + 4, steps=5)
    page.mouse.up()
    assert lines(page) == "CE"
    out = line(page, "A").bounding_box()
    page.mouse.move(out["x"] + 60, out["y"] + 15)
    page.mouse.down()
    page.mouse.move(out["x"] + 60, upper["y"] - 10, steps=5)
    page.mouse.up()
    assert lines(page) == "ACE"
    page.get_by_role("button", name="Show a right order").click()
    assert "Right." in verdict(page)
    page.get_by_role("button", name="Undo").click()
    assert lines(page) == "ACE"


def test_by_touch(show_page):
    page = show_page(show("parsons", program="batch").html, width=320, touch=True)
    for letter in "DABFC":
        line(page, letter).tap()
    line(page, "B").tap()
    assert lines(page) == "DAFC"
    page.get_by_role("button", name="Run it").tap()
    assert "Right." in verdict(page)


def test_an_order_from_a_link_is_checked(show_page):
    page = show_page(show("parsons").html, fragment="#parsons.order=AAZ")
    assert "expected letters from A to H, none twice" in page.locator(".bp-message").inner_text()
    with pytest.raises(ValueError, match="expected letters from A to H"):
        show("parsons", order="AA")
