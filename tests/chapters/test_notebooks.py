"""Every notebook runs from top to bottom and prints what is stored in it, and stores nothing but text."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
RELEASED = sorted((ROOT / "exercises").glob("*/*.ipynb"))
EVERY = [*CHAPTERS, *SOLUTIONS, *RELEASED]
TEXT = {"text/plain", "text/markdown", "text/latex", "application/papermill.record/text/plain"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_are_notebooks_of_each_kind() -> None:
    assert CHAPTERS
    assert SOLUTIONS
    assert RELEASED


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_strict_nbval(path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(path)]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_stores_text_only(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        assert "execution" not in cell.metadata
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert set(output.get("data", {})) <= TEXT


@pytest.mark.parametrize("path", [*CHAPTERS, *SOLUTIONS], ids=name)
def test_nbval_has_something_to_compare(path: Path) -> None:
    """nbval passes over cells without an execution count, and passes notebooks without outputs: neither may be."""
    cells = code_cells(path)
    assert all(cell.execution_count is not None for cell in cells if cell.source.strip())
    compared = [c for c in cells if c.outputs and "nbval-ignore-output" not in c.metadata.get("tags", [])]
    assert len(compared) >= len(cells) / 3


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_a_cell_shows_one_idea(path: Path) -> None:
    """At most 15 lines where the reader sees the code, 25 where it is folded away because it only draws."""
    too_long = {}
    for cell in code_cells(path):
        lines = len(cell.source.splitlines())
        if lines > (25 if {"hide-input", "remove-cell"} & set(cell.metadata.get("tags", [])) else 15):
            too_long[cell.id] = lines
    assert not too_long, f"code cells that are too long: {too_long}; give the idea a name in bplib or split the cell"
