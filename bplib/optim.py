"""What to do with a gradient: SGD with momentum, Adam, AdamW; clipping; and loss scaling for half precision.

An optimiser uses the gradients that `backward` left and nothing else; it is no part of backpropagation. Derived in
chapter 05; clipping in chapter 08, which names loss scaling too. The formulas are PyTorch's: 500 steps agree to 1e-13.
"""

import math

from .backend import backend_of
from .matrix import Tensor


class Optimiser:
    """What the optimisers share: the parameters, the learning rate `lr`, and `step()`.

    Raises TypeError for a parameter that is no leaf with requires_grad=True, ValueError for a negative rate.
    """

    def __init__(self, parameters, lr, weight_decay=0.0):
        parameters = list(parameters)
        for p in parameters:
            if not (isinstance(p, Tensor) and p.requires_grad and p._node.rule is None):
                raise TypeError(f"a parameter is a Tensor made with requires_grad=True, but was given {p!r:.60}")
        if not parameters or min(lr, weight_decay) < 0:
            raise ValueError(f"expected parameters, and lr and weight_decay ≥ 0; was given {lr} and {weight_decay}")
        self.parameters = list(dict.fromkeys(parameters))  # each once, also where layers share one
        self.lr, self.weight_decay = lr, weight_decay

    def step(self):
        """Change every parameter that has a gradient. A graph that still reads one keeps the old numbers."""
        for p in self.parameters:
            g = p._node.grad
            if g is not None:
                descend(p, *self._direction(p, g))

    def zero_grad(self):
        """Forget the gradients: of use where the next loss does not reach all parameters."""
        for p in self.parameters:
            p._node.grad = None


def descend(p, direction, rate):
    """p − rate · direction, in p's own memory unless a live graph reads it."""
    if p._in_use():
        p._data = p._data - rate * direction
    else:
        p._backend.xp.descend(p._data, direction, rate)


class SGD(Optimiser):
    """Gradient descent, with momentum: v ← μ v + g, w ← w − η v; with `nesterov`, w ← w − η (g + μ v).

    Equations (eq-03-update), (eq-05-sgd), (eq-05-momentum) and (eq-05-nesterov-ahead).

    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimiser = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimiser.step()
    >>> w.data
    array([0.8])

    `weight_decay` λ adds λ w to g. Sources: Polyak 1964; Nesterov 1983, in the form of Sutskever et al. 2013.
    """

    def __init__(self, parameters, lr=0.01, momentum=0.0, nesterov=False, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay)
        if momentum < 0 or (nesterov and not momentum):
            raise ValueError(f"momentum is {momentum}; expected a number ≥ 0, and above 0 for nesterov")
        self.momentum, self.nesterov, self._velocity = momentum, nesterov, {}

    def _direction(self, p, g):
        if self.weight_decay:
            g = g + self.weight_decay * p._data
        if self.momentum:
            v = self._velocity.get(p)
            self._velocity[p] = v = 1.0 * g if v is None else self.momentum * v + g
            g = g + self.momentum * v if self.nesterov else v
        return g, self.lr


class Adam(Optimiser):
    """Steps scaled by running means of g and g²: w ← w − η m̂/(√v̂ + ε).

    Equations (eq-05-adam-means) and (eq-05-adam).

    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimiser = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimiser.step()
    >>> w.data.round(6)
    array([0.9])

    m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g²; m̂, v̂ are divided by 1 − βᵗ. `weight_decay` λ adds λ w to g.
    Source: Kingma and Ba, 2015.
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, lr, weight_decay)
        if not all(0 <= beta < 1 for beta in betas) or eps < 0:
            raise ValueError(f"betas are {betas} and eps {eps}; expected 0 ≤ beta < 1 and eps ≥ 0")
        self.betas, self.eps, self._state = betas, eps, {}

    def _decay(self, p, g):
        return g + self.weight_decay * p._data if self.weight_decay else g

    def _direction(self, p, g):
        g = self._decay(p, g)
        (b1, b2), (m, v, t) = self.betas, self._state.get(p, (0.0, 0.0, 0))
        m, v, t = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * (g * g), t + 1
        self._state[p] = m, v, t
        root = backend_of(v).xp.sqrt(v) / math.sqrt(1 - b2**t)
        return m / (root + self.eps), self.lr / (1 - b1**t)


class AdamW(Adam):
    """Adam with decoupled decay: w ← (1 − η λ) w before each step, instead of λ w in g. Equation (eq-05-adamw).

    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimiser = AdamW([w], lr=0.1, weight_decay=0.1)
    >>> (0 * w).sum().backward()
    >>> optimiser.step()
    >>> w.data
    array([0.99])

    Source: Loshchilov and Hutter, 2019.
    """

    def __init__(self, parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def _decay(self, p, g):
        descend(p, p._data, self.lr * self.weight_decay)
        return g


def clip_grad_norm(parameters, max_norm):
    """Scale all gradients by one factor, so that their common norm is at most `max_norm`; returns the norm before.

    >>> w = Tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm([w], 1.0)
    10.0
    >>> w.grad
    array([0.6, 0.8])

    The first half of equation (eq-08-clip). A norm of inf or nan is not hidden: what is inf or nan ends as nan, and the
    rest as 0 or nan. Waits once for a device. Raises ValueError for a `max_norm` that is not positive. Source: Pascanu,
    Mikolov and Bengio, 2013.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}; expected a positive number")
    nodes = list({p._node: None for p in parameters if p.grad is not None})
    if not nodes:
        return 0.0
    xp = backend_of(nodes[0].grad).xp
    wide = (xp.astype(node.grad, xp.float64) for node in nodes)  # float32 would overflow at 1e19
    norm = math.sqrt(float(sum(xp.sum(g * g) for g in wide)))
    if not norm <= max_norm:
        for node in nodes:
            node.grad = node.grad * (max_norm / norm)
    return norm


def clip_grad_value(parameters, limit):
    """Bring every entry of every gradient into the range from −limit to limit, each for itself.

    >>> w = Tensor([3.0, 0.4], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value([w], 1.0)
    >>> w.grad
    array([1. , 0.8])

    The direction changes: large entries shrink, small ones stay. No sign changes, so that a step against the result
    still goes downhill, if it is short enough. nan stays nan; inf becomes the limit, so look at the gradients before.
    Raises ValueError for a `limit` that is not positive. The second half of equation (eq-08-clip).
    """
    if not limit > 0:
        raise ValueError(f"limit is {limit}; expected a positive number")
    for node in dict.fromkeys(p._node for p in parameters if p.grad is not None):
        xp = backend_of(node.grad).xp
        node.grad = xp.clip(node.grad, -limit, limit)


class LossScaler:
    """Keeps small gradients from vanishing in half precision: backward from `scale` × loss, and divide before the step.

    >>> w = Tensor([1.0], requires_grad=True)
    >>> scaler, optimiser = LossScaler(2.0**10), SGD([w], lr=0.1)
    >>> scaler.scaled((w * w).sum()).backward()
    >>> scaler.step(optimiser), w.data
    (True, array([0.8]))

    Where a gradient has overflowed, `step` changes no parameter, halves `scale` and returns False. After `interval`
    good steps in a row it doubles `scale`. Source: Micikevicius et al., Mixed precision training, 2018.
    """

    def __init__(self, scale=2.0**16, interval=2000):
        if not scale > 0 or interval < 1:
            raise ValueError(f"scale is {scale} and interval {interval}; expected positive numbers")
        self.scale, self.interval, self._good = float(scale), interval, 0

    def scaled(self, loss):
        """The loss times `scale`: call `backward` on it."""
        return loss * self.scale

    def step(self, optimiser):
        """Divide the gradients by `scale` and step, unless one is not finite; whether it stepped. Waits once."""
        nodes = [p._node for p in optimiser.parameters if p.grad is not None]
        finite = True
        for node in nodes:
            xp = backend_of(node.grad).xp
            node.grad = node.grad / self.scale
            finite = xp.all(xp.isfinite(node.grad)) & finite
        if not bool(finite):
            self.scale, self._good = self.scale / 2, 0
            return False
        optimiser.step()
        self._good += 1
        if self._good % self.interval == 0:
            self.scale *= 2
        return True
