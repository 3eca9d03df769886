"""Random programs on numbers, as data: the same steps run on Values, Duals, complex numbers, autograd and mpmath."""

from types import SimpleNamespace

import autograd.numpy
import mpmath
from hypothesis import strategies as st

ANALYTIC = ("exp", "log", "tanh", "sigmoid")
UNARY = (*ANALYTIC, "relu")
BINARY = ("add", "sub", "mul", "div", "pow")


def methods(x):
    """The functions of a class that has them as methods."""
    return SimpleNamespace(**{name: lambda x, name=name: getattr(x, name)() for name in UNARY})


def library(xp):
    """The functions from a library: autograd's NumPy or mpmath."""
    return SimpleNamespace(
        exp=xp.exp, log=xp.log, tanh=xp.tanh, sigmoid=lambda x: 1 / (1 + xp.exp(-x)), relu=lambda x: max(x, 0 * x)
    )


AUTOGRAD = library(autograd.numpy)
MPMATH = library(mpmath.mp)


@st.composite
def programs(draw, unary=UNARY, steps=12):
    """Inputs, and steps (operation, first operand, second operand) that refer to what was computed before."""
    inputs = draw(st.lists(st.floats(-2, 2), min_size=1, max_size=4))
    operations = []
    for n in range(len(inputs), len(inputs) + draw(st.integers(1, steps))):
        here = st.integers(max(0, n - 6), n - 1)
        operations.append((draw(st.sampled_from((*unary, *BINARY))), draw(here), draw(here)))
    return inputs, operations


def run(operations, inputs, functions):
    """The last value of the program. Every operation is kept where it is smooth and of moderate size."""
    values = list(inputs)
    for name, i, j in operations:
        a, b = values[i], values[j]
        if name == "add":
            y = a + b
        elif name == "sub":
            y = a - 0.5 * b
        elif name == "mul":
            y = 0.5 * (a * b)
        elif name == "div":
            y = a / (2 + functions.tanh(b))
        elif name == "pow":
            y = (2 + functions.tanh(a)) ** functions.tanh(b) + functions.tanh(a) ** 2
        elif name == "log":
            y = functions.log(2 + functions.tanh(a))
        elif name == "exp":
            y = functions.exp(functions.tanh(a))
        else:
            y = getattr(functions, name)(a)
        values.append(y)
    total = values[-1]
    for value in values[len(inputs) : -1]:
        total = total + value  # so that no step is left without use
    return total
