"""Grading on a cluster: the sandboxes run on the workers of a Dask scheduler, everything else stays here.

A worker gets a job (cells and inputs) and sends back what came out of its sandbox, so it needs this package and
bubblewrap, and no solution. The judge and the one writer are in this process. A job whose worker dies is run again;
one that goes on killing workers is tried once more with nothing beside it, then recorded and left.
"""

import atexit
import importlib
import threading
import time
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from bpgrade.errors import GradeError, printable
from bpgrade.grade import Opened, Result, Run
from bpgrade.process import Outcome
from bpgrade.sandbox import Sandbox, Trusted
from bpgrade.submissions import Submission

NO_WORKER_SECONDS = 60.0
PROBE_SECONDS = 90.0
_lock = threading.Lock()
_sandboxes: dict[bool, Sandbox] = {}


def run_job(job: dict[str, Any], seconds: float, trusted: bool) -> Outcome:
    """On a worker: run a job in its sandbox. Nothing is raised: not every exception survives the way back."""
    try:
        with _lock:
            if trusted not in _sandboxes:
                _sandboxes[trusted] = Trusted() if trusted else Sandbox()
                atexit.register(_sandboxes[trusted].close)
        return _sandboxes[trusted].run(job, seconds)
    except Exception as error:
        return Outcome(b"", "refused", f"{type(error).__name__}: {printable(error)}")


def probe(trusted: bool) -> str:
    """On a worker: why nothing can be graded on it, or nothing."""
    outcome = run_job({"cells": [], "seconds": 5.0}, 30.0, trusted)
    return "" if b'{"done": true}' in outcome.output else outcome.complaint or outcome.ended


class Cluster:
    """A Dask scheduler's workers, as a place to run jobs."""

    def __init__(self, address: str, trusted: bool) -> None:
        try:
            distributed = importlib.import_module("distributed")
        except ImportError:
            raise GradeError(
                "--scheduler needs dask.distributed: pip install 'distributed>=2026.1' (the extra `cluster`)"
            ) from None
        self.dask = distributed
        self.address, self.trusted = address, trusted
        warnings.filterwarnings("ignore", message="Sending large graph")
        try:
            self.client = distributed.Client(address, timeout=15)
            self.client.wait_for_workers(1, timeout=30)
        except (OSError, TimeoutError, ValueError) as error:
            raise GradeError(f"no Dask scheduler with workers answers at {address}: {printable(error)}") from None
        try:
            self._probe()
        except BaseException:
            self.close()
            raise

    def _probe(self) -> None:
        """Try the sandbox of every worker that is there now. Raises GradeError if one refuses, or none answers."""
        asked = {
            self.client.submit(probe, self.trusted, workers=[name], pure=False): name for name in self.client.nthreads()
        }
        answered = 0
        try:
            done = self.dask.wait(list(asked), timeout=PROBE_SECONDS).done
        except TimeoutError:  # a worker may have gone away meanwhile
            done = {future for future in asked if future.done()}
        for future in done:
            if future.status == "error":
                raise GradeError(f"the worker {asked[future]} cannot grade: {printable(future.exception())}")
            if future.status == "finished" and (why := future.result()):
                raise GradeError(f"the worker {asked[future]} cannot grade: {printable(why)}")
            answered += future.status == "finished"
        if not answered:
            raise GradeError(f"no worker at {self.address} answers")

    def close(self) -> None:
        """Leave the cluster; it goes on running."""
        self.client.close()

    def run(self, job: dict[str, Any], seconds: float) -> Outcome:
        """Run one job on some worker. Raises GradeError if it cannot be run."""
        future = self._submit(job, seconds)
        (outcome,) = self._finished([future])[0:1]
        result = self._outcome(outcome)
        if result is None:
            raise GradeError(f"the workers at {self.address} die while they grade the solution")
        return result

    def grade(self, run: Run, submissions: Iterable[Submission]) -> Iterator[Result]:
        """Results as they come. A few jobs a worker are on their way at a time, so that no scheduler holds a course."""
        waiting: dict[Any, tuple[Submission, Opened]] = {}
        deadly: list[tuple[Submission, Opened]] = []
        try:
            for submission in submissions:
                opened = run.opened(submission)
                if isinstance(opened, Result):
                    yield opened
                    continue
                waiting[self._submit(run.job(opened), run.total_seconds)] = submission, opened
                while len(waiting) >= max(8, 3 * self._threads()):
                    yield from self._harvest(run, waiting, deadly)
            while waiting:
                yield from self._harvest(run, waiting, deadly)
            for submission, opened in deadly:
                waiting[self._submit(run.job(opened), run.total_seconds)] = submission, opened
                again: list[tuple[Submission, Opened]] = []
                while waiting:
                    yield from self._harvest(run, waiting, again)
                if again:
                    line = "every worker died that graded this notebook; it was left, and the others went on"
                    yield run.without(submission, "crashed", line, opened.digest)
        finally:
            for future in waiting:
                future.cancel()

    def _submit(self, job: dict[str, Any], seconds: float) -> Any:
        return self.client.submit(run_job, job, seconds, self.trusted, pure=False)

    def _threads(self) -> int:
        return sum(self.client.nthreads().values())

    def _harvest(
        self,
        run: Run,
        waiting: dict[Any, tuple[Submission, Opened]],
        deadly: list[tuple[Submission, Opened]],
    ) -> Iterator[Result]:
        """The results of the jobs that are done; those that killed their workers go to `deadly`."""
        for future in self._finished(list(waiting)):
            submission, opened = waiting.pop(future)
            try:
                outcome = self._outcome(future)
            except GradeError as error:
                if "scheduler" in str(error):
                    raise
                yield run.without(submission, "failed", str(error), opened.digest)
                continue
            if outcome is None:
                deadly.append((submission, opened))
            else:
                yield run.judged(submission, opened, outcome)

    def _finished(self, futures: list[Any]) -> list[Any]:
        """Some futures that are done, as soon as there is one. Raises GradeError if all workers stay away."""
        last = time.monotonic()
        while True:
            try:
                return list(self.dask.wait(futures, timeout=2, return_when="FIRST_COMPLETED").done)
            except TimeoutError:
                if self.client.status != "running":
                    raise self._lost() from None
                if self._threads():
                    last = time.monotonic()
                if time.monotonic() - last > NO_WORKER_SECONDS:
                    raise GradeError(
                        f"no worker is left at the scheduler {self.address}; start some and run the same command again"
                    ) from None

    def _outcome(self, future: Any) -> Outcome | None:
        """What a job sent back; None if it killed its workers. Raises GradeError."""
        if future.status == "cancelled":
            raise self._lost()
        error = future.exception()
        if error is None:
            outcome: Outcome = future.result()
            return outcome
        if type(error).__name__ == "KilledWorker":
            return None
        raise GradeError(f"{type(error).__name__}: {printable(error)}")

    def _lost(self) -> GradeError:
        return GradeError(
            f"the scheduler {self.address} went away; the results so far are written, run the same command to go on"
        )
