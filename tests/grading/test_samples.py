"""Every sample gets the verdict it must get; nothing hostile gains a point, reaches anything or outlives the run."""

import csv
import json
from pathlib import Path

import pytest
from honest import HONEST
from hostile import HOSTILE
from write_samples import NAME, place, samples

QUESTIONS = {
    "slope": 1,
    "gradient-w2": 2,
    "gradient-w1": 2,
    "backward": 2,
    "forward-tanh": 1,
    "backward-tanh": 3,
    "step": 1,
    "forecast": 2,
    "rounding": 2,
}
BROKEN = {
    "broken_order": ("graded", 16, ""),
    "broken_kernel": ("graded", 16, "a kernel for 'R'; it was graded as Python"),
    "broken_metadata": ("graded", 16, ""),
    "broken_list": ("unreadable", 0, "version 4"),
    "broken_pit": ("unreadable", 0, "not valid JSON"),
    "broken_number": ("unreadable", 0, "not valid JSON"),
    "broken_json": ("unreadable", 0, "not valid JSON"),
    "broken_empty": ("unreadable", 0, "is empty"),
    "broken_other_format": ("unreadable", 0, "version 4"),
    "broken_shapes": ("graded", 0, ""),
    "broken_missing_cells": ("graded", 13, ""),
    "broken_duplicate_ids": ("graded", 16, "'slope' is there 2 times"),
    "missing": ("missing", 0, "nothing was handed in"),
}


def result(graded: Path, student: str) -> dict:
    return json.loads((graded / "results" / NAME / f"{student}.json").read_text("utf-8"))


@pytest.fixture
def seen(graded: Path) -> dict:
    return json.loads((graded / "seen.json").read_text("utf-8"))


def test_samples_are_in_step_with_their_source() -> None:
    stale = [student for student, text in samples().items() if place(student).read_text("utf-8") != text]
    assert not stale, "run python tests/grading/write_samples.py"
    assert {path.parents[1].name for path in place("x").parents[2].glob("*/*/*.ipynb")} == set(samples())


def test_the_run_ends_well_and_shows_a_table(seen: dict) -> None:
    assert seen["code"] == 0, seen["progress"]
    assert f"{len(samples()) + 1} submissions" in seen["table"]
    assert "55 graded, 6 unreadable, " in seen["table"]
    assert "hostile_exits_at_once" in seen["table"]
    assert "\x1b" not in seen["table"]


@pytest.mark.parametrize("student", HONEST)
def test_an_honest_student_is_told_what_is_wrong(graded: Path, student: str) -> None:
    kind, _, wrong = HONEST[student]
    found = result(graded, student)
    usual = "correct" if kind == "solution" else "not-attempted"
    expected = {question: wrong.get(question, usual) for question in QUESTIONS}
    assert diagnosed(graded, student) == expected
    assert found["status"] == "graded"
    assert found["score"] == sum(QUESTIONS[question] for question, kind in expected.items() if kind == "correct")
    assert all(len(one["message"]) > 5 for one in found["questions"])


def diagnosed(graded: Path, student: str) -> dict[str, str]:
    return {one["id"]: one["diagnosis"] for one in result(graded, student)["questions"]}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hostile_gains_a_point(graded: Path, name: str) -> None:
    _, status, said = HOSTILE[name]
    found = result(graded, f"hostile_{name}")
    assert found["score"] == 0
    assert found["max_score"] == 16
    if status:
        assert found["status"] == status
        assert said in found["questions"][0]["message"]


@pytest.mark.parametrize("student", BROKEN)
def test_a_broken_submission_is_recorded(graded: Path, student: str) -> None:
    status, score, said = BROKEN[student]
    found = result(graded, student)
    assert (found["status"], found["score"]) == (status, score)
    assert said in found["message"]


def test_every_result_has_the_agreed_fields(graded: Path) -> None:
    for student in [*samples(), "missing"]:
        found = result(graded, student)
        assert (found["student"], found["assignment"], found["seed"]) == (student, NAME, 7)
        assert found["max_score"] == 16
        assert found["by_hand"] == {"explain": 4}
        for one in found["questions"]:
            assert set(one) == {"id", "score", "max_score", "diagnosis", "message"}
            assert QUESTIONS[one["id"]] == one["max_score"]


def test_nothing_is_reached_changed_or_left_running(seen: dict) -> None:
    assert (seen["connections"], seen["changed"], seen["alive"], seen["left"]) == (0, False, [], [])


def test_what_a_student_wrote_is_escaped(graded: Path) -> None:
    folder = graded / "results" / NAME
    page = (folder / "hostile_speaks_html.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert {path.stem for path in folder.glob("*.html")} == {path.stem for path in folder.glob("*.json")}
    assert not [path for path in folder.iterdir() if path.name.startswith(".part")]


def test_the_csv_holds_every_student(graded: Path) -> None:
    with open(graded / "results" / NAME / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == {*samples(), "missing"}
    assert rows["right"]["score"] == rows["right"]["max_score"] == "16.0"
    assert rows["partly_right"]["gradient-w2"] == "2.0"
