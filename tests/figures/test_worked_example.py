"""Chapter 03's figure: steps, predictions and the mistakes it names, against numbers computed by the library."""

import re

import numpy as np
import pytest
from browser import sideways

from bplib.figures import show
from bplib.figures.worked_example import STATE, numbers, short

DEFAULT = {key: STATE[key].value for key in ("x", "w1", "w2", "y", "eta")}
OTHER = {"x": 1.7, "w1": 0.9, "w2": -1.2, "y": 0.8, "eta": 3.0}
OVERLAPS = """() => [...document.querySelectorAll('.bp-live svg')].flatMap(svg => {
    const area = svg.getBoundingClientRect();
    const all = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim())
        .map(t => [t.textContent, t.getBoundingClientRect()]);
    const out = ([, b]) => b.left < area.left - 3 || b.right > area.right + 3
        || b.bottom > area.bottom + 1 || b.top < area.top - 1;
    const hit = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
    return [...all.filter(out).map(([text]) => `outside: ${text}`),
        ...all.flatMap(([s, a], i) => all.slice(i + 1).filter(([, b]) => hit(a, b)).map(([t]) => `${s} on ${t}`)),
        ...[...svg.querySelectorAll('text:not(.bp-sign)')].flatMap(text => [...svg.querySelectorAll('circle')]
            .filter(circle => {
                const [t, c] = [text.getBoundingClientRect(), circle.getBoundingClientRect()];
                const [x, y, r] = [(c.left + c.right) / 2, (c.top + c.bottom) / 2, c.width / 2];
                const dx = Math.max(t.left - x, x - t.right, 0), dy = Math.max(t.top - y, y - t.bottom, 0);
                return t.width && Math.hypot(dx, dy) < r;
            }).map(() => `${text.textContent} under a circle`))];
})"""
GO = """hash => new Promise(done => {
    addEventListener('hashchange', () => done(), {once: true}); // the figure listens longer, so it is told first
    location.hash = hash;
})"""


def fragment(state):
    return "#" + "&".join(f"worked_example.{key}={value}" for key, value in state.items())


def where(page):
    return int(re.search(r"step (\d+)", page.locator(".bp-where").inner_text())[1])


def typed(value, digits=5):
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


def predict(page, asked, text):
    """Ask, type, check by keyboard; the verdict's kind and text."""
    page.locator(".bp-select").select_option(asked)
    page.locator(".bp-guess").fill(text)
    page.keyboard.press("Enter")
    verdict = page.locator(".bp-verdict")
    return verdict.get_attribute("data-kind"), verdict.inner_text()


def slope(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


def sigma(z):
    return 1 / (1 + np.exp(-z))


# (asked, kind, words, what a reader with this mistake would compute), by the rules of the chapter, not the figure's
MISTAKES = [
    ("d_w2", "missing", "σ′(z2) is missing", lambda s, n: n["d_yhat"] * n["h"]),
    ("d_w2", "missing", "h is missing", lambda s, n: n["d_yhat"] * slope(n["z2"])),
    ("d_w2", "missing", "ŷ − y is missing", lambda s, n: slope(n["z2"]) * n["h"]),
    ("d_w2", "sign", "The sign is turned", lambda s, n: (s["y"] - n["yhat"]) * slope(n["z2"]) * n["h"]),
    ("d_w2", "factor-2", "Twice too large", lambda s, n: 2 * (n["yhat"] - s["y"]) * slope(n["z2"]) * n["h"]),
    ("d_w2", "wrong-point", "taken at ŷ, not at z2", lambda s, n: n["d_yhat"] * slope(n["yhat"]) * n["h"]),
    ("d_w2", "not-slope", "σ stands where σ′ belongs", lambda s, n: n["d_yhat"] * n["yhat"] * n["h"]),
    ("d_w2", "swapped", "w2 stands where h belongs", lambda s, n: n["d_yhat"] * slope(n["z2"]) * s["w2"]),
    ("d_w2", "missing-and-sign", "the sign is turned", lambda s, n: (s["y"] - n["yhat"]) * n["h"]),
    ("d_z2", "missing", "σ′(z2) is missing", lambda s, n: n["yhat"] - s["y"]),
    ("d_z2", "sign", "The sign is turned", lambda s, n: (s["y"] - n["yhat"]) * slope(n["z2"])),
    ("d_h", "missing", "w2 is missing", lambda s, n: n["d_yhat"] * slope(n["z2"])),
    ("d_h", "missing", "σ′(z2) is missing", lambda s, n: n["d_yhat"] * s["w2"]),
    ("d_h", "wrong-order", "updated w2", lambda s, n: n["d_z2"] * (s["w2"] - s["eta"] * n["d_w2"])),
    ("d_h", "swapped", "h stands where w2 belongs", lambda s, n: n["d_yhat"] * slope(n["z2"]) * n["h"]),
    ("d_z1", "missing", "σ′(z1) is missing", lambda s, n: n["d_z2"] * s["w2"]),
    ("d_z1", "wrong-point", "taken at h, not at z1", lambda s, n: n["d_h"] * slope(n["h"])),
    ("d_z1", "wrong-order", "updated w2", lambda s, n: n["d_z2"] * (s["w2"] - s["eta"] * n["d_w2"]) * slope(n["z1"])),
    ("d_w1", "missing", "σ′(z1) is missing", lambda s, n: n["d_h"] * s["x"]),
    ("d_w1", "missing", "σ′(z2) is missing", lambda s, n: n["d_yhat"] * s["w2"] * slope(n["z1"]) * s["x"]),
    ("d_w1", "missing", "σ′(z2) and σ′(z1) are missing", lambda s, n: n["d_yhat"] * s["w2"] * s["x"]),
    ("d_w1", "missing", "w2 is missing", lambda s, n: n["d_z2"] * slope(n["z1"]) * s["x"]),
    ("d_w1", "missing", "x is missing", lambda s, n: n["d_h"] * slope(n["z1"])),
    ("d_w1", "sign", "The sign is turned", lambda s, n: -n["d_w1"]),
    ("d_w1", "factor-2", "Twice too large", lambda s, n: 2 * n["d_w1"]),
    ("d_w1", "wrong-order", "updated w2", lambda s, n: n["d_w1"] / s["w2"] * (s["w2"] - s["eta"] * n["d_w2"])),
    ("d_w1", "wrong-point", "taken at h, not at z1", lambda s, n: n["d_h"] * slope(n["h"]) * s["x"]),
    ("d_w1", "not-slope", "σ stands where σ′ belongs", lambda s, n: n["d_h"] * sigma(n["z1"]) * s["x"]),
    ("d_yhat", "sign", "The sign is turned", lambda s, n: s["y"] - n["yhat"]),
    ("d_yhat", "factor-2", "Twice too large", lambda s, n: 2 * (n["yhat"] - s["y"])),
    ("d_yhat", "other-gradient", "That is ∂L/∂z2", lambda s, n: n["d_yhat"] * slope(n["z2"])),
]


@pytest.mark.parametrize("state", [OTHER, {**OTHER, "x": -2.3, "w2": 0.7, "y": 0.1, "eta": 5.0}])
def test_each_mistake_is_named(state, show_page):
    page = show_page(show("worked_example").html, fragment=fragment(state))
    for asked, kind, words, wrong in MISTAKES:
        found, text = predict(page, asked, typed(wrong(state, numbers(state))))
        assert (found, words in text) == (kind, True), (asked, words, found, text)
    assert page.seen.errors == []


def test_right_answers_reveal_their_step(show_page):
    page = show_page(show("worked_example").html, fragment=fragment(OTHER))
    steps = {"d_yhat": 6, "d_z2": 7, "d_w2": 8, "d_h": 9, "d_z1": 10, "d_w1": 11}
    for asked, step in steps.items():
        kind, text = predict(page, asked, typed(numbers(OTHER)[asked], 4).replace("-", "−"))
        assert (kind, where(page)) == ("correct", step)
        assert typed(numbers(OTHER)[asked], 9)[:8].replace("-", "−") in text


@pytest.mark.parametrize(
    ("asked", "text", "kind", "words"),
    [
        ("d_w2", "-0.0840", "rounding", "off by 0.37 %"),  # the printed example, which rounds as it goes
        ("d_z1", "0.00952", "rounding", "off by 0.31 %"),
        ("d_w2", "-0.0843", "correct", "−0.0843140048"),
        ("d_w2", "-0,084314", "correct", ""),
        ("d_w2", "−8.431e-2", "correct", ""),
        ("d_w2", "-0.08", "digits", "One digit is too few"),
        ("d_w2", "minus a bit", "type", "not a number"),
        ("d_w2", "", "type", "not a number"),
        ("d_w2", "12.34", "other", "(ŷ − y) × σ′(z2) × h"),
        ("d_w2", "0", "other", "no mistake that this figure knows"),
    ],
)
def test_digits(asked, text, kind, words, show_page):
    page = show_page(show("worked_example").html)
    found, said = predict(page, asked, text)
    assert found == kind
    assert words in said
    page.wait_for_function("document.querySelector('.bp-said').textContent !== ''")


def test_a_zero_gradient(show_page):
    page = show_page(show("worked_example", x=0).html)
    assert predict(page, "d_w1", "0")[0] == "correct"
    without_x = numbers({**DEFAULT, "x": 0})["d_z1"]
    assert predict(page, "d_w1", typed(without_x))[0] == "missing"
    assert "nothing gets past it" in page.locator(".bp-moral").inner_text()


def test_stepping_by_keyboard_only(show_page):
    """From the page's top to the update and back, with Tab, Enter, arrows; each step is said."""
    page = show_page(show("worked_example", step=0).html)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Next step":
            break
    n, said = numbers(DEFAULT), page.locator(".bp-said")
    for step, (sign, value) in enumerate(
        [("z 1", n["z1"]), ("h", n["h"]), ("z 2", n["z2"]), ("y hat", n["yhat"]), ("L", n["loss"])]
        + [(f"d L by d {each}", n[key]) for each, key in [("y hat", "d_yhat"), ("z 2", "d_z2"), ("w 2", "d_w2")]]
        + [(f"d L by d {each}", n[key]) for each, key in [("h", "d_h"), ("z 1", "d_z1"), ("w 1", "d_w1")]],
        start=1,
    ):
        page.keyboard.press("Enter" if step % 2 else "ArrowRight")
        assert where(page) == step
        shown = short(value)
        assert page.locator(".bp-equation").inner_text().strip().endswith(shown)
        page.wait_for_function(f"document.querySelector('.bp-said').textContent.startsWith('Step {step} of 12')")
        assert f"{sign} equals" in said.inner_text()
        assert said.inner_text().endswith(shown.replace("−", "minus "))
    page.keyboard.press("Enter")
    text = page.locator(".bp-step").inner_text()
    for key in ("new_w1", "new_w2", "new_loss", "promised_loss"):
        assert short(n[key]) in text
    page.keyboard.press("Enter")  # nothing follows; the button says so and keeps the focus
    assert where(page) == 12
    assert page.evaluate("document.activeElement.getAttribute('aria-disabled')") == "true"
    for step in range(11, -1, -1):
        page.keyboard.press("ArrowLeft")
        assert where(page) == step
    assert page.locator(".bp-net").get_attribute("aria-label").count("equals") == 4  # x, w1, w2 and y alone are given


def test_gradients_stay_hidden_until_their_step(show_page):
    page = show_page(show("worked_example").html)
    net = page.locator(".bp-net")
    assert net.text_content().count("?") == 6
    page.get_by_role("button", name="Show it").click()
    assert where(page) == 11
    assert "0.00955" in net.text_content()


def test_play_and_pause(show_page):
    page = show_page(show("worked_example", step=10).html)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function("document.querySelector('.bp-where').textContent.includes('step 12')")
    page.get_by_role("button", name="Play").wait_for()
    page.get_by_role("button", name="Play").click()  # from the end it begins again
    page.get_by_role("button", name="Pause").click()
    assert where(page) == 0


def test_touch_only(show_page):
    page = show_page(show("worked_example").html, width=320, touch=True)
    for step in (6, 7):
        page.get_by_role("button", name="Next step").tap()
        assert where(page) == step
    page.get_by_role("button", name="Back").tap()
    assert where(page) == 6
    page.locator(".bp-guess").tap()
    page.keyboard.type("0.5465")
    page.locator(".bp-select").select_option("d_yhat")
    page.locator(".bp-guess").fill("0.54655")
    page.get_by_role("button", name="Check").tap()
    assert page.locator(".bp-verdict").get_attribute("data-kind") == "sign"


@pytest.mark.parametrize("width", [1280, 660, 320, 305])
def test_nothing_overlaps_at_extremes(width, show_page):
    """Text in the drawings neither meets other text nor leaves the picture, also for long numbers."""
    rng = np.random.default_rng(7)
    page = show_page(show("worked_example").html, width=width)
    corners = [{"w1": 5, "w2": -5}, {"x": -3, "w1": -5}, {"x": -3, "w1": -5, "w2": -4.9, "y": 0.95, "eta": 20}]
    corners += [
        {"x": 3, "w1": 5, "w2": -5, "y": 0},
        {"x": -3, "w1": 5, "w2": 5, "y": 1, "eta": 20},
        {"x": 0},
        {"w2": 0},
    ]
    randoms = [{key: rng.uniform(STATE[key].low, STATE[key].high) for key in DEFAULT} for _ in range(10)]
    page.evaluate(GO, fragment({**DEFAULT, "step": 0}))
    for state in [{}, *corners, *randoms]:
        for step in (5, 11, 12):
            wanted = fragment({**DEFAULT, **state, "step": step})
            page.evaluate(GO, wanted)
            assert where(page) == step
            assert page.evaluate(OVERLAPS) == [], (state, step)
            assert sideways(page) == [], (state, step)


def test_moving_a_slider_moves_everything(show_page):
    page = show_page(show("worked_example", step=11).html)
    slider = page.locator(".bp-control input[type=range]").nth(3)
    slider.focus()
    page.keyboard.press("End")
    n = numbers({**DEFAULT, "w2": 5})
    for key in ("z2", "yhat", "loss", "d_w2", "d_w1"):
        assert short(n[key]) in page.locator(".bp-net").text_content()
    page.wait_for_function("document.querySelector('.bp-said').textContent.startsWith('L equals')")
    assert page.locator(".bp-where").inner_text().startswith("Backward · step 11 of 12")


def test_a_link_holds_against_an_older_change_being_written(show_page):
    """The address is written a little after a change; a link followed in between is not lost to it."""
    page = show_page(show("worked_example", step=3).html)
    page.evaluate(
        """hash => new Promise(done => {
        addEventListener('hashchange', () => done(), {once: true});
        location.hash = hash;
        history.replaceState(null, '', '#worked_example.step=7');
    })""",
        "#worked_example.step=9",
    )
    assert where(page) == 9


def test_the_product_shows_with_its_gradient_and_not_before(show_page):
    page = show_page(show("worked_example", step=10).html)
    chart = page.locator(".bp-factors")
    assert (chart.locator(".bp-product").count(), chart.locator(".bp-unknown").count()) == (0, 1)
    assert (chart.locator(".bp-bar").count(), chart.locator(".bp-drop").count()) == (5, 4)
    page.get_by_role("button", name="Next step").click()
    assert (chart.locator(".bp-product").count(), chart.locator(".bp-unknown").count()) == (1, 0)


@pytest.mark.parametrize("state", [{}, {"x": 0.2, "w2": -4}, {"x": 0}, OTHER])
def test_every_factor_that_shrinks_is_named(state, show_page):
    """The live sentence, the marked bars and the still's text name the same factors, the strongest first."""
    state = {**DEFAULT, **state}
    n = numbers(state)
    factors = [("ŷ − y", "yhat - y", n["d_yhat"]), ("σ′(z2)", "sigma'(z2)", n["slope2"]), ("w2", "w2", state["w2"])]
    factors += [("σ′(z1)", "sigma'(z1)", n["slope1"]), ("x", "x", state["x"])]
    below = sorted((each for each in factors if abs(each[2]) < 1), key=lambda each: abs(each[2]))
    shown = show("worked_example", **{key: state[key] for key in state})
    page = show_page(shown.html)
    told = page.locator(".bp-moral").inner_text()
    assert told.startswith(
        "Below 1 in size, the strongest first: " + ", ".join(f"{s} = {short(v)}" for s, _, v in below)
    )
    assert str(shown).endswith("first: " + ", ".join(f"{s} = {short(v)}" for _, s, v in below) + ".")
    assert ("Above 1" in told) == any(abs(value) > 1 for *_, value in factors)
    assert page.locator(".bp-shrinks").count() == len(below)


@pytest.mark.parametrize(("w1", "w2"), [(5, -0.3), (-5, 5), (4.5, 1e-3), (5, 0), (0.123456, 0.1)])
def test_an_update_that_moves_a_weight_shows_that_it_moves(w1, w2, show_page):
    state = {**DEFAULT, "x": 3, "w1": w1, "w2": w2}
    page = show_page(show("worked_example", **state, step=12).html)
    n, rows = numbers(state), page.locator(".bp-equation").inner_text().split("L")[0]
    for (before, sign, after), key in zip(
        re.findall(r"←\s*(\S+) − .*? ([=≈]) (\S+(?: × 10\S+)?)\s", rows), ("w1", "w2"), strict=True
    ):
        moves = n[f"d_{key}"] != 0
        assert (before != after) == (moves and sign == "="), rows
        if sign == "=" and moves:
            change = float(after.replace("−", "-")) - float(before.replace("−", "-"))
            assert change * n[f"d_{key}"] < 0
        else:
            assert abs(n[f"d_{key}"]) < 1e-5
    texts = page.locator(".bp-net text").all_text_contents()
    assert not [text for text in texts if re.fullmatch(r"(.+) → \1", text)]


def test_a_judged_guess_goes_when_the_numbers_move(show_page):
    page = show_page(show("worked_example").html)
    predict(page, "d_w2", "0.08431")
    page.locator(".bp-control input[type=range]").nth(2).press("ArrowRight")
    assert not page.locator(".bp-verdict").is_visible()
    assert page.locator(".bp-guess").input_value() == ""
    page.locator(".bp-guess").fill("0.5")  # not judged yet: it stays
    page.locator(".bp-control input[type=range]").nth(2).press("ArrowRight")
    assert page.locator(".bp-guess").input_value() == "0.5"


def test_a_message_stands_clear_of_the_buttons(show_page):
    page = show_page(show("worked_example").html, width=320, fragment="#worked_example.x=9")
    message, undo = (page.locator(each).bounding_box() for each in (".bp-message", ".bp-button:has-text('Undo')"))
    assert message["y"] - (undo["y"] + undo["height"]) >= 8
