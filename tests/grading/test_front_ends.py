"""An exercise in a student's hands: its links lead somewhere, and bad input gets a line, not a traceback."""

import builtins
import json
import re
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import bplib.feedback
from bplib.notebook import tell_missing_names

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.name for path in (ROOT / "exercises").iterdir() if (path / f"{path.name}.ipynb").exists())
LINK = re.compile(r"\]\(([^)]*)\)")
HEADING = re.compile(r"^#{1,6} .", re.MULTILINE)
PLACEHOLDER = "raise NotImplementedError()"
BAD = {
    "nothing": "return None",
    "a text": 'return "a text"',
    "a wrong shape": "import numpy; return numpy.zeros((7, 3))",
    "an exception": 'raise ValueError("mine")',
    "an unknown name": "return never_defined",
}


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text("utf-8"))["cells"]


def released(name: str) -> list[dict]:
    return cells(ROOT / "exercises" / name / f"{name}.ipynb")


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_a_heading_of_the_chapter(name: str) -> None:
    """JupyterLab with its extension for MyST follows a cell's id, and neither a heading's words nor a label."""
    links = [link for cell in released(name) for link in LINK.findall("".join(cell["source"])) if ".ipynb" in link]
    assert any("#" in link for link in links)
    for link in links:
        path, _, place = link.partition("#")
        # From work/NAME/ as from exercises/NAME/.
        chapter = (ROOT / "exercises" / name / path).resolve()
        assert chapter == ROOT / "chapters" / f"{name}.ipynb", link
        headed = {cell["id"] for cell in cells(chapter) if HEADING.search("".join(cell["source"]))}
        assert not place or place.removeprefix("cell-id=") in headed, f"{link}: no heading; there is {sorted(headed)}"
        assert not place or place.startswith("cell-id="), link


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    """A shell like a notebook's, in which nothing was checked yet."""
    made = InteractiveShell()
    monkeypatch.setattr(builtins, "get_ipython", lambda: made, raising=False)
    monkeypatch.setattr(bplib.feedback, "_found", {})
    monkeypatch.setattr(bplib.feedback, "_points", {})
    tell_missing_names(made)
    return made


@pytest.mark.parametrize("bad", [*BAD, "another name"])
@pytest.mark.parametrize("name", NAMES)
def test_bad_answers_get_one_line_each(
    name: str, bad: str, shell: InteractiveShell, capsys: pytest.CaptureFixture
) -> None:
    for cell in released(name):
        if cell["cell_type"] != "code":
            continue
        source, answer = "".join(cell["source"]), cell["metadata"]["nbgrader"]["solution"]
        if answer and bad in BAD:
            source = source.replace(PLACEHOLDER, BAD[bad])
        elif answer:
            source = re.sub(r"^def ", "def my_", source, flags=re.MULTILINE)
        shell.run_cell(source)
        said = "".join(capsys.readouterr())
        assert "Traceback" not in said, f"{cell['id']}: {said}"
        if re.search(r"^check\(", source, re.MULTILINE):
            assert re.search("^[✓✗·] .", said, re.MULTILINE), f"{cell['id']}: {said}"
