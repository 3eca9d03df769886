"""The scalar engine beside micrograd and hand-written Python, on micrograd's own demonstration.

100 points of two moons, a net 2-16-16-1 with ReLU, max-margin loss with weight decay, one step of gradient descent
with the learning rate 1 − 0.9 k/100, the accuracy counted as the demonstration does. The same source: micrograd's own
`nn.py` runs on its own `Value` and on ours. With `dot` and `total`: each neuron is one node. By hand: lists of floats
and loops; no branch is left out where a slope is zero.
"""

import random
import tracemalloc
from itertools import pairwise
from operator import mul

from benchmarks.case import Case, Engine, Fact

SIZES = (2, 16, 16, 1)


def moons(n=100, noise=0.1, seed=1):
    """Two interleaving half circles, with NumPy arrays as in the demonstration: points (n, 2) and labels ±1."""
    import numpy as np

    rng = np.random.default_rng(seed)
    t = np.linspace(0, np.pi, n // 2)
    outer, inner = np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    return np.concatenate([outer, inner]) + rng.normal(scale=noise, size=(n, 2)), np.repeat([-1, 1], n // 2)


def weights(seed=1337):
    """The demonstration's initial weights: one list of (weights, bias) for each layer."""
    rng = random.Random(seed)
    return [[([rng.uniform(-1, 1) for _ in range(n_in)], 0.0) for _ in range(n_out)] for n_in, n_out in pairwise(SIZES)]


def same_source(value):
    """micrograd's nn.py, on a Value of the caller's choice."""
    import micrograd.nn

    Value = micrograd.nn.Value = value
    X, y = moons()
    model = micrograd.nn.MLP(SIZES[0], list(SIZES[1:]))
    for layer, rows in zip(model.layers, weights(), strict=True):
        for neuron, (w, _) in zip(layer.neurons, rows, strict=True):
            neuron.w = [Value(x) for x in w]

    def step(k):
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        accuracy = [(yi > 0) == (score.data > 0) for yi, score in zip(y, scores, strict=True)]
        sum(accuracy)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        return float(loss.data)

    return step


def micrograd_own():
    from micrograd.engine import Value

    return same_source(Value)


def bplib_same_source():
    from bplib.scalar import Value

    return same_source(Value)


def bplib_dot():
    from bplib.scalar import Value, dot, total

    X, y = moons()
    layers = [[([Value(x) for x in w], Value(b)) for w, b in rows] for rows in weights()]
    parameters = [p for rows in layers for w, b in rows for p in (*w, b)]

    def score(row):
        *hidden, (last,) = layers
        for rows in hidden:
            row = [dot(w, row, b).relu() for w, b in rows]
        return dot(last[0], row, last[1])

    def step(k):
        scores = [score([Value(x) for x in row]) for row in X]
        losses = [(1 + -yi * s).relu() for yi, s in zip(y, scores, strict=True)]
        loss = total(losses) * (1.0 / len(losses)) + 1e-4 * dot(parameters, parameters)
        accuracy = [(yi > 0) == (s.data > 0) for yi, s in zip(y, scores, strict=True)]
        sum(accuracy)
        loss.backward()
        for p in parameters:
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        return loss.data

    return step


def by_hand():
    X, y = (array.tolist() for array in moons())
    n = len(X)
    (W1, b1), (W2, b2), (W3, b3) = [([list(w) for w, _ in rows], [b for _, b in rows]) for rows in weights()]
    matrices, biases = (W1, W2, W3), (b1, b2, b3)

    def step(k):
        gW1, gW2, gW3 = ([[2e-4 * w for w in row] for row in W] for W in matrices)
        gb1, gb2, gb3 = ([2e-4 * v for v in b] for b in biases)
        squares = sum(w * w for W in matrices for row in W for w in row) + sum(v * v for b in biases for v in b)
        data_loss = correct = 0
        for x, yi in zip(X, y, strict=True):
            z1 = [sum(map(mul, w, x), b) for w, b in zip(W1, b1, strict=True)]
            a1 = [z if z > 0 else 0.0 for z in z1]
            z2 = [sum(map(mul, w, a1), b) for w, b in zip(W2, b2, strict=True)]
            a2 = [z if z > 0 else 0.0 for z in z2]
            score = sum(map(mul, W3[0], a2), b3[0])
            correct += (yi > 0) == (score > 0)
            margin = 1 - yi * score
            data_loss += margin if margin > 0 else 0.0
            d = -yi * (1.0 if margin > 0 else 0.0) / n
            gb3[0] += d
            row = gW3[0]
            for j, a in enumerate(a2):
                row[j] += d * a
            d2 = [d * w * (1.0 if z > 0 else 0.0) for w, z in zip(W3[0], z2, strict=True)]
            da1 = [0.0] * len(a1)
            for i, (di, row, w) in enumerate(zip(d2, gW2, W2, strict=True)):
                gb2[i] += di
                for j, (a, wj) in enumerate(zip(a1, w, strict=True)):
                    row[j] += di * a
                    da1[j] += di * wj
            for i, (di, z, row) in enumerate(zip(da1, z1, gW1, strict=True)):
                di *= 1.0 if z > 0 else 0.0
                gb1[i] += di
                for j, xj in enumerate(x):
                    row[j] += di * xj
        rate = 1.0 - 0.9 * k / 100
        for W, g in zip(matrices, (gW1, gW2, gW3), strict=True):
            for row, slopes in zip(W, g, strict=True):
                for j, slope in enumerate(slopes):
                    row[j] -= rate * slope
        for b, g in zip(biases, (gb1, gb2, gb3), strict=True):
            for j, slope in enumerate(g):
                b[j] -= rate * slope
        return data_loss / n + 1e-4 * squares

    return step


MICROGRAD = Engine("micrograd", micrograd_own, ("micrograd",))
SAME = Engine("bplib.scalar, same source", bplib_same_source, ours=True)
DOT = Engine("bplib.scalar, dot and total", bplib_dot, ours=True)
BY_HAND = Engine("Python by hand", by_hand)

CASES = [
    Case(
        "micrograd's demonstration, one step",
        (MICROGRAD, SAME, DOT, BY_HAND),
        faster=True,
        targets={SAME.name: (">= 15", ">= 2.5"), DOT.name: (">= 75", ">= 10")},
    ),
    Case("against Python by hand", (BY_HAND, DOT), targets={DOT.name: ("<= 8", "<= 8")}),
]


def _bytes_a_node(Value, n=10_000):
    """The memory of a chain of products and sums, divided by its nodes."""
    w = v = Value(0.999)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(n // 2):
        v = v * w + w
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used / n


def _bytes_ours():
    from bplib.scalar import Value

    return _bytes_a_node(Value)


def _bytes_micrograd():
    from micrograd.engine import Value

    return _bytes_a_node(Value)


def _longest_chain(Value):
    """How many nodes deep a chain may be, up to a million, under the default recursion limit."""
    n = 100
    while n <= 1_000_000:
        v = Value(1.0)
        for _ in range(n):
            v = v + 1e-9
        try:
            v.backward()
        except RecursionError:
            break
        del v
        n *= 10
    return n // 10 if n > 100 else 0


def _depth_ours():
    from bplib.scalar import Value

    return _longest_chain(Value)


def _depth_micrograd():
    from micrograd.engine import Value

    return _longest_chain(Value)


FACTS = [
    Fact("Bytes a node", {"bplib.scalar": _bytes_ours, "micrograd": _bytes_micrograd}, "at most 115"),
    Fact(
        "Longest chain, of 100, 1000, … 1,000,000 nodes, that goes backward under the default recursion limit",
        {"bplib.scalar": _depth_ours, "micrograd": _depth_micrograd},
        "1,000,000",
        digits=7,
    ),
]
