"""Feedback at once: `check` holds a student's function against the numerical gradient of a loss the student can see.

There is no answer key in here or in a released exercise: the truth is differences of a visible loss, and a mistake is
named from the numbers alone (`bplib.diagnosis`). Exercises use it from chapter 03 on. Standard library only.
"""

import builtins
import inspect
import random
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

from bplib.diagnosis import KINDS, NOT_ATTEMPTED, Case, Context, Diagnosis, diagnose, diagnose_cases
from bplib.gradcheck import numerical_gradient
from bplib.notebook import tell_missing_names
from bplib.plain import say

__all__ = ["KINDS", "Diagnosis", "check", "diagnose", "examine", "marks", "progress"]

Function = Callable[..., Any]
NO_RETURN = Diagnosis("not-attempted", "nothing was returned: not attempted yet, or is `return` missing?")
_found: dict[str, Diagnosis] = {}
_points: dict[str, float] = {}


def check(question: str, answer: Any, **how: Any) -> None:
    """Print one line on `answer`: right, what is wrong and how to mend it, or "not attempted yet". See `examine`.

    Nothing is raised for a wrong or failing answer. The last line on each question is kept for `progress`.

    >>> check("square", lambda x: -2 * x, gradient_of=lambda x: x * x, at=[(1.5,), (-0.7,)])  # doctest: +ELLIPSIS
    ✗ square: the sign is flipped: look for ... Yours is -3, the truth 3 (-1 times as large).
    >>> check("square", ..., gradient_of=lambda x: x * x)
    · square: not attempted yet
    """
    found = examine(question, answer, **how)
    _found[question] = found
    if found.kind == "not-attempted":
        print(f"· {question}: {found.message if found == NO_RETURN else 'not attempted yet'}")
    else:
        print(f"{'✓' if found.kind == 'correct' else '✗'} {question}: {found.message}")


def examine(
    question: str,
    answer: Any,
    *,
    gradient_of: Function | None = None,
    wrt: str | Sequence[str] | None = None,
    truth: Function | None = None,
    at: Iterable[tuple[Any, ...]] | Callable[[random.Random], tuple[Any, ...]] | None = None,
    factors: Function | None = None,
    n: Function | None = None,
    parts: Function | None = None,
    updated: Function | None = None,
    mistakes: Sequence[tuple[str, str, Function]] = (),
    trials: int = 5,
    rtol: float = 1e-6,
) -> Diagnosis:
    """Call the function `answer` at a few inputs and diagnose what it returns.

    The truth is the numerical gradient of `gradient_of`, taken for the arguments named in `wrt`: one name asks for a
    number, several for a dictionary; with none given, all arguments. Or it is what the function `truth` returns.
    `at` is a list of argument tuples, or makes one from a `random.Random`; left out, every argument is drawn from
    ±[0.3, 1.5], away from the loss's kinks. These functions take the same arguments and help to name a mistake:
    `factors` (names and values of local derivatives), `n` (the batch size), `parts` (the contributions that add up to
    the truth), `updated` (what comes out when a parameter is changed too early) and those in `mistakes` (kind, message,
    function). `rtol` is the relative tolerance; 1e-6 leaves room for the differences that a numerical gradient is made
    of.

    Raises TypeError if neither or both of `gradient_of` and `truth` are given.

    >>> examine("square", lambda x: 2 * x, gradient_of=lambda x: x * x).kind
    'correct'
    """
    if (gradient_of is None) == (truth is None):
        raise TypeError("examine was given neither or both of gradient_of and truth; expected exactly one of them")
    if answer is None or answer is ... or answer is NotImplemented:
        return NOT_ATTEMPTED
    if not callable(answer):
        return Diagnosis("type", f"expected your function, without brackets after its name; got {say(answer)}.")
    source = gradient_of or truth
    true_at = truth or _gradient(gradient_of, wrt)
    cases = []
    for args in _inputs(question, source, at, trials):
        try:
            result = answer(*deepcopy(args))
        except NotImplementedError:
            return NOT_ATTEMPTED
        except BaseException as error:  # a student's exit() or an interrupt is an answer too
            return Diagnosis("error", explain(error))
        if result is None:
            return NO_RETURN
        context = Context(
            factors=factors(*args) if factors else {},
            n=n(*args) if n else None,
            parts=parts(*args) if parts else (),
            updated=updated(*args) if updated else None,
            mistakes=[(kind, text, wrong(*args)) for kind, text, wrong in mistakes],
        )
        cases.append(Case(result, true_at(*args), context))
    try:
        return diagnose_cases(cases, rtol=rtol, atol=1e-9)
    except Exception as error:
        return Diagnosis("type", f"your result could not be read as numbers ({type(error).__name__}).")


def explain(error: BaseException) -> str:
    """One line for an exception in a student's function: what, in which function, on which line of its cell."""
    if isinstance(error, KeyboardInterrupt):
        return "stopped while your function ran: does a loop never end?"
    place, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename != __file__ and not code.co_filename.startswith((sys.base_prefix, sys.prefix, "<frozen")):
            place = f", line {trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    said = " ".join(str(error).split())[:200]
    if said.startswith("matmul:") and (sizes := re.search(r"size (\d+) is different from (\d+)", said)):
        said = f"the inner sizes of a product @ differ, {sizes[2]} on the left and {sizes[1]} on the right"
    ask = " Is the cell run that defines it, under that name?" if type(error) is NameError else ""
    return f"your function stopped with {type(error).__name__}: {said or 'no message'}{place}.{ask}"


def _gradient(loss: Function, wrt: str | Sequence[str] | None) -> Function:
    """The function that returns the numerical gradient of `loss` for the arguments asked for."""
    names = list(inspect.signature(loss).parameters)
    asked = names if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    if unknown := [name for name in asked if name not in names]:
        raise ValueError(f"wrt names {unknown[0]!r}; expected some of {', '.join(names)}")

    def gradient(*args: Any) -> Any:
        found = {}
        for name in asked:
            i = names.index(name)
            found[name] = numerical_gradient(lambda v, i=i: loss(*args[:i], v, *args[i + 1 :]), args[i])
        return found[asked[0]] if isinstance(wrt, str) or len(names) == 1 else found

    return gradient


def _inputs(question: str, source: Function, at: Any, trials: int) -> list[tuple[Any, ...]]:
    """The argument tuples to try: the same ones on every run, because the question's name seeds them."""
    if at is not None and not callable(at):
        return list(at)
    rng = random.Random(question)
    names = inspect.signature(source).parameters
    draw = at or (lambda rng: tuple(rng.choice((-1, 1)) * rng.uniform(0.3, 1.5) for _ in names))
    found: list[tuple[Any, ...]] = []
    for _ in range(100 * trials):
        args = draw(rng)
        if _smooth(source, args):
            found.append(args)
        if len(found) == trials:
            return found
    raise ValueError(f"check {question!r}: no inputs away from a kink of {source.__name__} were found; give `at`")


def _smooth(f: Function, args: tuple[Any, ...], h: float = 1e-4) -> bool:
    """Whether the slopes to the left and to the right agree in every argument that is a float: no kink within `h`."""
    here = f(*args)
    if not isinstance(here, float):
        return True
    for i, value in enumerate(args):
        if isinstance(value, float):
            right, left = (f(*args[:i], value + step, *args[i + 1 :]) for step in (h, -h))
            if abs(right + left - 2 * here) > 0.01 * h * (1 + abs(right - left) / h):
                return False
    return True


def marks(question: str, points: float) -> float:
    """The points the last `check` of this question would earn: all or none. For the locked cell that carries them.

    The grade itself is made elsewhere, on inputs the notebook does not hold. nbgrader reads the number.

    >>> check("square", lambda x: 2 * x, gradient_of=lambda x: x * x)
    ✓ square: right.
    >>> marks("square", 2)
    2
    """
    _points[question] = points
    found = _found.get(question)
    return points if found is not None and found.kind == "correct" else 0


def progress() -> None:
    """Print how far the assignment has come: one line a question, and the sum."""
    if not _points:
        print("No question has run yet: run the cells from top to bottom.")
        return
    earned = 0.0
    for question, points in _points.items():
        found = _found.get(question)
        state = "not checked yet" if found is None else STATES.get(found.kind, f"not right yet ({found.kind})")
        earned += points if state == "right" else 0
        print(f"{question:<16} {points:>2g} point{' ' if points == 1 else 's'}  {state}")
    print(f"{earned:g} of {sum(_points.values()):g} points so far.")


STATES = {"correct": "right", "not-attempted": "not attempted yet"}

if shell := getattr(builtins, "get_ipython", lambda: None)():  # in a notebook, whichever program shows it
    tell_missing_names(shell)
