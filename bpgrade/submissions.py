"""Finding the notebooks of a class: nbgrader's submitted/student/assignment/ and a flat folder of files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bpgrade.errors import GradeError


@dataclass(frozen=True)
class Submission:
    """One student's notebook; `path` is None where nothing was handed in, and `problem` says why it is not read."""

    student: str
    path: Path | None
    problem: str = ""


def find(submitted: Path, assignment: str) -> list[Submission]:
    """Every submission to `assignment` below `submitted`, ordered by student.

    Raises GradeError if the folder does not exist, or holds nothing that looks like a submission.
    """
    if not submitted.is_dir():
        raise GradeError(f"no folder {submitted}; expected one that holds student/{assignment}/{assignment}.ipynb")
    found: dict[str, Submission] = {}
    for entry in sorted(submitted.iterdir()):
        if entry.name.startswith("."):
            continue
        try:
            one = _one(entry, assignment)
        except OSError as error:
            one = Submission(entry.name, None, f"the folder cannot be read: {error.strerror}")
        if one is not None:
            twice = one.student in found
            problem = "handed in twice: as a folder and as a file; keep one" if twice else one.problem
            found[one.student] = Submission(one.student, one.path, problem)
    if not found:
        raise GradeError(
            f"no submissions in {submitted}; expected student/{assignment}/{assignment}.ipynb, or notebook files"
        )
    return list(found.values())


def _one(entry: Path, assignment: str) -> Submission | None:
    """The submission that `entry` of the folder is, if it is one."""
    if entry.suffix == ".ipynb":
        student = entry.stem.removesuffix(assignment).rstrip("_- ") or entry.stem
        return Submission(student, entry)
    if not (entry.is_dir() or entry.is_symlink()):
        return None
    folder = entry / assignment
    if entry.is_symlink() or folder.is_symlink():
        return Submission(entry.name, folder, "the submission is a link, and links are not followed")
    if not folder.is_dir():
        return Submission(entry.name, None)
    notebooks = list(_notebooks(folder))
    named = folder / f"{assignment}.ipynb"
    if named in notebooks:
        return Submission(entry.name, named)
    if len(notebooks) == 1:
        return Submission(entry.name, notebooks[0])
    if notebooks:
        return Submission(entry.name, None, f"none of the {len(notebooks)} notebooks is named {assignment}.ipynb")
    return Submission(entry.name, None)


def _notebooks(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix == ".ipynb")
