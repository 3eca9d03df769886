"""A run that is stopped or killed: nothing of it lives on, nothing is lost, and the next one only does what is left."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from honest import HONEST
from write_samples import NAME, ROOT, bpgrade, edited, place, text

import bpgrade.store as storing
from bpgrade.__main__ import main
from bpgrade.assignment import Assignment, load
from bpgrade.errors import GradeError
from bpgrade.grade import Run, grade_here, still_true
from bpgrade.judge import ask
from bpgrade.process import Outcome
from bpgrade.store import Store, file_name
from bpgrade.submissions import Submission, find

CLASS = {"a": "partly_right", "b": "right", "c": "slow", "d": "wrong_signs", "e": "right"}
ASSIGNMENT = load(ROOT, NAME)
SILENT = Outcome(b'{"ready": true}\n{"done": true}\n', "exited")


def copied(folder: Path, students: dict[str, str]) -> Path:
    for student, sample in students.items():
        (folder / student / NAME).mkdir(parents=True)
        if sample == "slow":
            slow = "import time\ntime.sleep(2)\n" + HONEST["right_in_another_style"][1]["slope"]
            (folder / student / NAME / f"{NAME}.ipynb").write_text(text(edited("solution", {"slope": slow})), "utf-8")
        else:
            shutil.copy(place(sample), folder / student / NAME)
    return folder


def command(submitted: Path, out: Path, *more: str) -> list[str]:
    return ["run", str(submitted), "--assignment", NAME, "--out", str(out), "--timeout", "12", "--jobs", "1", *more]


def below(pid: int) -> set[tuple[int, str]]:
    """A process and all below it, each with the time it started: a pid alone may be another's by now."""
    found, waiting = set(), [pid]
    while waiting:
        one = waiting.pop()
        if (start := started(one)) is None:
            continue
        found.add((one, start))
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def started(pid: int) -> str | None:
    """When a process started; None if it is gone or only waits to be buried."""
    try:
        about = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if about[0] in "ZX" else about[19]


def grades(out: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in (out / NAME).iterdir() if path.suffix in (".json", ".html", ".csv")
    }


@pytest.fixture(scope="module")
def whole(needs_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A class, and the files of a run that nobody disturbed."""
    base = tmp_path_factory.mktemp("class")
    submitted = copied(base / "submitted", CLASS)
    done = bpgrade(*command(submitted, base / "out", "--seed", "3"))
    assert done.returncode == 0, done.stderr
    return submitted, grades(base / "out")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see processes")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_leaves_nothing_alive_and_goes_on(
    whole: tuple[Path, dict[str, bytes]], tmp_path: Path, how: signal.Signals
) -> None:
    submitted, undisturbed = whole
    run = [sys.executable, "-m", "bpgrade", *command(submitted, tmp_path, "--seed", "3")]
    heeds = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts behind it does not
    process = subprocess.Popen(run, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=heeds)
    # The second result is there, so the third submission, which takes its time, is being graded.
    while not (tmp_path / NAME / "b.json").exists() or len(below(process.pid)) < 3:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    family = below(process.pid)
    os.kill(process.pid, how)
    said = process.communicate(timeout=60)[1]
    deadline = time.monotonic() + 5
    while alive := [pid for pid, start in family if started(pid) == start]:
        assert time.monotonic() < deadline, [Path(f"/proc/{pid}/cmdline").read_text() for pid in alive]
        time.sleep(0.05)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert said.splitlines()[-1].startswith("bpgrade: stopped")
        assert "Traceback" not in said

    before = {name: (tmp_path / NAME / name).stat().st_ino for name in grades(tmp_path)}
    assert {"a.json", "b.json"} <= before.keys()
    assert "c.json" not in before
    assert all(undisturbed[name] == data for name, data in grades(tmp_path).items())
    (tmp_path / NAME / ".part-half").write_text("half a resu")
    done = bpgrade(*command(submitted, tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"{len([name for name in before if name.endswith('.json')])} results of an earlier run stand" in done.stderr
    assert grades(tmp_path) == undisturbed, "the seed of the first run is kept"
    assert {name: (tmp_path / NAME / name).stat().st_ino for name in before} == before, "nothing was graded twice"
    assert not (tmp_path / NAME / ".part-half").exists()


def test_a_second_run_into_a_folder_in_use_refuses(needs_sandbox: None, tmp_path: Path) -> None:
    submitted = copied(tmp_path / "submitted", {"a": "partly_right"})
    with Store(tmp_path / "out", NAME):
        done = bpgrade(*command(submitted, tmp_path / "out"))
        assert done.returncode == 2
        assert f"is in use by process {os.getpid()} on" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        with pytest.raises(GradeError, match="in use"), Store(tmp_path / "out", NAME):
            pass
    with Store(tmp_path / "out", NAME):
        assert not list((tmp_path / "out" / NAME).glob("*.json"))


def test_results_inside_the_submissions_are_refused(tmp_path: Path) -> None:
    submitted = copied(tmp_path / "submitted", {"a": "partly_right"})
    done = bpgrade(*command(submitted, submitted / "results"))
    assert done.returncode == 2
    assert "lies inside the submissions" in done.stderr


def run_of(seed: int, assignment: Assignment = ASSIGNMENT) -> Run:
    return Run(assignment, [ask(question, seed) for question in assignment.questions], seed)


def test_a_result_stands_until_something_it_depends_on_changes(tmp_path: Path) -> None:
    submitted = copied(tmp_path / "submitted", {"a": "partly_right", "b": "untouched"})
    first, run = find(submitted, NAME), run_of(1)
    stands = lambda run: [still_true(run, store, one) is not None for one in find(submitted, NAME)]
    with Store(tmp_path / "out", NAME) as store:
        for one in first:
            store.put(run.of(one, lambda *_: SILENT).json())
        assert stands(run) == [True, True]
        assert stands(run_of(2)) == [False, False]
        other = Assignment(NAME, ASSIGNMENT.released, ASSIGNMENT.questions, {}, [], "another version")
        assert stands(run_of(1, other)) == [False, False]
        shutil.copy(place("right"), submitted / "a" / NAME)
        assert stands(run) == [False, True]
        (store.folder / "b.json").write_text((store.folder / "b.json").read_text()[:200])
        assert stands(run) == [False, False]


def test_what_is_not_the_students_fault_is_graded_again(tmp_path: Path) -> None:
    (one,), run = find(copied(tmp_path / "submitted", {"a": "right"}), NAME), run_of(1)
    with Store(tmp_path / "out", NAME) as store:
        store.put(run.of(one, lambda *_: Outcome(b"", "refused", "no namespace to be had")).json())
        found = store.result("a")
        assert found is not None
        assert (found["status"], found["message"]) == ("failed", "the sandbox did not start: no namespace to be had")
        assert still_true(run, store, one) is None


def test_a_grader_that_fails_on_one_goes_on_with_the_others(tmp_path: Path) -> None:
    submitted = find(copied(tmp_path / "submitted", {"a": "right", "b": "untouched"}), NAME)

    def runner(job: dict, seconds: float) -> Outcome:
        if "All gradients first" in json.dumps(job):
            raise MemoryError
        return SILENT

    found = {one.student: one for one in grade_here(run_of(1), submitted, 2, runner, lambda: None)}
    assert (found["a"].status, found["a"].message) == ("failed", "MemoryError:")
    assert found["b"].status == "graded"


def test_a_full_disk_costs_nothing_but_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """The disk is full from the second result on; with room again, the same command writes what is missing."""
    submitted = copied(tmp_path / "submitted", {"a": "right", "b": "partly_right", "c": "untouched"})
    write, room = storing.write, True

    def limited(path: Path, data: str | bytes) -> None:
        nonlocal room
        room = room and path.name != "b.html"
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, data)

    monkeypatch.setattr(storing, "write", limited)
    arguments = ["--course", str(ROOT), *command(submitted, tmp_path / "out", "--trusted")]
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert "b: the result is not written yet: No space left on device" in said
    assert "make room and run the same command again" in said
    assert sorted(path.name for path in (tmp_path / "out" / NAME).glob("*.json")) == ["a.json"]
    assert not list((tmp_path / "out" / NAME).glob(".part*"))
    monkeypatch.undo()
    assert main(arguments) == 0
    assert "1 results of an earlier run stand; 2 submissions are left" in capsys.readouterr().err
    scores = {path.stem: json.loads(path.read_text())["score"] for path in (tmp_path / "out" / NAME).glob("*.json")}
    assert scores == {"a": 16, "b": 3, "c": 0}


def test_room_that_comes_back_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, run = storing.write, run_of(1)
    full = iter([True] * 3 + [False] * 20)

    def limited(path: Path, data: str | bytes) -> None:
        if next(full):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    with Store(tmp_path, NAME) as store:
        monkeypatch.setattr(storing, "write", limited)
        for student in ("a", "b", "c"):
            store.put(run.without(Submission(student, None), "missing", "").json())
        assert not store.unwritten
        assert [one["student"] for one in store.results()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "student", ["../../anna", "an/na", ".anna", "a" * 250, "an\x00na\n", "é" * 120, "..", "\udcff"]
)
def test_any_name_is_a_file_of_its_own(tmp_path: Path, student: str) -> None:
    with Store(tmp_path / "out", NAME) as store:
        result = run_of(1).without(Submission(student, None), "missing", "nothing")
        store.put(result.json())
        assert not store.unwritten
        assert (store.result(student) or {})["student"] == student
        assert len({path.suffix for path in store.folder.glob("[!.]*")}) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert file_name(student) != file_name(f"{student}x")
