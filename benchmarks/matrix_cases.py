"""The matrix engine beside hand-written NumPy, autograd, PyTorch, JAX and tinygrad: one training step of three nets.

ReLU nets with softmax cross-entropy and plain gradient descent, float32, one batch again and again. A step is forward,
backward, update, and the loss as a Python float. Every engine gets the batch as an array of its own kind beforehand.
By hand: what one writes with `@`, `np.maximum` and slices, without reusing memory. autograd: of the same formula.
PyTorch: eager, `torch.nn` and `torch.optim.SGD`. JAX and tinygrad: the whole step compiled (`jit`, `TinyJit`).
"""

import gc
from itertools import pairwise

from benchmarks.case import Case, Engine

RATE = 0.01


def draw(sizes, batch):
    """Weights (n_out, n_in) with variance 2/n_in, biases, a batch and its labels: NumPy, float32 and integers."""
    import numpy as np

    rng = np.random.default_rng(0)
    Ws = [(rng.standard_normal((m, n)) * (2 / n) ** 0.5).astype("float32") for n, m in pairwise(sizes)]
    bs = [np.zeros(m, "float32") for m in sizes[1:]]
    return Ws, bs, rng.standard_normal((batch, sizes[0])).astype("float32"), rng.integers(0, sizes[-1], batch)


def by_hand(sizes, batch):
    import numpy as np

    Ws, bs, x, y = draw(sizes, batch)
    rows = np.arange(batch)

    def step(k):
        zs, activations = [], [x]
        for W, b in zip(Ws, bs, strict=True):
            zs.append(activations[-1] @ W.T + b)
            activations.append(np.maximum(zs[-1], 0))
        z = zs[-1] - zs[-1].max(axis=1, keepdims=True)
        p = np.exp(z)
        total = p.sum(axis=1, keepdims=True)
        loss = np.mean(np.log(total[:, 0]) - z[rows, y])
        delta = p / total
        delta[rows, y] -= 1
        delta /= batch
        gradients = []
        for i in reversed(range(len(Ws))):
            gradients.append((delta.T @ activations[i], delta.sum(axis=0)))
            if i:
                delta = (delta @ Ws[i]) * (zs[i - 1] > 0)
        for W, b, (dW, db) in zip(Ws, bs, reversed(gradients), strict=True):
            W -= RATE * dW
            b -= RATE * db
        return float(loss)

    return step


def bplib_matrix(sizes, batch):
    from bplib import nn
    from bplib.functional import softmax_cross_entropy
    from bplib.matrix import Tensor
    from bplib.optim import SGD

    Ws, _, x, y = draw(sizes, batch)
    weights = iter(Ws)
    layers = [nn.Linear(n, m, rng=None, init=lambda *_: next(weights)) for n, m in pairwise(sizes)]
    net = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())][:-1])
    optimiser, x = SGD(net.parameters(), lr=RATE), Tensor(x)

    def step(k):
        loss = softmax_cross_entropy(net(x), y)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def by_autograd(sizes, batch):
    import autograd.numpy as np
    from autograd import value_and_grad

    Ws, bs, x, y = draw(sizes, batch)
    parameters, rows = [*Ws, *bs], np.arange(batch)

    def f(parameters):
        h, n = x, len(parameters) // 2
        for i in range(n):
            h = np.dot(h, parameters[i].T) + parameters[n + i]
            h = np.maximum(h, 0) if i < n - 1 else h
        z = h - np.max(h, axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[rows, y])

    gradient = value_and_grad(f)

    def step(k):
        loss, gradients = gradient(parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p -= RATE * g
        return float(loss)

    return step


def pytorch(sizes, batch):
    import torch

    torch.set_num_threads(1)
    Ws, bs, x, y = draw(sizes, batch)
    layers = []
    for W, b in zip(Ws, bs, strict=True):
        layers += [torch.nn.Linear(*reversed(W.shape)), torch.nn.ReLU()]
        layers[-2].weight.data, layers[-2].bias.data = torch.from_numpy(W), torch.from_numpy(b)
    net = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE)
    x, y = torch.from_numpy(x), torch.from_numpy(y)

    def step(k):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def jax_jit(sizes, batch):
    import jax
    import jax.numpy as jnp

    Ws, bs, x, y = draw(sizes, batch)
    parameters, x, y = [jnp.asarray(p) for p in (*Ws, *bs)], jnp.asarray(x), jnp.asarray(y)

    def f(parameters, x, y):
        h, n = x, len(parameters) // 2
        for i in range(n):
            h = h @ parameters[i].T + parameters[n + i]
            h = jax.nn.relu(h) if i < n - 1 else h
        return -jnp.mean(jax.nn.log_softmax(h)[jnp.arange(batch), y])

    @jax.jit
    def update(parameters, x, y):
        loss, gradients = jax.value_and_grad(f)(parameters, x, y)
        return loss, [p - RATE * g for p, g in zip(parameters, gradients, strict=True)]

    def step(k):
        nonlocal parameters
        loss, parameters = update(parameters, x, y)
        return float(loss)

    return step


def by_tinygrad(sizes, batch):
    from tinygrad import Context, Tensor, TinyJit, nn

    Ws, bs, x, y = draw(sizes, batch)
    Ws, bs = ([Tensor(p) for p in group] for group in (Ws, bs))
    x, y, optimiser = Tensor(x).realize(), Tensor(y.astype("int32")).realize(), nn.optim.SGD([*Ws, *bs], lr=RATE)

    @TinyJit
    def update():
        h = x
        for i, (W, b) in enumerate(zip(Ws, bs, strict=True)):
            h = h.linear(W.T, b)
            h = h.relu() if i < len(Ws) - 1 else h
        optimiser.zero_grad()
        loss = h.sparse_categorical_crossentropy(y).backward()
        return loss.realize(*optimiser.schedule_step())

    def step(k):
        with Context(TRAINING=1):
            return update().item()

    return step


def case(name, sizes, batch, target):
    def engine(name, make, *packages):
        def frozen():
            step = make(sizes, batch)
            gc.freeze()  # what is set up is no garbage: looking through it between the steps would cool the caches
            return step

        return Engine(name, frozen, packages, ours=not packages)

    engines = (
        engine("NumPy by hand", by_hand, "numpy"),
        engine("bplib.matrix", bplib_matrix),
        engine("autograd", by_autograd, "autograd"),
        engine("PyTorch, eager", pytorch, "torch"),
        engine("JAX, jit", jax_jit, "jax", "jaxlib"),
        engine("tinygrad, TinyJit", by_tinygrad, "tinygrad"),
    )
    return Case(name, engines, targets={"bplib.matrix": (target, target)}, agree=1e-4)


CASES = [
    case("784-128-10, batch 32", (784, 128, 10), 32, "<= 1.10"),
    case("784-512-256-10, batch 128", (784, 512, 256, 10), 128, "<= 1.00"),
    case("50 layers of 64, batch 64", (64,) * 51, 64, "<= 1.18"),
]
FACTS = []
