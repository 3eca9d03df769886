"""The program that runs a student's cells inside the sandbox and sends back numbers, one line of JSON a question.

It holds no answer. It runs next to hostile code in one process, so nothing it says is believed: `bpgrade.judge` reads
every line as coming from the student. Each answer is tried right after its own cell has run and sent at once, so what a
later cell breaks costs no earlier question. Standard library only, and IPython, so that a cell may hold magics.
"""

import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

STUB = {"stub": True}


class Late(BaseException):
    """Raised in the student's code when its time is over; not an Exception, so that few handlers swallow it."""


def encode(value: Any) -> Any:
    """What may leave: numbers, lists, dictionaries and arrays of numbers; of anything else only the type's name.

    >>> encode((1.5, {"a": True}))
    [1.5, {'dict': {'a': {'other': 'bool'}}}]
    """
    if value is ... or value is NotImplemented:
        return STUB
    if hasattr(value, "grad") and hasattr(value, "data"):
        value = value.data
    if hasattr(value, "shape") and hasattr(value, "dtype") and hasattr(value, "tolist"):
        dtype = str(value.dtype).rsplit(".", 1)[-1]
        if not dtype.startswith(("float", "int", "uint", "bfloat")):
            return {"other": f"array of {dtype}"}
        return {"array": value.tolist(), "dtype": dtype, "shape": [*value.shape]}
    if isinstance(value, list | tuple):
        return [encode(one) for one in value]
    if isinstance(value, dict):
        return {"dict": {str(name): encode(one) for name, one in value.items()}}
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 1000:
        return int(value)
    if value is None or isinstance(value, float):
        return value
    return {"other": type(value).__name__}


def decode(value: Any) -> Any:
    """An input as the student's function gets it; the inverse of `encode` for what a question may ask with.

    >>> decode(encode([1.5, {"a": 2}]))
    [1.5, {'a': 2}]
    """
    if isinstance(value, list):
        return [decode(one) for one in value]
    if isinstance(value, dict) and "dict" in value:
        return {name: decode(one) for name, one in value["dict"].items()}
    if isinstance(value, dict) and "array" in value:
        import numpy as np

        return np.array(value["array"], dtype=value["dtype"]).reshape(value["shape"])
    return value


def waited() -> float:
    """The seconds for which this program was ready to run and another had its core: no fault of the student's."""
    try:
        with open("/proc/self/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """What `call` returns, or Late after `seconds` of computing or four times as many on the clock.

    Two timers, because a busy machine must not cost a right answer (time spent waiting for a core is not counted), and
    a sleeping program must end too. The alarms repeat, for code that swallows the first one.
    """
    start = time.monotonic() - waited()

    def ring(which: int, _frame: FrameType | None) -> None:
        if which == signal.SIGPROF or time.monotonic() - waited() - start >= 4 * seconds:
            raise Late()

    signal.signal(signal.SIGALRM, ring)
    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.2)
    signal.setitimer(signal.ITIMER_REAL, 4 * seconds, 0.2)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def described(error: BaseException) -> list[Any]:
    """An exception as [type, message, line of the student's cell]."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if "ipython-input" in trace.tb_frame.f_code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        return [type(error).__name__, str(error.msg)[:200], error.lineno or 0]
    try:
        text = str(error)[:200]
    except BaseException:  # an exception of the student's own making may fail to speak
        text = ""
    return [type(error).__name__, text, line]


def ask(function: Any, inputs: list[Any]) -> list[Any]:
    """The encoded answers of `function`, up to the first one that fails: that one as {"error": ...}."""
    answers: list[Any] = []
    for args in inputs:
        try:
            answers.append(encode(function(*decode(args))))
        except NotImplementedError:
            return [STUB]
        except BaseException as error:  # what a student raises, exit() and Late too, is an answer
            return [*answers, {"error": described(error)}]
    return answers


def same_chance() -> None:
    """Start the usual sources of chance afresh: a program that draws numbers draws the same ones on every run."""
    try:
        random.seed(0)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(0)
    except BaseException:  # a student may have put something else there
        pass


def limit(limits: dict[str, int], strict: bool) -> None:
    """Cap memory, CPU seconds, processes, file sizes and open files of this process and its children, for good.

    Raises if one cannot be set and `strict` holds; without a sandbox, some systems know fewer of them.
    """
    for name, most in limits.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
        except (ValueError, OSError, AttributeError):
            if strict:
                raise
    try:
        with open("/proc/self/oom_score_adj", "w") as mine:
            mine.write("1000")  # if memory runs out, this goes first and not another student's run
    except OSError:
        pass


def started(paths: list[str]) -> tuple[int, Any]:
    """Get ready before any word of a student's has been read: where answers go to, and IPython."""
    sys.path[:0] = paths
    out, nowhere = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell: Any = InteractiveShell.instance(config=config)
    shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None  # nobody reads them, and they take long
    return out, shell


def die_with_parent() -> None:
    """Where no sandbox sees to it: end this process when the grader does."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        pass  # not Linux: the clock inside ends it


def main() -> None:
    """Say ready, read the job from standard input, run it, write the lines to the standard output of the start.

    The grader sends the job only to a program that said it is ready: by then all that ends it with the grader is in
    place, and a line that comes later is the student's.
    """
    die_with_parent()
    out, shell = started(sys.argv[1:])

    def tell(line: dict[str, Any]) -> None:
        text = json.dumps(line).encode() + b"\n"
        while text:
            text = text[os.write(out, text) :]

    tell({"ready": True})
    job = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    limit(job["limits"], job["strict"])
    for cell in job["cells"]:
        failed: BaseException | None = None
        same_chance()
        try:
            ran = within(job["seconds"], partial(shell.run_cell, cell["source"], silent=True))
            failed = ran.error_before_exec or ran.error_in_exec
        except BaseException as error:
            failed = error
        if "question" not in cell:
            continue
        answers: list[Any] = []
        if failed is None:
            same_chance()
            try:
                answers = within(job["seconds"], partial(ask, shell.user_ns.get(cell["function"]), cell["inputs"]))
            except BaseException as error:
                failed = error
        tell({"question": cell["question"], "failed": failed and described(failed), "answers": answers})
    tell({"done": True})
    os._exit(0)  # no thread, exit handler or finaliser of the student's gets another turn


if __name__ == "__main__":
    main()
