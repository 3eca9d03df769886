"""The command line: `bpgrade release NAME` and `bpgrade run SUBMITTED --assignment NAME --out RESULTS`."""

import argparse
import os
import sys
import time
from pathlib import Path

from rich.console import Console

from bpgrade import report
from bpgrade.assignment import load
from bpgrade.errors import GradeError, printable
from bpgrade.grade import TOTAL_SECONDS, Result, grade_all, prepare
from bpgrade.release import release
from bpgrade.sandbox import Sandbox, Trusted
from bpgrade.submissions import find

TRUSTED = (
    "--trusted: the students' programs run with your own rights. They can read and write your files and use the "
    "network; only their time and memory are capped, and the judge still stands outside."
)


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    whole = argparse.ArgumentParser(prog="bpgrade", description="Release assignments and grade submissions.")
    whole.add_argument("--course", type=Path, default=None, help="folder with solutions/ and exercises/")
    commands = whole.add_subparsers(dest="command", required=True)
    out = commands.add_parser("release", help="write exercises/NAME from solutions/NAME, once its judge is proven")
    out.add_argument("name")
    run = commands.add_parser("run", help="grade a folder of submissions in the sandbox")
    run.add_argument("submitted", type=Path, help="student/assignment/assignment.ipynb below it, or notebook files")
    run.add_argument("--assignment", required=True, metavar="NAME")
    run.add_argument("--out", required=True, type=Path, metavar="RESULTS")
    run.add_argument("--seed", type=int, help="of the secret inputs: the same seed gives the same grades")
    run.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="submissions graded at a time")
    run.add_argument("--timeout", type=float, default=TOTAL_SECONDS, help="seconds for one submission")
    run.add_argument("--trusted", action="store_true", help="without a sandbox: only for programs you trust")
    return whole


def grade(course: Path, given: argparse.Namespace, console: Console) -> None:
    """Grade a folder and print the table."""
    if given.seed is not None and given.seed < 0:
        raise GradeError(f"--seed was given {given.seed}; expected a whole number from 0 up")
    if given.jobs < 1 or given.timeout <= 0:
        raise GradeError("--jobs and --timeout have to be larger than 0")
    start = time.perf_counter()
    assignment = load(course, given.assignment)
    submissions = find(given.submitted, assignment.name)
    if given.trusted:
        print(TRUSTED, file=sys.stderr)
    sandbox = Trusted() if given.trusted else Sandbox()
    try:
        run = prepare(assignment, sandbox, given.seed, given.timeout)

        def tell(result: Result, seconds: float) -> None:
            print(f"{printable(result.student)}: {result.status}, {seconds:.1f} s", file=sys.stderr, flush=True)

        results = grade_all(run, submissions, given.out, given.jobs, tell)
    finally:
        sandbox.close()
    report.show([result.json() for result in results], console)
    took = time.perf_counter() - start
    console.print(f"{len(results)} submissions in {took:.1f} s, results in {given.out / assignment.name}", markup=False)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; 0 if the command did its work, 2 with one line if something has to be mended first."""
    given = parser().parse_args(argv)
    course = (given.course or Path.cwd()).resolve()
    if given.course is None and not (course / "solutions").is_dir():
        course = Path(__file__).resolve().parents[1]
    try:
        if given.command == "release":
            print(release(course, given.name))
        else:
            grade(course, given, Console(highlight=False, width=None if sys.stdout.isatty() else 120))
    except GradeError as error:
        print(f"bpgrade: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bpgrade: stopped; the results written so far are whole", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
