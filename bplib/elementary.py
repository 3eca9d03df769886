"""The elementary functions on plain numbers, each with its slope: what reverse mode (`scalar`, chapter 02) and forward
mode (`dual`, chapter 01) both start from.

Where Python raises (1/0, log 0, e^1000) these return IEEE 754's inf and nan, as arrays do. Standard library only.
"""

import math
from numbers import Real


def number(x):
    """x as a float; TypeError where it is no real number.

    >>> number(3), number(True)
    (3.0, 1.0)
    """
    if isinstance(x, (float, int, Real)):  # the first two for speed: Real alone would do
        return float(x)
    raise TypeError(
        f"a {type(x).__name__} cannot enter a calculation with plain numbers: expected a real number, or an operand of "
        "the same engine. Take the number out of it first; for arrays use bplib.matrix.Tensor throughout"
    )


def exp(x):
    """The exponential: y = eˣ, with slope y.

    >>> exp(0.0), exp(1000.0)
    ((1.0, 1.0), (inf, inf))
    """
    try:
        y = math.exp(x)
    except OverflowError:
        y = math.inf
    return y, y


def log(x):
    """The natural logarithm, with slope 1/x.

    >>> log(4.0)[1], log(0.0), log(-1.0)
    (0.25, (-inf, inf), (nan, -1.0))
    """
    y = math.log(x) if x > 0.0 else -math.inf if x == 0.0 else math.nan
    return y, _quotient(1.0, x)


def tanh(x):
    """The hyperbolic tangent: y = tanh x, with slope 1 − y².

    >>> tanh(0.0)
    (0.0, 1.0)
    """
    y = math.tanh(x)
    return y, 1.0 - y * y


def sigmoid(x):
    """The logistic function: y = 1/(1 + e⁻ˣ), with slope y(1 − y).

    >>> sigmoid(0.0), sigmoid(-1000.0)
    ((0.5, 0.25), (0.0, 0.0))
    """
    e = math.exp(-abs(x))  # never overflows
    y = 1.0 / (1.0 + e) if x > 0.0 else e / (1.0 + e)
    return y, y * (1.0 - y)


def relu(x):
    """The rectifier: max(0, x), with slope 0 up to and at 0, and 1 beyond; nan stays nan.

    >>> relu(3.0), relu(0.0), relu(-2.0)
    ((3.0, 1.0), (0.0, 0.0), (0.0, 0.0))
    """
    return (0.0, 0.0) if x <= 0.0 else (x, 1.0)


UNARY = (exp, log, tanh, sigmoid, relu)


def divide(x, y):
    """The quotient x/y, with its slopes in x, 1/y, and in y, −x/y².

    >>> divide(3.0, 2.0), divide(1.0, 0.0)
    ((1.5, (0.5, -0.75)), (inf, (inf, -inf)))
    """
    ratio = _quotient(x, y)
    return ratio, (_quotient(1.0, y), _quotient(-ratio, y))


def power(x, p):
    """The power y = xᵖ, with its slopes in x, p·xᵖ⁻¹, and in p, y·log x (0 at x = 0).

    >>> power(1.0, 3.0), power(0.0, -1.0)[0], power(-8.0, 0.5)[0]
    ((1.0, (3.0, 0.0)), inf, nan)
    """
    y = _power(x, p)
    by_x = p * _power(x, p - 1.0) if p else 0.0
    return y, (by_x, 0.0 if x == 0.0 and p >= 0.0 else y * log(x)[0])


def _quotient(x, y):
    return x / y if y else x * math.copysign(math.inf, y)


def _power(x, p):
    try:
        return math.pow(x, p)
    except (OverflowError, ValueError):  # too large, 0 to a negative power, or a root of a negative number
        return math.nan if x < 0.0 and p % 1.0 else math.copysign(math.inf, x if p % 2.0 == 1.0 else 1.0)
