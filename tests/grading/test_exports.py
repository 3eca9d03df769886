"""What leaves for others: nbgrader's gradebook and commands, the CSV files, the report, and the notebook to mark."""

import csv
import doctest
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from write_samples import NAME, ROOT, bpgrade, place, samples

from bpgrade import exports, gradebook, handed_back
from bpgrade.assignment import load
from bpgrade.errors import GradeError
from bpgrade.exports import files
from bpgrade.store import file_name

ENV = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def results(graded: Path, tmp_path: Path) -> Path:
    """A copy of the samples' results."""
    shutil.copytree(graded / "results", tmp_path / "results")
    return tmp_path / "results"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def one(student: str, **about: object) -> dict:
    question = {"id": "slope", "score": 1.0, "max_score": 1.0, "diagnosis": "correct", "message": "right."}
    whole = {"student": student, "assignment": NAME, "status": "graded", "score": 1.0, "max_score": 1.0, "seed": 1}
    whole |= {"questions": [question], "by_hand": {"explain": 4}, "message": "", "submission": "", "lms": {}}
    return {**whole, "version": "", **about}


@pytest.mark.parametrize("module", [exports, handed_back])
def test_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0


def nbgrader(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=ENV, timeout=120)


def test_nbgrader_itself_exports_the_same_grades(results: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{results / NAME / 'gradebook.db'}"
    done = nbgrader("export", f"--db={url}", f"--to={tmp_path / 'theirs.csv'}", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    theirs = {row["student_id"]: row for row in rows((tmp_path / "theirs.csv").read_text("utf-8"))}
    ours = {row["student_id"]: row for row in rows((results / NAME / "grades-nbgrader.csv").read_text("utf-8"))}
    assert list(next(iter(ours.values()))) == list(next(iter(theirs.values())))
    assert ours.keys() == theirs.keys() == {*samples(), "missing"}
    for student, row in theirs.items():
        assert float(row["score"]) == float(ours[student]["score"]), student
        assert float(row["max_score"]) == 20, "nbgrader counts the points that a person gives"


def test_marks_by_hand_come_back_and_are_never_lost(results: Path) -> None:
    from nbgrader.api import Gradebook

    url = f"sqlite:///{results / NAME / 'gradebook.db'}"
    with Gradebook(url) as book:
        grade = book.find_grade("explain", NAME, NAME, "right")
        assert (grade.auto_score, grade.needs_manual_grade, grade.max_score) == (None, True, 4)
        assert book.find_grade("slope-marks", NAME, NAME, "right").auto_score == 1
        said = book.find_comment("slope", NAME, NAME, "wrong_signs").auto_comment
        assert said.startswith("the sign is flipped")
        grade.manual_score, grade.needs_manual_grade = 3.0, False
        book.db.commit()
    whole = [json.loads(path.read_text("utf-8")) for path in (results / NAME).glob("*.json")]
    gradebook.save_file(results / NAME / "gradebook.db", load(ROOT, NAME), whole)
    done = bpgrade("report", str(results))
    assert done.returncode == 0, done.stderr
    assert "69 students" in done.stdout
    assert "submissions still wait for a person's marks" in done.stdout
    by_student = {row["student_id"]: row for row in rows((results / NAME / "grades-nbgrader.csv").read_text("utf-8"))}
    assert (by_student["right"]["score"], by_student["right"]["max_score"]) == ("19.0", "20.0")
    assert by_student["partly_right"]["max_score"] == "16.0"


def test_nbgrader_makes_its_feedback_from_what_is_handed_back(results: Path, tmp_path: Path) -> None:
    """The notebook to mark holds the answers and verdicts, and no page made of it runs what a student wrote."""
    file = results / "autograded" / "hostile_speaks_html" / NAME / f"{NAME}.ipynb"
    whole = json.loads(file.read_text("utf-8"))
    cells = {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in whole["cells"]}
    assert "alert(1)" in cells["slope"]["source"]
    assert "0 of 1: slope() stopped with" in cells["slope-marks"]["outputs"][0]["text"]
    assert sum(len(cell.get("outputs", ())) for cell in whole["cells"]) == 9
    cells["explain"]["source"] = handed_back.harmless(
        "<script>alert(2)</script> [x](javascript:alert(3)) [y][z] <javascript:alert(4)>\n\n[z]: javascript:alert(5)\n"
    )
    file.write_text(json.dumps(whole), "utf-8")
    done = nbgrader(
        *("generate_feedback", NAME, "--student=hostile_speaks_html", f"--course-dir={results}"),
        f"--db=sqlite:///{results / NAME / 'gradebook.db'}",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    page = (results / "feedback" / "hostile_speaks_html" / NAME / f"{NAME}.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "slope() stopped with" in page


def test_canvas_and_moodle_get_their_own_numbers() -> None:
    anna = one("leeanna_4711", lms={"system": "canvas", "id": "4711", "name": "leeanna"})
    absent = one("ben", status="missing", questions=[], score=0.0)
    made = dict(files([anna, absent]))
    points, first, second = rows(made["grades-canvas.csv"])
    assert points["Student"].strip() == "Points Possible"
    assert (first["Student"], first["ID"], first["SIS Login ID"], first[NAME]) == ("leeanna", "4711", "", "1.0")
    assert (second["ID"], second["SIS Login ID"], second[NAME]) == ("", "ben", "")

    wrong = {"id": "slope", "score": 0.0, "max_score": 1.0, "diagnosis": "sign", "message": "the sign is flipped."}
    lms = {"system": "moodle", "id": "77", "name": "Anna Lee"}
    (row,) = rows(dict(files([one("Anna Lee_77", lms=lms, questions=[wrong], score=0.0)]))["grades-moodle.csv"])
    assert (row["Identifier"], row["Full name"], row["Grade"]) == ("Participant 77", "Anna Lee", "0.0")
    assert row["Feedback comments"] == "slope: the sign is flipped."


def test_no_cell_of_a_csv_is_a_formula() -> None:
    evil = '=HYPERLINK("http://x")'
    wrong = {"id": "slope", "score": 0.0, "max_score": 1.0, "diagnosis": "error", "message": evil}
    for text in dict(files([one(evil, questions=[wrong], lms={"system": "moodle", "id": "1", "name": evil})])).values():
        for row in csv.reader(io.StringIO(text)):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_a_gradebook_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    assignment = load(ROOT, NAME)
    with pytest.raises(GradeError, match="no database address"):
        gradebook.save("a file", assignment, [])
    with pytest.raises(GradeError, match="could not be used") as error:
        gradebook.save(f"sqlite:///{tmp_path}/none/x.db", assignment, [])
    assert "\n" not in str(error.value)
    with pytest.raises(GradeError) as error:
        gradebook.save("postgresql://anna:secret@localhost/x", assignment, [])
    assert "secret" not in str(error.value)
    (tmp_path / "x.db").write_text("no database, but a text of some length" * 100)
    with pytest.raises(GradeError, match="could not be used"):
        gradebook.save_file(tmp_path / "x.db", assignment, [one("anna")])


def test_names_of_any_kind_are_students_of_their_own(tmp_path: Path) -> None:
    names = ["anna", "../anna", "a" * 300, "a" * 301, "\udcff", "Ö b"]
    gradebook.save_file(tmp_path / "x.db", load(ROOT, NAME), [one(name) for name in names])
    ids = {gradebook.student_id(one(name)) for name in names}
    assert len(ids) == len(names)
    assert max(map(len, ids)) <= 128
    assert file_name("anna") in ids


def test_check_grades_one_notebook_and_writes_nothing(needs_sandbox: None, tmp_path: Path) -> None:
    shutil.copy(place("wrong_signs"), tmp_path / "mine.ipynb")
    done = bpgrade("check", str(tmp_path / "mine.ipynb"), "--seed", "1")
    assert done.returncode == 0, done.stderr
    assert "10 of 16 points" in done.stdout
    assert "the sign is flipped" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["mine.ipynb"]
    (tmp_path / "mine.ipynb").write_text("{", "utf-8")
    done = bpgrade("check", str(tmp_path / "mine.ipynb"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    (tmp_path / "mine.ipynb").write_text('{"nbformat": 4, "cells": []}', "utf-8")
    assert "holds no question of a released assignment" in bpgrade("check", str(tmp_path / "mine.ipynb")).stderr


def test_a_report_on_nothing_is_one_line(tmp_path: Path) -> None:
    for arguments in ([], ["--assignment", NAME]):
        done = bpgrade("report", str(tmp_path), *arguments)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
