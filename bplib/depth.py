"""Deep nets measured and predicted: how long the gradient is at each layer, and how long theory says. Chapter 07.

A `Block` is one layer, h ← keep · h + scale · f(norm(W h + b)). `deep_net` stacks them, `layer_norms` sends one loss
back through the stack and measures, `mean_field` predicts the same from averages over the bell curve, layer by layer.
"""

from itertools import pairwise

import numpy as np

from .functional import linear_relu, softmax_cross_entropy
from .matrix import Tensor
from .nn import Linear, Module, ReLU, Sequential, init


class Block(Module):
    """One layer, h ← keep · h + scale · f(norm(W h + b)); `norm` is a class such as `bplib.nn.LayerNorm`, or None.

    >>> block = Block(4, 4, ReLU(), rng=np.random.default_rng(0), keep=1.0)
    >>> block(np.ones((3, 4))).shape
    (3, 4)

    With `keep`, equation (eq-07-shortcut). Raises ValueError for a shortcut (`keep` other than 0) between sizes that
    differ.
    """

    def __init__(self, n_in, n_out, f, *, rng, init=init.he, norm=None, keep=0.0, scale=1.0, dtype="float64"):
        if keep and n_in != n_out:
            raise ValueError(f"a shortcut from {n_in} to {n_out} units: what is added must have one size")
        self.linear, self.f = Linear(n_in, n_out, rng=rng, init=init, dtype=dtype), f
        self.norm = norm and norm(n_out, dtype=dtype)
        self.keep, self.scale = keep, scale
        self._bare = type(f) is ReLU and not norm and not keep and scale == 1

    def steps(self, h):
        """The pre-activation z and the new h, for whoever wants to look at both."""
        z = self.linear(h)
        a = self.f(self.norm(z) if self.norm else z)
        a = a if self.scale == 1 else self.scale * a
        return z, a if not self.keep else a + (h if self.keep == 1 else self.keep * h)

    def __call__(self, h):
        """The new h; a bare relu layer runs as the one operation `linear_relu`."""
        if self._bare:
            return linear_relu(h, self.linear.W, self.linear.b)
        return self.steps(h)[1]


def deep_net(depth, f=ReLU, init=init.he, *, rng, width=64, n_in=64, n_out=10, dtype="float64", **block):
    """`depth` blocks of `width` units and a linear readout; `block` holds norm, keep and scale. A `Sequential`.

    >>> net = deep_net(3, rng=np.random.default_rng(0), width=8)
    >>> len(net), net(np.ones((2, 64))).shape
    (4, (2, 10))
    """
    sizes = [n_in] + [width] * depth
    blocks = [Block(n, m, f(), rng=rng, init=init, dtype=dtype, **block) for n, m in pairwise(sizes)]
    return Sequential(*blocks, Linear(width, n_out, rng=rng, dtype=dtype))


def layer_norms(net, x, labels):
    """Send the loss back through a `deep_net`; the norms at each layer of δ = ∂L/∂z, of ∂L/∂W, and of h.

    >>> net = deep_net(3, rng=np.random.default_rng(0))
    >>> delta, dL_dW, h = layer_norms(net, np.ones((2, 64)), [0, 1])
    >>> delta.shape
    (3,)

    x is (batch, n_in). Equation: eq-07-delta, one row for each example, so that the norm is over batch and units.
    """
    h, walked = Tensor(x), []
    for block in net.layers[:-1]:
        z, h = block.steps(h)
        walked.append((z, block.linear.W, h))
    softmax_cross_entropy(net.layers[-1](h), labels).backward()
    lengths = [(np.linalg.norm(z.grad), np.linalg.norm(W.grad), np.linalg.norm(h.data)) for z, W, h in walked]
    return np.array(lengths).T


def decades(norms, skip=0):
    """Powers of ten gained per layer on the way back, from the last layer to layer 1 + skip; the last axis is depth.

    >>> float(decades([0.001, 0.01, 0.1, 1.0]))
    -1.0
    """
    logs = np.log10(norms)[..., skip:]
    return (logs[..., 0] - logs[..., -1]) / (logs.shape[-1] - 1)


def bell(points=400, reach=8.0):
    """Where to look, and with what weight, to average over the bell curve of mean 0 and variance 1.

    >>> z, weight = bell()
    >>> float((weight * z**2).sum().round(12)), float((weight * np.maximum(z, 0) ** 2).sum().round(12))
    (1.0, 0.5)

    An even number of points, half a step off 0, so that none falls on the kink of relu. For a smooth function the error
    falls faster than any power of the step (Trefethen and Weideman, 2014). Gauss–Hermite nodes are too far apart for
    functions as steep as a saturated tanh.
    """
    z = ((np.arange(points) + 0.5) / points * 2 - 1) * reach
    weight = np.exp(-z * z / 2)
    return z, weight / weight.sum()


def moments(f, variance):
    """E f, E f² and E f′² for z ~ N(0, variance); f is a module such as `bplib.nn.Tanh()`, its slope by backward.

    >>> [float(v.round(4)) for v in moments(ReLU(), 2.0)]
    [0.5642, 1.0, 0.5]
    """
    z, weight = bell()
    at = Tensor(np.sqrt(variance) * z, requires_grad=True)
    a = f(at)
    a.sum().backward()
    return (weight * a.data).sum(), (weight * a.data**2).sum(), (weight * at.grad**2).sum()


def mean_field(f, variance, depth, *, x=None, norm=None, keep=0.0, scale=1.0):
    """log10 of ‖δ(l)‖/‖δ(depth)‖ at each layer l that infinitely wide layers would have.

    Equations (eq-07-v) and (eq-07-chi).

    >>> float(decades(10 ** mean_field(ReLU(), 1.0, 30)).round(4))
    -0.1505

    `variance` is n_in · Var W, `norm` None, "layer" or "batch", and x the inputs (batch, n_in), from which come the
    mean, mean square and variance over the batch at the start; without x these are 0, 1 and 1. Sources: Poole et al.,
    2016; Schoenholz et al., 2017; Yang et al., 2019 (batch norm).
    """
    mean, square, spread = (0.0, 1.0, 1.0) if x is None else (np.mean(x), np.mean(x**2), np.mean(np.var(x, axis=0)))
    own, through = [], []
    for _ in range(depth):
        size = variance * (spread if norm == "batch" else square)  # of z; for batch norm over the batch
        first, second, slope = moments(f, 1.0 if norm else size)
        chi = slope / (size if norm else 1.0)
        own.append(scale**2 * chi)
        through.append(keep**2 + scale**2 * variance * chi)
        spread = keep**2 * spread + scale**2 * (second - first**2)
        square = keep**2 * square + 2 * keep * scale * mean * first + scale**2 * second
        mean = keep * mean + scale * first
    back = np.cumsum(np.log10(through)[::-1])[::-1] - np.log10(through)  # of ∂L/∂h(l): the layers after l
    logs = (back + np.log10(own)) / 2
    return logs - logs[-1]
