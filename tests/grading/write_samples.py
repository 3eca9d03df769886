"""Write the sample submissions: `python tests/grading/write_samples.py`. A test holds them in step with this file."""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from honest import HONEST  # noqa: E402
from hostile import HOSTILE  # noqa: E402

NAME = "03_worked_example"
SAMPLES = HERE / "samples"


def notebook(kind: str) -> dict:
    """The released notebook, with the solution's answers in it if `kind` is "solution"; no outputs."""
    released = json.loads((ROOT / "exercises" / NAME / f"{NAME}.ipynb").read_text("utf-8"))
    if kind == "solution":
        source = json.loads((ROOT / "solutions" / NAME / f"{NAME}.ipynb").read_text("utf-8"))
        answers = {cell["id"]: cell["source"] for cell in source["cells"]}
        for cell in answer_cells(released):
            cell["source"] = answers[cell["id"]]
    return released


def answer_cells(whole: dict) -> list[dict]:
    return [cell for cell in whole["cells"] if cell["metadata"]["nbgrader"]["solution"]]


def edited(kind: str, cells: dict[str, str], *, whole: bool = False) -> dict:
    """A notebook with some answers replaced. Only answer cells are read by the grader, so samples keep no others."""
    result = notebook(kind)
    for cell in answer_cells(result):
        cell["source"] = cells.get(cell["id"], cell["source"])
    if not whole:
        result["cells"] = answer_cells(result)
    return result


def text(whole: dict) -> str:
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def broken() -> dict[str, str]:
    """Submissions that are hardly notebooks any more."""
    solution = edited("solution", {})
    gone, twice = edited("solution", {}), edited("solution", {})
    gone["cells"] = gone["cells"][2:]
    spoiled = {**twice["cells"][0], "id": "again", "source": "def slope(yhat):\n    return 7\n"}
    twice["cells"].append(spoiled)
    turned, kernel = edited("solution", {}, whole=True), edited("solution", {})
    turned["cells"].reverse()
    kernel["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    typed = edited("solution", {})
    for cell in typed["cells"]:
        cell["metadata"]["nbgrader"]["points"] = {"all": "of them"}
        cell["metadata"]["tags"] = 7
    return {
        "broken_order": text(turned),
        "broken_kernel": text(kernel),
        "broken_metadata": text(typed),
        "broken_list": "[[1, 2], 3]\n",
        "broken_pit": "[" * 50_000 + "\n",
        "broken_number": '{"nbformat": 4, "cells": ' + "7" * 5000 + "}\n",
        "broken_json": text(solution)[:2000],
        "broken_empty": "",
        "broken_other_format": text({"nbformat": 3, "worksheets": []}),
        "broken_shapes": text({"nbformat": 4, "cells": [7, {"metadata": [], "source": {}}, {"cell_type": []}]}),
        "broken_missing_cells": text(gone),
        "broken_duplicate_ids": text(twice),
    }


def samples() -> dict[str, str]:
    """The text of every sample by student."""
    whole = {"right", "untouched"}
    honest = {name: text(edited(kind, cells, whole=name in whole)) for name, (kind, cells, _) in HONEST.items()}
    hostile = {f"hostile_{name}": text(edited("release", {"slope": cell})) for name, (cell, *_) in HOSTILE.items()}
    return honest | hostile | broken()


def place(student: str) -> Path:
    return SAMPLES / student / NAME / f"{NAME}.ipynb"


def bpgrade(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the grader's command line, as an instructor would."""
    command = [sys.executable, "-m", "bpgrade", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=env)


if __name__ == "__main__":
    for student, content in samples().items():
        place(student).parent.mkdir(parents=True, exist_ok=True)
        place(student).write_text(content, "utf-8")
    nothing = SAMPLES / "missing" / NAME
    nothing.mkdir(parents=True, exist_ok=True)
    (nothing / "notes.txt").write_text("The notebook was forgotten.\n", "utf-8")
    print(f"wrote {len(samples())} samples")
