"""Equilibrium propagation: a net that comes to rest twice, and learns from the difference. Chapter 17.

Each layer is driven from below through W(l) and from above through the transpose of W(l+1), as if every weight were one
spring between two units. The net then rolls downhill on an energy. Left alone it settles on its answer; pulled a little
at the output it settles elsewhere, and how far each spring has moved tells what its weight should do.
"""

import math
from itertools import pairwise

from ..backend import class_labels
from ..nn import init
from .rule import ACTIVATIONS, Rule


def half_xavier(shape, rng):
    """Half of `init.xavier`: between layers that drive each other, large weights would leave no single point of rest.

    >>> import numpy as np
    >>> half_xavier((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    return 0.5 * init.xavier(shape, rng)


class EquilibriumPropagation(Rule):
    """ΔW(l) ∝ [a(l) a(l−1)ᵀ at rest under +β, less the same under 0 or −β] / β or 2 β: equation (eq-17-ep).

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> rule = EquilibriumPropagation((2, 3, 2), rng=rng, beta=1e-3, free=200, nudged=200)
    >>> x, y = np.array([[1.0, 2.0]]), np.array([1])
    >>> all(np.allclose(u, g, atol=1e-5) for u, g in zip(rule.updates(x, y), rule.gradient(x, y)))
    True

    Why is (eq-17-theorem). The energy, (eq-17-hopfield), is Σ Φ(a(l)) − Σ a(l)·(W(l) a(l−1) + b(l)), Φ′ = f⁻¹: at rest
    a unit is f of what comes to it from both sides, and the last layer is linear. The pull adds β/2 ‖a(K) − target‖².
    States move by `rate` of the way in each of `free` steps, from the forward pass, then in `nudged` steps for each
    pull. With `symmetric` the error of the update is of order β², without it of order β. The loss is mse at the point
    of rest, and `gradient` its gradient there. Raises ValueError for settings out of range and a run that diverges.
    Sources: Scellier and Bengio, 2017; Laborieux et al., 2021; the energy is Hopfield's, 1984.
    """

    activations = ("tanh", "sigmoid")
    losses = ("mse",)

    def __init__(
        self, sizes, *, rng, beta=0.1, symmetric=True, free=20, nudged=10, rate=0.5, loss="mse", initial=None, **net
    ):
        super().__init__(sizes, rng=rng, loss=loss, initial=initial or half_xavier, **net)
        if not (beta > 0 and (beta < 1 or not symmetric) and 0 < rate <= 1 and free >= 0 < nudged):
            raise ValueError(
                f"{type(self).__name__} was given beta={beta}, symmetric={symmetric}, free={free}, nudged={nudged}, "
                f"rate={rate}; expected a positive beta (below 1 if symmetric: −1 pushes the output away for ever), "
                "free ≥ 0, nudged ≥ 1 and 0 < rate ≤ 1"
            )
        self.beta, self.symmetric, self.free, self.nudged, self.rate = beta, symmetric, free, nudged, rate

    def start(self, x):
        """The states of a pass from below alone, [z(1), …, z(K)], shapes (batch, n_l): where settling starts."""
        states, a, xp = [], self._input(x), self._backend.xp
        for W, b in zip(self.weights, self.biases, strict=True):
            states.append(xp.times_transposed(a, W._data) + b._data)
            a = ACTIVATIONS[self.activation][0](xp, states[-1])
        return states

    def activities(self, x, states):
        """[x, f(z(1)), …, f(z(K − 1)), z(K)]."""
        f, xp = ACTIVATIONS[self.activation][0], self._backend.xp
        return [x, *(f(xp, s) for s in states[:-1]), states[-1]]

    def settle(self, x, states, steps, beta=0.0, target=None):
        """The states after `steps` steps of z(l) ← z(l) + rate (W(l) a(l−1) + b(l) + a(l+1) W(l+1) − z(l)).

        At the output the pull −β (z(K) − target) takes the place of a layer above. Equation (eq-17-rest).
        """
        xp, W, b = self._backend.xp, [w._data for w in self.weights], [v._data for v in self.biases]
        bottom = xp.times_transposed(x, W[0]) + b[0]
        for _ in range(steps):
            a, moved = self.activities(x, states), []
            for l, state in enumerate(states):
                drive = xp.times_transposed(a[l], W[l]) + b[l] if l else bottom
                if l + 1 < len(states):
                    drive = drive + xp.product(a[l + 2], W[l + 1])
                elif beta:
                    drive = drive - beta * (state - target)
                moved.append(state + self.rate * (drive - state))
            states = moved
        return states

    def correlations(self, x, states):
        """[a(l)ᵀ a(l−1), column sums of a(l)] for every layer: what the two ends of a weight know."""
        a, xp, found = self.activities(x, states), self._backend.xp, []
        for below, here in pairwise(a):
            found += [xp.product(here.T, below), xp.column_sums(here)]
        return found

    def updates(self, x, y):
        """One array for each of `parameters`; see `Rule.updates`."""
        x, xp = self._input(x), self._backend.xp
        rest = self.settle(x, self.start(x), self.free)
        self.error(rest[-1], y)  # checks the labels, and that the numbers are finite
        target = xp.one_hot(class_labels(y, rest[-1]), *self._end)
        up = self.correlations(x, self.settle(x, rest, self.nudged, self.beta, target))
        other = self.settle(x, rest, self.nudged, -self.beta, target) if self.symmetric else rest
        apart = (2 if self.symmetric else 1) * self.beta
        scale = -2 / (x.shape[0] * self.sizes[-1] * apart)  # of the mean square error, as in its gradient
        found = [scale * (u - v) for u, v in zip(up, self.correlations(x, other), strict=True)]
        if not all(bool(xp.all(xp.isfinite(u))) for u in found[1::2]):
            raise ValueError(
                f"{type(self).__name__} has diverged while settling. Lower beta, or start from smaller weights"
            )
        return found

    layer_updates = updates

    def forward(self, x):
        """The activities after the free phase, [x, a(1), …, ŷ]."""
        x = self._input(x)
        return self.activities(x, self.settle(x, self.start(x), self.free))

    def energy(self, x, states, beta=0.0, target=None):
        """E + β/2 ‖a(K) − target‖² of the states, summed over the batch."""
        xp, a = self._backend.xp, self.activities(x, states)
        found = xp.sum(states[-1] ** 2) / 2
        for s, here in zip(states[:-1], a[1:-1], strict=True):
            size = xp.abs(s) if self.activation == "tanh" else xp.abs(s) / 2
            soft = size + xp.log1p(xp.exp(-2 * size)) - math.log(2)  # ln cosh
            if self.activation == "sigmoid":
                soft = soft + s / 2 + math.log(2)  # ln(1 + eˢ)
            found = found + xp.sum(s * here - soft)
        for below, here, W, b in zip(a[:-1], a[1:], self.weights, self.biases, strict=True):
            found = found - xp.sum(here * (xp.times_transposed(below, W._data) + b._data))
        return float(found) + (beta / 2 * float(xp.sum((states[-1] - target) ** 2)) if beta else 0.0)

    def loss(self, x, y):
        """The mean square error at rest, a number. Raises ValueError where the net does not come to rest."""
        outputs = self._rest(self._input(x))[-1]
        target = self._backend.xp.one_hot(class_labels(y, outputs), *self._end)
        return float(self._backend.xp.mean((outputs - target) ** 2))

    def gradient(self, x, y):
        """The true gradient of that loss, by linear algebra at the point of rest: equation (eq-17-adjoint).

        Raises ValueError where the net does not come to rest. Sources: Almeida, 1987; Pineda, 1987.
        """
        x = self._input(x)
        states = self._rest(x)
        return self._adjoint(self.activities(x, states), self.error(states[-1], y))

    def _adjoint(self, a, error, steps=None):
        """Settle λ(l) = f′(z(l)) ⊙ (W(l) λ(l−1) + λ(l+1) W(l+1)), λ(K) = W(K) λ(K−1) + Δ(K); ∂L/∂W = λᵀ a + aᵀ λ."""
        xp, W = self._backend.xp, [w._data for w in self.weights]
        slopes = [ACTIVATIONS[self.activation][1](xp, each) for each in a[1:-1]]

        def move(lambdas):
            moved = []
            for l, here in enumerate(lambdas):
                drive = xp.times_transposed(lambdas[l - 1], W[l]) if l else 0 * here
                if l + 1 < len(lambdas):
                    drive = slopes[l] * (drive + xp.product(lambdas[l + 1], W[l + 1]))
                else:
                    drive = drive + error
                moved.append(here + self.rate * (drive - here))
            return moved

        lambdas = self._until_still(move, [xp.zeros_like(each) for each in a[1:]], steps)
        lambdas, found = [xp.zeros_like(a[0]), *lambdas], []
        for l in range(1, len(a)):
            found += [xp.product(lambdas[l].T, a[l - 1]) + xp.product(a[l].T, lambdas[l - 1])]
            found += [xp.column_sums(lambdas[l])]
        return found

    def _rest(self, x):
        return self._until_still(lambda states: self.settle(x, states, 1), self.start(x))

    def _until_still(self, move, states, steps=None):
        """`steps` moves, or until nothing moves any more."""
        xp = self._backend.xp
        if steps is not None:
            for _ in range(steps):
                states = move(states)
            return states
        still = 50 * float(xp.finfo(self._like.dtype).eps)
        for _ in range(5000):
            before, states = states, move(states)
            gap = max(float(xp.max(xp.abs(u - v))) for u, v in zip(states, before, strict=True))
            if not gap > still * max(1.0, *(float(xp.max(xp.abs(u))) for u in states)):
                return states
        raise ValueError(
            f"{type(self).__name__} does not come to rest in 5000 steps; start from smaller weights or lower rate"
        )


class RecurrentBackpropagation(EquilibriumPropagation):
    """The yardstick: the same net, but errors settle in a linear copy of it instead of in the net itself.

    >>> import numpy as np
    >>> rule = RecurrentBackpropagation((2, 3, 2), rng=np.random.default_rng(0), free=1000)
    >>> x, y = np.array([[1.0, 2.0]]), np.array([1])
    >>> all(np.allclose(u, g) for u, g in zip(rule.updates(x, y), rule.gradient(x, y)))
    True

    `free` steps for the states, as many for the errors: equation (eq-17-adjoint). Sources: Almeida, 1987; Pineda, 1987.
    """

    def updates(self, x, y):
        """One array for each of `parameters`; see `Rule.updates`."""
        a = self.forward(x)
        return self._adjoint(a, self.error(a[-1], y), self.free)

    layer_updates = updates
