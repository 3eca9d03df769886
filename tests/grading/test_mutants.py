"""Solutions that students write, right and wrong: the judge and the check at hand accept the right and name the wrong.

Each module in `mutants/` is data for the exercise of its name. `WRONG` maps a question to pairs (code, kind), where
`code` is what stands in the answer cell and `kind` is the diagnosis of the judge. The check says the same; where it
does not, because its truth is a numerical gradient or it lacks something that the judge knows, a third entry says what
it does say. `RIGHT` maps a question to codes that earn the points.
"""

import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import bplib.feedback
from bpgrade.assignment import load, run
from bpgrade.inside import ask as answers
from bpgrade.inside import described, encode
from bpgrade.judge import Verdict, ask, judge

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = {path.stem: path for path in sorted(Path(__file__).with_name("mutants").glob("*.py"))}
STATED = {name: runpy.run_path(str(path)) for name, path in MUTANTS.items()}
ALL = [pytest.param(name, question, id=f"{name}-{question}") for name in MUTANTS for question in STATED[name]["WRONG"]]
SEEDS = (11, 12)


@cache
def desk(name: str) -> "Desk":
    return Desk(name)


class Desk:
    """An exercise with every question solved: its names, its questions and its checks."""

    def __init__(self, name: str) -> None:
        assignment = load(ROOT, name)
        self.names = run(name, assignment.solution)
        self.questions = {question.id: question for question in assignment.questions}
        self.checks = {cell.grade_id: cell.source for cell in assignment.solution if "check" in cell.tags}
        self.wrong: dict[str, list[tuple[str, ...]]] = STATED[name]["WRONG"]
        self.right: dict[str, list[str]] = STATED[name]["RIGHT"]

    def verdicts(self, asked_for: str, code: str) -> Iterator[Verdict | str]:
        """What the judge says of `code` as the answer, for each seed, and at last the kind that the check finds."""
        question = self.questions[asked_for]
        solved = dict(self.names)
        del self.names[question.function]
        failed: Any = None
        try:
            exec(compile(code, "<ipython-input>", "exec"), self.names)
        except Exception as error:
            failed = described(error)
        try:
            for seed in SEEDS:
                asked = ask(question, seed)
                inputs = [[encode(value) for value in args] for args in asked.inputs]
                given = [] if failed else answers(self.names.get(question.function), inputs)
                yield judge(asked, {"failed": failed, "answers": given}, code, "", "crashed")
            bplib.feedback._found.pop(question.id, None)
            try:
                exec(self.checks[f"{question.id}-check"], self.names)
                yield bplib.feedback._found[question.id].kind
            except NameError:  # the cell failed, or the function has another name
                yield "error"
        finally:
            self.names.clear()
            self.names.update(solved)


@pytest.mark.parametrize("name", MUTANTS)
def test_every_question_meets_five_wrong_and_three_right_solutions(name: str) -> None:
    stated, questions = desk(name), [question.id for question in load(ROOT, name).questions]
    assert sorted(stated.wrong) == sorted(stated.right) == sorted(questions)
    for question in questions:
        assert len({code for code, *_ in stated.wrong[question]}) >= 5, question
        assert len(set(stated.right[question])) >= 3, question


@pytest.mark.parametrize(("name", "question"), ALL)
def test_wrong_solutions_are_rejected_and_named(name: str, question: str) -> None:
    for code, kind, *by_check in desk(name).wrong[question]:
        *verdicts, checked = desk(name).verdicts(question, code)
        for verdict in verdicts:
            assert (verdict.score, verdict.diagnosis) == (0, kind), f"{code}\n{verdict.message}"
        assert checked == (by_check[0] if by_check else kind), f"the check of\n{code}"


@pytest.mark.parametrize(("name", "question"), ALL)
def test_right_solutions_are_accepted_in_any_style(name: str, question: str) -> None:
    for code in desk(name).right[question]:
        *verdicts, checked = desk(name).verdicts(question, code)
        for verdict in verdicts:
            assert (verdict.score, verdict.diagnosis) == (verdict.max_score, "correct"), f"{code}\n{verdict.message}"
        assert checked == "correct", f"the check of\n{code}"
