"""The page on uses: every row has a source with an identifier, and the verdict below the table follows from it."""

import re

import pytest
from prose import BIBLIOGRAPHY, CITED, identified, page

ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in page("applications").splitlines()
    if line.startswith("| ") and not line.startswith("| field:")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].split(" {")[0])
def test_every_row_has_a_source(row: list[str]) -> None:
    assert len(row) == 3
    (key,) = CITED.findall(row[0])
    assert identified(BIBLIOGRAPHY.entries[key])


def test_the_verdict_is_read_off_the_table() -> None:
    optimisers = [row[1] for row in ROWS]
    adam = [name for name in optimisers if re.fullmatch("Adam|AdamW", name)]
    assert len(ROWS) == 13
    assert len(adam) == 6
    assert sum("Adafactor" in name for name in optimisers) == 2
    assert sum("momentum" in name for name in optimisers) == 2
    assert "not published" in optimisers
