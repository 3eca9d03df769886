"""Caps on all of a student's processes together: a control group where the machine allows one, else a watch.

A limit of the kernel's on one process (`bpgrade.inside.limit`) does not stop thirty of them. A control group caps the
tree; where none can be made, the grader adds up the tree's memory a few times a second and ends it. Each run also has
one core of its own, so that a swarm of busy processes slows no other student's program.
"""

import contextlib
import itertools
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

MOST_MEMORY = 2 << 30
MOST_PROCESSES = 96  # of the whole tree, the sandbox's own included; RLIMIT_NPROC holds a student to fewer
ROOT = Path("/sys/fs/cgroup")
ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 77; shift; done; shift; exec "$@"'
V1 = {
    "memory": {"memory.limit_in_bytes": MOST_MEMORY, "memory.memsw.limit_in_bytes": MOST_MEMORY},
    "pids": {"pids.max": MOST_PROCESSES},
}
V2 = {"memory.max": MOST_MEMORY, "memory.swap.max": 0, "memory.oom.group": 1, "pids.max": MOST_PROCESSES}


class Group:
    """The control group of one run: one folder a hierarchy."""

    def __init__(self, folders: list[tuple[Path, dict[str, int]]]) -> None:
        self.folders: list[Path] = []
        try:
            for folder, caps in folders:
                folder.mkdir()
                self.folders.append(folder)
                for name, most in caps.items():
                    optional = name in ("memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group")
                    with contextlib.suppress(OSError) if optional else contextlib.nullcontext():
                        (folder / name).write_text(str(most))
        except OSError:
            self.close()
            raise

    def prefix(self) -> list[str]:
        """What to put before a command so that it starts inside the group."""
        return ["/bin/sh", "-c", ENTER, "sh", *(str(folder / "cgroup.procs") for folder in self.folders), "--"]

    def close(self) -> None:
        """End what is left in the group and remove it."""
        for folder in self.folders:
            with contextlib.suppress(OSError):
                (folder / "cgroup.kill").write_text("1")
        for folder in self.folders:
            for _ in range(100):  # processes that were just killed leave in a moment
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.02)


class Groups:
    """Makes a control group for each run, below a folder where that is allowed."""

    def __init__(self, places: list[tuple[Path, dict[str, int]]]) -> None:
        self.places = places
        self.count = itertools.count()

    def group(self) -> Group:
        """A fresh group. Raises OSError if there is none to be had any more."""
        name = f"bpgrade-{os.getpid()}-{next(self.count)}"
        return Group([(place / name, caps) for place, caps in self.places])

    def works(self) -> bool:
        """Whether a process can be started inside a group here."""
        try:
            group = self.group()
        except OSError:
            return False
        try:
            return subprocess.run([*group.prefix(), "true"], capture_output=True).returncode == 0
        except OSError:
            return False
        finally:
            group.close()

    def tidy(self) -> None:
        """Remove the empty groups of runs that were killed."""
        for place, _ in self.places:
            for folder in place.glob("bpgrade-*-*"):
                found = re.fullmatch(r"bpgrade-(\d+)-\d+", folder.name)
                if found and not os.path.exists(f"/proc/{found[1]}"):
                    with contextlib.suppress(OSError):
                        folder.rmdir()


def groups() -> Groups | None:
    """The control groups of this machine, or None where it allows none."""
    for places in _places():
        found = Groups(places)
        if found.works():
            found.tidy()
            return found
    return None


def _places() -> Iterator[list[tuple[Path, dict[str, int]]]]:
    """Folders to try, with the caps that can be set in each: version 2 of control groups, then version 1."""
    try:
        lines = Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    own = {names: path.lstrip("/") for _, names, path in (line.split(":", 2) for line in lines)}
    if "" in own and (ROOT / "cgroup.controllers").exists():
        # Groups stand beside our own: a folder that holds processes can hold no capped folders.
        place = (ROOT / own[""]).parent if own[""] else ROOT
        with contextlib.suppress(OSError):
            if "memory" in (place / "cgroup.subtree_control").read_text("utf-8").split():
                yield [(place, V2)]
    both = [(ROOT / name / own[name], caps) for name, caps in V1.items() if name in own]
    if any(place.parts[4] == "memory" for place, _ in both):
        yield both


def memory(pid: int) -> int:
    """The bytes that a process and all below it hold, what they share counted once."""
    held = 0
    for place in _tree(pid):
        found = re.search(
            r"^(?:Pss|VmRSS):\s+(\d+) kB", _read(f"{place}/smaps_rollup", f"{place}/status"), re.MULTILINE
        )
        held += 1024 * int(found[1]) if found else 0
    return held


def waited(pid: int) -> float:
    """The most seconds that a process of this tree was ready to run while another had its core."""
    most = 0.0
    for place in _tree(pid):
        numbers = _read(f"{place}/schedstat").split()
        most = max(most, int(numbers[1]) / 1e9 if len(numbers) == 3 else 0.0)
    return most


def _tree(pid: int) -> Iterator[str]:
    """The folder in /proc of a process and of each below it."""
    waiting = [pid]
    while waiting:
        place = f"/proc/{waiting.pop()}"
        with contextlib.suppress(OSError, ValueError):
            for task in os.listdir(f"{place}/task"):
                waiting += map(int, _read(f"{place}/task/{task}/children").split())
            yield place


def _read(*places: str) -> str:
    """The text of the first file that can be read."""
    for place in places:
        with contextlib.suppress(OSError), open(place, encoding="utf-8", errors="replace") as file:
            return file.read()
    return ""


@contextlib.contextmanager
def one_core() -> Iterator[set[int]]:
    """A core for one run while the block lasts, a free one while there are any: what `on` takes.

    Cores are told free by sockets that have a name and no file, so that several graders on a machine share its cores
    and a killed one gives its cores back.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield set()
        return
    allowed = sorted(os.sched_getaffinity(0))
    with socket.socket(socket.AF_UNIX) as lock:
        core = next((core for core in allowed if _bound(lock, core)), None)
        yield {allowed[time.monotonic_ns() % len(allowed)] if core is None else core}


@contextlib.contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """What this thread starts meanwhile runs on these cores alone; no core at all leaves it as it is."""
    if not cores:
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _bound(lock: socket.socket, core: int) -> bool:
    try:
        lock.bind(f"\0bpgrade-core-{core}")
    except OSError:
        return False
    return True
