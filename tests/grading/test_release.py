"""What is released: in step with its source, without a trace of a solution, and only if its judge is proven."""

import contextlib
import io
import json
import shutil
from pathlib import Path

import pytest
from write_samples import NAME

import bplib.feedback
from bpgrade.assignment import load
from bpgrade.errors import GradeError
from bpgrade.release import release

ROOT = Path(__file__).resolve().parents[2]
RELEASED = ROOT / "exercises" / NAME / f"{NAME}.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course, in a folder with a space in its name."""
    copy = tmp_path / "a course"
    shutil.copytree(ROOT / "solutions" / NAME, copy / "solutions" / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", copy)
    return copy


def change(course: Path, old: str, new: str, name: str = "judge.py") -> None:
    path = course / "solutions" / NAME / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_release_is_in_step_with_its_source(course: Path) -> None:
    for _ in range(2):
        assert "9 questions, 16 points and 4 marked by a person" in release(course, NAME)
        made = {path.name: path.read_bytes() for path in (course / "exercises" / NAME).iterdir()}
        assert made == {path.name: path.read_bytes() for path in RELEASED.parent.iterdir() if path.is_file()}
    assert {path.name for path in course.iterdir()} == {"solutions", "exercises", "nbgrader_config.py"}


def test_nothing_of_a_solution_is_released() -> None:
    text = RELEASED.read_text("utf-8")
    assert "SOLUTION" not in text
    assert "**Why.**" not in text
    for cell in json.loads(text)["cells"]:
        assert not cell.get("outputs")
        if cell["metadata"]["nbgrader"]["solution"]:
            assert "YOUR" in "".join(cell["source"])
        else:
            assert cell["metadata"]["nbgrader"]["locked"]


def run(path: Path) -> str:
    """What a notebook prints when its code cells run from top to bottom in a fresh kernel."""
    printed, namespace = io.StringIO(), {}
    bplib.feedback._found.clear()
    bplib.feedback._points.clear()
    with contextlib.redirect_stdout(printed):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), namespace)
    return printed.getvalue()


def test_untouched_it_runs_and_says_not_attempted_yet() -> None:
    questions = [question.id for question in load(ROOT, NAME).questions]
    printed = run(RELEASED)
    assert [f"· {question}: not attempted yet" in printed for question in questions] == [True] * 9
    assert "0 of 16 points so far." in printed
    assert "✓" not in printed


def test_the_solution_is_right_by_every_check() -> None:
    printed = run(ROOT / "solutions" / NAME / f"{NAME}.ipynb")
    assert printed.count("✓") == 9
    assert printed.count("✗") == 1, "only the given function with a bug is wrong"
    assert "16 of 16 points so far." in printed


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"gradient-w1": {', '"gradient-w7": {', "'gradient-w1' has no spec"),
        ('"function": "slope"', '"function": "slop"', "defines no function 'slop'"),
        ('"trials": 20', '"tirals": 20', "states 'tirals'"),
        ('("sign", "the step', '("correct", "the step', "a mistake of the kind 'correct'"),
        ("QUESTIONS = {", "QUESTIONS = [] and {", "no dictionary QUESTIONS"),
        ("def signed(rng):", "def signed(rng", "judge.py fails: SyntaxError"),
    ],
)
def test_a_question_that_is_not_proven_stops_the_release(course: Path, old: str, new: str, said: str) -> None:
    change(course, old, new)
    with pytest.raises(GradeError, match=said):
        release(course, NAME)
    assert not (course / "exercises").exists()


def test_a_mistake_that_is_none_stops_the_release(course: Path) -> None:
    change(course, "lambda yhat: 1 - yhat**2", "lambda yhat: yhat - yhat**2")
    with pytest.raises(GradeError, match="'slope' takes its mistake 'other' for 'correct'"):
        release(course, NAME)


def test_a_reference_that_raises_stops_the_release(course: Path) -> None:
    change(course, "return yhat * (1 - yhat)", "return yhat / 0", f"{NAME}.ipynb")
    with pytest.raises(GradeError, match="the solution of 'slope' fails on its inputs: ZeroDivisionError"):
        release(course, NAME)


def test_points_without_an_answer_cell_stop_the_release(course: Path) -> None:
    change(course, '"grade_id": "step"', '"grade_id": "stride"', f"{NAME}.ipynb")
    with pytest.raises(GradeError, match="no answer cell has grade_id 'step'"):
        release(course, NAME)


def test_a_reference_that_is_not_finite_stops_the_release(course: Path) -> None:
    change(course, "return yhat * (1 - yhat)", "return float('nan')", f"{NAME}.ipynb")
    with pytest.raises(GradeError, match="the solution of 'slope' returns nan"):
        release(course, NAME)


def test_an_unknown_assignment_is_named(course: Path) -> None:
    with pytest.raises(GradeError, match=r"no assignment '04_none' .* there is 03_worked_example"):
        load(course, "04_none")
    with pytest.raises(GradeError, match="not released yet: run python -m bpgrade release"):
        load(course, NAME)
