"""Every kind of mistake that the judge is to name, it names: from the numbers alone, on a layer of neurons.

The reference is the gradient of a linear layer's mean squared loss over a batch; each wrong function makes one mistake.
"""

import numpy as np
import pytest

from bpgrade.assignment import Question
from bpgrade.judge import ask
from bpgrade.release import answered
from bplib.gradcheck import numerical_gradient


def inputs(rng):
    """A batch of 6, 4 inputs and 4 outputs: a square W, so that no shape tells a transposed gradient."""
    draw = lambda *shape: rng.choice((-1.0, 1.0), shape) * rng.uniform(0.4, 1.5, shape)
    return draw(6, 4), draw(4, 4), draw(4), draw(6, 4)


def loss(X, W, b, T):
    return ((np.tanh(X @ W.T + b) - T) ** 2).sum() / (2 * len(X))


def deltas(X, W, b, T, slope=lambda a: 1 - a**2):
    A = np.tanh(X @ W.T + b)
    return (A - T) * slope(A) / len(X)


def weights(X, W, b, T, **how):
    return deltas(X, W, b, T, **how).T @ X


def biases(X, W, b, T):
    return deltas(X, W, b, T).sum(axis=0)


def stepped(X, W, b, T, eta=0.5):
    return b - eta * biases(X, W - eta * weights(X, W, b, T), b, T)


WEIGHTS = {
    "n": lambda X, *_: len(X),
    "parts": lambda *a: [np.outer(d, x) for d, x in zip(deltas(*a), a[0], strict=True)],
}
SLOPES = {"factors": lambda X, W, b, T: {"tanh′(z)": 1 - np.tanh(W @ X[0] + b) ** 2}}


def first(X, W, b, T):
    return (np.tanh(W @ X[0] + b) - T[0]) * (1 - np.tanh(W @ X[0] + b) ** 2)


def after(X, W, b, T):
    return b - 0.5 * biases(X, W, b, T)


CASES = [
    ("sign", weights, WEIGHTS, lambda *a: -weights(*a), "the sign is flipped"),
    ("transposed", weights, WEIGHTS, lambda *a: weights(*a).T, "the matrix is square"),
    ("factor-2", weights, WEIGHTS, lambda *a: 2 * weights(*a), "twice too large"),
    ("factor-2", weights, WEIGHTS, lambda *a: weights(*a) / 2, "half of the truth"),
    ("times-n", weights, WEIGHTS, lambda *a: 6 * weights(*a), "1/n with n = 6 is missing"),
    ("one-over-n", weights, WEIGHTS, lambda *a: weights(*a) / 6, "applied twice"),
    ("overwritten", weights, WEIGHTS, lambda *a: np.outer(deltas(*a)[-1], a[0][-1]), "only one of 6 contributions"),
    ("missing-batch-sum", biases, {}, deltas, "sum over axis 0"),
    ("missing-derivative", first, SLOPES, lambda X, W, b, T: np.tanh(W @ X[0] + b) - T[0], "tanh′(z) is missing"),
    ("wrong-order", after, {"updated": stepped}, stepped, "a parameter was updated before"),
    ("shape", biases, {}, lambda *a: biases(*a)[:3], "got an array of shape (3,); expected an array of shape (4,)"),
    ("dtype", weights, {}, lambda *a: weights(*a).astype("float32"), "precision of float32"),
    ("dtype", biases, {}, lambda *a: biases(*a).astype(int), "whole numbers"),
    ("type", biases, {}, lambda *a: biases(*a) * 1j, "array of complex"),
    ("nan", weights, {}, lambda *a: weights(*a) * np.array([1.0, np.nan, 1.0, 1.0]), "nan at [0, 1]"),
    ("rounded", biases, {}, lambda *a: biases(*a) * (1 + 1e-8), "equal to some digits only"),
    ("other", weights, WEIGHTS, lambda *a: weights(*a) + 1.0, "no usual mistake explains it. Yours is"),
]


@pytest.mark.parametrize("reference", [weights, biases])
def test_the_references_are_gradients(reference) -> None:
    X, W, b, T = inputs(np.random.default_rng(0))
    at, of = (W, lambda w: loss(X, w, b, T)) if reference is weights else (b, lambda v: loss(X, W, v, T))
    np.testing.assert_allclose(reference(X, W, b, T), numerical_gradient(of, at), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "reference", "context", "wrong", "said"), CASES, ids=[f"{c[0]}-{c[4][:12]}" for c in CASES]
)
def test_the_judge_names_it(kind, reference, context, wrong, said) -> None:
    for seed in range(5):
        asked = ask(Question("q", 2.0, "f", inputs, reference, **context), seed)
        assert answered(asked, reference).score == 2.0
        verdict = answered(asked, wrong)
        assert (verdict.diagnosis, verdict.score) == (kind, 0)
        assert said in verdict.message
