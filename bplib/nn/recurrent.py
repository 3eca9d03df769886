"""Recurrent layers: one layer used again at every step of a sequence. Derived in chapter 08.

The graph that a sequence leaves behind is the net unrolled in time, so that `backward` through it is backpropagation
through time, and nothing here says how. The states come back as a list, one tensor for each step: what you hold of them
has its own `.grad` after `backward`.
"""

import numpy as np

from ..backend import backend_of
from ..functional import linear
from ..matrix import Tensor
from . import init as initial
from .modules import Module


class _Recurrent(Module):
    gates = 1

    def __init__(self, n_in, n_hidden, *, rng, init=initial.orthogonal, dtype="float64"):
        def blocks(n):
            return np.concatenate([init((n_hidden, n), rng, dtype) for _ in range(self.gates)])

        self.n_hidden = n_hidden
        self.W_in, self.W = Tensor(blocks(n_in), requires_grad=True), Tensor(blocks(n_hidden), requires_grad=True)
        self.b = Tensor(np.zeros(self.gates * n_hidden, dtype), requires_grad=True)

    def _steps(self, x):
        """x (batch, time, n_in), or a list of (batch, n_in), as a list."""
        if isinstance(x, (list, tuple)):
            return [step if isinstance(step, Tensor) else Tensor(step) for step in x]
        x = x if isinstance(x, Tensor) else Tensor(x)
        if x.ndim != 3:
            raise ValueError(f"a sequence has shape (batch, time, n_in), or is a list; was given {x.shape}")
        return [x[:, t] for t in range(x.shape[1])]

    def _zeros(self, steps):
        xp = backend_of(self.W._ground).xp
        return Tensor(xp.zeros((steps[0].shape[0], self.n_hidden), dtype=self.W.dtype, device=xp.device))


class RNN(_Recurrent):
    """h(t) = f(W_in x(t) + W h(t−1) + b), in rows: H(t) = f(X(t) W_inᵀ + H(t−1) Wᵀ + b); f is tanh, relu or nothing.

    >>> layer = RNN(2, 3, rng=np.random.default_rng(0))
    >>> states = layer(np.ones((5, 4, 2)))
    >>> len(states), states[-1].shape
    (4, (5, 3))

    Called on x (batch, time, n_in), or a list of (batch, n_in), and a first state (batch, n_hidden), zero if none is
    given, it returns the list of states. To end the graph between two calls, pass the last state's `.detach()`.
    `activation` is "tanh", "relu" or "linear". With Δ(t) = ∂L/∂Z(t), backward is Δ(t−1) = (Δ(t) W) ⊙ f′(Z(t−1)) plus
    what the loss sends to step t − 1 itself: equations (eq-08-rnn) and (eq-08-backward). Raises ValueError for shapes
    that do not fit, and for another activation. Source: Elman, 1990; the gradient: Werbos, 1990.
    """

    def __init__(self, n_in, n_hidden, *, rng, init=initial.orthogonal, activation="tanh", dtype="float64"):
        if activation not in ("tanh", "relu", "linear"):
            raise ValueError(f"activation is {activation!r}; expected 'tanh', 'relu' or 'linear'")
        super().__init__(n_in, n_hidden, rng=rng, init=init, dtype=dtype)
        self.activation = activation

    def __call__(self, x, state=None):
        """The states at all steps, as the class says."""
        steps, states = self._steps(x), []
        state = self._zeros(steps) if state is None else state
        for step in steps:
            state = linear(step, self.W_in, self.b) + linear(state, self.W)
            if self.activation != "linear":
                state = getattr(state, self.activation)()
            states.append(state)
        return states


class LSTM(_Recurrent):
    """A state h and a memory c, guarded by gates: c ← f ⊙ c + i ⊙ g, h = o ⊙ tanh c. (eq-08-lstm), (eq-08-direct)

    >>> layer = LSTM(2, 3, rng=np.random.default_rng(0))
    >>> states, memories = layer(np.ones((5, 4, 2)))
    >>> states[-1].shape, memories[-1].shape
    ((5, 3), (5, 3))

    With (i, f, g, o) = (σ, σ, tanh, σ) of X W_inᵀ + H Wᵀ + b, in this order along W's first axis. `forget_bias` is the
    initial bias of f: the memory keeps σ(forget_bias) of itself at each step. Called as `RNN`; the first state is a
    pair (h, c), and it returns the lists of both. Sources: Hochreiter and Schmidhuber, 1997; Gers et al., 2000.
    """

    gates = 4

    def __init__(self, n_in, n_hidden, *, rng, init=initial.orthogonal, forget_bias=1.0, dtype="float64"):
        super().__init__(n_in, n_hidden, rng=rng, init=init, dtype=dtype)
        self.b.data[n_hidden : 2 * n_hidden] = forget_bias

    def __call__(self, x, state=None):
        """The states at all steps, as the class says."""
        steps, states, memories, n = self._steps(x), [], [], self.n_hidden
        h, c = (self._zeros(steps), self._zeros(steps)) if state is None else state
        for step in steps:
            z = linear(step, self.W_in, self.b) + linear(h, self.W)
            i, f, o = (z[:, k * n : (k + 1) * n].sigmoid() for k in (0, 1, 3))
            c = f * c + i * z[:, 2 * n : 3 * n].tanh()
            h = o * c.tanh()
            states.append(h)
            memories.append(c)
        return states, memories
