"""Normalisation: rescale what a layer computes to mean 0 and variance 1, then let it learn its own. Chapter 07."""

from math import prod

import numpy as np

from ..backend import backend_of
from ..functional import standardise
from ..matrix import Tensor
from .modules import Module


class _Norm(Module):
    def __init__(self, n, eps, dtype):
        self.eps = eps
        self.gamma = Tensor(np.ones(n, dtype), requires_grad=True)
        self.beta = Tensor(np.zeros(n, dtype), requires_grad=True)


class LayerNorm(_Norm):
    """γ (x − mean)/√(var + ε) + β, with mean and variance over the last axis, of length n: (eq-07-norm).

    >>> LayerNorm(2)(Tensor([[1.0, 3.0]])).data.round(3)
    array([[-1.,  1.]])

    Source: Ba et al., 2016.
    """

    def __init__(self, n, eps=1e-5, dtype="float64"):
        super().__init__(n, eps, dtype)

    def __call__(self, x):
        """x, normalised."""
        return standardise(x, -1, self.eps) * self.gamma + self.beta


class BatchNorm(_Norm):
    """γ (x − mean)/√(var + ε) + β, with mean and variance of each of n features over all axes but the last.

    >>> norm = BatchNorm(1)
    >>> norm(Tensor([[1.0], [3.0]])).data.round(3)
    array([[-1.],
           [ 1.]])

    Equation (eq-07-norm), one feature at a time. In use (`eval`) it takes the running mean and variance, into which
    each batch in training enters with the weight `momentum`, its variance with n/(n − 1). Raises ValueError for a batch
    of one in training. Source: Ioffe and Szegedy, 2015.
    """

    def __init__(self, n, eps=1e-5, momentum=0.1, dtype="float64"):
        super().__init__(n, eps, dtype)
        self.momentum = momentum
        self.mean, self.var = Tensor(np.zeros(n, dtype)), Tensor(np.ones(n, dtype))

    def __call__(self, x):
        """x, normalised."""
        if not self.training:
            return (x - self.mean) * (self.var + self.eps) ** -0.5 * self.gamma + self.beta
        x = x if isinstance(x, Tensor) else Tensor(x)
        axes, n = tuple(range(x.ndim - 1)), prod(x.shape[:-1])
        if n < 2:
            raise ValueError(f"BatchNorm in training needs at least two rows; was given shape {x.shape}")
        self._remember(x._ground, axes, n)
        return standardise(x, axes, self.eps) * self.gamma + self.beta

    def _remember(self, x, axes, n):
        """Let the batch enter the running mean and variance, which no gradient passes: plain arrays do."""
        xp, new, old = backend_of(x).xp, self.momentum, 1 - self.momentum
        mean = xp.mean(x, axis=axes)
        d = x - mean
        self.mean = Tensor(old * self.mean._ground + new * mean)
        self.var = Tensor(old * self.var._ground + (new / (n - 1)) * xp.sum(d * d, axis=axes))
