"""One grading run of all samples, shared by the tests and by parallel workers; and whether there is a sandbox here."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from write_samples import NAME, ROOT, SAMPLES, bpgrade


@pytest.fixture(scope="session")
def needs_sandbox() -> None:
    """Skip where bubblewrap is missing or refused; in CI a skip is a failure."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: apt install bubblewrap")
    tried = subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"bubblewrap is refused here: {tried.stderr.strip()}")


@pytest.fixture(scope="session")
def graded(needs_sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results of all samples, and `seen.json`: what could be seen from outside while they ran."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "grading"
    shared.mkdir(exist_ok=True)
    with open(shared / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "seen.json").exists():
            (shared / "seen.json").write_text(json.dumps(run_and_watch(shared / "results")), "utf-8")
    return shared


def run_and_watch(results: Path) -> dict[str, object]:
    before = digest()
    with listening() as connections:
        done = bpgrade(
            "run", str(SAMPLES), "--assignment", NAME, "--out", str(results), "--seed", "7", "--timeout", "12"
        )
    return {
        "code": done.returncode,
        "table": done.stdout,
        "progress": done.stderr,
        "connections": len(connections),
        "changed": digest() != before,
        "alive": [pid for pid in os.listdir("/proc") if pid.isdigit() and "/course/inside.py" in command_of(pid)],
        "left": [path for path in ("/tmp/bpgrade-was-here", "/bpgrade-was-here") if os.path.exists(path)],
    }


def command_of(pid: str) -> str:
    try:
        return Path("/proc", pid, "cmdline").read_text("utf-8", errors="replace")
    except OSError:
        return ""


def digest() -> str:
    """Of what a run reads and must not write."""
    whole = hashlib.sha256()
    for folder in (f"solutions/{NAME}", f"exercises/{NAME}", "bpgrade", "tests/grading/samples"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                whole.update(path.as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


@contextlib.contextmanager
def listening() -> Iterator[list[object]]:
    """A server on the port that one of the samples tries to reach; yields the connections it got."""
    connections: list[object] = []
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 47811))
        server.listen()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connections.append(server.accept()[1])

        threading.Thread(target=accept, daemon=True).start()
        with socket.create_connection(("127.0.0.1", 47811), timeout=5):
            pass  # it answers: silence from the samples means something
        yield connections
        server.shutdown(socket.SHUT_RDWR)
    connections.pop(0)
