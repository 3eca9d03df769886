"""Usual mistakes of the exercise on chapter 03: the check in the notebook and the judge call each by the same name."""

import json
from pathlib import Path

import pytest
from write_samples import NAME

import bplib.feedback
from bpgrade.assignment import load
from bpgrade.judge import ask
from bpgrade.release import answered

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = {question.id: question for question in load(ROOT, NAME).questions}
SOLUTION = json.loads((ROOT / "solutions" / NAME / f"{NAME}.ipynb").read_text("utf-8"))["cells"]

# (question, what its answer cell reads, what stands there instead, kind, message)
MISTAKES = [
    ("step", "eta *", "1 *", "missing-derivative", "eta is missing"),
    (
        "step",
        'w1 - eta * gradient["w1"], "w2": w2 -',
        '-eta * gradient["w1"], "w2": -',
        "other",
        "these are the changes: return the weights after them.",
    ),
    ("backward", 'return {"w1": dL_dw1, "w2": dL_dw2}', 'return {"w1": dL_dw2, "w2": dL_dw1}', "other", "each other's"),
    ("backward", "yhat * (1 - yhat)", "yhat", "other", "σ stands where its slope belongs."),
    ("backward", "h * (1 - h)", "h", "other", "σ stands where its slope belongs."),
    ("backward", "* (1 - ", "* (1 + 0 * ", "other", "σ stands where its slope belongs."),
    ("backward-tanh", "1 - h**2", "h * (1 - h)", "other", "that is the sigmoid's slope; tanh has 1 − h²."),
    ("backward-tanh", "1 - h**2", "1 - tanh(h) ** 2", "other", "h is tanh(z1) already, and went through tanh a second"),
    ("backward-tanh", "- y\n", "- y\n    delta2 *= 1 - values['yhat'] ** 2\n", "other", "no slope at ŷ."),
    ("backward-tanh", "- y\n", "- y\n    delta2 *= values['yhat'] * (1 - values['yhat'])\n", "other", "no slope at ŷ."),
    ("forecast", "** 2", "", "other", "a step is −eta times a slope, so each slope appears squared."),
    ("forecast", "return ", "return loss(x, w1, w2, y) + ", "other", "this is the new loss; the change is asked for."),
    ("forecast", "return ", "return loss(x, *step(x, w1, w2, y, eta).values(), y) #", "other", "this is the new loss"),
    (
        "forecast",
        "return ",
        "return loss(x, *step(x, w1, w2, y, eta).values(), y) - loss(x, w1, w2, y) #",
        "other",
        "that is the true change, from a new loss; use only the slopes and steps at the old weights.",
    ),
]


def handed_in(question: str, old: str, new: str) -> dict:
    """The names that the notebook's cells define, run as far as the question's check, with one answer changed."""
    namespace: dict = {}
    for cell in SOLUTION:
        source = "".join(cell["source"])
        if cell["id"] == question:
            assert old in source
            source = source.replace(old, new)
        if cell["cell_type"] == "code":
            exec(source, namespace)
        if cell["id"] == f"{question}-check":
            return namespace
    raise AssertionError(f"no check for {question}")


@pytest.mark.parametrize(("question", "old", "new", "kind", "said"), MISTAKES)
def test_the_check_and_the_judge_name_it_alike(question: str, old: str, new: str, kind: str, said: str) -> None:
    bplib.feedback._found.clear()
    namespace = handed_in(question, old, new)
    found = bplib.feedback._found[question]
    verdict = answered(ask(QUESTIONS[question], 11), namespace[QUESTIONS[question].function])
    assert (found.kind, verdict.diagnosis, verdict.score) == (kind, kind, 0)
    assert said in found.message
    assert said in verdict.message


@pytest.mark.parametrize("question", ["slope", "backward", "backward-tanh", "forecast"])
def test_a_forgotten_return_is_named(question: str, capsys: pytest.CaptureFixture) -> None:
    handed_in(question, "return ", "found = ")
    said = f"· {question}: nothing was returned: not attempted yet, or is `return` missing?"
    assert said in capsys.readouterr().out.splitlines()
