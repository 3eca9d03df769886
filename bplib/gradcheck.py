"""Two rulers for a gradient that know nothing of how it was computed: central differences and the complex step.

Used by every chapter from 03 on; chapter 01 derives both. Standard library only: arrays are handled through their own
methods, so the same file runs in the reader's browser.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

EPSILON = sys.float_info.epsilon


def numerical_gradient(f: Callable[..., Any], *args: Any) -> Any:
    """The gradient of `f` at `args` by central differences, (f(x + h) − f(x − h)) / 2h for one entry at a time.

    Each argument is a number, a `Value`, a list (nested as you like) or an array; `f` returns one number (or a `Value`
    or a 0-d array of one). The result has the shape of the argument; for several arguments it is a tuple.

    The step h = ε^(1/3) · max(1, abs(x)), ε = 2.2e-16, balances the error of cutting the series off, which grows as h²,
    against rounding, which grows as 1/h: expect about ten digits, fewer where f is large beside its slope
    (Press et al., Numerical Recipes, section 5.7).

    >>> round(numerical_gradient(lambda x: x**2, 3.0), 9)
    6.0
    >>> [round(g, 9) for g in numerical_gradient(lambda w: w[0] * w[1], [2.0, 5.0])]
    [5.0, 2.0]

    Raises TypeError where `f` returns something that is no single number.
    """

    def slope(entry: _Entry) -> float:
        x = entry.value
        h = EPSILON ** (1 / 3) * max(1.0, abs(x))
        up, down = x + h, x - h
        return (_real(entry.call(f, up)) - _real(entry.call(f, down))) / (up - down)

    return _each_entry(slope, args)


def complex_step(f: Callable[..., Any], *args: Any, h: float = 1e-30) -> Any:
    """The gradient of `f` at `args` from f(x + ih): its imaginary part divided by h. Nothing is subtracted, so no
    digit is lost, and h may be tiny.

    `f` must be analytic and built from operations that take complex numbers: `+ - * / **` and `e**x`, `cmath`'s or
    NumPy's functions; no `abs`, no comparison, no `math.exp`. Arguments and result as for `numerical_gradient`.

    Source: Squire and Trapp, SIAM Review 40(1):110–112, 1998.

    >>> complex_step(lambda x: x**3, 2.0)
    12.0

    Raises TypeError where `f` loses the imaginary part or cannot take a complex number.
    """

    def slope(entry: _Entry) -> float:
        try:
            y = entry.call(f, complex(entry.value, h))
        except TypeError as error:
            raise TypeError(
                f"the complex step gave f a complex number, which it could not take ({error}); write f with + - * / ** "
                "and cmath or NumPy, or use numerical_gradient"
            ) from error
        return complex(y).imag / h

    return _each_entry(slope, args)


class _Entry:
    """One number inside the arguments, and the arguments with that number exchanged."""

    def __init__(self, args: tuple[Any, ...], position: int, index: tuple[int, ...]) -> None:
        self.args, self.position, self.index = args, position, index

    @property
    def value(self) -> float:
        x = self.args[self.position]
        for i in self.index:
            x = x[i]
        return float(getattr(x, "data", x) if not isinstance(x, (int, float)) else x)

    def call(self, f: Callable[..., Any], number: complex) -> Any:
        return f(
            *self.args[: self.position],
            _exchanged(self.args[self.position], self.index, number),
            *self.args[self.position + 1 :],
        )


def _exchanged(x: Any, index: tuple[int, ...], number: complex) -> Any:
    """`x` with the entry at `index` exchanged; arrays are copied and become complex where the number is."""
    if not index:
        return type(x)(number) if hasattr(x, "backward") and not isinstance(number, complex) else number
    if isinstance(x, (list, tuple)):
        return [_exchanged(part, index[1:], number) if i == index[0] else part for i, part in enumerate(x)]
    array = x.astype(type(number))
    array[index] = number
    return array


def _indices(x: Any) -> Iterator[tuple[int, ...]]:
    """The index of every number in `x`."""
    shape = getattr(x, "shape", None)
    if shape is not None and not isinstance(x, (list, tuple)):
        yield from _product(shape)
    elif isinstance(x, (list, tuple)):
        for i, part in enumerate(x):
            for rest in _indices(part):
                yield (i, *rest)
    else:
        yield ()


def _product(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not shape:
        yield ()
        return
    for i in range(shape[0]):
        for rest in _product(shape[1:]):
            yield (i, *rest)


def _each_entry(slope: Callable[[_Entry], float], args: tuple[Any, ...]) -> Any:
    if not args:
        raise TypeError("a gradient needs at least one argument to differentiate by; expected f and its arguments")
    results = tuple(_shaped(arg, {i: slope(_Entry(args, n, i)) for i in _indices(arg)}) for n, arg in enumerate(args))
    return results if len(results) > 1 else results[0]


def _shaped(x: Any, slopes: dict[tuple[int, ...], float]) -> Any:
    """The slopes in the shape of `x`: a number, nested lists or an array of its kind."""
    if isinstance(x, (list, tuple)):
        return [_shaped(part, {i[1:]: s for i, s in slopes.items() if i[0] == n}) for n, part in enumerate(x)]
    if getattr(x, "shape", ()) != ():
        result = x.copy() * math.nan
        for i, s in slopes.items():
            result[i] = s
        return result
    return slopes[()]


def _real(y: Any) -> float:
    """The one number that `f` returned."""
    try:
        return float(getattr(y, "data", y) if hasattr(y, "backward") else y)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"f returned {type(y).__name__}, expected one number (a loss); sum or average it first"
        ) from error
