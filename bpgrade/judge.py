"""The verdict, made outside the sandbox: a student's numbers against the reference on the run's secret random inputs.

Every line that comes out of the sandbox is taken as written by the student. A right verdict needs the right numbers,
so forging a line earns nothing; a line that cannot be read ends what counts, and never the run.
"""

import json
import math
import re
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from bpgrade.assignment import Assignment, Question, to_run
from bpgrade.cells import Cell
from bpgrade.errors import GradeError, printable
from bpgrade.inside import encode
from bplib.diagnosis import Case, Context, Diagnosis, diagnose_cases
from bplib.plain import Numbers, numbers


@dataclass(frozen=True)
class Asked:
    """A question with the inputs of this run, and the true answers to them."""

    question: Question
    inputs: list[tuple[Any, ...]]
    truths: list[Any]
    contexts: list[Context]


@dataclass(frozen=True)
class Verdict:
    """What one question earned, and why."""

    id: str
    score: float
    max_score: float
    diagnosis: str
    message: str


def ask(question: Question, seed: int) -> Asked:
    """Draw the inputs of `question` from `seed` and work out the true answers: the same for every student of a run.

    Raises GradeError if the instructor's functions fail on them, or a true answer is not finite.
    """
    rng = np.random.default_rng([seed, zlib.crc32(question.id.encode())])
    try:
        inputs = [question.inputs(rng) for _ in range(question.trials)]
        inputs = [tuple(float(one) if isinstance(one, np.floating) else one for one in args) for args in inputs]
        truths = [read_value(encode(question.reference(*args))) for args in inputs]
        contexts = [_context(question, args) for args in inputs]
        for truth in truths:
            for leaf in truth.values() if isinstance(truth, dict) else [truth]:
                if not all(map(math.isfinite, numbers(leaf).flat)):
                    raise GradeError(f"the solution of {question.id!r} returns {leaf}; expected finite numbers")
    except GradeError:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {printable(error)}"
        raise GradeError(f"the solution of {question.id!r} fails on its inputs: {said}") from error
    return Asked(question, inputs, truths, contexts)


def _context(question: Question, args: tuple[Any, ...]) -> Context:
    return Context(
        factors=question.factors(*args) if question.factors else {},
        n=question.n(*args) if question.n else None,
        parts=question.parts(*args) if question.parts else (),
        updated=question.updated(*args) if question.updated else None,
        mistakes=[(kind, text, wrong(*args)) for kind, text, wrong in question.mistakes],
    )


def job(assignment: Assignment, asked: list[Asked], submitted: list[Cell], seconds: float) -> dict[str, Any]:
    """What the sandbox gets: the released cells with the student's answer cells in their places, and the inputs."""
    answers = {cell.grade_id: cell.source for cell in reversed(submitted) if cell.solution and cell.kind == "code"}
    by_id = {one.question.id: one for one in asked}
    cells: list[dict[str, Any]] = []
    for cell in to_run(assignment.released):
        source = answers.get(cell.grade_id, "") if cell.solution else cell.source
        entry: dict[str, Any] = {"source": source}
        if (one := by_id.get(cell.grade_id)) is not None:
            inputs = [[encode(value) for value in args] for args in one.inputs]
            entry |= {"question": one.question.id, "function": one.question.function, "inputs": inputs}
        cells.append(entry)
    return {"cells": cells, "seconds": seconds}


def lines(output: bytes) -> tuple[dict[str, dict[str, Any]], str]:
    """The readable lines by question, the first of each, and how the output ends: done, cut or malformed."""
    found: dict[str, dict[str, Any]] = {}
    for text in output.split(b"\n"):
        if not text:
            continue
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            return found, "malformed"
        if not isinstance(line, dict):
            return found, "malformed"
        if line.get("done") is True:
            return found, "done"
        if isinstance(line.get("question"), str):
            found.setdefault(line["question"], line)
        elif line.get("ready") is not True:
            return found, "malformed"
    return found, "cut"


def judge(asked: Asked, line: dict[str, Any] | None, source: str | None, released: str, ended: str) -> Verdict:
    """The verdict on one question; whatever `line` holds, nothing is raised."""
    question = asked.question
    try:
        found = _judged(asked, line, source, released, ended)
    except Exception as error:  # a line of the wrong shape is the student's loss, not the run's
        found = Diagnosis("malformed", f"the answer could not be read ({type(error).__name__}).")
    score = question.points if found.kind == "correct" else 0.0
    return Verdict(question.id, score, question.points, found.kind, printable(found.message))


def _judged(asked: Asked, line: dict[str, Any] | None, source: str | None, released: str, ended: str) -> Diagnosis:
    if source is None:
        return Diagnosis("missing", "the answer cell is missing from the notebook.")
    if source.strip() == released.strip():
        return Diagnosis("not-attempted", "not attempted.")
    if line is None:
        return Diagnosis(ended, f"no answer: {REASONS[ended]}")
    if line.get("failed"):
        return _failure("the cell", line["failed"])
    answers = line["answers"]
    if answers == [{"stub": True}]:
        return Diagnosis("not-attempted", "not attempted.")
    if answers and isinstance(answers[-1], dict) and "error" in answers[-1]:
        return _failure(f"{asked.question.function}()", answers[-1]["error"])
    if len(answers) != len(asked.truths):
        raise ValueError("the number of answers")
    given = [read_value(answer) for answer in answers]
    cases = [Case(*case) for case in zip(given, asked.truths, asked.contexts, strict=True)]
    return diagnose_cases(cases, rtol=asked.question.tolerance)


REASONS = {
    "timeout": "the program ran out of time in this cell or an earlier one.",
    "crashed": "the program ended in this cell or an earlier one (an exit, or too much output).",
    "memory": "the program took too much memory in this cell or an earlier one.",
    "malformed": "the program wrote something else where its answers go.",
}


def _failure(what: str, error: list[Any]) -> Diagnosis:
    """The line for an exception [type, message, line number] that a student's code raised."""
    kind, text, number = error
    text = re.sub(r"0x[0-9a-fA-F]{6,16}", "0x…", str(text))  # an address in memory: another one on every run
    where = f" (line {int(number)})" if number else ""
    if kind == "Late":
        return Diagnosis("timeout", f"{what} did not finish in time: does a loop never end?{where}")
    hint = " Only answer cells are marked: a helper belongs into the answer cell." if kind == "NameError" else ""
    if "NoneType' object is not callable" in str(text) and what.endswith("()"):
        return Diagnosis("error", f"there is no function {what}: keep the name that the question gives.")
    return Diagnosis("error", f"{what} stopped with {kind}: {text}{where}.{hint}")


def read_value(value: Any) -> Any:
    """An answer as it left the sandbox, as `bplib.diagnosis` reads it. Raises ValueError or TypeError if malformed."""
    if isinstance(value, list):
        return [read_value(one) for one in value]
    if not isinstance(value, dict):
        if isinstance(value, bool | str):
            raise TypeError("a number was expected")
        return value
    if "dict" in value:
        return {str(name): read_value(one) for name, one in value["dict"].items()}
    if "array" in value:
        flat = [value["array"]]
        for size in value["shape"]:
            if any(len(part) != size for part in flat):
                raise ValueError("the shape of an array")
            flat = [one for part in flat for one in part]
        return Numbers(tuple(map(int, value["shape"])), [float(one) for one in flat], str(value["dtype"])[:20])
    if "stub" in value:
        return None
    return type(printable(value["other"], 40), (), {})()
