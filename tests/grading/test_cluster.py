"""Grading on a Dask cluster: the same bytes as on one machine, whoever dies; a notebook that kills workers is left."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from honest import HONEST
from test_resume import grades
from write_samples import NAME, ROOT, bpgrade, edited, place, text

pytest.importorskip("distributed", reason="dask.distributed is not installed: the extra `cluster`")

POISON = "# this notebook kills its worker"
# On every worker: a job that holds the mark takes the whole worker with it, as one that runs out of memory would.
PRELOAD = f"""
import os, signal
import bpgrade.cluster as cluster
plain = cluster.Sandbox.run
def deadly(self, job, seconds, run=plain):
    if any({POISON!r} in cell["source"] for cell in job["cells"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return run(self, job, seconds)
if plain.__name__ != "deadly":  # a preload may be loaded twice
    cluster.Sandbox.run = deadly
"""


@pytest.fixture(scope="module")
def scheduler(needs_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler with two workers, each a process that a nanny starts again when it dies."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "preload.py").write_text(PRELOAD)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    env["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "2"
    env |= {"DASK_DISTRIBUTED__WORKER__PRELOAD": str(folder / "preload.py"), "DASK_LOGGING__DISTRIBUTED": "error"}
    dask = [sys.executable, "-m", "distributed.cli"]
    found = folder / "scheduler.json"
    parts = [["dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(found)]]
    parts += [["dask_worker", "--scheduler-file", str(found), "--nworkers", "2", "--nthreads", "1", "--no-dashboard"]]
    running = []
    for name, *arguments in parts:
        command = [*dask[:2], f"{dask[2]}.{name}", *arguments]
        running.append(subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.DEVNULL))
    while not found.exists() or not found.read_text():
        assert running[0].poll() is None
        time.sleep(0.05)
    yield json.loads(found.read_text())["address"]
    for process in reversed(running):
        process.send_signal(signal.SIGTERM)
        process.wait()


def workers(address: str) -> list[int]:
    """The processes of the workers that the scheduler knows now."""
    import distributed

    with distributed.Client(address, set_as_default=False) as client:
        return list(client.run(os.getpid, on_error="ignore").values())


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven students: right, wrong, broken, hostile and absent."""
    folder = tmp_path_factory.mktemp("submitted")
    students = ["right", "partly_right", "wrong_signs", "untouched", "broken_empty", "hostile_exits_at_once"]
    for n in range(12):
        (folder / f"{n}_{NAME}.ipynb").write_bytes(place(students[n % len(students)]).read_bytes())
    return folder


@pytest.fixture(scope="module")
def here(needs_sandbox: None, submitted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a run on this machine."""
    out = tmp_path_factory.mktemp("here")
    done = bpgrade("run", str(submitted), "--assignment", NAME, "--out", str(out), "--seed", "3")
    assert done.returncode == 0, done.stderr
    return grades(out)


@pytest.mark.slow  # a worker takes seconds to start, and fifteen of them die here
def test_workers_killed_at_random_cost_no_grade(
    scheduler: str, submitted: Path, here: dict[str, bytes], tmp_path: Path
) -> None:
    """A worker is killed ten times while they grade; every grade is there, once, and the same as on one machine."""
    killed, over, rng = [], threading.Event(), random.Random(1)

    def kill() -> None:
        while len(killed) < 10 and not over.is_set():
            pids = [pid for pid in workers(scheduler) if pid not in killed]
            if len(pids) == 2 or (killed and pids):
                time.sleep(rng.uniform(0.0, 0.4))
                os.kill(pid := rng.choice(pids), signal.SIGKILL)
                killed.append(pid)
            time.sleep(0.2)

    killer = threading.Thread(target=kill)
    # One class after the other, until ten workers have died.
    classes = 0
    while len(killed) < 10:
        out = tmp_path / str(classes)
        run = ["run", str(submitted), "--assignment", NAME, "--out", str(out), "--seed", "3", "--scheduler", scheduler]
        process = subprocess.Popen([sys.executable, "-m", "bpgrade", *run], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        if not classes:
            while not list(out.glob("*/*.json")):  # it has begun: from here on workers die
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.05)
            killer.start()
        said = process.communicate()[1]
        assert process.returncode == 0 or "cannot grade" in said, said
        if process.returncode == 0:
            assert grades(out) == here
        classes += 1
    over.set()
    killer.join()
    assert len(killed) == 10
    done = bpgrade(*run[:-3], "3", "--scheduler", scheduler, "--again")
    assert done.returncode == 0, done.stderr
    assert grades(out) == here


@pytest.mark.slow
def test_a_notebook_that_kills_its_workers_is_recorded_and_left(scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    poison = edited("solution", {"slope": POISON + "\n" + HONEST["right_in_another_style"][1]["slope"]})
    (tmp_path / "in" / "poison.ipynb").write_text(text(poison), "utf-8")
    for n in range(3):
        (tmp_path / "in" / f"right{n}.ipynb").write_bytes(place("right").read_bytes())
    out = tmp_path / "out"
    done = bpgrade("run", str(tmp_path / "in"), "--assignment", NAME, "--out", str(out), "--scheduler", scheduler)
    assert done.returncode == 0, done.stderr
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in (out / NAME).glob("*.json")}
    assert [found[f"right{n}"]["score"] for n in range(3)] == [16, 16, 16]
    assert (found["poison"]["status"], found["poison"]["score"]) == ("crashed", 0)
    assert "every worker died that graded this notebook" in found["poison"]["message"]


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    arguments = ["run", str(place("right").parents[2]), "--assignment", NAME, "--out", str(tmp_path / "out")]
    done = bpgrade(*arguments, "--scheduler", "not an address at all://")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "no Dask scheduler with workers answers at" in done.stderr
    assert not (tmp_path / "out").exists()
