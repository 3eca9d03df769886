"""Equations have numbers of their chapter, and know the functions of bplib that implement them.

A docstring names the equations that it implements by their labels, such as eq-04-batch; that is written nowhere else.
From it come the links in the docstring and in the listing of the source, and what `whereabouts` says in the chapters.
The number (4.12) means one equation in the whole book.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.domains.math import MathDomain
from sphinx.environment import BuildEnvironment

LABEL = re.compile(r"\((eq-[a-z0-9]+-[\w-]+)\)|\b(eq-[a-z0-9]+-[\w-]+)")
CHAPTER = re.compile(r"chapters/(\d\d)_\w+$")


class Equations(MathDomain):
    """Sphinx's equations, with numbers such as 4.12: the twelfth of chapter 4. On other pages a letter stands first."""

    def note_equation(self, docname: str, labelid: str, location: Any = None) -> None:
        """Number an equation within its page."""
        super().note_equation(docname, labelid, location)
        chapter = CHAPTER.match(docname)
        page = str(int(chapter[1])) if chapter else docname.rsplit("/", 1)[-1][0].upper()
        count = sum(name == docname for name, _ in self.equations.values())
        self.equations[labelid] = (docname, f"{page}.{count}")


def count_no_figures(app: Sphinx, config: Config) -> None:
    """Keep Sphinx from counting equations through the whole book, as it counts figures."""
    config.math_numfig = False


def cited(docstring: str) -> list[str]:
    """The labels that a docstring names, each once and in order.

    >>> cited("The message of equation (eq-16-fa); eq-16-kp, eq-16-fa.")
    ['eq-16-fa', 'eq-16-kp']
    """
    return list(dict.fromkeys(a or b for a, b in LABEL.findall(docstring)))


def identifier(label: str) -> str:
    """The anchor of an equation."""
    return nodes.make_id(f"equation-{label}")


def kept(env: BuildEnvironment, name: str) -> dict[str, Any]:
    """What an extension keeps under `name` for each page that it has read: {page: …}."""
    if not hasattr(env, name):
        setattr(env, name, {})
    return getattr(env, name)


def keep(app: Sphinx, name: str) -> None:
    """Forget what is kept of a page that is read again, and take over what another process read."""
    app.connect("env-purge-doc", lambda app, env, page: kept(env, name).pop(page, None))
    app.connect(
        "env-merge-info",
        lambda app, env, pages, other: kept(env, name).update(
            {p: kept(other, name)[p] for p in {*pages} & {*kept(other, name)}}
        ),
    )


def implementers(env: BuildEnvironment) -> dict[str, list[str]]:
    """{label: names of the functions that implement the equation}."""
    found: dict[str, list[str]] = {}
    for page in kept(env, "bp_cited").values():
        for label, functions in page.items():
            found.setdefault(label, []).extend(functions)
    return {label: list(dict.fromkeys(functions)) for label, functions in found.items()}


def read_docstring(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Remember which equations a docstring names, and make links of the labels."""
    for label in cited("\n".join(lines)):
        kept(app.env, "bp_cited").setdefault(app.env.docname, {}).setdefault(label, []).append(name)
    lines[:] = [LABEL.sub(lambda found: f":eq:`{found[1] or found[2]}`", line) for line in lines]


def link_listing(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Make links of the labels in a listing of the source."""
    if not page.startswith("_modules/"):
        return
    known = app.env.domains["math"].equations

    def link(found: re.Match[str]) -> str:
        label = found[1] or found[2]
        if label not in known:
            return found[0]
        address = f"{app.builder.get_relative_uri(page, known[label][0])}#{identifier(label)}"
        return f'(<a class="reference internal" href="{address}">{known[label][1]}</a>)'

    context["body"] = LABEL.sub(link, context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Number equations by chapter, and read the docstrings."""
    app.add_domain(Equations, override=True)
    app.connect("config-inited", count_no_figures)
    app.connect("autodoc-process-docstring", read_docstring)
    app.connect("html-page-context", link_listing)
    keep(app, "bp_cited")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
