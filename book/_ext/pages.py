"""Lean pages: one small stylesheet, no script that a page does not use, and nothing from another host.

Sphinx themes bring far more than a page of this book needs. Each page keeps the scripts named in `KEPT`; the figures'
script comes only where a figure is. After the build every stylesheet is bundled into `_static/book.css`, without the
rules that no page uses, and the icon font keeps only the icons that some page shows.
"""

import html
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from fontTools import subset
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from hatch_build import node  # noqa: E402

KEPT = {
    "documentation_options.js",
    "doctools.js",
    "sphinx_highlight.js",
    "sphinx-book-theme.js",
    "clipboard.min.js",
    "copybutton.js",
    "scrollable.js",
    "print.js",
}

# Roles without the children they promise, a role that is no longer one, a name that contradicts its text.
UNHELPFUL = (' role="list"', ' role="doc-biblioentry"', ' role="doc-backlink"', ' aria-label="Toggle hidden content"')


def trim(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Keep the scripts that this page uses, and give it a description."""
    body = context.get("body", "")
    scripts = [s for s in context["script_files"] if Path(str(getattr(s, "filename", s))).name in KEPT]
    for script in scripts:  # the same objects on every page; the search page's own scripts expect these to have run
        late = page != "search" and Path(str(script.filename)).name != "documentation_options.js"
        script.attributes.pop("defer", None)
        if late:
            script.attributes["defer"] = "defer"
    context["script_files"] = scripts
    for attribute in UNHELPFUL:
        body = body.replace(attribute, "")
    context["body"] = body = re.sub(
        r'<span class="[npw]">([^<]*)</span>', r"\1", body
    )  # tokens in the text's own colour
    context["has_figures"] = "data-bp-" in body
    context["figures"] = sorted(set(re.findall(r'data-bp-(?:figure|script)="(\w+)"', body)))
    context["description"] = description(body) or context["docstitle"]


def description(body: str) -> str:
    """The page's first paragraph as plain text, cut at a word to what search engines show."""
    found = re.search(r"<p>(.*?)</p>", body, re.S)
    if not found:
        return ""
    without_maths = re.sub(r'<span class="katex-html".*?</span></span></span>', "", found[1], flags=re.S)
    text = html.unescape(re.sub(r"<[^>]+>", "", without_maths)).split()
    words: list[str] = []
    while text and len(" ".join([*words, text[0]])) <= 155:
        words.append(text.pop(0))
    return " ".join(words)


def bundle(app: Sphinx, exception: Exception | None) -> None:
    """Make the one stylesheet and the small icon fonts."""
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    subprocess.run([node(), str(ROOT / "tools" / "bundle_css.mjs"), str(app.outdir)], cwd=ROOT, check=True)
    stop_measuring(static / "scripts" / "pydata-sphinx-theme.js")
    style = (static / "book.css").read_text("utf-8")
    shrink_icons(static, style)


def stop_measuring(script: Path) -> None:
    """Leave to scrollable.js what the theme's script does at once, and again at each change: measuring every block."""
    measured = '"pre",".nboutput > .output_area",".cell_output > .output",".jp-RenderedHTMLCommon"'
    text = script.read_text("utf-8")
    if measured not in text:
        raise ExtensionError(f"{script.name} has changed: look for where it measures scrollable blocks, see pages.py")
    script.write_text(
        text.replace(measured, '".bp-none"').replace('".pst-scrollable-table-container"', '".bp-none"'), "utf-8"
    )


def shrink_icons(static: Path, style: str) -> None:
    """Keep in each icon font the glyphs that the purged stylesheet still names."""
    codes = {int(c, 16) for c in re.findall(r'"\\([ef][0-9a-f]{3})"', style)}
    codes |= {ord(c) for c in style if 0xE000 <= ord(c) <= 0xF8FF}
    for font in (static / "fonts").glob("fa-*.woff2"):
        options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=False)
        face = subset.load_font(str(font), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=codes)
        subsetter.subset(face)
        subset.save_font(face, str(font), options)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect late, so that what other extensions add is seen."""
    app.connect("html-page-context", trim, priority=900)
    app.connect("build-finished", bundle, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
