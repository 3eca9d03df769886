"""Interactive figures on prose pages: `{live-figure} NAME`, with the state to begin with as lines `key: value`.

Chapters show figures from a cell. A Markdown page runs nothing, so this directive asks `bplib.figures` when the book is
built. The page's scripts and its still twin without JavaScript are those of the chapters.
"""

import os
import sys
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from bplib import figures


class LiveFigure(SphinxDirective):
    """`{live-figure}`: the HTML of one of the kit's figures."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Show the figure; a name or state that does not exist stops the build with the line of the page."""
        try:
            figure = figures.show(self.arguments[0], **(yaml.safe_load("\n".join(self.content)) or {}))
        except (TypeError, ValueError) as error:
            raise self.error(str(error)) from error
        return [nodes.raw("", figure.html, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive; the page brings the figures' scripts, so the figure must not."""
    os.environ["BPLIB_FIGURES_EXTERNAL"] = "1"
    app.add_directive("live-figure", LiveFigure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
