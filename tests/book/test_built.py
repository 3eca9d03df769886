"""The built book as files: every link and anchor resolves, pages are light, and nothing asks another host."""

import gzip
import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
PAGES = sorted(p for p in HTML.rglob("*.html") if "_static" not in p.relative_to(HTML).parts)
POINTING = {"for", "list", "headers", "usemap", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns"}
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
OTHER_PAGES = {"next", "prev", "search", "index", "author", "canonical"}  # a link of these kinds loads nothing


class Page(HTMLParser):
    """What a page links to, loads, and offers as anchors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.downloads: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if given.get("id"):
            self.ids.append(given["id"])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
            if "download" in given:
                self.downloads.append(given["href"])
        for attribute, value in attributes:
            if attribute in POINTING:
                self.refers += (value or "").removeprefix("#").split()
            elif attribute in {"href", "xlink:href", "data-bs-target", "data-target"} and tag != "a":
                self.refers += re.findall(r"^#(.+)$", value or "")
            else:
                self.refers += re.findall(r"url\(#([^)]+)\)", value or "")
        if given.get(LOADING.get(tag, "")) and given.get("rel") not in OTHER_PAGES:
            self.loads.append(given[LOADING[tag]])


@cache
def page(path: Path) -> Page:
    return Page(path)


def name(path: Path) -> str:
    return path.relative_to(HTML).as_posix()


def target(source: Path, link: str) -> tuple[Path, str]:
    address, anchor = urldefrag(link)
    address = address.split("?")[0]
    path = (source.parent / unquote(address)).resolve() if address else source
    return (path / "index.html" if path.is_dir() else path), unquote(anchor)


def test_the_book_is_built() -> None:
    assert PAGES, "the book is not built; run make book"
    assert HTML / "chapters" / "03_worked_example.html" in PAGES


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_resolve(path: Path) -> None:
    broken = []
    for link in page(path).links + page(path).loads:
        if re.match(r"(https?|mailto|data):", link):
            continue
        to, anchor = target(path, link)
        if not to.exists() or (anchor and to.suffix == ".html" and anchor not in page(to).ids):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_attribute_that_points_at_an_element_finds_it(path: Path) -> None:
    assert sorted(set(page(path).refers) - set(page(path).ids)) == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_what_is_offered_for_download_is_there_and_whole(path: Path) -> None:
    for link in page(path).downloads:
        to, _ = target(path, link)
        assert to.stat().st_size > 100, link
        if to.suffix == ".ipynb":
            assert json.loads(to.read_text("utf-8"))["cells"], link
        if to.suffix == ".pdf":
            assert to.read_bytes().startswith(b"%PDF-"), link


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_loads_nothing_from_elsewhere(path: Path) -> None:
    assert not [load for load in page(path).loads if re.match(r"(https?:)?//", load)]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_ids_are_unique(path: Path) -> None:
    ids = page(path).ids
    assert sorted(ids) == sorted(set(ids)), sorted({i for i in ids if ids.count(i) > 1})


def test_stylesheet_asks_no_other_host() -> None:
    style = (HTML / "_static" / "book.css").read_text("utf-8")
    assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*", style)


@pytest.mark.parametrize("face", ["KaTeX_Main", "KaTeX_Math", "KaTeX_Size1"])
def test_the_fonts_of_formulas_are_there(face: str) -> None:
    style = (HTML / "_static" / "book.css").read_text("utf-8")
    assert re.search(rf"@font-face\{{[^}}]*font-family:\"?{face}\"?[;}}]", style)
    assert list((HTML / "_static" / "fonts").glob(f"{face}-*.woff2"))


def test_formulas_are_there_without_a_script() -> None:
    text = (HTML / "chapters" / "03_worked_example.html").read_text("utf-8")
    assert text.count('class="katex"') > 20
    assert "<math " in text


def compressed(path: Path) -> int:
    body = path.read_bytes()
    return len(body) if path.suffix == ".woff2" else len(gzip.compress(body, 9))


def weigh(urls: set[str]) -> tuple[int, int]:
    """Bytes of the files behind `urls`, raw and gzipped."""
    files = {HTML / unquote(url.split("?")[0].split("#")[0].lstrip("/")) for url in urls}
    files = {path / "index.html" if path.is_dir() else path for path in files}
    return sum(path.stat().st_size for path in files), sum(compressed(path) for path in files)
