"""Maths rendered at build time by KaTeX, so that a page needs no script and no network to show a formula.

One node process per build reads formulas and writes HTML with MathML inside, a JSON line each. A formula that KaTeX
cannot read stops the build with its page and text.
"""

import atexit
import json
import re
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from hatch_build import node  # noqa: E402

PROGRAM = """
const katex = require("katex");
require("readline").createInterface({input: process.stdin}).on("line", line => {
  const {tex, display} = JSON.parse(line);
  let answer;
  try { answer = {html: katex.renderToString(tex, {displayMode: display, throwOnError: true, strict: "error"})}; }
  catch (error) { answer = {error: error.message}; }
  process.stdout.write(JSON.stringify(answer) + "\\n");
});
"""

# The TeX that KaTeX lays beside its MathML, and names that HTML does not need: a sixth of a page, for no reader.
SOURCE = re.compile(r'<annotation .*?</annotation>|</?semantics>| xmlns="http://www.w3.org/1998/Math/MathML"')


class Renderer:
    """KaTeX in a node process that lives as long as the build; formulas met twice are rendered once."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.known: dict[tuple[str, bool], str] = {}

    def __call__(self, tex: str, display: bool) -> str:
        """The HTML of a formula."""
        if (tex, display) not in self.known:
            self.known[tex, display] = self.ask(tex, display)
        return self.known[tex, display]

    def ask(self, tex: str, display: bool) -> str:
        """Have KaTeX render a formula; raises ExtensionError where it cannot."""
        if self.process is None:
            self.process = subprocess.Popen(
                [node(), "-e", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                cwd=ROOT,
            )
            atexit.register(self.process.kill)
        self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise ExtensionError("KaTeX did not start; run make, which installs it into node_modules")
        answer = json.loads(line)
        if "error" in answer:
            raise ExtensionError(f"KaTeX cannot read the formula {tex!r}: {answer['error']}")
        return SOURCE.sub("", answer["html"])


render = Renderer()


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(self.starttag(node, "span", "", CLASS="math") + render(node.astext(), False) + "</span>")
    raise nodes.SkipNode


def visit_display(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula with its number; where it is wider than the page, it scrolls and takes the keyboard."""
    number = get_node_equation_number(self, node) if node["number"] else ""
    name = f"Equation {number}" if number else "Formula"
    self.body.append(self.starttag(node, "div", CLASS="math", tabindex="0", role="group", **{"aria-label": name}))
    self.body.append(render(node.astext().strip(), True))
    if number:
        self.body.append(
            f'<a class="eqno" href="#{node["ids"][0]}" aria-label="Link to equation {number}">({number})</a>'
        )
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer as `katex`."""
    app.add_html_math_renderer("katex", inline_renderers=(visit_inline, None), block_renderers=(visit_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": False}
