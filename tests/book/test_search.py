"""Search finds every chapter by the terms that it defines, from a server and from the disk."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from test_built import HTML, ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import terms

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
ASK = "question => Search._performSearch(...Search._parseQuery(question)).map(result => result[0])"


def defined(path: Path) -> list[str]:
    """What a chapter has in bold and the glossary explains."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    bold = re.findall(r"\*\*([^*\n]+)\*\*", "\n".join(cells))
    return list(dict.fromkeys(words for words in bold if terms.bare(words) in terms.known()))


@pytest.mark.parametrize("source", ["server", "disk"])
def test_every_chapter_is_found_by_the_terms_that_it_defines(
    source: str, open_page: Callable[..., Any], served: Callable[[Path], str]
) -> None:
    page = open_page(f"{served(HTML) if source == 'server' else HTML.as_uri()}/search.html?q=loss")
    page.wait_for_selector("#search-results a")
    lost = []
    for path in CHAPTERS:
        asked = defined(path)
        assert len(asked) >= 3, path.stem
        lost += [(path.stem, term) for term in asked if f"chapters/{path.stem}" not in page.evaluate(ASK, term)]
    assert lost == []
    assert page.seen.errors == []
