"""What holds a student's program: the filter on system calls, the caps on all its processes, and one core each."""

import doctest
import os
import platform
import shutil
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bpgrade import caps, process, seccomp
from bpgrade.errors import Stopped
from bpgrade.process import Running, collect
from bpgrade.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's own means")
READY = "import sys; print('ready', flush=True); job = sys.stdin.read(); "


def verdict(architecture: int, number: int) -> int:
    """What the filter answers to one system call: an interpreter of the four instructions it uses."""
    code, at, value = seccomp.program(), 0, 0
    while True:
        kind, yes, no, operand = struct.unpack_from("HBBI", code, 8 * at)
        at += 1
        if kind == 0x20:
            value = {0: number, 4: architecture}[operand]
        elif kind == 0x15:
            at += yes if value == operand else no
        elif kind == 0x35:
            at += yes if value >= operand else no
        else:
            assert kind == 0x06
            return operand


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_filter_refuses_what_it_lists_and_allows_the_rest(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    listed = {call[list(seccomp.ARCHITECTURES).index(machine)] for call in seccomp.CALLS.values()}
    here, other = seccomp.ARCHITECTURES[machine], 0x40000003
    for number in range(500):
        assert verdict(here, number) == (seccomp.REFUSE if number in listed else seccomp.ALLOW), number
        assert verdict(other, number) == seccomp.REFUSE, "the calls of another architecture have other numbers"
    assert verdict(here, seccomp.X32 + 1) == seccomp.REFUSE


def test_no_filter_where_the_numbers_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert seccomp.program() == b""
    assert doctest.testmod(seccomp).failed == 0


def ran(code: str, seconds: float = 60.0, **how: object) -> process.Outcome:
    return collect([sys.executable, "-c", code], b"the job", seconds, how.pop("running", Running()), env={}, **how)


def test_the_job_is_sent_to_a_program_that_is_ready() -> None:
    assert ran(READY + "print(job)").output == b"ready\nthe job\n"


@pytest.mark.parametrize("code", ["", "raise SystemExit('no namespace')", "import sys; sys.stdin.close()"])
def test_a_program_that_never_began_is_told_apart(code: str) -> None:
    found = ran(code)
    assert found.ended == "refused"
    assert found.complaint == ("no namespace" if "namespace" in code else "it ended before it began")


def test_memory_is_added_up_over_the_tree_and_capped_without_a_control_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four processes of 100 MB each: none is large, together they are."""
    monkeypatch.setattr(process, "MOST_MEMORY", 300 << 20)
    swarm = (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        a = b'x' * (100 << 20); time.sleep(60)\n"
    )
    assert ran(READY + f"exec({swarm + 'time.sleep(60)'!r})").ended == "memory"
    child = subprocess.Popen([sys.executable, "-c", "a = b'x' * (100 << 20); input()"], stdin=subprocess.PIPE)
    try:
        held = 0
        while held < 100 << 20:
            held = caps.memory(child.pid)
            assert child.poll() is None
    finally:
        child.communicate(b"\n")
    assert caps.memory(child.pid) == 0


def test_a_control_group_caps_the_tree() -> None:
    groups = caps.groups()
    if groups is None:
        return  # nothing to cap with here; the test above shows what stands in
    group = groups.group()
    try:
        swarm = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        break\n"
        found = ran(READY + f"exec({swarm!r}); import os; os.write(1, b'.')", group=group)
        assert 0 < found.output.count(b".") <= caps.MOST_PROCESSES
    finally:
        group.close()
    assert not [folder for folder in group.folders if folder.exists()]


def test_time_and_output_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran(READY + "import time; time.sleep(60)", 0.5).ended == "timeout"
    assert ran(READY + "print('x' * 5_000_000)").ended == "flooded"
    assert len(ran(READY + "print('x' * 5_000_000)").output) == process.MOST_OUTPUT
    assert ran(READY + "import os; os.close(1); os.close(2); import time; time.sleep(60)").ended == "exited"
    monkeypatch.setattr(process, "START_SECONDS", 0.5)
    assert ran("import time; time.sleep(60)").complaint == "it did not start in time"


def test_stop_ends_what_runs_and_what_would() -> None:
    running, raised = Running(), []

    def sleep() -> None:
        try:
            ran(READY + "import time; time.sleep(600)", 600, running=running)
        except Stopped:
            raised.append(True)

    thread = threading.Thread(target=sleep)
    thread.start()
    while not running._all:
        pass
    running.stop()
    thread.join()
    sleep()
    assert raised == [True, True]


def test_each_program_has_a_core_of_its_own_until_it_ends_while_there_are_any() -> None:
    mine = os.sched_getaffinity(0)
    code = READY + "import os, time; time.sleep(1); print(os.sched_getaffinity(0))"
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ran, code)
        time.sleep(0.5)  # the second starts while the first runs
        second = pool.submit(ran, code)
        cores = [eval(one.result().output.split(b"ready")[1]) for one in (first, second)]
    assert [len(each) for each in cores] == [1, 1]
    assert len(mine) == 1 or cores[0] != cores[1]
    assert os.sched_getaffinity(0) == mine


def test_the_folder_of_a_killed_run_is_removed_by_the_next(needs_sandbox: None, tmp_path: Path) -> None:
    old = Path("/tmp/bpgrade-stage-of-a-killed-run")
    old.mkdir(exist_ok=True)
    os.utime(old, (0, 0))
    living = Sandbox()
    os.utime(living.stage, (0, 0))
    other = Sandbox()
    assert not old.exists()
    assert Path(living.stage).exists()
    for sandbox in (living, other):
        sandbox.close()
    assert not Path(living.stage).exists()
    assert shutil.which("bwrap")
