"""Difference target propagation: layers get targets, not gradients, through learnt inverses. Chapter 18.

The last hidden layer is told a slightly better activation. Each layer below asks a learnt inverse which activation of
its own would have led there, and corrects the answer by the inverse's own error.
"""

from ..matrix import Tensor
from .feedback import Backpropagation
from .rule import ACTIVATIONS


class DifferenceTargetPropagation(Backpropagation):
    """â(l) = a(l) + g(â(l+1)) − g(a(l+1)), g(a) = f(V a + v); W(l) learns by ½‖a(l) − â(l)‖²: equation (eq-18-dtp).

    >>> import numpy as np
    >>> rule = DifferenceTargetPropagation((64, 128, 32, 10), rng=np.random.default_rng(0))
    >>> [p.shape for p in rule.parameters[6:]]
    [(128, 32), (128,)]

    The target of the last hidden layer is a − `rate` · ∂L/∂a, and the readout follows the gradient. Each inverse
    learns by ½‖g(f(W ã + b)) − ã‖² to undo its layer near ã = a + `noise` ξ, ξ standard normal noise. Both losses are
    means over the batch. Raises ValueError unless rate > 0 and noise ≥ 0. Source: Lee et al., 2015.
    """

    def __init__(self, sizes, *, rng, rate=0.5, noise=0.1, initial=None, **net):
        super().__init__(sizes, rng=rng, initial=initial, **net)
        if not rate > 0 or not noise >= 0:
            raise ValueError(
                f"DifferenceTargetPropagation was given rate {rate}, noise {noise}; expected rate > 0 and noise ≥ 0"
            )
        self.rate, self.noise = rate, noise
        self.inverses = []
        for shape in zip(self.sizes[1:-2], self.sizes[2:-1], strict=True):
            V = Tensor(self._array(self._initial(shape, rng)), requires_grad=True)
            self.inverses.append((V, Tensor(self._array([0.0] * shape[0]), requires_grad=True)))

    @property
    def parameters(self):
        """W(1), b(1), …, W(K), b(K), then V and v of the inverse from layer 2 to 1, from 3 to 2, …"""
        return [*super().parameters, *(p for inverse in self.inverses for p in inverse)]

    def inverse(self, l, above):
        """g: from activations of layer l + 1 to those of layer l."""
        xp, f, (V, v) = self._backend.xp, ACTIVATIONS[self.activation][0], self.inverses[l - 1]
        return f(xp, xp.times_transposed(above, V._data) + v._data)

    def targets(self, layers, error):
        """[â(1), …, â(K − 1)] from the activations and the error Δ(K) at the output."""
        n, top = error.shape[0], len(layers) - 2
        found = [layers[top] - self.rate * n * self.message(top, error, error)]
        for l in range(top - 1, 0, -1):
            found.insert(0, layers[l] + self.inverse(l, found[0]) - self.inverse(l, layers[l + 1]))
        return found

    def deltas(self, x, y):
        """[Δ(1), …, Δ(K)]: (a − â) ⊙ f′ / n in hidden layers, the true one in the last; and the activations."""
        layers, slope, xp = self.forward(x), ACTIVATIONS[self.activation][1], self._backend.xp
        error, n = self.error(layers[-1], y), layers[0].shape[0]
        pairs = zip(layers[1:-1], self.targets(layers, error), strict=True)
        return [*((a - target) / n * slope(xp, a) for a, target in pairs), error], layers

    def updates(self, x, y):
        """Those of the layers, then those of the inverses."""
        deltas, layers = self.deltas(x, y)
        xp, (f, slope, _), n, found = self._backend.xp, ACTIVATIONS[self.activation], layers[0].shape[0], []
        for delta, a in zip(deltas, layers[:-1], strict=True):
            found += [xp.product(delta.T, a), xp.column_sums(delta)]
        for l in range(1, len(layers) - 2):
            shaken = layers[l] + self.noise * self._normal(tuple(layers[l].shape))
            up = f(xp, xp.times_transposed(shaken, self.weights[l]._data) + self.biases[l]._data)
            back = self.inverse(l, up)
            delta = (back - shaken) / n * slope(xp, back)
            found += [xp.product(delta.T, up), xp.column_sums(delta)]
        return found
