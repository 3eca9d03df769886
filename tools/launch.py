"""Keep the first code cell of every notebook in step with `repository` in _config.yml: `python tools/launch.py`

A notebook that is opened away from the book's folder, on Colab or from a download, begins by bringing bplib from the
address set there; where none is set it stops with one line. With bplib at hand the cell does nothing. Exercises are
released again where their source changed. `--check` changes nothing and fails where something would.
"""

import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]
ID = "bring-bplib"
CELL = """\
# Away from the book's folder this brings bplib; beside it, nothing happens.
import subprocess
import sys
from importlib.util import find_spec

SOURCE = "{source}"
if find_spec("bplib") is None and not SOURCE:
    mend = "run `make lab` in the book's folder and open this notebook there"
    raise SystemExit(f"bplib is missing here: {{mend}}.")
if find_spec("bplib") is None:
    package = f"backprop-book[notebooks] @ {{SOURCE}}"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", package]
    subprocess.run(pip, check=True)"""
LOCKED = {
    "cell_type": "code",
    "grade": False,
    "grade_id": ID,
    "locked": True,
    "schema_version": 3,
    "solution": False,
    "task": False,
}


def source(config: dict) -> str:
    """What pip installs bplib from, or nothing where no repository is set."""
    repository = config.get("repository") or {}
    address = (repository.get("url") or "").rstrip("/")
    return f"git+{address}@{repository.get('branch') or 'main'}" if address else ""


def bring(notebook: nbformat.NotebookNode, text: str, *, exercise: bool) -> bool:
    """Put the cell `text` before the other code of `notebook`; whether anything changed."""
    at = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    if notebook.cells[at].id == ID:
        changed = notebook.cells[at].source != text
        notebook.cells[at].source = text
        return changed
    metadata = {"nbgrader": LOCKED} if exercise else {"tags": ["remove-cell"]}
    for cell in notebook.cells:  # as if it had run with the others
        if cell.cell_type == "code" and cell.execution_count:
            cell.execution_count += 1
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = cell.execution_count
    cell = nbformat.v4.new_code_cell(text, id=ID, metadata=metadata, execution_count=1)
    notebook.cells.insert(at, cell)
    return True


def main(arguments: list[str]) -> int:
    """Bring every chapter and solution in step, and release the exercises of those that changed."""
    text = CELL.format(source=source(yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))))
    stale = 0
    named = [Path(name).resolve() for name in arguments if not name.startswith("-")]
    for path in named or sorted([*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("solutions/*/*.ipynb")]):
        notebook = nbformat.read(path, as_version=4)
        exercise = path.parent.name != "chapters"
        if not bring(notebook, text, exercise=exercise):
            continue
        stale += 1
        print(path.relative_to(ROOT))
        if "--check" in arguments:
            continue
        nbformat.write(notebook, path)
        if exercise:
            subprocess.run([sys.executable, "-m", "bpgrade", "release", path.stem], cwd=ROOT, check=True)
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
