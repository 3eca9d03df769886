"""The glossary in the chapters: the general index leads to where a term is defined, and a later chapter leads back.

A chapter defines a term where it stands in bold, or else at the anchor that the glossary names. Nothing else marks it.
Where a later chapter first uses the term, it becomes a link to the glossary, unless that chapter has one made by hand.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from equations import CHAPTER
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

GLOSSARY = Path(__file__).resolve().parents[1] / "glossary.md"
# Terms that are everyday words too, or that every chapter lives on: a link at each would be noise.
PLAIN = {
    "angle", "backpropagation", "batch", "bias", "cell", "chain rule", "cosine", "decade", "delta", "drift", "edge",
    "energy", "first order", "gain", "gate", "goodness", "gradient", "leaf", "locked", "loss", "message", "momentum",
    "neuron", "node", "norm", "output", "parameter", "path", "seed", "shape", "shortcut", "state", "target", "unit",
    "test data", "weight",
}  # fmt: skip


def bare(term: str) -> str:
    """A term without capitals and plural, to compare by.

    >>> bare("Nodes"), bare("Kahn's algorithm"), bare("loss"), bare("bias")
    ('node', "kahn's algorithm", 'loss', 'bias')
    """
    return re.sub(r"(?<![suia])s$", "", term.lower().strip())


@cache
def glossary() -> dict[str, str]:
    """{term: its definition} as the glossary's page has them: a line that is not indented, and those below it."""
    blocks = re.findall(r"^(:{3,}|`{3,})\{glossary\}[^\n]*\n(.*?)^\1", GLOSSARY.read_text("utf-8"), re.M | re.S)
    entries = re.findall(
        r"((?:^[^\s:#][^\n]*\n)+)((?:[ \t]+[^\n]*\n?|\n)+)", "\n".join(block for _, block in blocks), re.M
    )
    return {term.strip(): said for terms, said in entries for term in terms.splitlines()}


@cache
def known() -> dict[str, str]:
    """The terms of the glossary by their bare forms."""
    return {bare(term): term for term in glossary()}


@cache
def introduced() -> dict[str, str]:
    """{term: the anchor that the glossary names first}."""
    found = {term: re.search(r"<(ch\d\d-[\w-]+)>", said) for term, said in glossary().items()}
    return {term: anchor[1] for term, anchor in found.items() if anchor}


class IndexTerms(SphinxTransform):
    """Put an entry into the index where a chapter first has a term in bold, or else where the glossary says it is."""

    default_priority = 400  # before Sphinx collects the entries

    def apply(self, **kwargs: Any) -> None:
        """Find the terms of a chapter."""
        if not CHAPTER.match(self.env.docname):
            return
        self.env.note_dependency(str(GLOSSARY))
        places: dict[str, tuple[str, nodes.Element]] = {}
        for strong in self.document.findall(nodes.strong):
            term = known().get(bare(strong.astext()))
            if term and term not in places:
                anchor = nodes.make_id(f"index-{term}")
                strong["ids"].append(anchor)
                places[term] = anchor, strong
        names = self.document.nametypes
        for term, anchor in introduced().items():
            if anchor in names and term not in places:
                places[term] = nodes.make_id(anchor), self.document[0]
        for term, (anchor, node) in places.items():
            entry = addnodes.index(entries=[("single", term, anchor, "main", None)])
            node.parent.insert(node.parent.index(node), entry)


class LinkTerms(SphinxTransform):
    """Link the first use of a term in a chapter after the one that introduces it, in running text."""

    default_priority = 410

    def apply(self, **kwargs: Any) -> None:
        """Go through the text once; of two terms at one place the longer wins."""
        chapter = CHAPTER.match(self.env.docname)
        if not chapter or "book/glossary" not in self.env.found_docs:
            return
        by_hand = {bare(link["reftarget"]) for link in self.document.findall(addnodes.pending_xref)}
        wanted = {bare(t): t for t, at in introduced().items() if at[2:4] < chapter[1] and t.lower() not in PLAIN}
        wanted = {word: term for word, term in wanted.items() if word not in by_hand}
        for paragraph in self.document.findall(nodes.paragraph):
            for text in [child for child in paragraph if type(child) is nodes.Text]:
                text.parent.replace(text, list(linked(str(text), wanted)))


def linked(text: str, wanted: dict[str, str]) -> Iterator[nodes.Node]:
    """The text with links at the terms that it has, which are wanted no longer."""
    while wanted:
        words = "|".join(re.escape(word) for word in sorted(wanted, key=len, reverse=True))
        found = re.search(rf"(?<![\w-])({words})s?(?![\w-])", text, re.I)
        if not found:
            break
        yield nodes.Text(text[: found.start()])
        yield addnodes.pending_xref(
            "", nodes.inline(text=found[0], classes=["bp-term"]), refdomain="std", reftype="term", refwarn=True,
            refexplicit=True, reftarget=wanted.pop(found[1].lower()),
        )  # fmt: skip
        text = text[found.end() :]
    yield nodes.Text(text)


def place(address: str) -> str:
    """Where an entry of the index leads, in a word or two.

    >>> place("chapters/05_training.html#index-loss"), place("book/glossary.html#term-loss")
    ('chapter 5', 'glossary')
    """
    page = address.split("#")[0].removesuffix(".html")
    chapter = CHAPTER.match(page)
    return f"chapter {int(chapter[1])}" if chapter else page.rsplit("/", 1)[-1].replace("_", " ")


def tell(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Hand `place` to the index's template."""
    context["place"] = place


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transform."""
    app.add_transform(IndexTerms)
    app.add_transform(LinkTerms)
    app.connect("html-page-context", tell)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
