"""`bplib.dual` against autograd, the complex step and reverse mode, on numbers and on arrays of two libraries."""

import cmath
import math
from types import SimpleNamespace

import array_api_strict
import autograd.numpy as anp
import numpy as np
import pytest
from autograd import jacobian
from hypothesis import given, settings
from hypothesis import strategies as st
from scalar_programs import ANALYTIC, methods, programs, run

from bplib.dual import Dual
from bplib.matrix import Tensor
from bplib.scalar import Value

COMPLEX = SimpleNamespace(exp=cmath.exp, log=cmath.log, tanh=cmath.tanh, sigmoid=lambda x: 1 / (1 + cmath.exp(-x)))


@given(programs(unary=ANALYTIC), st.lists(st.floats(-1, 1), min_size=4, max_size=4))
@settings(max_examples=100, deadline=None)
def test_random_programs_against_the_complex_step(program, direction):
    inputs, operations = program
    y = run(operations, [Dual(x, v) for x, v in zip(inputs, direction, strict=False)], methods(Dual))
    moved = [complex(x, 1e-30 * v) for x, v in zip(inputs, direction, strict=False)]
    assert y.tangent == pytest.approx(run(operations, moved, COMPLEX).imag / 1e-30, rel=1e-10, abs=1e-12)


@given(programs(), st.lists(st.floats(-1, 1), min_size=4, max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_tangent_is_the_gradient_times_the_direction(program, direction):
    inputs, operations = program
    values = [Value(x) for x in inputs]
    z = run(operations, values, methods(Value))
    z.backward()
    y = run(operations, [Dual(x, v) for x, v in zip(inputs, direction, strict=False)], methods(Dual))
    assert y.value == z.data
    expected = math.fsum(x.grad * v for x, v in zip(values, direction, strict=False))
    size = math.fsum(abs(v) for v in direction) + math.fsum(abs(x.grad) for x in values)
    assert abs(y.tangent - expected) <= 1e-12 * size


FUNCTIONS = {
    "products": (lambda x, W, b: x @ W.T + b, lambda x, W, b: x @ W.T + b),
    "from the left": (lambda x, W, b: np.ones((2, 4)) @ x, lambda x, W, b: np.ones((2, 4)) @ x),
    "tanh": (lambda x, W, b: (x * 2 - 1).tanh(), lambda x, W, b: anp.tanh(x * 2 - 1)),
    "exp, log": (lambda x, W, b: (x.exp() + 1).log(), lambda x, W, b: anp.log(anp.exp(x) + 1)),
    "sigmoid": (lambda x, W, b: (3 - x).sigmoid(), lambda x, W, b: 1 / (1 + anp.exp(x - 3))),
    "relu": (lambda x, W, b: -(x.relu()), lambda x, W, b: -anp.maximum(x, 0)),
    "division": (lambda x, W, b: 1 / (2 + x * x) / 3, lambda x, W, b: 1 / (2 + x * x) / 3),
    "powers": (lambda x, W, b: x**3 + 2.0**x, lambda x, W, b: x**3 + 2.0**x),
    "broadcasting": (lambda x, W, b: W[:, 0] * 1 + x[:, :1], lambda x, W, b: W[:, 0] * 1 + x[:, :1]),
    "a constant's shape": (lambda x, W, b: b - np.ones((3, 2)), lambda x, W, b: b - np.ones((3, 2))),
    "sum, mean": (
        lambda x, W, b: x.sum(axis=0) * W.mean() + b.sum(),
        lambda x, W, b: anp.sum(x, axis=0) * anp.mean(W) + anp.sum(b),
    ),
    "shapes": (lambda x, W, b: x.reshape(2, 6)[1] * 2, lambda x, W, b: anp.reshape(x, (2, 6))[1] * 2),
    "fan-out": (lambda x, W, b: x * x + x, lambda x, W, b: x * x + x),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("constant", ["none", "x", "W and b"])
def test_arrays_against_autograd(name, constant):
    ours, theirs = FUNCTIONS[name]
    rng = np.random.default_rng(3)
    points = [rng.normal(size=shape) for shape in ((4, 3), (2, 3), (2,))]
    tangents = [rng.normal(size=point.shape) for point in points]
    for i in {"none": (), "x": (0,), "W and b": (1, 2)}[constant]:
        tangents[i][...] = 0
    y = ours(*(Dual(p, t) for p, t in zip(points, tangents, strict=True)))
    expected = sum(np.tensordot(jacobian(theirs, i)(*points), tangents[i], axes=points[i].ndim) for i in range(3))
    assert y.value == pytest.approx(theirs(*points), rel=1e-14)
    assert y.value.shape == y.tangent.shape
    assert y.tangent == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_arrays_of_another_library_stay_on_their_device():
    xp, device = array_api_strict, array_api_strict.Device("device1")
    x, v = (xp.asarray([[0.5, -1.0]], dtype=xp.float32, device=device) for _ in range(2))
    y = ((Dual(x, v) * 2 - 1).tanh() @ xp.ones((2, 1), dtype=xp.float32, device=device)).sum()
    assert (y.tangent.device, y.tangent.dtype) == (device, xp.float32)


def test_lists_become_arrays_and_numbers_stay_numbers():
    y = Dual([1.0, 2.0], [1, 0]) @ [3.0, 4.0]
    assert (float(y.value), float(y.tangent)) == (11.0, 3.0)
    assert type((Dual(2, 1) * np.float64(3)).value) is float
    assert Dual(2.0).tangent == 0.0
    assert repr(1 / Dual(2.0, 1.0)) == "Dual(value=0.5, tangent=-0.25)"


def test_infinities_and_nan_pass():
    assert (Dual(math.inf, 1.0) * 3).tangent == 3.0  # no 0 · inf from the constant
    assert math.isnan((Dual(math.inf, 1.0) * Dual(3.0, 0.0)).tangent)
    assert (1 / Dual(0.0, 1.0)).value == math.inf
    assert math.isnan(Dual(math.nan, 1.0).relu().value)
    assert Dual(0.0, 1.0).log().tangent == math.inf
    assert Dual(1000.0, 1.0).exp().value == math.inf


@pytest.mark.parametrize(
    ("use", "error", "said"),
    [
        (lambda: Dual([1.0, 2.0], [1.0]), ValueError, r"\(2,\) and the tangent \(1,\)"),
        (lambda: Dual(np.ones(2), 1.0), ValueError, "shape"),
        (lambda: Dual(1.0, np.ones(2)), ValueError, "shape"),
        (lambda: Dual(np.arange(3), np.arange(3)), TypeError, "int64"),
        (lambda: Dual("1", 1.0), TypeError, "str"),
        (lambda: Dual(1j, 1.0), TypeError, "complex"),
        (lambda: Dual(Dual(1.0, 1.0), 1.0), TypeError, "Dual"),
        (lambda: Dual(1.0, 1.0) + None, TypeError, "NoneType"),
        (lambda: Dual(1.0, 1.0) * Tensor([1.0]), TypeError, "Tensor"),
        (lambda: Dual([1.0], [1.0]) * Value(1.0), TypeError, "Value"),
        (lambda: Dual([1.0], [1.0]) * np.ones(1, dtype=np.float32), TypeError, "float32"),
        (lambda: Dual([1.0], [1.0]) * array_api_strict.ones(1), TypeError, "array_api_strict"),
        (lambda: Dual(1.0, 1.0).sum(), TypeError, "sum was asked of a number"),
        (lambda: Dual([1.0], [1.0]) @ [1.0, 2.0], ValueError, "."),
    ],
)
def test_bad_operands_are_refused(use, error, said):
    with pytest.raises(error, match=said):
        use()
