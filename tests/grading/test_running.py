"""Running the grader: layouts, what an instructor gets wrong, and a sandbox that is missing or refused."""

import json
import os
import shutil
from pathlib import Path

import pytest
from write_samples import NAME, SAMPLES, bpgrade, place

from bpgrade.cells import Unreadable, read
from bpgrade.errors import GradeError
from bpgrade.submissions import find


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    """Two students, in both layouts, in a folder with a space in its name."""
    folder = tmp_path / "handed in"
    shutil.copytree(place("right").parents[1], folder / "anna")
    shutil.copy(place("wrong_signs"), folder / f"ben_{NAME}.ipynb")
    return folder


def grade(submitted: Path, out: Path, *more: str, env: dict[str, str] | None = None):
    return bpgrade("run", str(submitted), "--assignment", NAME, "--out", str(out), *more, env=env)


def scores(out: Path) -> dict[str, float]:
    found = [json.loads(path.read_text("utf-8")) for path in sorted((out / NAME).glob("*.json"))]
    return {one["student"]: one["score"] for one in found}


def test_both_layouts_and_the_same_seed_gives_the_same_bytes(
    needs_sandbox: None, submitted: Path, tmp_path: Path
) -> None:
    for out in ("one", "two"):
        done = grade(submitted, tmp_path / out, "--seed", "5")
        assert done.returncode == 0, done.stderr
    assert scores(tmp_path / "one") == {"anna": 16, "ben": 10}
    files = [path for path in (tmp_path / "one" / NAME).iterdir() if path.suffix != ".db"]
    assert len(files) == 2 * 2 + 4 + 2
    for path in files:
        assert path.read_bytes() == (tmp_path / "two" / NAME / path.name).read_bytes()


def test_trusted_says_what_it_gives_up_and_judges_the_same(submitted: Path, tmp_path: Path) -> None:
    done = grade(submitted, tmp_path / "out", "--trusted")
    assert done.returncode == 0, done.stderr
    assert "can read and write your files" in done.stderr
    assert scores(tmp_path / "out") == {"anna": 16, "ben": 10}


def test_a_missing_sandbox_is_one_line(submitted: Path, tmp_path: Path) -> None:
    done = grade(submitted, tmp_path / "out", env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "apt install bubblewrap" in done.stderr
    assert "--trusted" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_refused_sandbox_is_one_line_with_its_reason(submitted: Path, tmp_path: Path) -> None:
    for name in ("bwrap", "unshare"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    done = grade(submitted, tmp_path / "out", env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 2
    assert "setting up uid map: Permission denied" in done.stderr
    assert "--trusted" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([str(SAMPLES), "--assignment", "04_none"], "no assignment '04_none' in"),
        (["nowhere", "--assignment", NAME], "no folder or zip nowhere"),
        ([str(SAMPLES), "--assignment", NAME, "--seed", "-1"], "--seed was given -1"),
        ([str(SAMPLES), "--assignment", NAME, "--jobs", "0"], "larger than 0"),
    ],
)
def test_what_an_instructor_gets_wrong_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = bpgrade("run", *arguments, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_results_that_cannot_be_written_are_one_line(needs_sandbox: None, submitted: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    done = grade(submitted, tmp_path / "out")
    assert done.returncode == 2
    assert "cannot write results" in done.stderr


def test_links_and_pipes_are_not_followed(submitted: Path) -> None:
    (submitted / "carl" / NAME).mkdir(parents=True)
    (submitted / "carl" / NAME / f"{NAME}.ipynb").symlink_to(place("right"))
    (submitted / "dora").symlink_to(submitted / "anna")
    os.mkfifo(submitted / "emil.ipynb")
    (submitted / "fred.ipynb").mkdir()
    found = {one.student: one for one in find(submitted, NAME)}
    assert "links are not followed" in found["dora"].problem
    for student, said in [("carl", "it is a link"), ("emil", "not a file"), ("fred", "not a file")]:
        with pytest.raises(Unreadable, match=said):
            read(found[student].path)


def test_a_student_who_hands_in_twice_is_told(submitted: Path) -> None:
    shutil.copy(place("right"), submitted / "anna.ipynb")
    assert [one.problem for one in find(submitted, NAME) if one.student == "anna"] == [
        "handed in twice: as a folder and as a file; keep one"
    ]


def test_a_huge_notebook_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "huge.ipynb", "wb") as file:
        file.truncate(30_000_000)
    with pytest.raises(Unreadable, match="30 MB; at most 20"):
        read(tmp_path / "huge.ipynb")


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GradeError, match="no submissions"):
        find(tmp_path, NAME)
