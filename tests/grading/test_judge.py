"""The judge on its own: the solution gets full marks, and no line that a student could forge gains anything."""

import contextlib
import doctest
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from write_samples import NAME

import bpgrade.assignment
import bpgrade.cells
import bpgrade.errors
import bpgrade.inside
from bpgrade.assignment import Assignment, load
from bpgrade.cells import Unreadable, parse
from bpgrade.inside import STUB, decode, encode
from bpgrade.judge import Asked, ask, job, judge, lines, read_value
from bpgrade.release import answered
from bplib.diagnosis import diagnose

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = load(ROOT, NAME)
ASKED = [ask(question, 11) for question in ASSIGNMENT.questions]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["answers", "failed", "error", "stub", "array", "shape", "dtype", "dict", "other", "w1"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return ASSIGNMENT


@pytest.mark.parametrize("module", [bpgrade.cells, bpgrade.errors, bpgrade.inside])
def test_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("question", ASSIGNMENT.questions, ids=lambda question: question.id)
def test_the_solution_gets_full_marks_and_the_named_mistakes_none(question: bpgrade.assignment.Question) -> None:
    for seed in range(20):
        asked = ask(question, seed)
        assert answered(asked, question.reference).score == question.points
        for kind, text, wrong in question.mistakes:
            verdict = answered(asked, wrong)
            assert (verdict.score, verdict.diagnosis) == (0, kind)
            assert text in verdict.message


def test_inputs_are_secret_but_repeatable() -> None:
    first, again, other = (ask(ASSIGNMENT.questions[1], seed).inputs for seed in (1, 1, 2))
    assert first == again
    assert not set(first) & set(other)


def test_only_answer_cells_are_kept(assignment: Assignment) -> None:
    cells = [*assignment.solution, bpgrade.cells.Cell("code", "changed = True", "net", solution=False)]
    sources = [cell["source"] for cell in job(assignment, ASKED, cells, 1.0)["cells"]]
    assert "changed = True" not in sources
    assert not [source for source in sources if 'marks("' in source or 'check("' in source]
    assert sum("question" in cell for cell in job(assignment, ASKED, cells, 1.0)["cells"]) == len(ASKED)


@settings(max_examples=300, deadline=None)
@given(line=JSON, asked=st.sampled_from(ASKED))
def test_no_forged_line_gains_a_point_or_raises(line: object, asked: Asked) -> None:
    whole = line if isinstance(line, dict) else {"answers": line}
    verdict = judge(asked, whole, "written", "released", "crashed")
    assert verdict.score == 0
    json.dumps(verdict.message)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_output_stops_the_judge(output: bytes) -> None:
    found, end = lines(output)
    assert end in ("done", "cut", "malformed")
    assert all(isinstance(line, dict) for line in found.values())


def test_the_first_line_of_a_question_stands() -> None:
    text = b'{"question": "a", "answers": [1]}\n{"question": "a", "answers": [2]}\nnonsense\n{"question": "b"}'
    assert lines(text) == ({"a": {"question": "a", "answers": [1]}}, "malformed")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps({"nbformat": 4, "cells": [value]}).encode()))
def test_any_bytes_are_a_notebook_or_unreadable(data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert all(isinstance(cell.source, str) for cell in parse(data))


@pytest.mark.parametrize(
    "value",
    [1, 0.1, [[1.5, 2], [3, 4]], {"w1": 1.0}, np.arange(6.0).reshape(2, 3), np.float32(0.5), float("inf"), None],
)
def test_what_leaves_is_what_was_there(value: object) -> None:
    there = json.loads(json.dumps(encode(value)))
    np.testing.assert_equal(decode(there), value)
    if value is not None:
        assert diagnose(read_value(there), value).kind == "correct"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text", "type"),
        (..., "not-attempted"),
        (True, "type"),
        (np.array([1j]), "type"),
        (print, "type"),
    ],
)
def test_what_is_no_number_leaves_as_its_type(value: object, kind: str) -> None:
    assert diagnose(read_value(json.loads(json.dumps(encode(value)))), 1.0).kind == kind
    assert encode(...) == STUB
