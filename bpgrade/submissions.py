"""Finding the notebooks of a class: nbgrader's tree, a flat folder, or a zip from Moodle or Canvas.

Nothing is unpacked and no link is followed: a submission is only ever read, as bytes, from where it lies.
"""

import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

from bpgrade.cells import MOST_BYTES, Unreadable, contents, too_large
from bpgrade.errors import GradeError

MOST_MEMBERS = 100_000
MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<rest>.*))?")
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<rest>.+\.ipynb)", re.IGNORECASE)


@dataclass(frozen=True)
class Submission:
    """One student's notebook; `path` is None where nothing was handed in, and `problem` says why it is not read.

    In a zip, `path` is the zip and `member` what to read of it. `lms` holds what Moodle or Canvas call the student.
    """

    student: str
    path: Path | None
    problem: str = ""
    member: zipfile.ZipInfo | None = None
    lms: dict[str, str] = field(default_factory=dict)

    def data(self) -> bytes | None:
        """The notebook's bytes, None if nothing was handed in. Raises Unreadable."""
        if self.problem:
            raise Unreadable(self.problem)
        if self.path is None:
            return None
        return contents(self.path) if self.member is None else _from_zip(self.path, self.member)


def find(submitted: Path, assignment: str) -> list[Submission]:
    """Every submission to `assignment` in `submitted`, ordered by student.

    Raises GradeError if there is no such folder or zip, or nothing in it looks like a submission.
    """
    expected = f"expected student/{assignment}/{assignment}.ipynb, notebook files, or a zip from Moodle or Canvas"
    try:
        if submitted.is_dir():
            found = list(_in_folder(submitted, assignment))
        elif submitted.is_file():
            found = list(_in_zip(submitted, assignment))
        else:
            raise GradeError(f"no folder or zip {submitted}; {expected}")
    except OSError as error:
        raise GradeError(f"{submitted} cannot be read: {error.strerror}") from None
    if not found:
        raise GradeError(f"no submissions in {submitted}; {expected}")
    by_student: dict[str, Submission] = {}
    for one in found:
        if (other := by_student.get(one.student)) is not None:
            one = Submission(one.student, None, "handed in twice: as a folder and as a file; keep one", lms=other.lms)
        by_student[one.student] = one
    return [by_student[student] for student in sorted(by_student)]


def named(name: str, assignment: str) -> tuple[str, dict[str, str]]:
    """Whose a notebook file is, by its name, and what Moodle or Canvas call that student.

    >>> named("anna_03_worked_example.ipynb", "03_worked_example")[0]
    'anna'
    >>> named("leeanna_LATE_4711_99_03_worked_example-1.ipynb", "03_worked_example")
    ('leeanna_4711', {'system': 'canvas', 'id': '4711', 'name': 'leeanna'})
    """
    for system, pattern in (("moodle", MOODLE), ("canvas", CANVAS)):
        if found := pattern.fullmatch(name):
            about = {"system": system, "id": found["id"], "name": found["name"]}
            return f"{found['name']}_{found['id']}", about
    stem = name.removesuffix(".ipynb")
    return stem.removesuffix(assignment).rstrip("_- ") or stem, {}


def chosen(names: list[str], assignment: str) -> tuple[str | None, str]:
    """Which of several notebooks is the answer to the assignment: its name, or None and why there is none."""
    if len(names) < 2:
        return (names[0] if names else None), ""
    for fits in (lambda stem: stem == assignment, lambda stem: assignment in stem):
        if len(right := [name for name in names if fits(PurePosixPath(name).stem)]) == 1:
            return right[0], ""
    return None, f"none of the {len(names)} notebooks is named {assignment}.ipynb"


def _in_folder(submitted: Path, assignment: str) -> Iterator[Submission]:
    flat: dict[str, tuple[list[str], dict[str, str]]] = {}
    for entry in sorted(submitted.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.suffix == ".ipynb":
            student, about = named(entry.name, assignment)
            flat.setdefault(student, ([], about))[0].append(entry.name)
            continue
        try:
            one = _one(entry, assignment)
        except OSError as error:
            one = Submission(entry.name, None, f"the folder cannot be read: {error.strerror}")
        if one is not None:
            yield one
    for student, (names, about) in flat.items():
        name, problem = chosen(names, assignment)
        yield Submission(student, submitted / name if name else None, problem, lms=about)


def _one(entry: Path, assignment: str) -> Submission | None:
    """The submission that a folder is, if it is one: nbgrader's, or one of an unpacked Moodle zip."""
    if not (entry.is_dir() or entry.is_symlink()):
        return None
    student, about = named(entry.name, assignment) if MOODLE.fullmatch(entry.name) else (entry.name, {})
    folder = entry if about else entry / assignment
    if entry.is_symlink() or folder.is_symlink():
        return Submission(student, folder, "the submission is a link, and links are not followed", lms=about)
    if not folder.is_dir():
        return Submission(student, None, lms=about)
    name, problem = chosen([path.name for path in sorted(folder.iterdir()) if path.suffix == ".ipynb"], assignment)
    return Submission(student, folder / name if name else None, problem, lms=about)


def _in_zip(path: Path, assignment: str) -> Iterator[Submission]:
    """The submissions in a zip of any of the layouts; a member that would leave its folder is recorded and not read."""
    try:
        members = [one for one in _archive(path).infolist() if not one.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise GradeError(f"{path} is neither a folder nor a zip that can be read: {error}") from None
    if len(members) > MOST_MEMBERS:
        raise GradeError(f"{path} holds {len(members)} files; at most {MOST_MEMBERS} are looked at")
    students: dict[str, tuple[dict[str, zipfile.ZipInfo], dict[str, str]]] = {}
    inside = [one for one in members if not _leaves(one.filename)]
    tops = {PurePosixPath(one.filename).parts[0] for one in inside}
    top = 1 if tops == {"submitted"} else 0
    for one in members:
        if _leaves(one.filename):
            yield Submission(one.filename, None, "the zip names a place outside its own folder; this file is not read")
    about: dict[str, str]
    for one in inside:
        parts = PurePosixPath(one.filename).parts[top:]
        if not parts or any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        if len(parts) > 1 and not MOODLE.fullmatch(parts[0]):
            student, about = parts[0], {}
            if parts[1] != assignment:
                students.setdefault(student, ({}, about))
                continue
        elif len(parts) > 1 or parts[0].endswith(".ipynb") or MOODLE.fullmatch(parts[0]):
            student, about = named(parts[0], assignment)
        else:
            continue
        files = students.setdefault(student, ({}, about))[0]
        if one.filename.endswith(".ipynb"):
            files[one.filename] = one
    for student, (files, about) in students.items():
        name, problem = chosen(list(files), assignment)
        yield Submission(student, path if name else None, problem, files[name] if name else None, about)


@lru_cache(maxsize=1)
def _archive(path: Path) -> zipfile.ZipFile:
    """The opened zip; reading from it in several threads is safe."""
    return zipfile.ZipFile(path)


def _leaves(name: str) -> bool:
    """Whether a name in a zip leads out of the folder it would be unpacked in.

    >>> _leaves("../anna.ipynb"), _leaves("/etc/passwd"), _leaves("C:/anna.ipynb"), _leaves("anna/a..b.ipynb")
    (True, True, True, False)
    """
    return name.startswith("/") or "\\" in name or name[1:2] == ":" or ".." in name.split("/") or not name.strip("./")


def _from_zip(path: Path, member: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, at most as many as a notebook may have, whatever the zip says its size is."""
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Unreadable("the notebook cannot be opened: it is a link")
    if member.flag_bits & 1:
        raise Unreadable("the notebook is encrypted in the zip")
    try:
        with _archive(path).open(member) as file:
            data = file.read(MOST_BYTES + 1)
    except Exception as error:  # zipfile raises whatever its decompressors do
        raise Unreadable(f"the notebook cannot be read from the zip: {type(error).__name__}: {error}") from None
    if len(data) > MOST_BYTES:
        raise Unreadable(too_large(max(len(data), member.file_size)))
    return data
