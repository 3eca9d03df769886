"""The command line: `bpgrade release`, `run`, `check` and `report`."""

import argparse
import os
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # a run writes its results and nothing else

from bpgrade.commands import check, grade, summarise  # noqa: E402
from bpgrade.errors import GradeError  # noqa: E402
from bpgrade.grade import TOTAL_SECONDS  # noqa: E402
from bpgrade.release import release  # noqa: E402


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    whole = argparse.ArgumentParser(prog="bpgrade", description="Release assignments and grade submissions.")
    whole.add_argument("--course", type=Path, default=None, help="folder with solutions/ and exercises/")
    commands = whole.add_subparsers(dest="command", required=True)
    out = commands.add_parser("release", help="write exercises/NAME from solutions/NAME, once its judge is proven")
    out.add_argument("name")

    run = commands.add_parser("run", help="grade a class's submissions in the sandbox; run it again to go on")
    run.add_argument("submitted", type=Path, help="student/assignment/ folders, notebook files, or an LMS's zip")
    run.add_argument("--assignment", required=True, metavar="NAME")
    run.add_argument("--out", required=True, type=Path, metavar="RESULTS")
    run.add_argument("--seed", type=int, help="of the secret inputs: the same seed gives the same grades")
    place = run.add_mutually_exclusive_group()
    place.add_argument("--jobs", type=int, default=cores(), help="submissions graded at a time (one a core)")
    place.add_argument("--scheduler", metavar="ADDRESS", help="grade on the workers of this Dask scheduler")
    run.add_argument("--gradebook", metavar="URL", help="nbgrader's database; RESULTS/NAME/gradebook.db if left out")
    run.add_argument("--again", action="store_true", help="grade anew also what an earlier run graded")
    add_sandbox(run)

    one = commands.add_parser("check", help="grade one notebook, show the verdicts and write nothing")
    one.add_argument("notebook", type=Path)
    one.add_argument("--assignment", metavar="NAME", help="if left out: the one whose questions it holds")
    one.add_argument("--seed", type=int)
    add_sandbox(one)

    told = commands.add_parser("report", help="summarise results; write the CSV files again, with marks by hand")
    told.add_argument("results", type=Path, help="the --out of a run")
    told.add_argument("--assignment", metavar="NAME", help="if left out: every one that has results")
    told.add_argument("--gradebook", metavar="URL", help="nbgrader's database, to add the points a person gave")
    return whole


def add_sandbox(command: argparse.ArgumentParser) -> None:
    """The options on how a student's program runs."""
    command.add_argument("--timeout", type=float, default=TOTAL_SECONDS, help="seconds for one submission")
    command.add_argument("--trusted", action="store_true", help="without a sandbox: only for programs you trust")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    0 if the command did its work, 1 if some of it has to be done again, 2 with one line if something has to be mended
    first, 130 if it was stopped.
    """
    given = parser().parse_args(argv)
    course = (given.course or Path.cwd()).resolve()
    if given.course is None and not (course / "solutions").is_dir():
        course = Path(__file__).resolve().parents[1]
    for name in ("SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name, signal.SIGINT), signal.default_int_handler)
    try:
        if given.command == "release":
            print(release(course, given.name))
            return 0
        return {"run": grade, "check": check, "report": summarise}[given.command](course, given)
    except GradeError as error:
        print(f"bpgrade: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bpgrade: stopped; the results written so far are whole, run the same command to go on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
