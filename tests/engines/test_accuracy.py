"""A net of 1,870 parameters against long double, written out by hand."""

from itertools import pairwise

import numpy as np
import pytest

from bplib import functional as F
from bplib.matrix import Tensor

SIZES = (20, 30, 20, 20, 10)  # 20·30+30 + 30·20+20 + 20·20+20 + 20·10 (the last layer has no bias) = 1,870


def draw():
    rng = np.random.default_rng(0)
    Ws = [rng.standard_normal((m, n)) / np.sqrt(n) for n, m in pairwise(SIZES)]
    bs = [0.1 * rng.standard_normal(m) for m in SIZES[1:-1]]
    return Ws, bs, rng.standard_normal((16, SIZES[0])), rng.integers(0, SIZES[-1], 16)


def by_hand(Ws, bs, x, labels):
    """Backpropagation, equation by equation, in the dtype of its arguments: ∂L/∂W of each layer, then ∂L/∂b."""
    activations = [x]
    for W, b in zip(Ws, bs, strict=False):
        activations.append(np.tanh(activations[-1] @ W.T + b))
    z = activations[-1] @ Ws[-1].T
    e = np.exp(z - z.max(axis=1, keepdims=True))
    delta = (e / e.sum(axis=1, keepdims=True) - np.eye(z.shape[1])[labels]) / len(labels)
    dWs, dbs = [], []
    for layer in reversed(range(len(Ws))):
        dWs.insert(0, delta.T @ activations[layer])
        dbs.insert(0, delta.sum(axis=0))
        if layer:
            delta = (delta @ Ws[layer]) * (1 - activations[layer] ** 2)
    return dWs + dbs[: len(bs)]


def by_us(Ws, bs, x, labels):
    Ws, bs = [Tensor(W, requires_grad=True) for W in Ws], [Tensor(b, requires_grad=True) for b in bs]
    h = Tensor(x)
    for W, b in zip(Ws, bs, strict=False):
        h = F.linear(h, W, b).tanh()
    F.softmax_cross_entropy(F.linear(h, Ws[-1]), labels).backward()
    return [p.grad for p in (*Ws, *bs)]


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 60, reason="long double is no longer than double here")
def test_against_long_double():
    Ws, bs, x, labels = draw()
    assert sum(a.size for a in (*Ws, *bs)) == 1870
    long = [a.astype(np.longdouble) for a in (*Ws, *bs, x)]
    exact = np.concatenate([g.ravel() for g in by_hand(long[:4], long[4:7], long[7], labels)])
    found = np.concatenate([g.ravel() for g in by_us(Ws, bs, x, labels)])
    assert np.linalg.norm(found - exact) / np.linalg.norm(exact) <= 1e-14
    assert (np.abs(found - exact) / np.abs(exact)).max() <= 1e-12


def test_against_the_complex_step():
    """Every tenth parameter moved along the imaginary axis: exact to the last digits, and no backward pass."""
    Ws, bs, x, labels = draw()
    found = by_us(Ws, bs, x, labels)

    def loss(Ws, bs):
        h = x
        for W, b in zip(Ws, bs, strict=False):
            h = np.tanh(h @ W.T + b)
        z = h @ Ws[-1].T
        return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels])

    for layer in range(len(Ws)):
        for i in range(0, Ws[layer].size, 10):
            moved = [W.astype(complex) for W in Ws]
            moved[layer].flat[i] += 1e-30j
            slope = loss(moved, bs).imag / 1e-30
            assert found[layer].flat[i] == pytest.approx(slope, rel=1e-11, abs=1e-16)
