"""What a link shows before it is followed: an equation, a term's definition, a reference, a claim.

Each page that others point into gets a script `_static/tips/PAGE.js`, which holds what its anchors show. A reader's
page loads it when a link to it is first hovered or focused (assets/tips.js), so it costs nothing before that, and a
script can be loaded from the disk too.

Why not sphinx-tippy: it puts every tip of a page into a script that loads with the page (120 to 260 KB a chapter, 840
for the library), knows no dismissal by Esc, and does not see formulas that KaTeX rendered while the book was built.
"""

import json
import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from pages import KEPT
from sphinx.application import Sphinx

EQUATION = re.compile(r'<div [^>]*\bid="(equation-[\w-]+)"[^>]*>(.*?)<a class="eqno"', re.S)
SMALL = 'glossary">', 'class="citation"', 'class="bp-claim'  # pages with one of these are read as a tree


def equations(body: str) -> dict[str, str]:
    """The formulas of a page: {anchor: HTML}.

    >>> equations('<div class="math" id="equation-eq-1">x<a class="eqno" href="#equation-eq-1">(1)</a></div>')
    {'equation-eq-1': 'x'}
    """
    return {anchor: formula.strip() for anchor, formula in EQUATION.findall(body)}


def entries(body: str) -> dict[str, str]:
    """The definitions, references and claims of a page: {anchor: HTML}, without links."""
    page = BeautifulSoup(body, "html.parser")
    for gone in page.select(".headerlink, .backrefs, .bp-links, .bp-shown, span.label"):
        gone.decompose()
    for link in page.select("a"):
        link.unwrap()
    found = {}
    for term in page.select("dl.glossary dt[id]"):
        meaning = term.find_next_sibling("dd")
        found[term["id"]] = f"<p><strong>{term.decode_contents().strip()}</strong></p>{inside(meaning)}"
    for each in page.select("div.citation[id], div.bp-claim[id]"):
        found[each["id"]] = inside(each)
    return found


def inside(element: Tag) -> str:
    """What an element holds, without anchors of its own."""
    for each in element.select("[id]"):
        del each["id"]
    return element.decode_contents().strip()


def write(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Write what the anchors of a page show."""
    body = context.get("body", "")
    if doctree is None or app.builder.name != "html":
        return
    tips = equations(body) | (entries(body) if any(name in body for name in SMALL) else {})
    if tips:
        path = Path(app.outdir) / "_static" / "tips" / f"{page}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"bpTips({json.dumps(page)}, {json.dumps(tips, ensure_ascii=False)});\n", "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at pages as they will be."""
    KEPT.add("tips.js")
    app.add_js_file("tips.js")
    app.connect("html-page-context", write, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
