"""`bplib.gradcheck` against mpmath and autograd, and whether it finds and names the mistakes it is there for."""

import math
import random

import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

import bplib.scalar
from bplib.gradcheck import check_grads, complex_step, numerical_gradient
from bplib.matrix import Tensor
from bplib.scalar import Value, dot

RNG = np.random.default_rng(7)
X, W = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))

# The two rulers.


@given(st.floats(-30, 30))
@settings(max_examples=60, deadline=None)
def test_the_step_is_good_to_nine_digits_and_the_complex_step_to_all(x):
    f = lambda x: x**3 * np.exp(-x / 10) + 2 / (1 + x**2)
    with mpmath.workdps(40):
        exact = float(mpmath.diff(lambda x: x**3 * mpmath.exp(-x / 10) + 2 / (1 + x**2), x))
    assert numerical_gradient(f, x) == pytest.approx(exact, rel=1e-8, abs=1e-7)
    assert complex_step(f, x) == pytest.approx(exact, rel=1e-13, abs=1e-13)


def test_arguments_of_every_kind_keep_their_shape():
    f = lambda a, b: (a * a).sum() * b
    for a in (X, Tensor(X)):
        da, db = numerical_gradient(f, a, 2.0)
        assert isinstance(da, np.ndarray)
        assert da == pytest.approx(4 * X, rel=1e-8, abs=1e-9)
        assert db == pytest.approx((X * X).sum(), rel=1e-8)
    assert numerical_gradient(lambda v: v.tanh() * v, Value(0.5)) == pytest.approx(
        math.tanh(0.5) + 0.5 * (1 - math.tanh(0.5) ** 2), abs=1e-9
    )
    nested = numerical_gradient(lambda w: w[0] * w[1][0] * w[1][1], [2, (3, 5.0)])
    assert nested == [pytest.approx(15), [pytest.approx(10), pytest.approx(6)]]
    assert numerical_gradient(lambda x: x * x, np.array(3.0)) == pytest.approx(6)
    assert complex_step(lambda a, w: (a @ np.array(w)).sum(), X, [1, 2.0, 3])[1] == pytest.approx(X.sum(0))


def test_float32_takes_a_larger_step():
    x = X.astype(np.float32)
    slopes = numerical_gradient(lambda x: np.tanh(x).sum(), x)
    assert slopes == pytest.approx(1 - np.tanh(X) ** 2, abs=2e-4)
    assert numerical_gradient(lambda x: x * x, np.float32(3)) == pytest.approx(6, abs=1e-4)


def test_the_arguments_are_left_as_they_are():
    x, w = X.copy(), [1.0, 2.0]
    numerical_gradient(lambda x, w: x.sum() * w[0], x, w)
    complex_step(lambda x, w: x.sum() * w[0], x, w)
    check_grads(lambda x, w: x.sum() * 2, x, x)
    assert (x == X).all()
    assert w == [1.0, 2.0]


@pytest.mark.parametrize(
    ("use", "error", "said"),
    [
        (lambda: numerical_gradient(lambda x: x, X), TypeError, "f returned ndarray"),
        (lambda: numerical_gradient(lambda x: None, 1.0), TypeError, "f returned NoneType"),
        (lambda: numerical_gradient(lambda x: x.sum(), np.arange(3)), TypeError, "array of int64"),
        (lambda: numerical_gradient(lambda: 1.0), TypeError, "at least one argument"),
        (lambda: complex_step(math.exp, 1.0), TypeError, "could not take"),
        (lambda: complex_step(abs, -1.0), TypeError, "lost the imaginary part"),
        (lambda: complex_step(lambda x: np.abs(x).sum(), X), TypeError, "lost the imaginary part"),
        (lambda: complex_step(lambda x: x.exp(), Value(1.0)), TypeError, "Value, which holds real numbers"),
        (lambda: complex_step(lambda x: x.sum(), Tensor(X)), TypeError, "Tensor, which holds real numbers"),
        (lambda: check_grads(lambda x: x * x, 1.0, order=3), ValueError, "order is 3"),
        (lambda: check_grads(lambda x: x * x, 1.0, order=2), ValueError, "arrays or Tensors"),
        (lambda: check_grads(lambda x: x * x, 1.0, order=2, gradient=lambda x: x), ValueError, "order is 2"),
        (lambda: check_grads(lambda x: 3.0, 1.0), TypeError, "f returned float"),
        (lambda: check_grads(lambda x: x * math.nan, 1.0), ValueError, "not finite"),
        (lambda: check_grads(lambda x, y: x * y, 1.0, 2.0, gradient=lambda x, y: y), ValueError, "1 gradients for 2"),
    ],
)
def test_bad_input_is_refused(use, error, said):
    with pytest.raises(error, match=said):
        use()


# check_grads accepts what is right.

RIGHT = {
    "numbers": (lambda w, x, b: dot([w, w], [x, 2.0], b).sigmoid().log(), (0.5, -1.0, 2.0)),
    "lists": (lambda ws: dot(ws[0], ws[1]).tanh() / 3, ([[0.5, -1.0], [2.0, 0.1]],)),
    "Values": (lambda x, y: (x / y) ** 2 - x.exp(), (Value(0.3), Value(-2.0))),
}
SMOOTH = {
    "a layer": (lambda x, W: ((x @ W.T).tanh() ** 2).mean(), (X, W)),
    "Tensors": (lambda x, W: (x @ W).sigmoid().sum(), (Tensor(X), Tensor(W))),
    "a 0-d array": (lambda x: x.exp() * x, (np.array(0.7),)),
    "float32": (lambda x: (x * x).exp().mean(), (0.3 * X.astype(np.float32),)),
    "an unused argument": (lambda x, y: (x**3).sum(), (X, W)),
    "a large value": (lambda x: (x * x).sum() + 1e6, (X,)),
    "no entries": (lambda x, y: (x * x).sum() + y.sum(), (np.zeros((0, 3)), X)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_of_numbers_pass(name):
    f, args = RIGHT[name]
    assert check_grads(f, *args) is None


@pytest.mark.parametrize("name", SMOOTH)
def test_right_gradients_of_arrays_pass_to_second_order(name):
    f, args = SMOOTH[name]
    assert check_grads(f, *args, order=2) is None


def test_a_gradient_of_ones_own_passes():
    f = lambda x, W: anp.mean(anp.tanh(x @ W.T) ** 2)
    check_grads(f, X, W, gradient=lambda *args: tuple(grad(f, i)(*args) for i in range(2)))
    check_grads(lambda w: w[0] * w[1][0], [2.0, [3.0]], gradient=lambda w: [w[1][0], [w[0]]])


# check_grads finds what is wrong, and says what is likely.


def f(x, W):
    return ((x @ W.T) ** 2).sum() / len(x)


def true(x, W):
    return 2 * (x @ W.T) @ W / len(x), 2 * (x @ W.T).T @ x / len(x)


WRONG = {
    "sign": (lambda x, W: (-true(x, W)[0], true(x, W)[1]), r"argument 0 \(x\) at \[\d, \d\] is .* sign"),
    "factor 2": (lambda x, W: (true(x, W)[0], 2 * true(x, W)[1]), r"argument 1 \(W\) .* twice too large"),
    "half": (lambda x, W: (true(x, W)[0], true(x, W)[1] / 2), r"argument 1 \(W\) .* half"),
    "1/n": (lambda x, W: (true(x, W)[0] * 4, true(x, W)[1]), r"argument 0 \(x\) .* 1/n with n = 4"),
    "transposed": (lambda x, W: (true(x, W)[0], true(x, W)[1].T), r"argument 1 \(W\) .* transposed"),
    "shape": (lambda x, W: (true(x, W)[0], true(x, W)[1][0]), r"argument 1 \(W\) .* shape \(3,\)"),
    "nan": (lambda x, W: (true(x, W)[0] * math.nan, true(x, W)[1]), r"argument 0 \(x\) .* is nan"),
    "one entry": (lambda x, W: (true(x, W)[0] + 1e-3 * np.eye(4, 3)[2], true(x, W)[1]), r"argument 0 \(x\) at"),
    "missing": (lambda x, W: (true(x, W)[0], 0 * W), r"argument 1 \(W\) at"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_gradients_are_found_and_named(name):
    gradient, said = WRONG[name]
    with pytest.raises(AssertionError, match=said):
        check_grads(f, X, W, gradient=gradient)


def test_the_message_names_argument_index_and_both_numbers():
    with pytest.raises(AssertionError) as caught:
        check_grads(lambda a, w: w[0] * w[1][0] + a, 1.0, [2.0, [3.0]], gradient=lambda a, w: (1.0, [3.0, [5.0]]))
    assert "argument 1 (w) at [1, 0] is 5, but central differences give 2" in str(caught.value)


@given(st.integers(0, 3), st.integers(0, 2), st.floats(1e-4, 10), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_one_wrong_entry_is_found_along_any_directions(i, j, error, seed):
    def gradient(x, W):
        dx, dW = true(x, W)
        dx[i, j] += error
        return dx, dW

    with pytest.raises(AssertionError, match=rf"argument 0 \(x\) at \[{i}, {j}\]"):
        check_grads(f, X, W, gradient=gradient, rng=random.Random(seed))
    check_grads(f, X, W, gradient=true, rng=random.Random(seed))


def test_a_wrong_engine_is_found(monkeypatch):
    monkeypatch.setattr(bplib.scalar.Value, "tanh", lambda v: bplib.scalar._node(math.tanh(v.data), 1.0, v, "tanh"))
    with pytest.raises(AssertionError, match="argument 0"):
        check_grads(lambda x: x.tanh(), 0.5)


def test_a_corner_is_not_taken_for_smooth():
    with pytest.raises(AssertionError, match="smooth"):
        check_grads(lambda x: x.relu() * 1.0, 0.0)


def test_a_wrong_second_derivative_is_found(monkeypatch):
    from bplib import rules

    wrong = rules.unary("tanh", lambda xp, x: xp.tanh(x), lambda xp, x, y: 1 - y * y, "y")
    wrong.jvp = lambda xp, tangents, y, x: tangents[0] * (1 - y)
    monkeypatch.setattr(rules.RULES["tanh"], "jvp", wrong.jvp)
    check_grads(lambda x: x.tanh().sum(), X)
    with pytest.raises(AssertionError, match="its own derivative is not"):
        check_grads(lambda x: x.tanh().sum(), X, order=2)


def test_a_number_alone_gives_a_number():
    assert type(numerical_gradient(lambda x: x * x, 3)) is float
    assert type(complex_step(lambda x: x * x, 3)) is float
