"""The page on how to use the book: what it says a chapter rests on is what the chapter itself says it needs."""

import re

import pytest
from prose import CHAPTERS, chapter, page

ROWS = dict(re.findall(r"^\| \[.+\]\(\.\./chapters/(\w+)\.ipynb\) \| (.+) \|$", page("how_to_use"), re.M))


def test_every_chapter_has_a_row() -> None:
    assert list(ROWS) == [path.stem for path in CHAPTERS]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_rests_on_what_it_says_it_needs(path) -> None:
    needs = re.search(r"^What it needs: .+$", chapter(path), re.M)[0]
    linked = {int(number) for number in re.findall(r"\((\d\d)_\w+\.ipynb\)", needs)}
    assert {int(number) for number in re.findall(r"\d+", ROWS[path.stem])} == linked


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_welcome_page_has_the_chapter_in_bold(path) -> None:
    assert re.search(rf"\*\*{int(path.stem[:2])} ", page("welcome"))
