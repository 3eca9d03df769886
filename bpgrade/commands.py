"""What the commands do: grade a class, check one notebook, and report on results."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bpgrade import exports, gradebook, report
from bpgrade.assignment import load
from bpgrade.cells import Unreadable, read
from bpgrade.cluster import Cluster
from bpgrade.errors import GradeError, printable
from bpgrade.grade import AGAIN, Result, Run, grade_here, prepare, still_true
from bpgrade.handed_back import marked_notebook
from bpgrade.sandbox import Sandbox, Trusted
from bpgrade.store import Store
from bpgrade.submissions import Submission, find

TRUSTED = (
    "--trusted: the students' programs run with your own rights. They can read and write your files and use the "
    "network; only their time and memory are capped, and the judge still stands outside."
)
PER_PROCESS = (
    "memory is capped for each process, and for all of a submission's together by a watch: no control group can be "
    "made here."
)


def screen() -> Console:
    """Where tables go: as wide as the terminal, or 120 columns into a file."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def tell(line: str) -> None:
    """A line on what goes on, beside the results."""
    print(line, file=sys.stderr, flush=True)


def valid(given: argparse.Namespace) -> None:
    """Raise GradeError for options that make no sense."""
    if given.seed is not None and given.seed < 0:
        raise GradeError(f"--seed was given {given.seed}; expected a whole number from 0 up")
    if given.timeout <= 0:
        raise GradeError(f"--timeout was given {given.timeout:g}; it has to be larger than 0")


def grade(course: Path, given: argparse.Namespace) -> int:
    """Grade a class, or what an earlier run into the same folder left to do."""
    start = time.perf_counter()
    valid(given)
    if given.jobs < 1:
        raise GradeError(f"--jobs was given {given.jobs}; it has to be larger than 0")
    if given.submitted.resolve() in (given.out.resolve(), *given.out.resolve().parents):
        raise GradeError(f"--out {given.out} lies inside the submissions, where nothing is written; choose another")
    assignment = load(course, given.assignment)
    submissions = find(given.submitted, assignment.name)
    if given.trusted:
        tell(TRUSTED)
    place: Sandbox | Cluster
    if given.scheduler:
        place = Cluster(given.scheduler, given.trusted)
    else:
        place = Trusted() if given.trusted else Sandbox()
        if isinstance(place, Sandbox) and not given.trusted and place.groups is None:
            tell(PER_PROCESS)
    try:
        # The folder is made only once the sandbox has proven itself; the seed of an earlier run is needed before.
        earlier = Store(given.out, assignment.name).seed()
        run = prepare(assignment, place.run, earlier if given.seed is None else given.seed, given.timeout)
        with Store(given.out, assignment.name) as store:
            if given.seed is None and (now := store.seed()) not in (None, run.seed):
                run = prepare(assignment, place.run, now, given.timeout)
            store.begin(run.seed)
            return _graded(run, store, submissions, place, given, start)
    finally:
        place.close()


def _graded(
    run: Run,
    store: Store,
    submissions: list[Submission],
    place: Sandbox | Cluster,
    given: argparse.Namespace,
    start: float,
) -> int:
    """Grade what is left to do, write everything, and show it; the exit status."""
    found: dict[str, dict[str, Any]] = {}
    for submission in submissions:
        if not given.again and (kept := still_true(run, store, submission)):
            found[submission.student] = kept
    todo = [submission for submission in submissions if submission.student not in found]
    if found:
        tell(f"{len(found)} results of an earlier run stand; {len(todo)} submissions are left to grade")
    if isinstance(place, Cluster):
        graded = place.grade(run, todo)
    else:
        graded = grade_here(run, todo, given.jobs, place.run, place.stop)
    for result in progress(graded, len(todo)):
        whole = result.json()
        before = len(store.unwritten)
        store.put(whole, marked_notebook(run.assignment, result))
        if len(store.unwritten) > before:
            tell(f"{printable(result.student)}: the result is not written yet: {store.why}")
        found[result.student] = whole
    results = [found[submission.student] for submission in submissions]
    store.put_all(exports.files(results))
    store_lost = bool(store.unwritten)
    console = screen()
    report.show(results, console)
    took = time.perf_counter() - start
    console.print(f"{len(results)} submissions in {took:.1f} s, results in {store.folder}", markup=False)
    if store_lost:
        first = next(iter(store.unwritten))
        many = f"{len(store.unwritten)} files could not be written, {first} among them"
        tell(f"{many} ({store.why}): make room and run the same command again")
    elif given.gradebook:
        gradebook.save(given.gradebook, run.assignment, results)
    else:
        gradebook.save_file(store.folder / "gradebook.db", run.assignment, results)
    failed = [result for result in results if result["status"] in AGAIN]
    if failed:
        tell(f"{len(failed)} submissions could not be graded, through no fault of theirs; run the same command again")
    return 1 if failed or store_lost else 0


def progress(results: Iterable[Result], total: int) -> Iterator[Result]:
    """Pass results on and show how far it is: a bar on a terminal, a line each in a file."""
    if not sys.stderr.isatty():
        for result in results:
            yield result
            tell(f"{printable(result.student)}: {result.status}, {result.score:g} of {result.max_score:g}")
        return
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("grading", total=total)
        for result in results:
            yield result
            bar.advance(task)


def check(course: Path, given: argparse.Namespace) -> int:
    """Grade one notebook and show every verdict; nothing is written."""
    valid(given)
    try:
        ids = {cell.grade_id for cell in read(given.notebook) if cell.solution}
    except Unreadable as error:
        raise GradeError(f"{given.notebook}: {error}") from None
    name = given.assignment or _assignment_of(course, ids, given.notebook)
    assignment = load(course, name)
    if given.trusted:
        tell(TRUSTED)
    sandbox = Trusted() if given.trusted else Sandbox()
    try:
        run = prepare(assignment, sandbox.run, given.seed, given.timeout)
        result = run.of(Submission(given.notebook.stem, given.notebook), sandbox.run)
    finally:
        sandbox.close()
    console = screen()
    console.print(f"{given.notebook.name}, {name}, seed {run.seed}: {result.status}", markup=False)
    for one in result.questions:
        console.print(f"{one.id:<16} {one.score:g} of {one.max_score:g}  {one.message}", markup=False)
    if result.message:
        console.print(f"note: {result.message}", markup=False)
    console.print(f"{result.score:g} of {result.max_score:g} points", markup=False)
    return 1 if result.status in AGAIN else 0


def _assignment_of(course: Path, ids: set[str], notebook: Path) -> str:
    """The released assignment with most of a notebook's answer cells."""
    best = (0, "")
    for path in sorted((course / "exercises").glob("*/*.ipynb")):
        try:
            released = {cell.grade_id for cell in read(path) if cell.solution}
        except Unreadable:
            continue
        if released & ids:
            best = max(best, (len(released & ids), path.stem))
    if not best[1]:
        raise GradeError(f"{notebook} holds no question of a released assignment; name one with --assignment")
    return best[1]


def summarise(course: Path, given: argparse.Namespace) -> int:
    """Show what a class found hard, and write its CSV files again, with a person's points if a gradebook is given."""
    names = [given.assignment] if given.assignment else sorted(path.parent.name for path in _runs(given.results))
    if not names:
        raise GradeError(f"no results in {given.results}; expected the --out folder of a run")
    console = screen()
    for name in names:
        if not (given.results / name).is_dir():
            raise GradeError(f"no results of {name!r} in {given.results}")
        with Store(given.results, name) as store:
            results = store.results()
            if not results:
                raise GradeError(f"no results of {name!r} in {given.results}")
            default = store.folder / "gradebook.db"
            url = given.gradebook or (f"sqlite:///{default}" if default.exists() else None)
            if url:
                marks = gradebook.by_hand(url, name)
                for result in results:
                    result["marked"] = marks.get(gradebook.student_id(result))
            store.put_all(exports.files(results))
            if store.unwritten:
                raise GradeError(f"cannot write {min(store.unwritten)}: {store.why}")
            _show_class(name, results, console)
    return 0


def _runs(results: Path) -> Iterable[Path]:
    return results.glob("*/.run")


def _show_class(name: str, results: list[dict[str, Any]], console: Console) -> None:
    """The numbers of a class, then what it found hard."""
    ran = sorted(one["score"] for one in results if one["status"] not in ("missing", *AGAIN))
    most = results[0]["max_score"]
    middle = f"median {ran[len(ran) // 2]:g} of {most:g}" if ran else f"of {most:g}"
    console.print(f"{name}: {len(results)} students, {len(ran)} handed in, {middle} points", markup=False)
    report.show(results, console)
    report.show_questions(results, console)
    left = sum(1 for one in results if "marked" in one and one["marked"] is None and one["status"] == "graded")
    if left and results[0]["by_hand"]:
        console.print(f"{left} submissions still wait for a person's marks", markup=False)
