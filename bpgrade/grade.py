"""A grading run: every submission through sandbox and judge, one result file each, whatever a submission does."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bpgrade import report
from bpgrade.assignment import Assignment
from bpgrade.cells import Cell, Unreadable, read
from bpgrade.errors import GradeError, printable
from bpgrade.judge import Asked, Verdict, ask, job, judge, lines
from bpgrade.sandbox import Sandbox
from bpgrade.submissions import Submission

TOTAL_SECONDS = 20.0  # on the clock, for a submission; one cell or question may compute for a tenth of it


@dataclass(frozen=True)
class Result:
    """What is written for one submission. `by_hand` holds the points that a person still has to give."""

    student: str
    assignment: str
    status: str
    score: float
    max_score: float
    seed: int
    questions: list[Verdict] = field(default_factory=list)
    by_hand: dict[str, float] = field(default_factory=dict)
    message: str = ""

    def json(self) -> dict[str, Any]:
        """As plain dictionaries."""
        return asdict(self)


@dataclass(frozen=True)
class Run:
    """What all submissions of a run share."""

    assignment: Assignment
    sandbox: Sandbox
    asked: list[Asked]
    seed: int
    total_seconds: float = TOTAL_SECONDS

    def of(self, submission: Submission) -> Result:
        """The result of one submission; whatever it holds, nothing is raised."""
        try:
            if submission.problem:
                raise Unreadable(submission.problem)
            if submission.path is None:
                return self._without(submission.student, "missing", "nothing was handed in")
            return self.grade(submission.student, read(submission.path))
        except Unreadable as error:
            return self._without(submission.student, "unreadable", str(error))
        except Exception as error:  # one submission never stops the others; the line says what to look at
            return self._without(submission.student, "failed", f"{type(error).__name__}: {error}")

    def grade(self, student: str, submitted: list[Cell]) -> Result:
        """The result of a notebook that could be read."""
        outcome = self.sandbox.run(
            job(self.assignment, self.asked, submitted, self.total_seconds / 10), self.total_seconds
        )
        answers, end = lines(outcome.output)
        cut = "timeout" if outcome.ended == "timeout" else "crashed"
        status = {"done": "graded", "cut": cut, "malformed": "malformed"}[end]
        sources = {cell.grade_id: cell.source for cell in reversed(submitted) if cell.solution}
        released = {cell.grade_id: cell.source for cell in self.assignment.released}
        ended = "malformed" if status == "graded" else status
        verdicts = []
        for one in self.asked:
            name = one.question.id
            verdicts.append(judge(one, answers.get(name), sources.get(name), released.get(name, ""), ended))
        score = sum(verdict.score for verdict in verdicts)
        message = "" if status == "graded" else outcome.complaint
        return self._result(student, status, score, verdicts, message)

    def _without(self, student: str, status: str, message: str) -> Result:
        return self._result(student, status, 0.0, [], printable(message))

    def _result(self, student: str, status: str, score: float, verdicts: list[Verdict], message: str) -> Result:
        most = sum(one.question.points for one in self.asked)
        by_hand = self.assignment.by_hand
        return Result(student, self.assignment.name, status, score, most, self.seed, verdicts, by_hand, message)


def prepare(assignment: Assignment, sandbox: Sandbox, seed: int | None, total_seconds: float = TOTAL_SECONDS) -> Run:
    """Draw the run's inputs and put the solution itself through sandbox and judge first.

    Raises GradeError if the solution does not get full marks: then the sandbox is refused here, the interpreter cannot
    be read inside, or a question's spec is wrong, and no grade of this run could be trusted.
    """
    seed = secrets.randbelow(2**32) if seed is None else seed
    run = Run(assignment, sandbox, [ask(question, seed) for question in assignment.questions], seed, total_seconds)
    result = run.grade("the solution", assignment.solution)
    if result.status == "graded" and result.score == result.max_score:
        return run
    if not result.questions or result.status != "graded":
        raise GradeError(
            f"the sandbox does not run here: {result.message or result.status}. If a container or AppArmor refuses "
            "bubblewrap its user namespace, allow that, or pass --trusted to run without it."
        )
    worst = next(verdict for verdict in result.questions if verdict.diagnosis != "correct")
    raise GradeError(f"{assignment.name}: the solution fails its own judge at {worst.id!r}: {worst.message}")


def grade_all(
    run: Run, submissions: list[Submission], out: Path, jobs: int, tell: Callable[[Result, float], None]
) -> list[Result]:
    """Grade every submission, `jobs` at a time; each result is on disk before `tell` hears of it."""
    folder = out / run.assignment.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradeError(f"cannot write results to {folder}: {error.strerror}") from None

    def one(submission: Submission) -> tuple[Result, float]:
        start = time.perf_counter()
        result = run.of(submission)
        report.write(folder / f"{result.student}.json", report.as_json(result.json()))
        report.write(folder / f"{result.student}.html", report.as_html(result.json()))
        return result, time.perf_counter() - start

    results = []
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(one, submission) for submission in submissions]
        try:
            for future in as_completed(waiting):
                result, seconds = future.result()
                results.append(result)
                tell(result, seconds)
        except OSError as error:
            pool.shutdown(cancel_futures=True)
            raise GradeError(f"cannot write a result to {folder}: {error.strerror}") from None
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    results.sort(key=lambda result: result.student)
    report.write(folder / "grades.csv", report.as_csv([result.json() for result in results]))
    return results
