"""Which mistake a wrong gradient shows: sign, a lost factor, 1/n, a transpose, named from the numbers alone.

Chapter 03 meets the first of them (a lost derivative at the output), chapter 04 the shapes. The truth that an answer
is held against comes from the caller: the numerical gradient in a notebook, a reference in the grader.
Standard library only; arrays are read through their ``shape``, ``dtype`` and ``tolist``.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations, permutations
from typing import Any, NamedTuple

from bplib.plain import Numbers, fits, numbers, say

KINDS = (
    *(
        "correct",
        "not-attempted",
        "type",
        "shape",
        "dtype",
        "nan",
        "error",
        "sign",
        "factor-2",
        "one-over-n",
        "times-n",
    ),
    *("transposed", "missing-derivative", "missing-batch-sum", "overwritten", "wrong-order", "rounded", "other"),
)


class Diagnosis(NamedTuple):
    """What an answer turned out to be: its `kind`, one of `KINDS`, and a `message` to the person who wrote it."""

    kind: str
    message: str


@dataclass(frozen=True)
class Context:
    """What may help to name a mistake; every entry is optional.

    `factors` maps the name of a local derivative to its value (a number, or an array shaped like the answer); `n` is
    the batch size; `parts` are the contributions that add up to the truth; `updated` is what comes out when the
    parameters were changed too early; `mistakes` are triples (kind, message, wrong value) special to one question: the
    value may have another shape than the truth.
    """

    factors: Mapping[str, Any] = field(default_factory=dict)
    n: int | None = None
    parts: Sequence[Any] = ()
    updated: Any = None
    mistakes: Sequence[tuple[str, str, Any]] = ()


class Case(NamedTuple):
    """One comparison: the answer, the truth, and what may help to name a mistake."""

    answer: Any
    truth: Any
    context: Context = Context()


Same = Callable[[Sequence[Any], Sequence[Any]], bool]
LOW = ("float16", "float32", "bfloat16")
COUNTED = ("times-n", "one-over-n", "overwritten")  # their text names the batch size of one case


def diagnose(
    answer: Any,
    truth: Any,
    *,
    rtol: float = 1e-6,
    atol: float = 0.0,
    factors: Mapping[str, Any] | None = None,
    n: int | None = None,
    parts: Sequence[Any] = (),
    updated: Any = None,
    mistakes: Sequence[tuple[str, str, Any]] = (),
) -> Diagnosis:
    """Hold `answer` against `truth` and name the mistake: kind and message. See `Context` for the keywords.

    Numbers, nested lists, arrays, tensors, and dictionaries of these. A placeholder (``...``, None, NotImplemented)
    is "not-attempted". Nothing is raised for a bad answer; a bad truth raises TypeError or ValueError.

    >>> diagnose(-0.5, 0.5).kind
    'sign'
    >>> diagnose(-0.5, -0.125, factors={"σ′(z2)": 0.25}).message
    'σ′(z2) is missing: multiply by it. Yours is -0.5, the truth -0.125 (4 times as large).'
    """
    context = Context(factors or {}, n, parts, updated, mistakes)
    return diagnose_cases([Case(answer, truth, context)], rtol=rtol, atol=atol)


def diagnose_cases(cases: Sequence[Case], *, rtol: float = 1e-6, atol: float = 0.0) -> Diagnosis:
    """One diagnosis for the same question asked at several inputs: a mistake is named only if it explains them all.

    >>> diagnose_cases([Case(4.0, 2.0), Case(6.0, 3.0)]).kind
    'factor-2'
    >>> diagnose_cases([Case(4.0, 2.0), Case(9.0, 3.0)]).kind
    'other'
    """
    truth, same = cases[0].truth, partial(fits, rtol=rtol, atol=atol)
    if not isinstance(truth, Mapping):
        return _leaf(cases, same)
    for case in cases:
        if _placeholder(case.answer):
            return NOT_ATTEMPTED
        if not isinstance(case.answer, Mapping):
            names = ", ".join(repr(name) for name in truth)
            return Diagnosis("type", f"expected a dictionary with the keys {names}; got {say(case.answer)}.")
        lost = [name for name in truth if name not in case.answer]
        if lost:
            return Diagnosis("shape", f"the result has no entry {lost[0]!r}; expected {', '.join(map(repr, truth))}.")
    found = {name: _leaf([_entry(case, name) for case in cases], same) for name in truth}
    if all(one.kind == "not-attempted" for one in found.values()):
        return NOT_ATTEMPTED
    for name, one in found.items():
        if one.kind != "correct":
            return Diagnosis(one.kind, f"{name}: {one.message}")
    return CORRECT


NOT_ATTEMPTED = Diagnosis(
    "not-attempted", "not attempted yet. (If you did write something: its `return` is missing or a `...` is left.)"
)
CORRECT = Diagnosis("correct", "right.")


def _placeholder(answer: Any) -> bool:
    return answer is None or answer is ... or answer is NotImplemented or answer is NotImplementedError


def _entry(case: Case, name: str) -> Case:
    """The case for one entry of a dictionary: context given by name is narrowed to that entry too."""
    pick = lambda value: value[name] if isinstance(value, Mapping) and name in value else value
    context = case.context
    mistakes = [(kind, text, pick(value)) for kind, text, value in context.mistakes]
    parts = [pick(part) for part in context.parts]
    narrowed = Context(context.factors, context.n, parts, pick(context.updated), mistakes)
    return Case(case.answer[name], case.truth[name], narrowed)


def _leaf(cases: Sequence[Case], same: Same) -> Diagnosis:
    """Structure first (attempted, type, shape, NaN), then the mistake that explains every wrong case."""
    wrong: list[tuple[Numbers, Numbers, Context]] = []
    low = ""
    for case in cases:
        if _placeholder(case.answer):
            return NOT_ATTEMPTED
        truth = numbers(case.truth)
        try:
            answer = numbers(case.answer)
        except (TypeError, ValueError) as error:
            return Diagnosis("type", f"expected {truth.described()}; got {error}.")
        if (problem := _structure(answer, truth, case.context, same)) is not None:
            return problem
        if not same(answer.flat, truth.flat):
            wrong.append((answer, truth, case.context))
        elif answer.dtype in LOW and truth.dtype == "float64" and not fits(answer.flat, truth.flat, 1e-9):
            low = answer.dtype
    if not wrong:
        return Diagnosis("dtype", f"right to the precision of {low}; expected float64.") if low else CORRECT
    explained = [dict.fromkeys(_explanations(*one)) for one in wrong]
    for explanation in explained[0]:
        kind, text = explanation
        same_kind = lambda others, kind=kind: kind in COUNTED and kind in {other for other, _ in others}
        if all(explanation in others or same_kind(others) for others in explained[1:]):
            return Diagnosis(kind, f"{text} {_evidence(*wrong[0][:2])}")
    return Diagnosis("other", f"not equal, and no usual mistake explains it. {_evidence(*wrong[0][:2])}")


def _structure(answer: Numbers, truth: Numbers, context: Context, same: Same) -> Diagnosis | None:
    """What is wrong before any ratio can be formed; None if shapes agree and every number is finite."""
    if any(isinstance(value, complex) for value in answer.flat):
        return Diagnosis("dtype", "complex numbers; expected real ones.")
    if answer.shape == truth.shape[::-1] != truth.shape and same(answer.transposed(), truth.flat):
        return Diagnosis("transposed", f"transposed: shape {answer.shape}, expected {truth.shape}. Take its .T.")
    if answer.shape != truth.shape:
        for kind, text, value in context.mistakes:
            if (other := numbers(value)).shape == answer.shape and fits(answer.flat, other.flat, 1e-6):
                return Diagnosis(kind, text)
        if answer.shape[1:] == truth.shape and answer.shape[0] > 1 and same(answer.summed(), truth.flat):
            text = f"the sum over the batch is missing: shape {answer.shape}, expected {truth.shape}; sum over axis 0."
            return Diagnosis("missing-batch-sum", text)
        return Diagnosis("shape", f"got {answer.described()}; expected {truth.described()}.")
    for place, value, true in zip(answer.places(), answer.flat, truth.flat, strict=True):
        if not math.isfinite(value) and math.isfinite(true):
            return Diagnosis("nan", f"{value}{place} where {true:.6g} is expected: look for 0/0 or an overflow.")
    return None


def _explanations(answer: Numbers, truth: Numbers, context: Context) -> Iterator[tuple[str, str]]:
    """Every (kind, text) that would turn the truth into this answer, the likeliest first."""
    yours, true = answer.flat, truth.flat
    same = partial(fits, rtol=1e-6)
    scaled = lambda c: same(yours, [c * t for t in true])
    for kind, text, value in context.mistakes:
        other = numbers(value)  # of a dictionary, a mistake may leave some entries right: these explain nothing
        if other.shape == answer.shape and same(yours, other.flat) and not fits(other.flat, true, 1e-11):
            yield kind, text
    if context.updated is not None and same(yours, numbers(context.updated).flat):
        yield "wrong-order", "a parameter was updated before its old value was used: take all gradients first."
    if len(context.parts) > 1 and any(same(yours, numbers(part).flat) for part in context.parts):
        yield "overwritten", f"only one of {len(context.parts)} contributions is there: add them up (+=)."
    if scaled(-1):
        yield "sign", "the sign is flipped: look for a difference taken the other way round or a lost minus."
    if answer.is_square and same(answer.transposed(), true):
        yield "transposed", "transposed: the matrix is square, so the shape could not tell. Take its .T."
    if scaled(2):
        yield "factor-2", "twice too large: is a ½ lost (½e² has the derivative e), or something added twice?"
    if scaled(0.5):
        yield "factor-2", "half of the truth: is a ½ applied twice, or is the 2 of e² lost?"
    if (n := context.n) is not None and n > 1:
        if scaled(n):
            yield "times-n", f"{n} times too large: the loss is a mean, so 1/n with n = {n} is missing."
        if scaled(1 / n):
            yield "one-over-n", f"{n} times too small: 1/n with n = {n} was applied twice."
    yield from _lost_factors(yours, true, context.factors, same)
    if answer.dtype.startswith(("int", "uint")) and same(
        yours, [float(math.trunc(t)) if math.isfinite(t) else t for t in true]
    ):
        yield "dtype", f"whole numbers ({answer.dtype}) cut the fraction off: compute with floats."
    if answer.dtype in LOW and fits(yours, true, 1e-5 if "32" in answer.dtype else 1e-2):
        yield "dtype", f"right to the precision of {answer.dtype}; expected float64."
    if same(yours, true):
        yield "rounded", "equal to some digits only: is it a numerical gradient? The exact one is asked for."
    if fits(yours, true, 2e-2):
        yield "rounded", "close, but not equal: was a step rounded? Keep every digit and round once, at the end."


def _lost_factors(
    yours: list[float], true: list[float], named: Mapping[str, Any], same: Same
) -> Iterator[tuple[str, str]]:
    """Local derivatives left out (one or two), one taken for another, or one taken twice; also with a flipped sign."""
    factors = {name: numbers(value).spread(len(true)) for name, value in named.items()}
    factors = {name: f for name, f in factors.items() if not same(f, [1.0] * len(f))}
    times = lambda values, *names: [v * math.prod(factors[m][i] for m in names) for i, v in enumerate(values)]
    for sign, also in ((1, ""), (-1, " The sign is flipped too.")):
        target = [sign * t for t in true]
        for count in (1, 2):
            for names in combinations(factors, count):
                if same(times(yours, *names), target):
                    verb, it = ("is", "it") if count == 1 else ("are", "both")
                    yield "missing-derivative", f"{' and '.join(names)} {verb} missing: multiply by {it}.{also}"
        for name in factors:
            if same(yours, times(target, name)):
                yield "other", f"{name} is there once too often.{also}"
        for used, due in permutations(factors, 2):
            if same(times(yours, due), times(target, used)):
                yield "other", f"{used} stands where {due} belongs.{also}"


def _evidence(answer: Numbers, truth: Numbers) -> str:
    """The first entry that differs most, as numbers: yours, the truth, and their ratio."""
    gaps = [abs(a - t) for a, t in zip(answer.flat, truth.flat, strict=True)]
    worst = gaps.index(max(gaps))
    yours, true, place = answer.flat[worst], truth.flat[worst], answer.places()[worst]
    if fits([yours], [true], 1e-3):
        return f"Yours is {yours:.12g}{place}, the truth {true:.12g}."
    ratio = f" ({yours / true:.6g} times as large)" if true else ""
    return f"Yours is {yours:.6g}{place}, the truth {true:.6g}{ratio}."
