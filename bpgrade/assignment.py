"""An assignment as the grader sees it: the released cells, and the questions with their reference and random inputs.

A question is stated once, beside its solution: `solutions/NAME/judge.py` holds QUESTIONS, a dictionary from the
`grade_id` of the answer cell to

    function    the name of the function the answer cell defines
    inputs      a function of a numpy.random.Generator that returns one tuple of arguments
    tolerance   relative, 1e-11 if left out: a numerical gradient does not pass
    factors     a function of the same arguments: names and values of local derivatives, to name a lost one
    n           likewise: the batch size, to name a 1/n that is missing or there twice
    parts       likewise: the contributions that add up to the answer, to name a sum that was overwritten
    updated     likewise: what comes out when a parameter is changed too early
    mistakes    a list of (kind, message, wrong function): the mistakes to recognise at once
    trials      how many inputs, 5 if left out

The reference is the function in the solution notebook, the points are those of the locked cell `grade_id`-marks.
"""

import contextlib
import hashlib
import io
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpgrade.cells import Cell, Unreadable, read
from bpgrade.errors import GradeError, printable
from bplib.diagnosis import KINDS

KEYS = {"function", "inputs", "tolerance", "factors", "n", "parts", "updated", "mistakes", "trials"}
Function = Callable[..., Any]


@dataclass(frozen=True)
class Question:
    """One auto-graded question."""

    id: str
    points: float
    function: str
    inputs: Callable[[Any], tuple[Any, ...]]
    reference: Function
    tolerance: float = 1e-11
    factors: Function | None = None
    n: Function | None = None
    parts: Function | None = None
    updated: Function | None = None
    mistakes: tuple[tuple[str, str, Function], ...] = ()
    trials: int = 5


@dataclass(frozen=True)
class Assignment:
    """A released assignment: its cells, its questions, and the `grade_id`s and points that a person marks.

    `version` is a digest of all that a grade depends on, `release` the released notebook itself.
    """

    name: str
    released: list[Cell]
    questions: list[Question]
    by_hand: dict[str, float]
    solution: list[Cell]
    version: str = ""
    release: bytes = b""


def load(course: Path, name: str) -> Assignment:
    """The assignment `name` of the course in the folder `course`.

    Raises GradeError if it is unknown, not released, or a question and its spec do not fit together.
    """
    source = course / "solutions" / name / f"{name}.ipynb"
    known = sorted(path.parent.name for path in (course / "solutions").glob("*/judge.py"))
    if not source.is_file():
        raise GradeError(f"no assignment {name!r} in {course / 'solutions'}; there is {', '.join(known) or 'none'}")
    try:
        solution = read(source)
        release = course / "exercises" / name / f"{name}.ipynb"
        if not release.is_file():
            raise GradeError(f"{name} is not released yet: run python -m bpgrade release {name}")
        released = read(release)
    except Unreadable as error:
        raise GradeError(f"{name}: {error}") from None
    spec = source.with_name("judge.py")
    stated = questions(name, solution, spec)
    whole = hashlib.sha256()
    for path in (source, spec, release):
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return Assignment(name, released, stated, hand(solution), solution, whole.hexdigest(), release.read_bytes())


def hand(cells: list[Cell]) -> dict[str, float]:
    """The questions a person marks: cells that are answer and grade in one."""
    return {cell.grade_id: cell.points for cell in cells if cell.grade and cell.solution}


def questions(name: str, solution: list[Cell], spec: Path) -> list[Question]:
    """The auto-graded questions of a solution notebook, each with its spec from `spec`, in the notebook's order."""
    stated = _stated(spec)
    marked = {
        cell.grade_id.removesuffix("-marks"): cell.points for cell in solution if cell.grade and not cell.solution
    }
    answers = [cell.grade_id for cell in solution if cell.solution and not cell.grade and cell.grade_id in marked]
    for grade_id in marked:
        if grade_id not in answers:
            raise GradeError(f"{name}: {grade_id}-marks carries points but no answer cell has grade_id {grade_id!r}")
        if grade_id not in stated:
            raise GradeError(f"{name}: question {grade_id!r} has no spec; state it in {spec}")
    if extra := set(stated) - set(marked):
        raise GradeError(
            f"{name}: {spec.name} states {min(extra)!r}, but no locked cell {min(extra)}-marks carries points"
        )
    namespace = run(name, solution)
    return [_question(name, grade_id, marked[grade_id], stated[grade_id], namespace) for grade_id in answers]


def _stated(spec: Path) -> dict[str, dict[str, Any]]:
    if not spec.is_file():
        raise GradeError(f"no {spec}; it states the questions of this assignment")
    try:
        stated = runpy.run_path(str(spec)).get("QUESTIONS")
    except Exception as error:
        raise GradeError(f"{spec} fails: {type(error).__name__}: {printable(error)}") from error
    if not isinstance(stated, dict):
        raise GradeError(f"{spec} has no dictionary QUESTIONS")
    return stated


def _question(name: str, grade_id: str, points: float, stated: dict[str, Any], namespace: dict[str, Any]) -> Question:
    if unknown := set(stated) - KEYS:
        raise GradeError(f"{name}: question {grade_id!r} states {min(unknown)!r}; known are {', '.join(sorted(KEYS))}")
    if lost := {"function", "inputs"} - set(stated):
        raise GradeError(f"{name}: question {grade_id!r} does not state its {min(lost)}")
    reference = namespace.get(stated["function"])
    if not callable(reference):
        raise GradeError(f"{name}: the solution of {grade_id!r} defines no function {stated['function']!r}")
    for kind, *_ in stated.get("mistakes", ()):
        if kind not in KINDS or kind in ("correct", "not-attempted"):
            raise GradeError(
                f"{name}: question {grade_id!r} has a mistake of the kind {kind!r}; see bplib.diagnosis.KINDS"
            )
    rest = {**stated, "mistakes": tuple(stated.get("mistakes", ()))}
    return Question(id=grade_id, points=points, reference=reference, **rest)


def run(name: str, cells: list[Cell]) -> dict[str, Any]:
    """Run the solution's own cells, without its checks and marks, and return what they define.

    Only for the instructor's notebook: it runs here, with the grader's rights.
    """
    namespace: dict[str, Any] = {"__name__": name}
    for cell in to_run(cells):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, f"<{name}: {cell.grade_id}>", "exec"), namespace)
        except Exception as error:
            said = f"{type(error).__name__}: {printable(error)}"
            raise GradeError(f"{name}: the solution's cell {cell.grade_id!r} fails: {said}") from error
    return namespace


def to_run(cells: list[Cell]) -> list[Cell]:
    """The code cells that define something: all but the checks and the cells that carry points."""
    return [cell for cell in cells if cell.kind == "code" and not cell.grade and "check" not in cell.tags]
