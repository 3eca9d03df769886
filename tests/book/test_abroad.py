"""The book away from home: notebooks opened elsewhere, links to where they can be run, and the pages on the web."""

import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from test_building import ROOT, build, copy_of_the_project, notebook
from test_built import HTML, PAGES, name

sys.path.insert(0, str(ROOT / "tools"))
import launch

NOTEBOOKS = sorted(
    [*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("solutions/*/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")]
)
CHAPTERS = [path for path in PAGES if path.parent.name == "chapters"]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
CELL = launch.CELL.format(source=launch.source(CONFIG))
WEB, KEPT_AT = "https://example.org/a-book", "https://github.com/somebody/a-book"


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_every_notebook_begins_by_bringing_bplib(path: Path) -> None:
    """In step with _config.yml; if this fails, run: python tools/launch.py"""
    first = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    assert (first.id, first.source) == (launch.ID, CELL)
    if path.is_relative_to(ROOT / "chapters"):
        assert first.metadata["tags"] == ["remove-cell"]


@pytest.mark.parametrize(
    ("repository", "source"),
    [
        ({}, ""),
        ({"url": "", "branch": "main"}, ""),
        ({"url": f"{KEPT_AT}/"}, f"git+{KEPT_AT}@main"),
        ({"url": KEPT_AT, "branch": "second-edition"}, f"git+{KEPT_AT}@second-edition"),
    ],
)
def test_the_library_comes_from_the_repository(repository: dict, source: str) -> None:
    assert launch.source({"repository": repository}) == source


def test_without_bplib_and_address_a_notebook_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cell.py").write_text(launch.CELL.format(source=""))
    done = subprocess.run([sys.executable, "-S", "-I", "cell.py"], cwd=tmp_path, capture_output=True, text=True)
    line = "bplib is missing here: run `make lab` in the book's folder and open this notebook there."
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", line)


@pytest.mark.parametrize("there", [True, False])
def test_with_an_address_pip_is_asked_once_and_only_if_bplib_is_missing(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: there or None)
    monkeypatch.setattr(subprocess, "run", lambda command, check: asked.append(command[1:]))
    (tmp_path / "cell.py").write_text(launch.CELL.format(source=f"git+{KEPT_AT}@main"))
    runpy.run_path(str(tmp_path / "cell.py"))
    package = f"backprop-book[notebooks] @ git+{KEPT_AT}@main"
    assert asked == ([] if there else [["-m", "pip", "install", "--quiet", package]])


def test_the_cell_is_put_in_once_and_counts_as_run() -> None:
    shown = nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=1)
    code = nbformat.v4.new_code_cell("1 + 1", execution_count=1, outputs=[shown])
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A chapter"), code])
    assert launch.bring(book, "SOURCE = ''", exercise=False)
    assert not launch.bring(book, "SOURCE = ''", exercise=False)
    assert launch.bring(book, "SOURCE = 'elsewhere'", exercise=False)
    assert [cell.get("execution_count") for cell in book.cells] == [None, 1, 2]
    assert book.cells[2].outputs[0].execution_count == 2


def test_what_notebooks_import_is_installed_with_the_library() -> None:
    """On Colab and Binder there is the package with its extra `notebooks`, and nothing else of the book."""
    needed = set()
    for path in NOTEBOOKS:
        code = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")
        needed |= set(re.findall(r"^(?:from|import) (\w+)", code, re.M))
    with_it = {"bplib", "numpy", "matplotlib", "sklearn", "threadpoolctl"}  # the last is scikit-learn's own need
    assert needed - set(sys.stdlib_module_names) <= with_it
    assert '".[notebooks]"' in (ROOT / "binder" / "postBuild").read_text()
    assert (ROOT / "binder" / "postBuild").stat().st_mode & 0o111


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_a_chapters_notebook_is_the_committed_one(path: Path) -> None:
    assert path.with_suffix(".ipynb").read_bytes() == (ROOT / "chapters" / path.with_suffix(".ipynb").name).read_bytes()
    assert f'<a href="{path.stem}.ipynb" download>' in path.read_text("utf-8")


def test_a_notebook_is_downloaded(open_page: Callable[..., Any], served: Callable[[Path], str], tmp_path: Path) -> None:
    page = open_page(f"{served(HTML)}/{name(CHAPTERS[0])}")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="This chapter as a notebook").click()
    waiting.value.save_as(tmp_path / "got.ipynb")
    assert (tmp_path / "got.ipynb").read_bytes() == CHAPTERS[0].with_suffix(".ipynb").read_bytes()


def test_from_the_disk_the_link_leads_to_the_notebook(open_page: Callable[..., Any]) -> None:
    """A browser shows the file rather than copying it from the disk to the disk; saved, it is the notebook."""
    page = open_page(CHAPTERS[0].as_uri(), offline=True)
    page.get_by_role("link", name="This chapter as a notebook").click()
    page.wait_for_url("**/*.ipynb")
    assert (
        page.evaluate("document.body.innerText").strip() == CHAPTERS[0].with_suffix(".ipynb").read_text("utf-8").strip()
    )


def test_at_home_nothing_leads_abroad() -> None:
    """Without addresses in _config.yml no page names a service, and there is neither card nor sitemap."""
    unwanted = [] if CONFIG["repository"]["url"] else ["colab.research", "mybinder.org", "git-pull", "/issues/new"]
    unwanted += [] if CONFIG["html"]["baseurl"] else ["og:image", "twitter:card", 'rel="canonical"']
    found = {word: name(path) for path in PAGES for word in unwanted if word in path.read_text("utf-8")}
    assert not found
    assert (HTML / "sitemap.xml").exists() == bool(CONFIG["html"]["baseurl"])
    assert (HTML / "404.html").exists()


def addresses(page: str, inside: str = "") -> list[str]:
    return re.findall(rf'{inside}[^>]* href="([^"]+)"', page)


def test_a_book_with_addresses(tmp_path: Path) -> None:
    """One small book on the web: launch, edit and report, cards, sitemap, and a 404 page that works at any depth."""
    folder = copy_of_the_project(tmp_path / "book")
    (folder / "book" / "welcome.md").write_text("# Welcome\n\nA book of one chapter.\n")
    notebook(folder / "chapters" / "03_worked_example.ipynb", "print(1 + 1)")
    toc = {"format": "jb-book", "root": "book/welcome", "chapters": [{"file": "chapters/03_worked_example"}]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    config = yaml.safe_load((folder / "_config.yml").read_text())
    config["html"]["baseurl"] = WEB
    config["repository"]["url"] = KEPT_AT
    config["launch_buttons"]["jupyterhub_url"] = "https://hub.example.org"
    config["sphinx"]["config"]["bp_python_pages"] = []
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    done = build(folder)
    assert done.returncode == 0, done.stdout[-3000:]
    html = folder / "_build" / "html"
    chapter = (html / "chapters" / "03_worked_example.html").read_text()
    welcome = (html / "book" / "welcome.html").read_text()

    links = addresses(chapter)
    path = "chapters/03_worked_example.ipynb"
    assert f"https://colab.research.google.com/github/somebody/a-book/blob/main/{path}" in links
    assert f"https://mybinder.org/v2/gh/somebody/a-book/main?urlpath=lab/tree/{path}" in links
    assert any(link.startswith("https://hub.example.org/hub/user-redirect/git-pull?repo=https") for link in links)
    for page, source in ((chapter, path), (welcome, "book/welcome.md")):
        assert f"{KEPT_AT}/edit/main/{source}" in addresses(page)
        assert any(link.startswith(f"{KEPT_AT}/issues/new?") for link in addresses(page))
        assert "dropdown" not in page, "the theme's menus need a script that pages do not load"

    assert '<meta property="og:title" content="A chapter">' in chapter
    assert f'<meta property="og:site_name" content="{config["title"]}">' in chapter
    (card,) = re.findall(r'<meta property="og:image" content="([^"]+)"', chapter)
    picture = html / card.removeprefix(f"{WEB}/")
    assert card.startswith(f"{WEB}/")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert chapter.count('name="description"') == 1
    assert f'<meta property="og:url" content="{WEB}/chapters/03_worked_example.html"' in chapter

    sites = ElementTree.parse(html / "sitemap.xml").getroot()
    assert {site.text for site in sites.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")} == {
        f"{WEB}/book/welcome.html",
        f"{WEB}/chapters/03_worked_example.html",
    }
    lost = (html / "404.html").read_text()
    assert KEPT_AT not in lost, "nobody reports a mistake on a page that is not there"
    loaded = re.findall(r'\s(?:href|src|action|data-content_root)="([^"]*)"', lost)
    assert [address for address in loaded if not address.startswith((f"{WEB}/", "#", "data:", "https://"))] == []
    for address in loaded:
        if address.startswith(f"{WEB}/"):
            assert (html / address.removeprefix(f"{WEB}/").split("?")[0].split("#")[0]).exists(), address
