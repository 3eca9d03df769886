"""What tests of the prose pages share: a page's text, the bibliography, and the anchors of pages and chapters."""

import re
from functools import cache
from pathlib import Path

import nbformat
from pybtex.database import Entry, parse_file

ROOT = Path(__file__).resolve().parents[2]
BIBLIOGRAPHY = parse_file(ROOT / "book" / "references.bib")
CITED = re.compile(r"\{cite:[pt]\}`(\w+)[,`]")
ANCHOR = re.compile(r"^\(([\w-]+)\)=$", re.M)
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))


def page(name: str) -> str:
    """The Markdown of a page of `book/`."""
    return (ROOT / "book" / f"{name}.md").read_text("utf-8")


@cache
def chapter(path: Path) -> str:
    """The Markdown cells of a chapter, one after the other."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@cache
def sections() -> dict[str, str]:
    """The text of every section of the chapters that has an anchor, up to the next anchor."""
    found = {}
    for path in CHAPTERS:
        parts = ANCHOR.split(chapter(path))
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


def identified(entry: Entry) -> bool:
    """Whether a source has an identifier that outlives addresses: a DOI or a number of arXiv."""
    return "doi" in entry.fields or entry.fields.get("archiveprefix") == "arXiv"
