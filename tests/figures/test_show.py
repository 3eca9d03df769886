"""`show` and `quiz` from Python: what they give to a notebook and to the book, and what they refuse."""

import doctest
import json
import re

import pytest

from bplib import figures
from bplib.figures import _display, show, worked_example


def state_of(html):
    return json.loads(re.search(r'data-bp-state="([^"]*)"', html)[1].replace("&quot;", '"'))


def test_doctests():
    for module in (figures, worked_example):
        assert doctest.testmod(module).failed == 0


def test_a_notebook_output_carries_style_and_script_once():
    html = show("worked_example").html
    assert html.count("<script>") == html.count("</script>") == 1
    assert html.count("<style>") == 1
    assert 'type="module"' not in html
    assert not re.search(r"https?://(?!www\.w3\.org/)", html)


def test_the_book_loads_the_script_itself(monkeypatch):
    monkeypatch.setenv("BPLIB_FIGURES_EXTERNAL", "1")
    html = show("worked_example", w1=2).html
    assert "<script" not in html
    assert "<style" not in html
    assert state_of(html) == {"w1": 2}
    assert len(html) < 20_000


def test_without_the_bundle_the_still_and_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(_display, "DIST", tmp_path)
    html = show("worked_example").html
    assert "<svg" in html
    assert "<script" not in html
    assert "<code>python hatch_build.py</code>" in html


def test_mime_bundle_and_text():
    figure = show("worked_example", w2=-1)
    bundle = figure._repr_mimebundle_()
    assert bundle == {"text/html": figure.html, "text/plain": str(figure)}
    assert "w2 = −1" in str(figure)
    assert "0.1494" in str(show("worked_example"))


@pytest.mark.parametrize(
    ("name", "state", "error", "words"),
    [
        ("no_such", {}, ValueError, "there is no figure 'no_such'; there are: worked_example"),
        ("worked_example", {"w3": 1}, ValueError, "has no state 'w3'; it has: x, "),
        ("worked_example", {"w1": 7}, ValueError, "w1 is 7; expected a number from -5 to 5"),
        ("worked_example", {"w1": float("nan")}, ValueError, "w1 is nan; expected a number"),
        ("worked_example", {"w1": "0.5"}, TypeError, "w1 is '0.5'; expected a number"),
        ("worked_example", {"w1": True}, TypeError, "w1 is True; expected a number"),
        ("worked_example", {"ask": "d_x"}, ValueError, "ask is 'd_x'; expected one of: d_w1, "),
    ],
)
def test_refusals(name, state, error, words):
    with pytest.raises(error, match=re.escape(words)):
        show(name, **state)


def test_still_numbers_are_those_of_the_chapter():
    """The table of the worked example in full precision."""
    html = show("worked_example").html
    for number in ("0.6225", "−0.1867", "0.4535", "0.1494", "−0.5465", "−0.1355", "−0.08431", "0.04064", "0.00955"):
        assert f">{number}<" in html
