"""The class's grades as CSV: for people, and as nbgrader, Canvas and Moodle write and read them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bpgrade.errors import printable
from bpgrade.store import file_name

OURS_TO_MEND = ("missing", "failed")  # no grade to hand in yet


def files(results: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Name and text of every CSV file of a class."""
    yield "grades.csv", summary(results)
    yield "grades-nbgrader.csv", nbgrader(results)
    yield "grades-canvas.csv", canvas(results)
    yield "grades-moodle.csv", moodle(results)


def total(result: dict[str, Any]) -> tuple[float | str, float]:
    """Score and most: with the points a person gave, if they are all there, else of the auto-graded questions."""
    if result.get("marked") is not None:
        return result["score"] + result["marked"], result["max_score"] + sum(result["by_hand"].values())
    return ("" if result["status"] in OURS_TO_MEND else result["score"]), result["max_score"]


def summary(results: list[dict[str, Any]]) -> str:
    """One line a submission, with a column for each question."""
    names = next(([one["id"] for one in result["questions"]] for result in results if result["questions"]), [])
    rows: list[Sequence[Any]] = [["student_id", "assignment", "status", "score", "max_score", *names]]
    for result in results:
        scores = {one["id"]: one["score"] for one in result["questions"]}
        row = [text(result["student"]), result["assignment"], result["status"], result["score"], result["max_score"]]
        rows.append([*row, *(scores.get(name, 0.0) for name in names)])
    return _csv(rows)


def nbgrader(results: list[dict[str, Any]]) -> str:
    """The columns of `nbgrader export`."""
    head = "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty"
    rows: list[Sequence[Any]] = [[*head.split(","), "score", "max_score"]]
    for result in results:
        score, most = total(result)
        score = 0.0 if score == "" else score
        student = text(file_name(result["student"]))
        rows.append([result["assignment"], "", "", student, "", "", "", score, 0.0, score, most])
    return _csv(rows)


def canvas(results: list[dict[str, Any]]) -> str:
    """A gradebook for Canvas: Student, ID and Section, and one assignment with its possible points.

    `ID` is Canvas's own number where the submissions came from Canvas; the login is the student's name otherwise.
    """
    name = results[0]["assignment"] if results else "assignment"
    rows: list[Sequence[Any]] = [["Student", "ID", "SIS Login ID", "Section", name]]
    rows.append(["    Points Possible", "", "", "", total(results[0])[1] if results else ""])
    for result in results:
        about = result["lms"] if result["lms"].get("system") == "canvas" else {}
        student = about.get("name", result["student"])
        login = "" if about else text(result["student"])
        rows.append([text(student), about.get("id", ""), login, "", total(result)[0]])
    return _csv(rows)


def moodle(results: list[dict[str, Any]]) -> str:
    """A grading worksheet for Moodle: the participant's number where the submissions came from Moodle, else a username.

    A worksheet with `Identifier` goes back into the assignment it came from; one with `Username` into the gradebook.
    """
    worksheet = any(result["lms"].get("system") == "moodle" for result in results)
    who = ["Identifier", "Full name"] if worksheet else ["Username"]
    rows: list[Sequence[Any]] = [[*who, "Grade", "Maximum Grade", "Feedback comments"]]
    for result in results:
        score, most = total(result)
        about = result["lms"]
        student = [f"Participant {about.get('id', '')}", text(about.get("name", result["student"]))]
        rows.append([*(student if worksheet else [text(result["student"])]), score, most, text(comments(result))])
    return _csv(rows)


def comments(result: dict[str, Any]) -> str:
    """What to mend, in one cell: a sentence for each question that is not right."""
    left = [f"{one['id']}: {one['message']}" for one in result["questions"] if one["diagnosis"] != "correct"]
    return " ".join(left) or str(result["message"])


def text(value: object) -> str:
    """Text as a cell; what a spreadsheet would run as a formula is kept as text.

    >>> text("=1+1"), text("anna")
    ("'=1+1", 'anna')
    """
    line = printable(value, 3000)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
