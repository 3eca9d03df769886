"""The concept inventory as a page: its links are real anchors, and the built page works wherever it is opened."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import sideways, violations
from prose import ROOT, page, sections
from test_built import HTML

from bplib.figures import inventory

DATA = inventory.load()
QUESTIONS = [question for concept in DATA["concepts"] for question in concept["questions"]]
LABELS = {inventory.label(option) for question in QUESTIONS for option in question["options"]}
LABELS |= {each["mend"] for each in DATA["misconceptions"].values()}
BUILT = HTML / "book" / "inventory.html"
CONF = """
import sys
sys.path[:0] = [{root!r}, {extensions!r}]
extensions = ["myst_parser", "concepts"]
root_doc, nitpicky = "inventory", True
"""


def test_each_link_and_each_mending_section_is_in_a_chapter() -> None:
    assert LABELS - set(sections()) == set()


def built(folder: Path, labels: set[str], text: str) -> subprocess.CompletedProcess[str]:
    """The page beside one small page that has these labels, built by Sphinx; warnings are errors."""
    (folder / "conf.py").write_text(CONF.format(root=str(ROOT), extensions=str(ROOT / "book" / "_ext")), "utf-8")
    (folder / "inventory.md").write_text(text + "\n```{toctree}\nother\n```\n", "utf-8")
    other = ["# Other", *(f"({label})=\n## About {label}\n" for label in sorted(labels))]
    (folder / "other.md").write_text("\n\n".join(other), "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(folder), str(folder / "html")]
    return subprocess.run(command, capture_output=True, text=True)


def small_page() -> str:
    return re.sub(r"\{doc\}`([^`<]+) <[^`]*>`", r"\1", page("inventory"))


def test_links_bear_the_titles_of_their_sections(tmp_path: Path) -> None:
    done = built(tmp_path, LABELS, small_page())
    assert done.stderr == ""
    html = (tmp_path / "html" / "inventory.html").read_text("utf-8")
    assert html.count('class="bp-question"') == len(QUESTIONS)
    assert html.count('<a href="other.html#ch02-paths">Chapter 2, About ch02-paths</a>') >= 5
    for concept in DATA["concepts"]:
        assert f'id="inventory-{concept["id"]}"' in html


def test_an_anchor_that_is_gone_stops_the_build(tmp_path: Path) -> None:
    done = built(tmp_path, LABELS - {"ch02-paths"}, small_page())
    assert done.returncode != 0
    assert "the inventory links to 'ch02-paths', which no page has" in done.stderr


def test_a_part_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = built(tmp_path, LABELS, "# Page\n\n```{inventory} answers\n```\n")
    assert done.returncode != 0
    assert "there is no part 'answers'; there are: progress, questions, score, misconceptions" in done.stderr


@pytest.mark.parametrize(("width", "dark"), [(320, True), (320, False), (1280, True), (1280, False)])
def test_the_built_page(width: int, dark: bool, open_page: Callable[..., Any], served: Callable[[Path], str]) -> None:
    opened = open_page(f"{served(HTML)}/book/inventory.html", width=width, dark=dark, still=True)
    for number in range(len(QUESTIONS)):
        opened.locator("fieldset").nth(number).get_by_role("radio").first.check()
    right = sum(question["options"][0]["correct"] for question in QUESTIONS)
    assert opened.locator(".bp-score").inner_text() == f"{right} of {len(QUESTIONS)} right at the first choice."
    opened.get_by_role("button", name="Start again").click()
    assert violations(opened) == []
    assert sideways(opened) == []
    assert opened.seen.errors == []
    assert opened.seen.elsewhere(served(HTML)) == []


def test_from_the_disk_by_touch_and_the_way_to_the_section(open_page: Callable[..., Any]) -> None:
    opened = open_page(BUILT.as_uri(), width=320, touch=True)
    opened.locator("fieldset").first.locator("label").nth(1).tap()
    link = opened.locator('[data-bp-part="score"] li a')
    link.tap()
    opened.wait_for_url("**/chapters/02_chain_rule.html#*")
    opened.go_back()
    assert opened.locator('[data-bp-part="progress"] .bp-lead span').inner_text().startswith("1 of")
    assert opened.seen.errors == []
