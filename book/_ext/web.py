"""What the book needs once it stands on the web at `html.baseurl`: cards for links to it, a sitemap, a 404 page.

Without that address there is only the 404 page, with links that hold at the top folder. A card's picture is drawn at
build time from the page's title and first words.
"""

import re
import textwrap
from html import escape
from pathlib import Path
from typing import Any

import pages  # noqa: F401  (it puts the project on the path)
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

LOST = """<section><h1>This page is not in the book</h1>
<p>Perhaps it has moved. <a href="{start}">The book begins here</a>, and <a href="{search}">the search</a> finds a word
on any of its pages.</p></section>"""
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}
</urlset>
"""
SIZE = (1200, 630)  # pixels, as those who show cards ask for


def base(app: Sphinx) -> str:
    """The address of the book with a slash at its end, or nothing."""
    address = app.config.html_baseurl
    return address.rstrip("/") + "/" if address else ""


def settle(app: Sphinx, config: Config) -> None:
    """Ask for the 404 page."""
    config.html_additional_pages = {**config.html_additional_pages, "404": "page.html"}


def lost(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Write the 404 page."""
    if page == "404":
        pathto = context["pathto"]
        context["title"] = "This page is not in the book"
        context["body"] = LOST.format(start=pathto(app.config.root_doc), search=pathto("search"))


def card(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Tell those who show a link to this page its title, its first words and a picture of both."""
    if doctree is None or not base(app) or app.builder.name != "html":
        return
    title = re.sub(r"<[^>]+>", "", context["title"])
    picture = f"_images/cards/{page.replace('/', '-')}.png"
    draw(Path(app.outdir) / picture, app.config.html_title, title, context["description"], base(app))
    told = {
        "og:type": "article",
        "og:site_name": app.config.html_title,
        "og:title": title,
        "og:description": context["description"],
        "og:url": base(app) + app.builder.get_target_uri(page),
        "og:image": base(app) + picture,
        "og:image:alt": f"{app.config.html_title}: {title}",
        "og:image:width": SIZE[0],
        "og:image:height": SIZE[1],
    }
    tags = [f'<meta property="{name}" content="{escape(str(text))}">' for name, text in told.items()]
    context["metatags"] += "\n".join([*tags, '<meta name="twitter:card" content="summary_large_image">'])


def draw(path: Path, book: str, title: str, words: str, address: str) -> None:
    """Draw a card."""
    from matplotlib.figure import Figure

    from bplib.draw import COLOURS

    figure = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor="white")
    lines = textwrap.wrap(title, 34)[:4]
    figure.text(0.06, 0.88, book, size=22, color=COLOURS["muted"], va="top")
    figure.text(0.06, 0.76, "\n".join(lines), size=40, color=COLOURS["ink"], va="top", weight="bold", parse_math=False)
    below = 0.72 - 0.11 * len(lines)
    text = textwrap.shorten(words, 150, placeholder=" …")
    figure.text(0.06, below, textwrap.fill(text, 72), size=20, color=COLOURS["muted"], va="top", parse_math=False)
    figure.text(0.06, 0.06, address.split("://")[-1].rstrip("/"), size=18, color=COLOURS["forward"])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write the map of pages; on the 404 page, which answers at any address, say every link in full."""
    if exception or app.builder.name != "html" or not base(app):
        return
    out = Path(app.outdir)
    sites = [escape(base(app) + app.builder.get_target_uri(page)) for page in sorted(app.env.found_docs)]
    listed = "\n".join(f"<url><loc>{site}</loc></url>" for site in sites)
    (out / "sitemap.xml").write_text(SITEMAP.format(listed), "utf-8")
    page = out / "404.html"
    relative = r'(\s(?:href|src|action|data-content_root)=")(?!#|[a-z]+:)(?:\./)?'
    page.write_text(re.sub(relative, rf"\g<1>{base(app)}", page.read_text("utf-8")), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect; the card comes after pages.py has found the page's first words."""
    app.connect("config-inited", settle, priority=100)
    app.connect("html-page-context", lost, priority=400)
    app.connect("html-page-context", card, priority=920)
    app.connect("build-finished", publish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
