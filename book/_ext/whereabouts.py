"""Where an equation, a function, a figure and an exercise meet: links made from what the pages already hold.

Under an equation stand the functions that implement it, under a figure those that it is checked against, at the end of
an exercise's section those of its chapter. In the library each such function names its chapter's figure and exercise,
and `{where}` lists all of it by chapter. See `equations` for how a function says which equation it implements.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from docutils import nodes
from equations import CHAPTER, identifier, implementers, keep, kept
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

FIGURES = Path(__file__).resolve().parents[2] / "bplib" / "figures"
SHOWN = re.compile(r"figures\.show\(\s*\"(\w+)\"")


class Where(nodes.General, nodes.Element):
    """The place of the list that `{where}` asks for."""


class WhereDirective(SphinxDirective):
    """`{where}`: for each chapter the functions that implement its equations, its figure and its exercise."""

    def run(self) -> list[nodes.Node]:
        """Leave the place; it is filled when all pages are read."""
        return [Where()]


def shown(env: BuildEnvironment) -> dict[str, list[str]]:
    """{page: names of the figures on it}."""
    return kept(env, "bp_figures")


def find_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Give each cell that shows a figure an anchor, figure-NAME."""
    for cell in doctree.findall(nodes.container):
        found = SHOWN.search(cell.astext()) if "cell" in cell["classes"] else None
        if found and found[1] not in shown(app.env).get(app.env.docname, []):
            cell["ids"].append(f"figure-{found[1]}")
            shown(app.env).setdefault(app.env.docname, []).append(found[1])


def used(figure: str) -> list[str]:
    """The names of bplib that a figure's module uses, such as bplib.nn.RNN.

    >>> used("race")
    ['bplib.counting.count_runs', 'bplib.functional.jvp', 'bplib.functional.vjp', 'bplib.matrix.Tensor']
    """
    tree = ast.parse((FIGURES / f"{figure}.py").read_text("utf-8"))
    modules, names = {}, set()
    for each in ast.walk(tree):
        if isinstance(each, ast.ImportFrom) and each.module == "bplib":
            modules |= {alias.asname or alias.name: f"bplib.{alias.name}" for alias in each.names}
        elif isinstance(each, ast.ImportFrom) and str(each.module).startswith("bplib."):
            names |= {f"{each.module}.{alias.name}" for alias in each.names}
    for each in ast.walk(tree):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in modules:
            names.add(f"{modules[each.value.id]}.{each.attr}")
    return sorted(n for n in names if not n.startswith(("bplib.figures.", "bplib.draw.", "bplib.data.")))


class Page:
    """Links from one page to functions, equations, figures and exercises wherever they are."""

    def __init__(self, app: Sphinx, docname: str) -> None:
        self.app, self.env, self.docname = app, app.env, docname
        self.functions = app.env.domains["py"].objects
        self.equations = app.env.domains["math"].equations
        self.labels = app.env.domains["std"].anonlabels
        self.implementers = {e: by for e, by in implementers(app.env).items() if e in self.equations}

    def link(self, page: str, anchor: str, content: nodes.Node) -> nodes.reference:
        """A link to an anchor on a page."""
        return make_refnode(self.app.builder, self.docname, page, anchor, content)

    def function(self, name: str) -> nodes.Node:
        """The name of a function or method, linked to its entry."""
        entry = self.functions[name]
        short = ".".join(name.split(".")[-2 if entry.objtype == "method" else -1 :])
        return self.link(entry.docname, entry.node_id, nodes.literal(text=short))

    def equation(self, label: str) -> nodes.Node:
        """The number of an equation, linked to it."""
        page, number = self.equations[label]
        return self.link(page, identifier(label), nodes.Text(f"({number})"))

    def title(self, page: str) -> nodes.reference:
        """The title of a page, linked to it."""
        return self.link(page, "", nodes.Text(self.env.titles[page].astext()))

    def chapter(self, page: str) -> Iterator[list[nodes.Node]]:
        """Links to what belongs to a chapter: its figures, then its exercise if it has one."""
        for name in shown(self.env).get(page, []):
            yield [nodes.Text("figure: "), self.link(page, f"figure-{name}", nodes.Text(name.replace("_", " ")))]
        exercise = self.labels.get(f"ch{CHAPTER.match(page)[1]}-exercise")
        if exercise:
            yield [self.link(*exercise, nodes.Text("exercise"))]

    def of_chapter(self, page: str) -> dict[str, list[str]]:
        """{function: labels of the equations of this chapter that it implements}, in the chapter's order."""
        found: dict[str, list[str]] = {}
        for label, (where, _) in self.equations.items():
            for name in self.implementers.get(label, []) if where == page else []:
                found.setdefault(name, []).append(label)
        return found

    def with_equations(self, page: str) -> Iterator[list[nodes.Node]]:
        """Each function of a chapter with its equations."""
        for name, labels in self.of_chapter(page).items():
            yield [self.function(name), *(part for label in labels for part in (nodes.Text(" "), self.equation(label)))]


def line(opening: str, parts: Iterable[list[nodes.Node]], between: str = " · ") -> list[nodes.paragraph]:
    """A small line of links, or nothing where there are none."""
    parts = list(parts)
    paragraph = nodes.paragraph("", opening, classes=["bp-links"])
    for number, part in enumerate(parts):
        paragraph += [nodes.Text(between), *part] if number else part
    return [paragraph] if parts else []


def after(node: nodes.Element, added: list[nodes.paragraph]) -> None:
    """Put paragraphs behind a node."""
    at = node.parent.index(node) + 1
    node.parent[at:at] = added


def write_chapter(page: Page, doctree: nodes.document) -> None:
    """The lines in a chapter: under equations and figures, and at the exercise."""
    for equation in [*doctree.findall(nodes.math_block)]:
        functions = page.implementers.get(equation.get("label"), [])
        after(equation, line("In code: ", ([page.function(name)] for name in functions)))
    for cell in [*doctree.findall(nodes.container)]:
        for anchor in (i for i in cell["ids"] if i.startswith("figure-")):
            functions = [name for name in used(anchor.removeprefix("figure-")) if name in page.functions]
            after(cell, line("Its numbers are the library's: ", ([page.function(name)] for name in functions)))
    exercise = page.labels.get(f"ch{CHAPTER.match(page.docname)[1]}-exercise", ("", ""))[1]
    for section in doctree.findall(nodes.section):
        if exercise in section["ids"]:
            section += line("The library's own: ", page.with_equations(page.docname))


def write_library(page: Page, doctree: nodes.document) -> None:
    """The lines in the library: at each function its chapters, and the list of all chapters."""
    for entry in doctree.findall(addnodes.desc):
        names = {name for signature in entry[:-1] for name in signature["ids"]}
        chapters = {page.equations[label][0] for label, by in page.implementers.items() if names & {*by}}
        for chapter in sorted(chapters):
            entry[-1] += line("Derived in ", [[page.title(chapter)], *page.chapter(chapter)])
    for place in [*doctree.findall(Where)]:
        items = nodes.bullet_list(classes=["bp-where"])
        for chapter in sorted(filter(CHAPTER.match, page.env.found_docs)):
            head = nodes.paragraph("", "", page.title(chapter))
            items += nodes.list_item("", head, *line("", [*page.with_equations(chapter), *page.chapter(chapter)]))
        place.replace_self(items)


def write(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Add the lines to a page that is about to be written."""
    (write_chapter if CHAPTER.match(docname) else write_library)(Page(app, docname), doctree)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register `{where}` and the lines."""
    app.setup_extension("equations")
    app.add_node(Where)
    app.add_directive("where", WhereDirective)
    app.connect("doctree-read", find_figures)
    app.connect("doctree-resolved", write)
    keep(app, "bp_figures")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
