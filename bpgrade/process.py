"""One run of one program: send it a job, keep what it answers up to a cap, end it in time, and leave nothing behind."""

import contextlib
import os
import selectors
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bpgrade.caps import MOST_MEMORY, Group, memory, on, one_core, waited
from bpgrade.errors import Stopped, printable

MOST_OUTPUT = 4_000_000
START_SECONDS = 60.0  # for the program to say that it is ready; a busy machine may need some
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Outcome:
    """What came out of a run: the bytes, how it `ended`, and the first complaint of what ran it.

    `ended` is exited, timeout, flooded (too much output), memory (too much of it), or refused (it never began).
    """

    output: bytes
    ended: str
    complaint: str = ""


class Running:
    """The programs that run now, so that all of them can be stopped at once."""

    def __init__(self) -> None:
        self._all: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self.stopped = False

    def begin(
        self, command: Sequence[str], folder: str | None, env: dict[str, str], fd: int
    ) -> subprocess.Popen[bytes]:
        """Start a program on a core of its own, in a session of its own. Raises Stopped after `stop`."""
        with self._lock:
            if self.stopped:
                raise Stopped
            pipe = subprocess.PIPE
            process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env=env,
                cwd=folder,
                start_new_session=True,
                pass_fds=(fd,) if fd >= 0 else (),
            )
            self._all.add(process)
            return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a program with its whole process group; a sandbox's other processes die with its first one."""
        try:
            os.killpg(process.pid, 9)
        except (ProcessLookupError, PermissionError):
            process.kill()
        process.wait()
        with self._lock:
            self._all.discard(process)

    def stop(self) -> None:
        """End all programs, now and to come: their runs raise Stopped."""
        with self._lock:
            self.stopped = True
            for process in self._all:
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, 9)


def collect(
    command: Sequence[str],
    job: bytes,
    seconds: float,
    running: Running,
    *,
    env: dict[str, str],
    folder: str | None = None,
    group: Group | None = None,
    filter_program: bytes = b"",
) -> Outcome:
    """Run `command` to its end, its time or one of its caps, whichever comes first; nothing of it stays behind.

    The job is sent once the program has said a first word, and the `seconds` count from there. What it spends waiting
    for its core is granted again, up to twice the time it has: a busy machine costs nobody a grade. In `command`,
    FILTER stands for the descriptor that `filter_program` can be read from.
    """
    fd = _readable(filter_program) if filter_program else -1
    with one_core() as core:
        try:
            command = [str(fd) if word == "FILTER" else word for word in [*(group.prefix() if group else []), *command]]
            with on(core):
                process = running.begin(command, folder, env, fd)
        finally:
            if fd >= 0:
                os.close(fd)
        with process:
            try:
                output, ended, complaint = _talk(process, job, seconds, watch=group is None)
            finally:
                running.end(process)
    if running.stopped:
        raise Stopped
    return Outcome(output, ended, complaint)


def _readable(data: bytes) -> int:
    """A descriptor to read `data` from."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return os.dup(file.fileno())


def _talk(process: subprocess.Popen[bytes], job: bytes, seconds: float, *, watch: bool) -> tuple[bytes, str, str]:
    """Send the job and keep the answers: output, how it ended, complaint."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    out, err, left = bytearray(), bytearray(), memoryview(job)
    end, look, ended = time.monotonic() + START_SECONDS, time.monotonic(), ""
    before = granted = 0.0
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ, out)
        ready.register(process.stderr, selectors.EVENT_READ, err)
        while not ended and (process.stdout in ready.get_map() or process.stderr in ready.get_map()):
            now = time.monotonic()
            if now >= end:
                late = min(waited(process.pid) - before, 2 * seconds) - granted if out else 0.0
                if late < 0.1:
                    ended = "timeout"
                    break
                granted, end = granted + late, end + late
            if watch and out and now >= look:
                look = now + LOOK_SECONDS
                ended = "memory" if memory(process.pid) > MOST_MEMORY else ""
            for key, _ in ready.select(min(end - now, LOOK_SECONDS) if watch else end - now):
                if key.fileobj is process.stdin:
                    try:
                        left = left[os.write(key.fd, left[: 1 << 16]) :]
                    except BlockingIOError:
                        continue
                    except OSError:  # it has ended, or does not listen: what it says will tell
                        left = left[:0]
                    if not left:
                        ready.unregister(process.stdin)
                        process.stdin.close()
                    continue
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    ready.unregister(key.fileobj)
                if key.data is out and chunk and not out:
                    end, before = time.monotonic() + seconds, waited(process.pid)
                    ready.register(process.stdin, selectors.EVENT_WRITE)
                key.data.extend(chunk)
                if len(out) > MOST_OUTPUT:
                    ended = "flooded"
                del err[1 << 16 :]
    said = printable(err.decode(errors="replace"))
    if not out:
        return b"", "refused", said or ("it did not start in time" if ended else "it ended before it began")
    return bytes(out[:MOST_OUTPUT]), ended or "exited", said
