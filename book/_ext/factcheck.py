"""The fact-check page, written from the ledger `book/claims.yml`.

One entry for every claim of the documents that the book set out from: what it says, whether it holds, where the book
shows it and what would fail if it did not. A claim whose chapter is still to come is listed as planned.
"""

from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

LEDGER = Path(__file__).resolve().parents[1] / "claims.yml"
VERDICTS = {"true": "holds", "false": "does not hold", "depends": "holds in part"}


def entry(claim: dict[str, Any]) -> list[str]:
    """One claim as MyST lines."""
    if claim["status"] == "planned":
        return [f"({label(claim)})=", f"**{claim['id']}** · *planned* · {claim['statement']}", ""]
    evidence = ", ".join(f"`{name.removeprefix('claim:').split('/')[-1]}`" for name in claim["evidence"])
    lines = [
        f"({label(claim)})=",
        f"**{claim['id']}** · **{VERDICTS[str(claim['verdict']).lower()]}** · {claim['statement']}",
        "",
        f"Shown at {{ref}}`{claim['anchor'].split('#')[1]}`. Checked by {evidence}.",
    ]
    if claim.get("source"):
        lines[-1] += f" Source: {claim['source']}."
    return [*lines, ""]


def label(claim: dict[str, Any]) -> str:
    """The anchor of a claim on the page."""
    return f"claim-{claim['id']}".lower().replace(".", "-")


class ClaimsDirective(SphinxDirective):
    """`{claims}` lists the ledger, shown claims first, and says how many are planned."""

    def run(self) -> list[nodes.Node]:
        """Read the ledger and write it as MyST."""
        self.env.note_dependency(str(LEDGER))
        ledger = yaml.safe_load(LEDGER.read_text("utf-8"))
        shown = [c for c in ledger if c["status"] == "shown"]
        planned = [c for c in ledger if c["status"] == "planned"]
        lines = [f"Of {len(ledger)} claims, {len(shown)} are checked and {len(planned)} wait for their chapter.", ""]
        lines += ["## Checked", ""] + [line for claim in shown for line in entry(claim)]
        lines += ["## Planned", ""] + [line for claim in planned for line in entry(claim)]
        box = nodes.container()
        self.state.nested_parse(StringList(lines, source=str(LEDGER)), self.content_offset, box, match_titles=1)
        return box.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("claims", ClaimsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
