"""Where a student's program runs: a bubblewrap sandbox with no network, no files but its own, and caps on everything.

What it can see: the interpreter, the installed packages, `bplib` and `bpgrade.inside`, read-only; 64 MB of its own
`/tmp`. What it cannot: the network, the submissions, the solutions, the judge, the environment, other processes. The
job comes on standard input, the answer leaves as bytes on standard output under a cap, and time has a hard end.
"""

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from bpgrade.errors import GradeError, printable

MOST_OUTPUT = 4_000_000
LIMITS: Mapping[str, int] = {"AS": 2 << 30, "CPU": 60, "NPROC": 32, "FSIZE": 20_000_000, "NOFILE": 256, "CORE": 0}
NOBODY = "65534"
PACKAGE = Path(__file__).resolve().parent

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
exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"
"""


@dataclass(frozen=True)
class Outcome:
    """What came out of a run: the bytes, how it `ended` (exited, timeout or flooded), and its first complaint."""

    output: bytes
    ended: str
    complaint: str = ""


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
        missing = [tool for tool in self.tools() if shutil.which(tool) is None]
        if missing:
            raise GradeError(
                f"{missing[0]} is not installed, so a student's program cannot be shut in: install bubblewrap "
                "(apt install bubblewrap util-linux), or pass --trusted to run it with your own rights."
            )
        self.stage = tempfile.mkdtemp(prefix="bpgrade-", dir="/tmp")
        os.chmod(self.stage, 0o755)

    @staticmethod
    def tools() -> list[str]:
        """The programs a run needs."""
        return ["bwrap", "unshare", "setpriv", "mount"] if os.geteuid() == 0 else ["bwrap"]

    def command(self) -> list[str]:
        """The whole command line, from the outermost program to the interpreter."""
        base = os.path.realpath(sys.base_prefix)
        shown = {"/usr": "/usr", base: base, str(PACKAGE / "inside.py"): "/course/inside.py"}
        shown[str(PACKAGE.parent / "bplib")] = "/course/bplib"
        shown |= {path: f"/packages/{n}" for n, path in enumerate(packages())}
        as_root = os.geteuid() == 0
        bwrap = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", NOBODY, "--gid", NOBODY]
        bwrap += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox", "--clearenv"]
        bwrap += ["--setenv", "HOME", "/tmp", "--setenv", "PATH", "/usr/bin", "--setenv", "LANG", "C.UTF-8"]
        bwrap += ["--setenv", "OPENBLAS_NUM_THREADS", "1", "--setenv", "OMP_NUM_THREADS", "1"]
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
        bwrap += [interpreter(), "-I", "-B", "/course/inside.py"]
        if not as_root:
            return bwrap
        unshare = ["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT_AS_ROOT, "sh"]
        return [*unshare, self.stage, *shown, "--", *bwrap]

    def paths(self) -> list[str]:
        """What the program inside puts on its search path."""
        return ["/course", *(f"/packages/{n}" for n in range(len(packages())))]

    def run(self, job: dict[str, Any], seconds: float) -> Outcome:
        """Run one job for at most `seconds` of wall-clock time."""
        whole = {**job, "path": self.paths(), "limits": dict(self.limits)}
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(whole).encode())
            file.seek(0)
            return self._run(file, seconds)

    def _run(self, job: IO[bytes], seconds: float) -> Outcome:
        return collect(self.command(), job, seconds, env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")})

    def close(self) -> None:
        """Remove the folder that root's mounts are hung under; the mounts ended with their runs."""
        shutil.rmtree(self.stage, ignore_errors=True)


class Trusted(Sandbox):
    """Runs jobs with the instructor's own rights: time and memory are capped, files and the network are not."""

    trusted = True
    limits = MappingProxyType(
        {name: most for name, most in LIMITS.items() if name != "NPROC"}
    )  # counts all of a user's

    def __init__(self) -> None:
        self.stage = tempfile.mkdtemp(prefix="bpgrade-")

    def paths(self) -> list[str]:
        """A folder that holds links to bplib alone, and the installed packages."""
        link = Path(self.stage) / "bplib"
        if not link.exists():
            link.symlink_to(PACKAGE.parent / "bplib")
        return [self.stage, *packages()]

    def _run(self, job: IO[bytes], seconds: float) -> Outcome:
        with tempfile.TemporaryDirectory(dir=self.stage) as folder:
            command = [interpreter(), "-I", "-B", str(PACKAGE / "inside.py")]
            env = {"HOME": folder, "PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"}
            return collect(command, job, seconds, env=env, folder=folder)


def collect(
    command: list[str], job: IO[bytes], seconds: float, *, env: dict[str, str], folder: str | None = None
) -> Outcome:
    """Run `command` to its end, its time or its cap on output, whichever comes first; nothing of it stays behind."""
    end = time.monotonic() + seconds
    process = subprocess.Popen(
        command, stdin=job, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=folder, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    kept, caps = {"out": bytearray(), "err": bytearray()}, {"out": MOST_OUTPUT, "err": 65_536}
    ended = "exited"
    with process, selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ, "out")
        ready.register(process.stderr, selectors.EVENT_READ, "err")
        while ended == "exited" and ready.get_map():
            if (left := end - time.monotonic()) <= 0:
                ended = "timeout"
                break
            for key, _ in ready.select(left):
                chunk = os.read(key.fd, 65_536)
                kept[key.data] += chunk
                if not chunk:
                    ready.unregister(key.fileobj)
                if len(kept[key.data]) > caps[key.data]:
                    ended = "flooded"
        _kill(process)
    return Outcome(bytes(kept["out"][:MOST_OUTPUT]), ended, printable(kept["err"].decode(errors="replace")))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group; the sandbox's other processes die with its first one."""
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        process.kill()
