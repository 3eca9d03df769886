"""The bundle is built from the sources, and a build without npm goes on with one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hatch_build

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path):
    """The files that the build needs, in a folder with a space in its name."""
    root = tmp_path / "a clone"
    shutil.copytree(ROOT / "bplib" / "figures" / "src", root / "bplib" / "figures" / "src")
    for name in ("bplib/house.css", "hatch_build.py", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, root / name)
    return root


def test_builds_a_classic_script(copy):
    (copy / "node_modules").symlink_to(ROOT / "node_modules")
    script, style, *_ = hatch_build.build_figures(copy)
    text = script.read_text("utf-8")
    assert text.startswith("/* Interactive figures of backprop-book (MIT)")
    assert "Bostock" in text
    assert "import " not in text[:300]
    assert "</script" not in text
    assert "--bp-forward: #0072b2" in style.read_text("utf-8")
    assert sorted(path.name for path in script.parent.iterdir()) == ["figures", "figures.css", "figures.js"]


def test_each_figure_has_a_script_of_its_own_that_repeats_nothing(copy):
    (copy / "node_modules").symlink_to(ROOT / "node_modules")
    (copy / "bplib/figures/tiny.py").touch()
    (copy / "bplib/figures/src/tiny.js").write_text(
        "import { figure } from 'bplib-figures'; import { scaleLog } from 'd3-scale'; figure('tiny', { scaleLog });"
    )
    *_, script = hatch_build.build_figures(copy)
    assert script == copy / "bplib/figures/dist/figures/tiny.js"
    assert "window.bplibFigures.shared" in script.read_text("utf-8")
    assert script.stat().st_size < 2_000
    (copy / "bplib/figures/tiny.py").unlink()
    hatch_build.build_figures(copy)
    assert not script.exists()


def test_a_fault_in_a_source_is_named(copy):
    (copy / "node_modules").symlink_to(ROOT / "node_modules")
    (copy / "bplib/figures/src/quiz.js").write_text("const = 1;", "utf-8")
    with pytest.raises(RuntimeError, match=r"esbuild failed: .*Expected identifier"):
        hatch_build.build_figures(copy)


@pytest.mark.parametrize("node_modules", [False, True])
def test_without_npm_or_esbuild_one_line(copy, node_modules, tmp_path):
    if node_modules:
        (copy / "node_modules").mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-S", "hatch_build.py"], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("figures: not bundled, they will show their still pictures (")
    assert ("esbuild is not in node_modules" if node_modules else "npm was not found") in line


def test_the_hook_warns_and_goes_on(copy, monkeypatch):
    said = []

    class App:
        display_warning = staticmethod(said.append)

    def fail(root):
        raise RuntimeError("npm was not found")

    monkeypatch.setattr(hatch_build, "build_figures", fail)
    hook = hatch_build.FiguresHook.__new__(hatch_build.FiguresHook)
    monkeypatch.setattr(hatch_build.FiguresHook, "root", str(copy), raising=False)
    monkeypatch.setattr(hatch_build.FiguresHook, "app", App(), raising=False)
    hook.initialize("editable", {})  # without node_modules, which make will fetch
    assert said == []
    hook.initialize("standard", {})
    assert said == ["figures: not bundled, they will show their still pictures (npm was not found)"]
