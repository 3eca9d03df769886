"""Interactive figures and quizzes: `show("worked_example")`, `quiz("03_worked_example")`. Chapter 03 is the first user.

Both return an object that a notebook and the book display. Its HTML is a still picture (or the written-out quiz) that
needs no JavaScript; the script bundled from src/ makes it live. In a notebook the output carries that script itself;
the book's pages load it once, and its build says so by the environment variable BPLIB_FIGURES_EXTERNAL=1.

A new figure is one Python module here (its name in `FIGURES`), one JavaScript module of that name in src/, and
`python hatch_build.py`. src/kit.js says what the JavaScript half must hold; the Python half holds

- `CAPTION`, and `STATE`, a dictionary of `Range`, `Choice` and `Words`, the same as in JavaScript;
- `still(state)`, the picture as HTML, and `alt(state)`, one or two sentences on what is seen and what it means;
- `fixtures(rng)`, a list of {"state": …, "numbers": …} computed by the library, for random states.

tests/figures/test_every_figure.py finds it in `FIGURES` and checks all of this in a browser.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from bplib.figures._display import Choice, Display, Range, Words, figure_html
from bplib.figures._quiz import load, quiz_html

__all__ = ["FIGURES", "Choice", "Display", "Range", "Words", "module", "quiz", "show"]

FIGURES = (
    "worked_example",
    "race",
    "graph_stepper",
    "shapes",
    "xor_training",
    "recurrent_clipping",
    "vanishing_explorer",
    "alignment",
    "settling",
    "goodness",
    "parsons",
)


def module(name: str) -> ModuleType:
    """The Python half of a figure; raises ValueError for a name that is none."""
    if name not in FIGURES:
        raise ValueError(f"there is no figure {name!r}; there are: {', '.join(FIGURES)}")
    return import_module(f"bplib.figures.{name}")


def show(name: str, **state: float | str) -> Display:
    """The figure `name`, beginning with the given state; `.html` is its HTML, `str()` its alternative text.

    >>> figure = show("worked_example", w1=0.5)
    >>> str(figure).startswith("The worked example as a net")
    True

    Raises ValueError for a name that does not exist or a value out of range, TypeError for a value of another type.
    """
    figure = module(name)
    for key, value in state.items():
        if key not in figure.STATE:
            raise ValueError(f"figure {name!r} has no state {key!r}; it has: {', '.join(figure.STATE)}")
        figure.STATE[key].check(key, value)
    full = {key: setting.value for key, setting in figure.STATE.items()} | state
    return Display(figure_html(name, figure, full, state), figure.alt(full))


def quiz(name: str, *question_ids: str, one_at_a_time: bool = False) -> Display:
    """The questions of quizzes/<name>.json, all or those named, with their answers folded away.

    Raises ValueError where there is no such quiz or question, or where the quiz is not well made.
    """
    data = load(name)
    known = {question["id"]: question for question in data["questions"]}
    for each in question_ids:
        if each not in known:
            raise ValueError(f"quiz {name!r} has no question {each!r}; it has: {', '.join(known)}")
    chosen = [known[each] for each in question_ids] or data["questions"]
    return Display(*quiz_html(name, chosen, one_at_a_time))
