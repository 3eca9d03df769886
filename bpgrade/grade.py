"""A grading run: every submission through sandbox and judge, one result file each, whatever a submission does."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bpgrade.assignment import Assignment
from bpgrade.cells import Notebook, Unreadable, notebook
from bpgrade.errors import GradeError, Stopped, printable
from bpgrade.judge import Asked, Verdict, ask, job, judge, lines
from bpgrade.process import Outcome
from bpgrade.store import Store, digest
from bpgrade.submissions import Submission

TOTAL_SECONDS = 20.0  # on the clock, for a submission; one cell or question may compute for a tenth of it
AGAIN = ("failed",)  # the grader's own failures: a later run tries these again


@dataclass(frozen=True)
class Result:
    """What is written for one submission.

    `by_hand` holds the points that a person still has to give, `submission` and `version` digests of the notebook and
    of the assignment it was held against. The `answers` by grade_id stay out of the file.
    """

    student: str
    assignment: str
    status: str
    score: float
    max_score: float
    seed: int
    questions: list[Verdict] = field(default_factory=list)
    by_hand: dict[str, float] = field(default_factory=dict)
    message: str = ""
    submission: str = ""
    version: str = ""
    lms: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """As plain dictionaries."""
        whole = asdict(self)
        del whole["answers"]
        return whole


Runner = Callable[[dict[str, Any], float], Outcome]
REFUSED = (
    "If a container or AppArmor refuses bubblewrap its user namespace, allow that, grade in a container that does "
    "(bpgrade/Dockerfile), or pass --trusted to run without it."
)


@dataclass(frozen=True)
class Run:
    """What all submissions of a run share."""

    assignment: Assignment
    asked: list[Asked]
    seed: int
    total_seconds: float = TOTAL_SECONDS

    def of(self, submission: Submission, runner: Runner) -> Result:
        """The result of one submission; whatever it holds, nothing but Stopped is raised."""
        done = self.opened(submission)
        if isinstance(done, Result):
            return done
        try:
            return self.judged(submission, done, runner(self.job(done), self.total_seconds))
        except Stopped:
            raise
        except Exception as error:  # one submission never stops the others; the line says what to look at
            return self.without(submission, "failed", f"{type(error).__name__}: {error}")

    def opened(self, submission: Submission) -> "Result | Opened":
        """The notebook of a submission, or the result of one that there is nothing to run of."""
        data = None
        try:
            data = submission.data()
            if data is None:
                return self.without(submission, "missing", "nothing was handed in")
            return Opened(notebook(data), digest(data))
        except Unreadable as error:
            return self.without(submission, "unreadable", str(error), digest(data))
        except Exception as error:
            return self.without(submission, "failed", f"{type(error).__name__}: {error}", digest(data))

    def job(self, opened: "Opened") -> dict[str, Any]:
        """What the sandbox gets for a notebook."""
        return job(self.assignment, self.asked, opened.notebook.cells, self.total_seconds / 10)

    def judged(self, submission: Submission, opened: "Opened", outcome: Outcome) -> Result:
        """The result of a notebook that ran."""
        if outcome.ended == "refused":
            return self.without(submission, "failed", f"the sandbox did not start: {outcome.complaint}", opened.digest)
        answers, end = lines(outcome.output)
        cut = outcome.ended if outcome.ended in ("timeout", "memory") else "crashed"
        ended = {"done": "malformed", "cut": cut, "malformed": "malformed"}[end]
        cells = opened.notebook.cells
        sources = {cell.grade_id: cell.source for cell in reversed(cells) if cell.solution}
        released = {cell.grade_id: cell.source for cell in self.assignment.released}
        verdicts = []
        for one in self.asked:
            name = one.question.id
            verdicts.append(judge(one, answers.get(name), sources.get(name), released.get(name, ""), ended))
        status = "graded" if end == "done" else "crashed" if ended == "memory" else ended
        result = self.without(submission, status, "; ".join(opened.notebook.notes), opened.digest)
        return replace(result, score=sum(verdict.score for verdict in verdicts), questions=verdicts, answers=sources)

    def without(self, submission: Submission, status: str, message: str, submitted: str = "") -> Result:
        """The result of a submission with no question answered."""
        return Result(
            student=submission.student,
            assignment=self.assignment.name,
            status=status,
            score=0.0,
            max_score=sum(one.question.points for one in self.asked),
            seed=self.seed,
            by_hand=self.assignment.by_hand,
            message=printable(message),
            submission=submitted,
            version=self.assignment.version,
            lms=submission.lms,
        )


@dataclass(frozen=True)
class Opened:
    """A notebook that could be read, with the digest of its bytes."""

    notebook: Notebook
    digest: str


def prepare(assignment: Assignment, runner: Runner, seed: int | None, total_seconds: float = TOTAL_SECONDS) -> Run:
    """Draw the run's inputs and put the solution itself through sandbox and judge first.

    Raises GradeError if the solution does not get full marks: then the sandbox is refused here, the interpreter cannot
    be read inside, or a question's spec is wrong, and no grade of this run could be trusted.
    """
    seed = secrets.randbelow(2**32) if seed is None else seed
    run = Run(assignment, [ask(question, seed) for question in assignment.questions], seed, total_seconds)
    opened = Opened(Notebook(assignment.solution), "")
    outcome = runner(run.job(opened), total_seconds)
    result = run.judged(Submission("the solution", None), opened, outcome)
    if result.status == "graded" and result.score == result.max_score:
        return run
    if not result.questions or result.status != "graded":
        why = result.message or outcome.complaint or result.status
        raise GradeError(f"the sandbox does not run here: {why}. {REFUSED}")
    worst = next(verdict for verdict in result.questions if verdict.diagnosis != "correct")
    raise GradeError(f"{assignment.name}: the solution fails its own judge at {worst.id!r}: {worst.message}")


def still_true(run: Run, store: Store, submission: Submission) -> dict[str, Any] | None:
    """The result of an earlier run if this run would make the same one."""
    found = store.result(submission.student)
    if found is None or found["status"] in AGAIN:
        return None
    same: dict[str, Any] = {"seed": run.seed, "version": run.assignment.version, "lms": submission.lms}
    try:
        data = submission.data()
        same |= {"status": "missing"} if data is None else {"submission": digest(data)}
    except Unreadable as error:
        same |= {"status": "unreadable", "message": printable(error)}
    return found if all(found[name] == value for name, value in same.items()) else None


def grade_here(
    run: Run, submissions: Iterable[Submission], jobs: int, runner: Runner, stop: Callable[[], None]
) -> Iterator[Result]:
    """Results as they come, `jobs` submissions at a time; left early, `stop` ends what still runs."""
    with ThreadPoolExecutor(jobs) as pool:
        try:
            waiting = [pool.submit(run.of, submission, runner) for submission in submissions]
            for future in as_completed(waiting):
                yield future.result()
        except BaseException:
            stop()
            pool.shutdown(cancel_futures=True)
            raise
