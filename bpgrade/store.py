"""The folder of results: one run at a time, every file whole or not there, and what is there need not be done again.

`RESULTS/NAME/` holds `STUDENT.json` and `STUDENT.html`, the CSV files and the gradebook. A result counts on a later run
if it has that run's seed and came from the same bytes of the notebook and the same version of the assignment.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import socket
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from bpgrade import report
from bpgrade.errors import GradeError, printable

PART = ".part-"
Self = TypeVar("Self", bound="Store")


def digest(data: bytes | None) -> str:
    """Of a notebook's bytes; empty for none."""
    return "" if data is None else hashlib.sha256(data).hexdigest()


def file_name(student: str) -> str:
    """A file name for a student's results: the name itself wherever it can be one.

    >>> file_name("anna"), file_name("../anna")[:8]
    ('anna', '_.__anna')
    """
    plain = re.sub(r"[\\/:\x00-\x1f\x7f]", "_", student)
    plain = f"_{plain[1:]}" if plain.startswith(".") else plain
    if plain == student and len(os.fsencode(student)) <= 200:
        return student
    short = os.fsencode(plain)[:150].decode("utf-8", errors="ignore")
    return f"{short}-{hashlib.sha256(os.fsencode(student)).hexdigest()[:8]}"


def write(path: Path, data: str | bytes) -> None:
    """Write `data` to `path` whole or not at all: into a file beside it that then takes its place."""
    raw = data.encode("utf-8", errors="replace") if isinstance(data, str) else data
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=PART)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


@dataclass
class Store:
    """The results of one assignment, locked while this is entered; the only one who writes there.

    A file that cannot be written, because the disk is full, is kept and tried again with every later one.
    """

    out: Path
    assignment: str
    unwritten: dict[Path, str | bytes] = field(default_factory=dict)
    why: str = ""
    _lock: int = -1

    @property
    def folder(self) -> Path:
        """Where the results are."""
        return self.out / self.assignment

    def __enter__(self: Self) -> Self:
        """Make and lock the folder. Raises GradeError if another run holds it or it cannot be written to."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = printable(os.pread(self._lock, 200, 0).decode(errors="replace")) or "another run"
            os.close(self._lock)
            raise GradeError(f"{self.folder} is in use by {who}: wait for it, stop it, or give another --out") from None
        except OSError as error:
            raise GradeError(f"cannot write results to {self.folder}: {error.strerror}") from None
        with contextlib.suppress(OSError):
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        for part in [*self.folder.glob(f"{PART}*"), *self.out.glob(f"autograded/*/{self.assignment}/{PART}*")]:
            with contextlib.suppress(OSError):
                part.unlink()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(self._lock, 0)
        os.close(self._lock)

    def seed(self) -> int | None:
        """The seed of an earlier run into this folder."""
        try:
            seed = json.loads((self.folder / ".run").read_text("utf-8"))["seed"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return seed if isinstance(seed, int) and not isinstance(seed, bool) else None

    def begin(self, seed: int) -> None:
        """Note the seed, so that a later run goes on with it."""
        try:
            write(self.folder / ".run", json.dumps({"assignment": self.assignment, "seed": seed}) + "\n")
        except OSError as error:
            raise GradeError(f"cannot write results to {self.folder}: {error.strerror}") from None

    def result(self, student: str) -> dict[str, Any] | None:
        """The result that is there for a student, if there is a whole one."""
        try:
            found = json.loads((self.folder / f"{file_name(student)}.json").read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        whole = isinstance(found, dict) and found.keys() >= FIELDS and found["student"] == student
        return found if whole else None

    def results(self) -> list[dict[str, Any]]:
        """All results that are there, ordered by student."""
        found = []
        for path in self.folder.glob("*.json"):
            if path.name.startswith("."):
                continue
            with contextlib.suppress(OSError, ValueError, RecursionError):
                one = json.loads(path.read_text("utf-8"))
                if isinstance(one, dict) and one.keys() >= FIELDS:
                    found.append(one)
        return sorted(found, key=lambda one: str(one["student"]))

    def put(self, result: dict[str, Any], notebook: bytes | None = None) -> None:
        """Write a result, its feedback page, and the notebook for a person to mark; the result last."""
        name = file_name(result["student"])
        if notebook is not None:
            place = self.out / "autograded" / name / self.assignment / f"{self.assignment}.ipynb"
            self._put(place, notebook)
        self._put(self.folder / f"{name}.html", report.as_html(result))
        self._put(self.folder / f"{name}.json", report.as_json(result))

    def put_all(self, files: Iterable[tuple[str, str]]) -> None:
        """Write the files of the whole class."""
        for name, text in files:
            self._put(self.folder / name, text)

    def _put(self, path: Path, data: str | bytes) -> None:
        """Write a file, after those that could not be written before; keep it if it cannot be written now."""
        self.unwritten[path] = data
        for place, kept in list(self.unwritten.items()):
            try:
                if place.parent != self.folder:
                    place.parent.mkdir(parents=True, exist_ok=True)
                write(place, kept)
            except OSError as error:
                self.why = error.strerror or type(error).__name__
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    return
                continue
            del self.unwritten[place]


FIELDS = {
    *("student", "assignment", "status", "score", "max_score", "seed", "questions"),
    *("by_hand", "message", "submission", "version", "lms"),
}
