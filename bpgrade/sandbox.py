"""Where a student's program runs: a bubblewrap sandbox with no network, no files but its own, and caps on everything.

What it can see: the interpreter, the installed packages, `bplib` and `bpgrade.inside`, read-only; 64 MB of its own
`/tmp`. What it cannot: the network, the submissions, the solutions, the judge, the environment, other processes. The
job comes on standard input, the answer leaves as bytes on standard output under a cap, and time has a hard end
(`bpgrade.process`). Memory and processes are capped one by one and together (`bpgrade.caps`), and system calls that no
exercise needs are refused (`bpgrade.seccomp`).
"""

import contextlib
import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bpgrade import caps, seccomp
from bpgrade.errors import GradeError
from bpgrade.process import Outcome, Running, collect

LIMITS: Mapping[str, int] = {"AS": 2 << 30, "CPU": 60, "NPROC": 32, "FSIZE": 20_000_000, "NOFILE": 256, "CORE": 0}
NOBODY = "65534"
PACKAGE = Path(__file__).resolve().parent
PLAIN = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}

# Root would be exempt from the cap on processes, so bubblewrap is started as nobody. Nobody may not be able to walk to
# the interpreter (in /root, say): root therefore mounts the folders where nobody can, in a mount namespace of its own.
MOUNT_AS_ROOT = """set -e
stage=$1; shift
mount -t tmpfs -o mode=755,size=1m bpgrade "$stage"
n=0
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mkdir "$stage/$n"; else : > "$stage/$n"; fi
    mount --bind "$1" "$stage/$n"
    n=$((n + 1)); shift
done
shift
exec env -i "$0" --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"
"""


def packages() -> list[str]:
    """The folders of installed packages that the interpreter searches, the virtual environment's first."""
    return [path for path in sys.path if path.endswith("-packages") and os.path.isdir(path)]


def interpreter() -> str:
    """The real interpreter behind a virtual environment's links."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


class Sandbox:
    """Runs jobs in bubblewrap. Create it once for a grading run; `close` removes its folder."""

    trusted = False
    limits: Mapping[str, int] = LIMITS

    def __init__(self) -> None:
        self.running = Running()
        missing = [tool for tool in self.tools() if shutil.which(tool) is None]
        if missing:
            raise GradeError(
                f"{missing[0]} is not installed, so a student's program cannot be shut in: install bubblewrap "
                "(apt install bubblewrap util-linux), grade in a container (bpgrade/Dockerfile), or pass --trusted to "
                "run it with your own rights."
            )
        self.groups = caps.groups()
        self.filter = seccomp.program()
        self._make_stage()

    @staticmethod
    def tools() -> list[str]:
        """The programs a run needs."""
        return ["bwrap", "unshare", "setpriv", "mount"] if os.geteuid() == 0 else ["bwrap"]

    @staticmethod
    def program(name: str) -> str:
        """The full name of a program."""
        return shutil.which(name) or name

    def _make_stage(self) -> None:
        """A folder of this run's own, locked while the run lives; those of killed runs are removed."""
        base = "/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()
        for old in Path(base).glob("bpgrade-stage-*"):
            _remove_stale(old)
        try:
            self.stage = tempfile.mkdtemp(prefix="bpgrade-stage-", dir=base)
            os.chmod(self.stage, 0o755)
            self._lock = os.open(self.stage, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise GradeError(f"no temporary folder can be made in {base}: {error.strerror}") from None

    def command(self) -> list[str]:
        """The whole command line, from the outermost program to the interpreter."""
        base = os.path.realpath(sys.base_prefix)
        shown = {"/usr": "/usr", base: base, str(PACKAGE / "inside.py"): "/course/inside.py"}
        shown[str(PACKAGE.parent / "bplib")] = "/course/bplib"
        shown |= {path: f"/packages/{n}" for n, path in enumerate(packages())}
        as_root = os.geteuid() == 0
        # Programs by their full names, and nothing in their environment: the student's can read that of process 1.
        bwrap = [
            self.program("bwrap"),
            "--unshare-all",
            "--unshare-user",
            "--disable-userns",
            "--uid",
            NOBODY,
            "--gid",
            NOBODY,
        ]
        bwrap += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox", "--clearenv"]
        for name, value in {"HOME": "/tmp", "PATH": "/usr/bin", **PLAIN}.items():
            bwrap += ["--setenv", name, value]
        # First what is the sandbox's own: an interpreter that lives below /tmp is then mounted on top of it.
        bwrap += ["--proc", "/proc", "--dev", "/dev", "--size", str(64 << 20), "--tmpfs", "/tmp"]
        for n, (source, place) in enumerate(shown.items()):
            bwrap += ["--ro-bind", f"{self.stage}/{n}" if as_root else source, place]
        for name in ("bin", "sbin", "lib", "lib32", "lib64"):
            if os.path.islink(f"/{name}"):
                bwrap += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
            elif os.path.isdir(f"/{name}"):
                bwrap += ["--ro-bind", f"/{name}", f"/{name}"]
        bwrap += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
        bwrap += ["--seccomp", "FILTER"] if self.filter else []
        bwrap += [interpreter(), "-P", "-s", "-B", "/course/inside.py", *self.paths()]
        if not as_root:
            return bwrap
        unshare = ["unshare", "--mount", "--propagation", "private"]
        unshare += ["sh", "-c", MOUNT_AS_ROOT, self.program("setpriv")]
        return [*unshare, self.stage, *shown, "--", *bwrap]

    def paths(self) -> list[str]:
        """What the program inside puts on its search path."""
        return ["/course", *(f"/packages/{n}" for n in range(len(packages())))]

    def run(self, job: dict[str, Any], seconds: float) -> Outcome:
        """Run one job for at most `seconds` of wall-clock time. Raises Stopped after `stop`.

        A program that never began is given a second start: the machine may have been out of something for a moment.
        """
        whole = json.dumps({**job, "limits": dict(self.limits), "strict": not self.trusted}).encode()
        outcome = self._run(whole, seconds)
        return self._run(whole, seconds) if outcome.ended == "refused" else outcome

    def _run(self, job: bytes, seconds: float) -> Outcome:
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")} if os.geteuid() == 0 else {}
        group = None
        with contextlib.suppress(OSError):  # with no group to be had, the watch on memory stands in
            group = self.groups.group() if self.groups else None
        try:
            return collect(self.command(), job, seconds, self.running, env=env, group=group, filter_program=self.filter)
        except OSError as error:
            return Outcome(b"", "refused", f"{error.strerror}")
        finally:
            if group:
                group.close()

    def stop(self) -> None:
        """End every run at once."""
        self.running.stop()

    def close(self) -> None:
        """Remove the folder that root's mounts are hung under; the mounts ended with their runs."""
        shutil.rmtree(self.stage, ignore_errors=True)
        os.close(self._lock)


class Trusted(Sandbox):
    """Runs jobs with the instructor's own rights: time and memory are capped, files and the network are not."""

    trusted = True
    limits = MappingProxyType(
        {name: most for name, most in LIMITS.items() if name != "NPROC"}
    )  # counts all of a user's

    def __init__(self) -> None:
        self.running = Running()
        self._make_stage()

    def paths(self) -> list[str]:
        """A folder that holds links to bplib alone, and the installed packages."""
        link = Path(self.stage) / "bplib"
        with contextlib.suppress(FileExistsError):
            link.symlink_to(PACKAGE.parent / "bplib")
        return [self.stage, *packages()]

    def _run(self, job: bytes, seconds: float) -> Outcome:
        with tempfile.TemporaryDirectory(dir=self.stage) as folder:
            command = [interpreter(), "-P", "-s", "-B", str(PACKAGE / "inside.py"), *self.paths()]
            env = {"HOME": folder, "PATH": "/usr/bin:/bin", **PLAIN}
            return collect(command, job, seconds, self.running, env=env, folder=folder)


def _remove_stale(folder: Path) -> None:
    """Remove the folder of a run that was killed: nobody holds its lock, and it is not of this minute."""
    try:
        if time.time() - folder.stat().st_mtime < 60 or folder.is_symlink():
            return
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass
    finally:
        os.close(handle)
