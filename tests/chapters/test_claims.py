"""The ledger of claims: every claim of the source documents is there, and what is shown rests on what ran."""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LEDGER = yaml.safe_load((ROOT / "book" / "claims.yml").read_text("utf-8"))
SHOWN = [claim for claim in LEDGER if claim["status"] == "shown"]
SOURCE_IDS = (
    [f"E{n}" for n in range(1, 14)]
    + [f"M{n}" for n in range(1, 16) if n != 13]
    + [f"M13{letter}" for letter in "abcd"]
    + [f"S{n}" for n in range(1, 11)]
    + [f"D{n}" for n in range(1, 8)]
)


@cache
def claims_that_ran() -> set[str]:
    """The names of the claims in the stored outputs, which strict nbval holds equal to a fresh run's."""
    names = set()
    for path in (ROOT / "chapters").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                names |= set(re.findall(r"^✓ (\S+):", output.get("text", ""), re.M))
    return names


def test_every_claim_of_the_sources_is_there_once() -> None:
    ids = [claim["id"] for claim in LEDGER]
    assert len(ids) == len(set(ids))
    assert set(SOURCE_IDS) <= set(ids)
    strays = [i for i in ids if i.split(".")[0] not in SOURCE_IDS]
    assert not strays, f"ids of no source document: {strays}"


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim["id"])
def test_entry_is_whole(claim: dict) -> None:
    assert claim["statement"].strip()
    assert claim["status"] in {"shown", "planned"}
    if claim["status"] == "shown":
        assert str(claim["verdict"]).lower() in {"true", "false", "depends"}
        assert claim["anchor"]
        assert claim["evidence"]


@pytest.mark.parametrize("claim", SHOWN, ids=lambda claim: claim["id"])
def test_evidence_ran(claim: dict) -> None:
    for name in claim["evidence"]:
        kind, _, rest = name.partition(":")
        if kind == "claim":
            assert rest in claims_that_ran(), f"{name}: no chapter printed it"
        else:
            path, _, function = name.partition("::")
            assert f"def {function.split('[')[0]}(" in (ROOT / path).read_text("utf-8"), f"{name}: no such test"


@pytest.mark.parametrize("claim", SHOWN, ids=lambda claim: claim["id"])
def test_anchor_exists_in_the_built_book(claim: dict) -> None:
    page, _, anchor = claim["anchor"].partition("#")
    html = (ROOT / "_build" / "html" / f"{page}.html").read_text("utf-8")
    assert f'id="{anchor}"' in html


def test_every_claim_that_a_chapter_makes_by_id_is_in_the_ledger() -> None:
    used = {name.removeprefix("claim:") for claim in SHOWN for name in claim["evidence"] if name.startswith("claim:")}
    by_id = {name for name in claims_that_ran() if name.split(".")[0] in SOURCE_IDS}
    assert by_id <= used, f"printed in a chapter, but evidence of nothing: {sorted(by_id - used)}"
