"""One plain view of whatever holds numbers: a float, nested lists, an array, a `Value` or a `Tensor`.

Feedback reads a student's answer through it, so that no array library is needed to look at an answer.
Used by `bplib.diagnosis` from chapter 03 on. Standard library only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import inf, isfinite, isnan, prod
from numbers import Number
from typing import Any


@dataclass(frozen=True)
class Numbers:
    """Numbers in reading order with the `shape` and the name of the `dtype` they came with."""

    shape: tuple[int, ...]
    flat: list[Any]
    dtype: str = "float64"

    @property
    def is_square(self) -> bool:
        """Whether this is a square matrix with more than one entry."""
        return len(self.shape) == 2 and self.shape[0] == self.shape[1] > 1

    def transposed(self) -> list[Any]:
        """The entries of the transpose, in reading order; of anything that is no matrix, the entries as they are."""
        if len(self.shape) != 2:
            return self.flat
        rows, columns = self.shape
        return [self.flat[i * columns + j] for j in range(columns) for i in range(rows)]

    def summed(self) -> list[Any]:
        """The entries after a sum over the first axis."""
        step = prod(self.shape[1:])
        return [sum(self.flat[i::step]) for i in range(step)]

    def spread(self, count: int) -> list[Any]:
        """The entries, or a single one repeated `count` times.

        Raises ValueError if there are neither one nor `count` entries.
        """
        if len(self.flat) == 1:
            return self.flat * count
        if len(self.flat) != count:
            raise ValueError(f"got {self.described()}; expected one number or {count} of them")
        return self.flat

    def places(self) -> list[str]:
        """Where each entry stands, such as `` at [1, 0]``; empty for a single number."""
        if not self.shape:
            return [""]
        return [f" at [{', '.join(map(str, place))}]" for place in product(*map(range, self.shape))]

    def described(self) -> str:
        """The kind of thing this is, in words."""
        return f"an array of shape {self.shape}" if self.shape else "a number"


def numbers(value: Any) -> Numbers:
    """Read `value` as numbers with a shape.

    Raises TypeError if it holds something else, ValueError if nested lists are ragged.

    >>> numbers([[1, 2.5], [3, 4]]).shape
    (2, 2)
    >>> numbers("0.5")
    Traceback (most recent call last):
    TypeError: the text '0.5'
    """
    if isinstance(value, Numbers):
        return value
    if hasattr(value, "grad") and hasattr(value, "data"):
        value = value.data
    if hasattr(value, "shape") and hasattr(value, "dtype") and hasattr(value, "tolist"):
        shape = tuple(value.shape)
        return Numbers(shape, _leaves(value.tolist(), len(shape)), str(value.dtype).rsplit(".", 1)[-1])
    if isinstance(value, bool) or not isinstance(value, Number | list | tuple):
        raise TypeError(say(value))
    if isinstance(value, list | tuple):
        inner = [numbers(one) for one in value]
        shapes = {one.shape for one in inner}
        if len(shapes) > 1:
            raise ValueError(f"a list whose rows differ in shape: {sorted(shapes)}")
        kinds = {one.dtype for one in inner}
        dtype = kinds.pop() if len(kinds) == 1 else "float64"
        return Numbers((len(inner), *(shapes.pop() if shapes else ())), [x for one in inner for x in one.flat], dtype)
    dtype = "complex128" if isinstance(value, complex) else "int64" if isinstance(value, int) else "float64"
    try:
        return Numbers((), [value if dtype == "complex128" else float(value)], dtype)
    except OverflowError:
        return Numbers((), [inf], dtype)


def _leaves(nested: Any, depth: int) -> list[Any]:
    """The entries of an array's `tolist()`; anything but numbers raises TypeError."""
    flat = [nested]
    for _ in range(depth):
        flat = [one for part in flat for one in part]
    for one in flat:
        if isinstance(one, bool) or not isinstance(one, Number):
            raise TypeError(f"an array that holds {say(one)}")
    return [one if isinstance(one, complex) else float(one) for one in flat]


def say(value: Any) -> str:
    """What `value` is, in a few words for a message."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, bool | int | float):
        return repr(value)
    if callable(value):
        return "a function (is it called? add its arguments in brackets)"
    return f"an object of type {type(value).__name__}"


def fits(answer: Sequence[Any], truth: Sequence[Any], rtol: float, atol: float = 0.0) -> bool:
    """Whether every entry agrees to `rtol`, relative to itself or to a thousandth of the largest true entry.

    The second part keeps an entry near zero from being held to a precision that no gradient of that size has. A gap
    of at most `atol` always passes. NaN agrees with NaN, an infinity with the same infinity.

    >>> fits([1.0, 1e-10], [1.0, 0.0], 1e-6), fits([1.0, 1e-6], [1.0, 0.0], 1e-6)
    (True, False)
    """
    if len(answer) != len(truth):
        return False
    floor = 1e-3 * (max((abs(t) for t in truth if isfinite(t)), default=0.0) or 1.0)
    for a, t in zip(answer, truth, strict=True):
        if isinstance(a, complex):
            return False
        if a == t or (isnan(a) and isnan(t)):
            continue
        if not (isfinite(a) and isfinite(t)) or abs(a - t) > max(atol, rtol * max(abs(t), floor)):
            return False
    return True
