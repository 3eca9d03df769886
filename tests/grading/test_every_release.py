"""Every released exercise is what its source gives, byte for byte, and holds no solution."""

import json
import shutil
from pathlib import Path

import pytest

from bpgrade.release import release

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.name for path in (ROOT / "solutions").iterdir() if (path / "judge.py").exists())


@pytest.mark.parametrize("name", NAMES)
def test_release_gives_what_is_committed(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "solutions" / name, tmp_path / "solutions" / name)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    release(tmp_path, name)
    made = {path.name: path.read_bytes() for path in (tmp_path / "exercises" / name).iterdir() if path.is_file()}
    assert made == {path.name: path.read_bytes() for path in (ROOT / "exercises" / name).iterdir() if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_no_solution_is_released(name: str) -> None:
    text = (ROOT / "exercises" / name / f"{name}.ipynb").read_text("utf-8")
    assert "SOLUTION" not in text
    assert "**Why.**" not in text
    for cell in json.loads(text)["cells"]:
        assert not cell.get("outputs")
        assert cell["metadata"]["nbgrader"]["solution"] or cell["metadata"]["nbgrader"]["locked"]
