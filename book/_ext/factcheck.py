"""The fact-check page, written from the ledger `book/claims.yml`, and the ways back to it from where claims are shown.

One entry for every claim of the documents that the book set out from: what it says, whether it holds, where the book
shows it and what would fail if it did not. A claim whose chapter is still to come is listed as planned. In a chapter
a line at the anchor names the claims that are checked there, and the name of each printed claim leads to its entry.
"""

import re
from collections import Counter
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import yaml
from docutils import nodes
from docutils.statemachine import StringList
from pages import KEPT
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from whereabouts import after, line

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ROOT / "book" / "claims.yml"
PAGE = "book/fact_check"
VERDICTS = {"true": "holds", "depends": "holds in part", "false": "does not hold", "planned": "planned"}
SIGNS = {"true": "✓", "depends": "±", "false": "✗", "planned": "…"}
PRINTED = re.compile(r"^((?:<span></span>)?✓ )(\S+?)(?=:)", re.M)


@cache
def ledger() -> list[dict[str, Any]]:
    """All claims, in the ledger's order."""
    return yaml.safe_load(LEDGER.read_text("utf-8"))


def label(claim: dict[str, Any]) -> str:
    """The anchor of a claim on the page."""
    return f"claim-{claim['id']}".lower().replace(".", "-")


def ran(name: str) -> str:
    """The anchor of the line that a chapter printed for a claim."""
    return f"ran-{name}".replace(".", "-")


def verdict(claim: dict[str, Any]) -> str:
    """One of `VERDICTS`."""
    return "planned" if claim["status"] == "planned" else str(claim["verdict"]).lower()


def page_of(claim: dict[str, Any]) -> str:
    """The page that shows a claim, or will: its last part, such as 05_training."""
    return claim["anchor"].split("#")[0].split("/")[-1] if claim.get("anchor") else str(claim.get("chapter", ""))


def named(page: str) -> str:
    """A page for the reader: chapter 5, or history.

    >>> named("05_training"), named("history")
    ('chapter 5', 'history')
    """
    number = re.match(r"\d\d", page)
    return f"chapter {int(number[0])}" if number else page.replace("_", " ")


@cache
def printed() -> dict[str, str]:
    """The claims that chapters print: {name: chapter}."""
    found = {}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                for name in re.findall(r"^✓ (\S+):", output.get("text", ""), re.M):
                    found.setdefault(name, path.stem)
    return found


@cache
def evidence() -> dict[str, dict[str, Any]]:
    """{name of a printed claim: the claim of the ledger that rests on it}; of several, the one of that name."""
    found: dict[str, dict[str, Any]] = {}
    for claim in ledger():
        for name in (e.removeprefix("claim:") for e in claim.get("evidence", []) if e.startswith("claim:")):
            if name not in found or name.startswith(claim["id"]):
                found[name] = claim
    return found


def check(name: str) -> str:
    """What checks a claim, as HTML: a link to the line that the chapter printed, or the name of a test."""
    kind, _, rest = name.partition(":")
    if kind == "claim" and rest in printed():
        address = f"../chapters/{printed()[rest]}.html#{ran(rest)}"
        return f'<a class="reference internal" href="{address}"><code>{rest}</code></a>'
    return f"<code>{escape(name.split('/')[-1].replace('::', ': '))}</code>"


def form(claims: list[dict[str, Any]]) -> str:
    """The choice of verdict and chapter, which ledger.js shows and serves."""
    verdicts, pages = Counter(map(verdict, claims)), Counter(map(page_of, claims))
    radio = '<label><input type="radio" name="verdict" value="{}"{}> {} ({})</label>'
    choices = [radio.format("", " checked", "all", len(claims))]
    choices += [radio.format(v, "", f"{SIGNS[v]} {words}", verdicts[v]) for v, words in VERDICTS.items()]
    options = [f'<option value="{page}">{named(page)} ({pages[page]})</option>' for page in sorted(pages)]
    return (
        f'<div class="bp-ledger" hidden><fieldset><legend>Verdict</legend>{"".join(choices)}</fieldset>'
        f'<label>Chapter <select name="chapter"><option value="">all</option>{"".join(options)}</select></label>'
        f'<p role="status"></p></div>'
    )


class ClaimsDirective(SphinxDirective):
    """`{claims}` lists the ledger, shown claims first, and counts the verdicts."""

    def run(self) -> list[nodes.Node]:
        """Read the ledger and write its entries."""
        self.env.note_dependency(str(LEDGER))
        claims = ledger()
        counts = Counter(map(verdict, claims))
        told = (
            f"Of {len(claims)} claims, {len(claims) - counts['planned']} are checked: {counts['true']} hold, "
            f"{counts['depends']} hold in part and {counts['false']} do not. "
            f"{counts['planned']} are planned: they wait for their chapter, and nothing is said of them yet."
        )
        content = [nodes.paragraph("", told), nodes.raw("", form(claims), format="html")]
        for heading, wanted in ("Checked", False), ("Planned", True):
            section = nodes.section("", nodes.title("", heading), ids=[heading.lower()], names=[heading.lower()])
            section += [self.entry(claim) for claim in claims if (verdict(claim) == "planned") == wanted]
            content.append(section)
        return content

    def entry(self, claim: dict[str, Any]) -> nodes.container:
        """One claim: number and verdict, statement, where it is shown and what checks it."""
        kind, anchor = verdict(claim), label(claim)
        box = nodes.container(classes=["bp-claim", f"verdict-{kind}", f"chapter-{page_of(claim)}"], ids=[anchor])
        head = nodes.paragraph("", "", nodes.strong(text=claim["id"]), classes=["bp-claim-head"])
        head += nodes.inline(text=f"{SIGNS[kind]} {VERDICTS[kind]}", classes=["bp-verdict"])
        lines = [claim["statement"], ""]
        if kind == "planned":
            head += nodes.Text(f" for {named(page_of(claim))}")
        else:
            lines += [f"Shown at {{ref}}`{claim['anchor'].split('#')[1]}`."]
            lines += [f"Source: {claim['source']}."] if claim.get("source") else []
        box += head
        self.state.nested_parse(StringList(lines, source=str(LEDGER)), self.content_offset, box)
        if kind != "planned":
            told = f" Checked by {', '.join(map(check, claim['evidence']))}."
            box[-1] += nodes.raw("", told, format="html")
            box[-1]["classes"].append("bp-shown")
        return box


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Name at each anchor of a page the claims that are checked there."""
    if PAGE not in app.env.found_docs:
        return
    here: dict[str, list[dict[str, Any]]] = {}
    for claim in ledger():
        page, _, anchor = claim.get("anchor", "").partition("#")
        if page == docname:
            here.setdefault(anchor, []).append(claim)
    address = app.builder.get_relative_uri(docname, PAGE)
    for node in [*doctree.findall(nodes.Element)] if here else []:
        claims = [claim for anchor in node.get("ids", []) for claim in here.pop(anchor, [])]
        if claims:
            links = [nodes.reference("", c["id"], refuri=f"{address}#{label(c)}", internal=True) for c in claims]
            told = line("Claims checked here: ", ([link] for link in links), between=", ")
            after(node[0] if isinstance(node, nodes.section) else node, told)


def link_printed(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the name of each claim that a chapter printed lead to the ledger, and be an anchor for the way back."""
    if not page.startswith("chapters/") or PAGE not in app.env.found_docs:
        return
    known, seen = evidence(), set()
    address = app.builder.get_relative_uri(page, PAGE)

    def link(found: re.Match[str]) -> str:
        name = found[2]
        if name not in known:
            return found[0]
        anchor = "" if name in seen else f' id="{ran(name)}"'
        seen.add(name)
        return f'{found[1]}<a{anchor} href="{address}#{label(known[name])}">{name}</a>'

    context["body"] = re.sub(
        r"(<pre>)(.*?)(</pre>)", lambda m: m[1] + PRINTED.sub(link, m[2]) + m[3], context["body"], flags=re.S
    )


def load(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """The script that filters, on the one page that needs it."""
    if page == PAGE:
        app.add_js_file("ledger.js")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the ways back."""
    KEPT.add("ledger.js")
    app.add_directive("claims", ClaimsDirective)
    app.connect("doctree-resolved", mark)
    app.connect("html-page-context", link_printed)
    app.connect("html-page-context", load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
