"""Derivatives of functions, and of derivatives."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib import functional as F
from bplib.matrix import Tensor

RNG = np.random.default_rng(0)
X, W = RNG.standard_normal((3, 4)), RNG.standard_normal((4, 4))


def f(x):
    return ((x @ W).tanh() * x.exp()).sum() + (x * x).sum() ** 1.5


def f_autograd(x):
    return anp.sum(anp.tanh(x @ W) * anp.exp(x)) + anp.sum(x * x) ** 1.5


def test_grad_against_autograd():
    np.testing.assert_allclose(F.grad(f)(X), autograd.grad(f_autograd)(X), rtol=1e-12)


def test_hvp_against_autograd():
    v = RNG.standard_normal(X.shape)
    expected = autograd.make_hvp(f_autograd)(X)[0](v)
    np.testing.assert_allclose(F.hvp(f, X, v), expected, rtol=1e-11)


def test_hvp_against_the_complex_step():
    """The gradient, written by hand, along v in the complex plane: no differences are taken."""
    f = lambda x: (x @ W.T).exp().sum() / 2 + (-(x @ W.T)).exp().sum() / 2 + (x**3).sum()
    gradient = lambda x: W.T @ np.sinh(W @ x) + 3 * x**2
    x, v = X[0], X[1]
    np.testing.assert_allclose(F.grad(f)(x), gradient(x), rtol=1e-12)
    np.testing.assert_allclose(F.hvp(f, x, v), gradient(x + 1e-30j * v).imag / 1e-30, rtol=1e-13)


def test_third_derivatives():
    cube = lambda x: x**4
    third = F.grad(F.grad(F.grad(cube)))
    assert third(2.0) == pytest.approx(48.0)
    along = lambda x: F.jvp(F.grad(F.grad(cube)), x, 1.0)[1]
    assert along(2.0) == pytest.approx(48.0)
    assert F.grad(lambda x: F.jvp(lambda y: F.jvp(cube, y, Tensor(1.0))[1], x, Tensor(1.0))[1])(2.0) == pytest.approx(
        48.0
    )


def test_nested_derivatives_do_not_mix_up_their_variables():
    """d/dx (x · d/dy (x + y)) = 1: an inner tangent taken for an outer one would give 2 (Siskind and Pearlmutter)."""
    inner = {
        "jvp": lambda x: F.jvp(lambda y: x + y, Tensor(1.0), Tensor(1.0))[1],
        "grad": lambda x: F.grad(lambda y: x + y)(Tensor(1.0)),
    }
    for derivative in inner.values():
        product = lambda x, d=derivative: x * d(x)
        assert F.jvp(product, 1.0, 1.0)[1] == 1.0
        assert F.grad(product)(1.0) == 1.0
    mixed = lambda x: x * F.jvp(lambda y: x * y * y, Tensor(3.0), Tensor(1.0))[1]  # x · 6x
    assert F.jvp(mixed, 2.0, 1.0)[1] == pytest.approx(24.0)
    assert F.grad(mixed)(2.0) == pytest.approx(24.0)


def test_arrays_give_arrays_and_tensors_tensors():
    array = F.grad(f)(X)
    tensor = F.grad(f)(Tensor(X, requires_grad=True))
    assert isinstance(array, np.ndarray)
    assert isinstance(tensor, Tensor)
    np.testing.assert_array_equal(tensor.data, array)
    value, pullback = F.vjp(f, X)
    assert isinstance(value, np.floating | np.ndarray)
    assert isinstance(pullback(1.0), np.ndarray)
    assert isinstance(F.jvp(f, X, X)[1], np.floating | np.ndarray)


def test_a_gradient_penalty():
    """A gradient with respect to the input, differentiated with respect to the weights that it depends on."""
    V = Tensor(W, requires_grad=True)
    penalty = lambda V, g: (g * g).sum()
    g = F.grad(lambda x: (x @ V).tanh().sum())(Tensor(X))
    penalty(V, g).backward()
    expected = autograd.grad(lambda V: anp.sum(autograd.grad(lambda x: anp.sum(anp.tanh(x @ V)))(X) ** 2))(W)
    np.testing.assert_allclose(V.grad, expected, rtol=1e-11)


def test_several_arguments():
    g = lambda a, b: (a * b * b).sum()
    a, b = X[0], X[1]
    np.testing.assert_allclose(F.grad(g, 1)(a, b), 2 * a * b)
    da, db = F.grad(g, (0, 1))(a, b)
    np.testing.assert_allclose((da, db), (b * b, 2 * a * b))
    product, pullback = F.vjp(lambda a, b: a * b, a, b)
    np.testing.assert_allclose(product, a * b)
    for g in (np.ones(4), np.arange(4.0)):  # as often as asked
        np.testing.assert_allclose(pullback(g), (g * b, g * a))
    value, along = F.jvp(lambda a, b: (a * b, a + b), (a, b), (b, a))
    np.testing.assert_allclose(value, (a * b, a + b))
    np.testing.assert_allclose(along, (b * b + a * a, a + b))
    ha, hb = F.hvp(lambda a, b: (a * b * b).sum(), (a, b), (a, b))
    np.testing.assert_allclose((ha, hb), (2 * b * b, 4 * a * b))


def test_what_does_not_depend_has_derivative_zero():
    constant = lambda x: Tensor(3.0) * 2
    np.testing.assert_array_equal(F.grad(constant)(X), np.zeros_like(X))
    np.testing.assert_array_equal(F.jvp(constant, X, X)[1], 0.0)
    np.testing.assert_array_equal(F.vjp(lambda x: Tensor(X), X)[1](X), np.zeros_like(X))
    np.testing.assert_array_equal(F.hvp(lambda x: (x * W[0]).sum(), X, X), np.zeros_like(X))
    np.testing.assert_array_equal(F.grad(lambda a, b: b.sum(), (0, 1))(X, X)[0], np.zeros_like(X))


def test_the_identity():
    _, pullback = F.vjp(lambda x: x, X)
    np.testing.assert_array_equal(pullback(W[:3]), W[:3])
    np.testing.assert_array_equal(F.jvp(lambda x: x, X, W[:3])[1], W[:3])
    assert F.grad(lambda x: x)(2.0) == 1.0


def test_keywords_and_other_arguments_pass_through():
    g = F.grad(lambda W, x, power, scale=1.0: scale * ((x @ W.T) ** power).sum())
    np.testing.assert_allclose(g(W, X, 1, scale=3.0), 3.0 * np.ones((4, 1)) * X.sum(0))


LAYERS = {
    "cross-entropy": lambda x: F.softmax_cross_entropy(x, [1, 0, 3]),
    "mse": lambda x: F.mse(x * x, np.ones((3, 4))),
    "linear": lambda x: F.linear(x, x[:2], x[0, :2]).sum() * x.sum(),
    "linear_relu": lambda x: (F.linear_relu(x, W) ** 3).sum(),
    "standardise": lambda x: (F.standardise(x) ** 3).sum() + (F.standardise(x, axis=0) ** 3).sum(),
    "max": lambda x: (x.max(axis=0) ** 3).sum(),
    "gelu": lambda x: F.gelu(x).sum() ** 2,
    "astype": lambda x: (x.astype("float32").astype("float64") ** 3).sum(),
    "rows": lambda x: (x[[0, 0, 2]] ** 3).sum() + (x[x > 0] ** 3).sum(),
}


@pytest.mark.parametrize("name", LAYERS)
def test_second_derivatives_of_layers(name):
    """The Hessian from products with unit vectors is symmetric, and is what differences of the gradient say."""
    f = LAYERS[name]
    units = np.eye(12).reshape(12, 3, 4)
    H = np.array([F.hvp(f, X, e).ravel() for e in units])
    np.testing.assert_allclose(H, H.T, atol=1e-5 if name == "astype" else 1e-11)
    h = 1e-5
    slopes = np.array([((F.grad(f)(X + h * e) - F.grad(f)(X - h * e)) / (2 * h)).ravel() for e in units])
    np.testing.assert_allclose(H, slopes, atol=2e-2 if name == "astype" else 2e-8)
    x = Tensor(X, requires_grad=True)
    (F.grad(f)(x) * units[5]).sum().backward()
    np.testing.assert_allclose(x.grad.ravel(), H[5], atol=1e-5 if name == "astype" else 1e-11)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_forward_and_reverse_second_derivatives_are_one(seed):
    rng = np.random.default_rng(seed)
    x, v, w = rng.standard_normal((3, 5))
    f = lambda x: (x.tanh() * (x * x).exp()).sum() / (1 + (x * x).sum())
    hv, hw = F.hvp(f, x, v), F.hvp(f, x, w)
    np.testing.assert_allclose(w @ hv, v @ hw, rtol=1e-9, atol=1e-9)


def test_backward_inside_a_transformation_is_refused():
    def f(x):
        y = (x * x).sum()
        y.backward()
        return y

    with pytest.raises(TypeError, match="return the value"):
        F.grad(f)(X)
