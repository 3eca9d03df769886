"""The one convention of shapes, wherever text, code or an exercise could stray from it."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    *(ROOT / "chapters").glob("*.ipynb"),
    *(ROOT / "solutions").glob("*/*.ipynb"),
    *(ROOT / "book").glob("*.md"),
    *(ROOT / "bplib").rglob("*.py"),
]
# What a text that stores W as (n_in, n_out) would write, and words that promise ease.
STRAYS = {
    r"\(n_in, n_out\)": "W has shape (n_out, n_in)",
    r"\b[xa] @ W\d?\b(?!\.T)": "a batch is Z = A Wᵀ + b",
    r"W\^\{?\(l\+1\)\}?\s*\\delta\^": "δ goes back through the transpose",
    r"\b(?:simply|obviously|clearly|magic(?:al)?)\b": "say it without promising ease",
}


def text_of(path: Path) -> str:
    if path.suffix != ".ipynb":
        return path.read_text("utf-8")
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_stray(path: Path) -> None:
    text = text_of(path)
    found = {m[0]: mend for pattern, mend in STRAYS.items() for m in re.finditer(pattern, text, re.I)}
    assert not found


def test_the_convention_is_stated() -> None:
    notation = (ROOT / "book" / "notation.md").read_text("utf-8")
    assert "n_{\\text{out}}" in notation or "n_out" in notation
