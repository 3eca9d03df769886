"""Building the book where things go wrong: a failing cell, a folder with a space, no network, a read-only clone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import lab  # noqa: E402
import serve  # noqa: E402

NEEDED = [
    "_config.yml",
    "_toc.yml",
    "book",
    "bplib",
    "exercises",
    "genindex.md",
    "tools",
    "requirements.lock",
    "hatch_build.py",
    "package.json",
    "pyproject.toml",
]


def copy_of_the_project(folder: Path) -> Path:
    """A copy that shares what is installed, with no chapter yet."""
    folder.mkdir(parents=True)
    for item in NEEDED:
        source = ROOT / item
        if source.is_dir():
            shutil.copytree(source, folder / item, ignore=shutil.ignore_patterns("__pycache__", "dist"))
        else:
            shutil.copy(source, folder / item)
    (folder / "chapters").mkdir()
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def build(folder: Path, *wrapper: str) -> subprocess.CompletedProcess[str]:
    command = [*wrapper, sys.executable, str(folder / "tools" / "build.py")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def bubblewrap() -> str:
    found = shutil.which("bwrap")
    if not found:
        pytest.skip("bubblewrap is missing; on Debian or Ubuntu: sudo apt install bubblewrap")
    return found


def notebook(path: Path, code: str) -> None:
    cells = [nbformat.v4.new_markdown_cell("# A chapter"), nbformat.v4.new_code_cell(code)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


def test_a_failing_cell_fails_the_build_and_is_named(tmp_path: Path) -> None:
    folder = copy_of_the_project(tmp_path / "book")
    notebook(folder / "chapters" / "03_worked_example.ipynb", "assert 1 == 2, 'a claim that does not hold'")
    done = build(folder)
    assert done.returncode != 0
    assert "03_worked_example.ipynb failed" in done.stdout
    assert "a claim that does not hold" in done.stdout


def test_builds_in_a_folder_with_a_space_without_a_network(tmp_path: Path) -> None:
    """The whole book; what the other notebooks gave is taken from the cache, and one that changed runs."""
    folder = copy_of_the_project(tmp_path / "a folder with spaces")
    shutil.copytree(ROOT / "chapters", folder / "chapters", dirs_exist_ok=True)
    (cache,) = (ROOT / "_build").glob(".cache-*")
    shutil.copytree(cache, folder / "_build" / cache.name)
    changed = folder / "chapters" / "03_worked_example.ipynb"
    content = nbformat.read(changed, as_version=4)
    content.cells.append(nbformat.v4.new_code_cell("print('this cell', 'ran')"))
    nbformat.write(content, changed)
    done = build(folder, bubblewrap(), "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-net")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "running 1 notebook(s): 03_worked_example.ipynb" in done.stdout
    assert "this cell ran" in (folder / "_build" / "html" / "chapters" / "03_worked_example.html").read_text("utf-8")
    assert in_folder(folder, "print(execution.get_cache(str(execution.CACHES / name)).list_unexecuted())") == "[]"


def in_folder(folder: Path, code: str) -> str:
    """What `code` prints in a copy of the project, with the module `execution` and the name of its cache."""
    given = "import sys; sys.path.insert(0, 'book/_ext'); import execution; name = f'.cache-{execution.digest()}'; "
    done = subprocess.run([sys.executable, "-c", given + code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_changed_library_drops_the_cache(tmp_path: Path) -> None:
    folder = copy_of_the_project(tmp_path / "book")
    first = in_folder(folder, "print(name)")
    with open(folder / "bplib" / "notebook.py", "a", encoding="utf-8") as source:
        source.write("# changed\n")
    assert in_folder(folder, "print(name)") != first


def test_a_read_only_clone_gets_one_line() -> None:
    command = [bubblewrap(), "--ro-bind", "/", "/", "--dev", "/dev", sys.executable, "tools/setup.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "cannot be written to" in done.stderr


def test_a_python_without_venv_gets_one_line() -> None:
    program = (
        "import runpy, sys; sys.modules['ensurepip'] = None; runpy.run_path('tools/setup.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.strip() == "make: Python's venv is missing; on Debian or Ubuntu: sudo apt install python3-venv"


def test_a_port_in_use_is_passed_over_aloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = serve.bind(tmp_path, 8700)
    second = serve.bind(tmp_path, first.server_port)
    try:
        assert second.server_port > first.server_port
        assert f"port {first.server_port} is in use" in capsys.readouterr().out
    finally:
        first.server_close()
        second.server_close()


def test_lab_never_overwrites_a_students_file(tmp_path: Path) -> None:
    released, work = tmp_path / "exercises", tmp_path / "work"
    (released / "03").mkdir(parents=True)
    (released / "03" / "a.ipynb").write_text("released")
    (released / "03" / "b.ipynb").write_text("released")
    (work / "03").mkdir(parents=True)
    (work / "03" / "a.ipynb").write_text("my work")
    assert lab.copy_new(released, work) == [work / "03" / "b.ipynb"]
    assert (work / "03" / "a.ipynb").read_text() == "my work"
    assert lab.copy_new(released, work) == []
