"""The glossary: every term stands where its link leads, and no term that a chapter sets in bold is missing."""

import re

import pytest
from prose import CHAPTERS, chapter, page, sections

ENTRIES = re.findall(r"((?:^\S.*\n)+)  (.+) \{ref\}`Chapter (\d+) <(ch\d\d-[\w-]+)>`$", page("glossary"), re.M)
TERMS = [(term, anchor) for terms, _, _, anchor in ENTRIES for term in terms.splitlines() if "{" not in term]
# Words in bold for the weight of the sentence, not because they are defined there.
EMPHASIS = {
    "all layers starve alike", "always", "can", "cannot explode", "column", "distance", "hard", "head", "keep",
    "logarithms", "longer", "makes", "none", "of order", "once", "one", "row", "solved",
    "the slope follows from the output alone", "two",
}  # fmt: skip


def stems(words: str) -> list[str]:
    """Beginnings of words, so that a plural or an -ing form counts as the word."""
    return [word[:5] for word in re.findall(r"[^\W\d_]+", words.lower())]


@pytest.mark.parametrize(("term", "anchor"), TERMS, ids=[term for term, _ in TERMS])
def test_a_term_is_introduced_where_its_link_leads(term: str, anchor: str) -> None:
    text = " ".join(stems(sections()[anchor]))
    assert all(stem in text for stem in stems(term))


@pytest.mark.parametrize(("term", "anchor"), TERMS, ids=[term for term, _ in TERMS])
def test_no_earlier_chapter_has_the_term_in_bold(term: str, anchor: str) -> None:
    bold = rf"\*\*{re.escape(term)}s?\*\*"
    having = [path.stem[:2] for path in CHAPTERS if re.search(bold, chapter(path))]
    assert min(having, default=anchor[2:4]) >= anchor[2:4]


def test_the_link_names_its_chapter() -> None:
    assert len(ENTRIES) >= 60
    assert all(anchor.startswith(f"ch{int(number):02d}-") for _, _, number, anchor in ENTRIES)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_term_in_bold_is_missing(path) -> None:
    known = {" ".join(stems(term)) for term, _ in TERMS}
    text = re.sub(r"^- \*\*.+$", "", chapter(path).partition("-predict)=")[2], flags=re.M)  # lists begin in bold
    bold = [b for b in re.findall(r"\*\*([^*\n]{2,45}?)\*\*", text) if not b[0].isupper() and b[-1] not in ".:?"]
    ours = {b: " ".join(stems(b)) for b in bold if b not in EMPHASIS}
    missing = {b for b, stem in ours.items() if not any(k in stem or stem in k for k in known)}
    assert not missing, f"define them in book/glossary.md, or list them as emphasis: {sorted(missing)}"
