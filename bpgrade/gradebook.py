"""nbgrader's gradebook: scores and comments go in, the points a person gave come out.

A student is known there by the name of the results file; an answer's verdict is the comment on its cell. Points and
comments that a person gave are never touched.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bpgrade.assignment import Assignment
from bpgrade.errors import GradeError, printable
from bpgrade.handed_back import harmless
from bpgrade.store import PART, file_name

NOT_HANDED_IN = ("missing", "failed")
AT_ONCE = 200


def student_id(result: dict[str, Any]) -> str:
    """What the gradebook calls a student: at most the 128 characters that it has room for."""
    name = printable(file_name(result["student"]))
    return name if len(name) <= 128 else f"{name[:119]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def save_file(path: Path, assignment: Assignment, results: list[dict[str, Any]]) -> None:
    """Put the results of a class into the SQLite file `path`. A new file appears whole or not at all."""
    if path.exists():
        save(f"sqlite:///{path}", assignment, results)
        return
    part = path.with_name(f"{PART}{path.name}")
    try:
        save(f"sqlite:///{part}", assignment, results)
        os.replace(part, path)
    except OSError as error:
        raise GradeError(f"cannot write the gradebook {path}: {error.strerror}") from None
    finally:
        for left in (part, part.with_name(f"{part.name}-journal")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def save(url: str, assignment: Assignment, results: list[dict[str, Any]]) -> None:
    """Put the results of a class into the gradebook at `url`, as `nbgrader autograde` would.

    Raises GradeError if the database cannot be reached or refuses; the results in their folder are not touched.
    """
    with _open(url) as book:
        from nbgrader import api

        name = assignment.name
        book.update_or_create_assignment(name)
        notebook = book.update_or_create_notebook(name, name)
        for cell in assignment.released:
            kind = "code" if cell.kind == "code" else "markdown"
            if cell.grade:
                book.update_or_create_grade_cell(cell.grade_id, name, name, max_score=cell.points, cell_type=kind)
            if cell.solution:
                book.update_or_create_solution_cell(cell.grade_id, name, name)
        there = {one.student_id: one for one in book.find_assignment(name).submissions}
        students = {one.id: one for one in book.students}
        whole = book.find_assignment(name)
        grade_cells, solution_cells = list(notebook.grade_cells), list(notebook.solution_cells)
        for n, result in enumerate(results, 1):
            who = student_id(result)
            student = students.get(who)
            if student is None:
                student = students[who] = api.Student(id=who, last_name=printable(result["student"], 120))
                book.db.add(student)
            if result["status"] in NOT_HANDED_IN:
                continue
            submission = there.get(who)
            if submission is None:
                submission = there[who] = api.SubmittedAssignment(assignment=whole, student=student)
                page = api.SubmittedNotebook(notebook=notebook, assignment=submission)
                book.db.add_all(api.Grade(cell=cell, notebook=page) for cell in grade_cells)
                book.db.add_all(api.Comment(cell=cell, notebook=page) for cell in solution_cells)
                book.db.add(submission)
            _fill(submission.notebooks[0], {one["id"]: one for one in result["questions"]})
            if n % AT_ONCE == 0:
                book.db.commit()
        book.db.commit()


def _fill(page: Any, verdicts: dict[str, dict[str, Any]]) -> None:
    """Enter one student's scores and comments."""
    for grade in page.grades:
        by_hand = grade.cell.name not in {f"{name}-marks" for name in verdicts} and not grade.cell.name.endswith(
            "-marks"
        )
        if by_hand:
            grade.needs_manual_grade = grade.manual_score is None
            continue
        verdict = verdicts.get(grade.cell.name.removesuffix("-marks"))
        grade.auto_score = verdict["score"] if verdict else 0.0
        grade.needs_manual_grade = False
    for comment in page.comments:
        if verdict := verdicts.get(comment.cell.name):
            comment.auto_comment = harmless(verdict["message"])  # nbgrader shows comments as HTML


def by_hand(url: str, assignment: str) -> dict[str, float]:
    """The points a person gave each student, for those on whom nothing is left to mark."""
    with _open(url) as book:
        found: dict[str, float] = {}
        if assignment not in {one.name for one in book.assignments}:
            return found
        for submission in book.find_assignment(assignment).submissions:
            grades = [grade for page in submission.notebooks for grade in page.grades]
            if not any(grade.needs_manual_grade for grade in grades):
                given = [grade for grade in grades if grade.manual_score is not None]
                found[submission.student_id] = sum(
                    grade.manual_score + (grade.extra_credit or 0.0) - (grade.auto_score or 0.0) for grade in given
                )
        return found


@contextlib.contextmanager
def _open(url: str) -> Iterator[Any]:
    """The gradebook at `url`; whatever goes wrong with it is one line, without the password."""
    try:
        from nbgrader import api
        from nbgrader.api import Gradebook
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError:
        raise GradeError("the gradebook needs nbgrader: install the extra `grade`") from None
    api.get_alembic_version = _newest_schema
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        raise GradeError("--gradebook is no database address; expected one like sqlite:///gradebook.db") from None
    try:
        with Gradebook(url) as book:
            yield book
    except GradeError:
        raise
    except Exception as error:  # drivers raise their own; the results are in their folder all the same
        first = str(error).split("\n")[0]
        raise GradeError(
            f"the gradebook {shown} could not be used: {type(error).__name__}: {printable(first)}; the results are "
            "written, run the same command again"
        ) from None


def _newest_schema() -> str:
    """The version of nbgrader's tables, read in this process: nbgrader itself starts a program, which takes seconds."""
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())
