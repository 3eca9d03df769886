"""The concept inventory in the book: `{inventory}` writes a part of it, with a section for each concept.

The questions and their texts are those of bplib.figures.inventory. Links to sections are made when every page has been
read, so an anchor that no chapter has is a warning, and the build stops.
"""

from functools import partial

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from bplib.figures import inventory
from bplib.figures._quiz import QUIZZES

PARTS = ("progress", "questions", "score", "misconceptions")
SECTION = ("(inventory-{id})=", "## {name}", "", "```{{inventory}} {id}", "```", "")
logger = logging.getLogger(__name__)


class pending_part(nodes.General, nodes.Element):
    """A part that waits for the anchors; `part` is one of `PARTS`, or a concept, for its questions."""


class InventoryDirective(SphinxDirective):
    """`{inventory} questions`: one of `PARTS`, or the questions of one concept."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Leave a place for the part; for all questions, a section for each concept."""
        for path in (inventory.DATA, *QUIZZES.glob("*.json")):
            self.env.note_dependency(str(path))
        part, concepts = self.arguments[0], inventory.load()["concepts"]
        if part not in [*PARTS, *(concept["id"] for concept in concepts)]:
            raise self.error(f"there is no part {part!r}; there are: {', '.join(PARTS)}")
        if part != "questions":
            return [pending_part(part=part)]
        lines = [line.format(**concept) for concept in concepts for line in SECTION]
        box = nodes.container()
        self.state.nested_parse(StringList(lines, source=str(inventory.DATA)), self.content_offset, box, match_titles=1)
        return box.children


def link(app: Sphinx, page: str, place: nodes.Node, label: str) -> str:
    """The element that leads to a section of a chapter: 'Chapter 2, Along several paths: add'."""
    standard = app.env.get_domain("std")
    if label not in standard.anonlabels:
        logger.warning("the inventory links to %r, which no page has", label, location=place)
        return ""
    where, anchor_id = standard.anonlabels[label]
    title = standard.labels.get(label, ("", "", ""))[2]
    if not title or "\\" in title:  # an anchor within a section, or mathematics in its title
        title = app.env.titles[where].astext()
    address = app.builder.get_relative_uri(page, where)
    return f'<a href="{address}#{anchor_id}">Chapter {int(label[2:4])}, {nodes.Text(title).astext()}</a>'


def write(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put each part in its place."""
    places = list(doctree.findall(pending_part))
    data = inventory.load() if places else {}
    for place in places:
        names, to = data["misconceptions"], partial(link, app, page, place)
        match place["part"]:
            case "progress":
                html = inventory.progress_html()
            case "score":
                html = inventory.score_html()
            case "misconceptions":
                html = inventory.misconceptions_html(names, to)
            case part:
                concept = next(each for each in data["concepts"] if each["id"] == part)
                html = inventory.questions_html(concept, names, to)
        place.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect."""
    app.add_node(pending_part)
    app.add_directive("inventory", InventoryDirective)
    app.connect("doctree-resolved", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
