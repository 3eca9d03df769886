"""Reading a notebook that nobody vouches for: what matters of each cell, or one line on why it cannot be read."""

import json
import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpgrade.errors import printable

MOST_BYTES = 20_000_000
MOST_BRACKETS = 1_000_000  # each may become a Python object some twenty times its size


class Unreadable(Exception):
    """Why a notebook cannot be read, in one line."""


@dataclass(frozen=True)
class Cell:
    """One cell with its nbgrader metadata; `grade_id` is empty where there is none."""

    kind: str
    source: str
    grade_id: str = ""
    grade: bool = False
    solution: bool = False
    points: float = 0.0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """The cells of a notebook, and what is odd about it, for the record."""

    cells: list[Cell]
    notes: tuple[str, ...] = ()


def read(path: Path) -> list[Cell]:
    """The cells of the notebook at `path`. Raises Unreadable as `contents` and `parse` do."""
    return parse(contents(path))


def contents(path: Path) -> bytes:
    """The bytes of the file at `path`.

    Raises Unreadable for anything but a regular file of at most 20 MB. A link is refused: it could lead to the
    solutions.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        why = "it is a link" if path.is_symlink() else error.strerror
        raise Unreadable(f"the notebook cannot be opened: {why}") from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise Unreadable("the notebook is not a file")
    with os.fdopen(descriptor, "rb") as file:
        if about.st_size > MOST_BYTES:
            raise Unreadable(too_large(about.st_size))
        try:
            return file.read(MOST_BYTES)
        except OSError as error:
            raise Unreadable(f"the notebook cannot be read: {error.strerror}") from None


def too_large(size: int) -> str:
    """The line on a notebook of `size` bytes."""
    return (
        f"the notebook has {size / 1e6:.0f} MB; at most {MOST_BYTES / 1e6:.0f} are read: clear its outputs and save it"
    )


def parse(data: bytes) -> list[Cell]:
    """The cells of a notebook given as bytes. Raises Unreadable.

    >>> parse(b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a = 1"], "metadata": {}}]}')[0].source
    'a = 1'
    >>> parse(b"")
    Traceback (most recent call last):
    bpgrade.cells.Unreadable: the notebook is empty
    """
    return notebook(data).cells


def notebook(data: bytes) -> Notebook:
    """A notebook given as bytes, with a note on every answer that is there twice and on a kernel that is not Python's.

    Raises Unreadable.
    """
    if not data.strip():
        raise Unreadable("the notebook is empty")
    if data.count(b"[") + data.count(b"{") > MOST_BRACKETS:
        raise Unreadable("the notebook has over a million brackets: clear its outputs and save it again")
    try:
        whole = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("the notebook is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the notebook is not valid JSON: {error}") from None
    if not isinstance(whole, dict) or whole.get("nbformat") != 4 or not isinstance(whole.get("cells"), list):
        raise Unreadable("this is not a version 4 notebook; open it in JupyterLab and save it again")
    cells = [_cell(cell) for cell in whole["cells"] if isinstance(cell, dict)]
    ids = Counter(cell.grade_id for cell in cells if cell.solution)
    notes = [f"the answer cell {name!r} is there {n} times: the first counts" for name, n in ids.items() if n > 1]
    if (language := _language(whole.get("metadata"))).lower() not in ("", "python", "python3", "ipython"):
        notes.append(f"the notebook names a kernel for {language!r}; it was graded as Python")
    return Notebook(cells, tuple(notes))


def _language(metadata: Any) -> str:
    """The language that a notebook names, or nothing."""
    for part, name in (("kernelspec", "language"), ("language_info", "name")):
        inner = metadata.get(part) if isinstance(metadata, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get(name), str):
            return printable(inner[name], 40)
    return ""


def _cell(raw: dict[str, Any]) -> Cell:
    """One cell; fields of the wrong type count as absent, so that one bad cell costs no other."""
    source = raw.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    about = metadata.get("nbgrader")
    about = about if isinstance(about, dict) else {}
    points, tags, grade_id = about.get("points", 0), metadata.get("tags", []), about.get("grade_id", "")
    return Cell(
        kind=str(raw.get("cell_type")),
        source=source if isinstance(source, str) else "",
        grade_id=grade_id if isinstance(grade_id, str) else "",
        grade=about.get("grade") is True,
        solution=about.get("solution") is True,
        points=float(points) if isinstance(points, int | float) else 0.0,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
    )
