"""The book as PDF: `python tools/pdf.py` after a build, `make pdf` for both.

Chromium prints every page of the contents once, in order, numbered on from the page before. A chapter's PDF is this
print; the book is all of them behind a title page and contents (tools/bind.py). So a page number cited from a chapter's
PDF is that of the book. Links lead to their place inside the file; in a chapter's PDF a link to another page leads to
the web where `html.baseurl` is set, and to the pages beside the file where it is not.
"""

import html
import io
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import yaml
from bind import Book, Print, bind, letters, offprint
from playwright.sync_api import sync_playwright
from pypdf import PdfReader
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[1]
BOOK = "backpropagation.pdf"
PLACE = "<!--pdf-->"  # where book/_ext/takeaway.py leaves room for the link
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PAPER = {"prefer_css_page_size": True, "print_background": True, "outline": True, "tagged": True}

# Chromium knows a place in a PDF only where a link of the same page leads to it: empty links to all that others name.
PREPARE = """async ({css, anchors}) => {
    const links = document.createElement('div');
    links.style = 'height: 0; overflow: hidden';
    for (const anchor of anchors) links.append(Object.assign(document.createElement('a'), {href: '#' + anchor}));
    document.querySelector('article').append(links);
    document.head.append(Object.assign(document.createElement('style'), {textContent: css}));
    await Promise.all([...document.fonts].map(font => font.load().catch(() => null)));
}"""
HEADINGS = """() => [...document.querySelectorAll('article :is(h1, h2, h3)')].map(heading => {
    const copy = heading.cloneNode(true);
    for (const part of copy.querySelectorAll('.headerlink, .katex-mathml')) part.remove();
    return copy.textContent.trim();
})"""


def contents(root: Path = ROOT) -> list[tuple[str, str]]:
    """The book's pages in order, each with the part that it belongs to."""
    toc = parse_toc_yaml(root / "_toc.yml")
    listed = [(toc.root.docname, "")]
    for part in toc.root.subtrees:
        listed += [(str(name), part.caption or "") for name in part.items]
    return listed


def linked(built: Path, names: list[str]) -> dict[str, set[str]]:
    """For each page, the anchors on it that the book's other pages link to."""
    wanted: dict[str, set[str]] = {name: set() for name in names}
    for name in names:
        page = built / f"{name}.html"
        for link in re.findall(r'href="([^":#]+#[^"]+)"', page.read_text("utf-8")):
            address, anchor = urldefrag(html.unescape(link))
            to = (page.parent / unquote(address)).resolve()
            if to.is_relative_to(built) and (to_name := to.relative_to(built).with_suffix("").as_posix()) in wanted:
                wanted[to_name].add(unquote(anchor))
    return wanted


def print_all(browser: Any, built: Path, listed: list[tuple[str, str]], title: str) -> list[Print]:
    """Print the pages `listed`, numbered through."""
    anchors = linked(built, [name for name, _ in listed])
    context = browser.new_context(color_scheme="light", reduced_motion="reduce", viewport={"width": 800, "height": 900})
    prints: list[Print] = []
    first = 1
    for name, part in listed:
        page = context.new_page()
        page.goto((built / f"{name}.html").as_uri(), wait_until="networkidle")
        headings = page.evaluate(HEADINGS)
        page.evaluate(PREPARE, {"css": margins(title, headings[0], first), "anchors": sorted(anchors[name])})
        pdf = PdfReader(io.BytesIO(page.pdf(**PAPER)))
        page.close()
        prints.append(Print(name, part, headings[0], pdf, first, {letters(heading): heading for heading in headings}))
        print(f"  {name}: {len(pdf.pages)} pages", flush=True)
        first += len(pdf.pages)
    return prints


def margins(title: str, heading: str, first: int) -> str:
    """The style that heads the sheets with the book's and the page's title, and numbers them from `first`."""
    small = "font: 8.5pt system-ui, 'DejaVu Sans', sans-serif; color: #57606a;"
    left, right = (text.replace("\\", "\\\\").replace('"', '\\"') for text in (title, heading))
    return (
        f'@page {{ @top-left {{ content: "{left}"; {small} }} @top-right {{ content: "{right}"; {small} }}'
        f" @bottom-center {{ content: counter(page); {small} }} }} @page :first {{ @top-right {{ content: none }} }}"
        f"html {{ counter-reset: page {first - 1} }}"
    )


def opening(browser: Any, prints: list[Print], built: Path, config: dict[str, Any]) -> PdfReader:
    """The title page and the contents."""
    lines, part = [], ""
    for each in prints:
        if each.part != part:
            part = each.part
            lines.append(f'<p class="part">{html.escape(part)}</p>')
        to = (built / f"{each.name}.html").as_uri()
        lines.append(f'<a class="line" href="{to}">{html.escape(each.title)}<span>{each.first}</span></a>')
    parts = {name: html.escape(config[name]) for name in ("title", "author", "copyright")}
    parts |= {"contents": "\n".join(lines), "logo": (ROOT / config["logo"]).read_text("utf-8")}
    template = (ROOT / "tools" / "title_page.html").read_text("utf-8")
    page = browser.new_page(color_scheme="light")
    page.set_content(re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], template))
    return PdfReader(io.BytesIO(page.pdf(**PAPER)))


def make(browser: Any, built: Path, out: Path, listed: list[tuple[str, str]], config: dict[str, Any]) -> list[Path]:
    """Write the PDFs of the chapters among the pages `listed`, and of the book made of them; return their paths."""
    book = Book(built, config["html"].get("baseurl") or "", config["title"], config["author"])
    prints = print_all(browser, built, listed, book.title)
    chapters = [each for each in prints if each.name.startswith("chapters/")]
    written = [offprint(each, out / f"{each.name}.pdf", book) for each in chapters]
    return [*written, bind(opening(browser, prints, built, config), prints, out / BOOK, book)]


def offer(page: Path, pdf: Path, words: str, element: str) -> None:
    """Put the link to `pdf` on a built page, in an `element` of its own, where room was left for it."""
    link = f'<a href="{os.path.relpath(pdf, page.parent)}">{words}</a> ({pdf.stat().st_size / 1e6:.1f} MB)'
    text = page.read_text("utf-8")
    page.write_text(text.replace(PLACE, f'<{element} class="bp-pdf">{link}</{element}>'), "utf-8")


def main() -> None:
    """Print the built book, and link the PDFs from its pages."""
    built = ROOT / "_build" / "html"
    listed = contents()
    if missing := [name for name, _ in listed if not (built / f"{name}.html").exists()]:
        sys.exit(f"pdf: {missing[0]}.html is not built; run make pdf, which builds it first")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.exit("pdf: chromium is missing; on Debian or Ubuntu: sudo apt install chromium")
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    print("printing the book", flush=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        *chapters, book = make(browser, built, built, listed, config)
        browser.close()
    for path in chapters:
        offer(path.with_suffix(".html"), path, "This chapter as PDF", "li")
    offer(built / f"{listed[0][0]}.html", book, "The whole book as PDF", "p")
    print(f"printed {len(chapters)} chapters and {book.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
