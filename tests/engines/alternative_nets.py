"""Nets and data that the tests of `bplib.alternatives` share."""

import numpy as np

SIZES = (3, 4, 5, 2)
SLOPES = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0)),
    "linear": (lambda z: z, lambda z: 1.0),
}


def make(rule, seed=0, sizes=SIZES, **settings):
    """A net of the rule, from a seed."""
    return rule(sizes, rng=np.random.default_rng(seed), **settings)


def batch(seed=1, n=6, sizes=SIZES):
    """Inputs and labels."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, sizes[0])), rng.integers(0, sizes[-1], n)
