"""Releasing an assignment: prove every question against its judge, then let nbgrader write the student's version."""

import subprocess
import sys
from pathlib import Path

from bpgrade.assignment import Question, hand, questions
from bpgrade.cells import Unreadable, read
from bpgrade.errors import GradeError, printable
from bpgrade.inside import encode
from bpgrade.judge import Asked, Verdict, ask, judge

SEEDS = range(3)


def release(course: Path, name: str) -> str:
    """Validate the assignment and write `exercises/NAME`; the line to print.

    Raises GradeError if a question has no spec, its solution fails its judge, or one of its named mistakes is not
    rejected as what it is named.
    """
    source = course / "solutions" / name / f"{name}.ipynb"
    if not source.is_file():
        raise GradeError(f"no {source}; expected the solution notebook of the assignment {name!r}")
    try:
        cells = read(source)
    except Unreadable as error:
        raise GradeError(f"{source}: {error}") from None
    stated = questions(name, cells, source.with_name("judge.py"))
    for question in stated:
        prove(name, question)
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--force", "--no-db"]
    done = subprocess.run([*command, f"--course-dir={course}"], cwd=course, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise GradeError(f"{name}: nbgrader could not release it: {printable(last[0])}")
    points = sum(question.points for question in stated)
    by_hand = sum(hand(cells).values())
    return f"exercises/{name}: {len(stated)} questions, {points:g} points and {by_hand:g} marked by a person."


def prove(name: str, question: Question) -> None:
    """Hold the reference and every named mistake of one question against its own judge, for a few seeds."""
    for seed in SEEDS:
        asked = ask(question, seed)
        verdict = answered(asked, question.reference)
        if verdict.diagnosis != "correct":
            raise GradeError(f"{name}: the solution of {question.id!r} fails its own judge: {verdict.message}")
        for kind, _, wrong in question.mistakes:
            verdict = answered(asked, wrong)
            if verdict.diagnosis != kind:
                raise GradeError(f"{name}: {question.id!r} takes its mistake {kind!r} for {verdict.diagnosis!r}")


def answered(asked: Asked, function: object) -> Verdict:
    """The judge's verdict on a Python function, without a sandbox: for functions of the instructor's."""
    assert callable(function)
    line = {"failed": None, "answers": [encode(function(*args)) for args in asked.inputs]}
    return judge(asked, line, "written", "released", "crashed")
