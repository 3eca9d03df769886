"""Synthetic gradients: every layer guesses the message that would come back, and need not wait for it. Chapter 18.

Beside each hidden layer stands a small linear model. From the layer's activations and the label it predicts what
backpropagation would send to this layer. The layer learns from the prediction at once; the model learns from what the
layer above says later, itself in part a prediction.
"""

from ..backend import class_labels
from ..matrix import Tensor
from .feedback import Backpropagation
from .rule import ACTIVATIONS


class SyntheticGradients(Backpropagation):
    """δ(l) = ĝ(l) ⊙ f′(z(l)) with ĝ(l) = A(l) a(l) + C(l) t + c(l), t the one-hot label: equation (eq-18-dni).

    >>> import numpy as np
    >>> rule = SyntheticGradients((64, 128, 10), rng=np.random.default_rng(0))
    >>> [p.shape for p in rule.parameters[4:]]
    [(128, 128), (128, 10), (128,)]

    A, C and c start at zero and learn by the squared distance, ½‖ĝ(l) − W(l+1)ᵀ δ(l+1)‖², averaged over the batch,
    (eq-18-dni-model): the message of the layer above, in which δ(l+1) is synthetic too unless l + 1 is the last layer.
    With `labels=False` the models do not see the label. Source: Jaderberg et al., 2017.
    """

    def __init__(self, sizes, *, rng, labels=True, **net):
        super().__init__(sizes, rng=rng, **net)
        self.labels = labels
        zeros = lambda *shape: Tensor(0 * self._normal(shape), requires_grad=True)
        classes = self.sizes[-1]
        self.models = [(zeros(n, n), zeros(n, classes), zeros(n)) for n in self.sizes[1:-1]]

    @property
    def parameters(self):
        """W(1), b(1), …, W(K), b(K), then A(1), C(1), c(1), A(2), …"""
        return [*super().parameters, *(p for model in self.models for p in model)]

    def synthetic(self, l, a, hot):
        """ĝ(l), the predicted ∂L/∂a(l) of each example, from the activations a(l) and one-hot labels."""
        xp, (A, C, c) = self._backend.xp, self.models[l - 1]
        return xp.times_transposed(a, A._data) + xp.times_transposed(hot, C._data) + c._data

    def _hot(self, y, outputs):
        return self._backend.xp.one_hot(class_labels(y, outputs), self.sizes[-1], outputs.dtype) * float(self.labels)

    def deltas(self, x, y):
        """[Δ(1), …, Δ(K)]: all but the last from the layer itself and the label; and the activations."""
        layers, slope, xp = self.forward(x), ACTIVATIONS[self.activation][1], self._backend.xp
        error, n = self.error(layers[-1], y), layers[0].shape[0]
        hot = self._hot(y, layers[-1])
        found = [self.synthetic(l, a, hot) / n * slope(xp, a) for l, a in enumerate(layers[1:-1], start=1)]
        return [*found, error], layers

    def updates(self, x, y):
        """Those of the layers, then those of the models, whose target comes one layer down and no further."""
        deltas, layers = self.deltas(x, y)
        xp, n, found, models = self._backend.xp, layers[0].shape[0], [], []
        hot = self._hot(y, layers[-1])
        for delta, a in zip(deltas, layers[:-1], strict=True):
            found += [xp.product(delta.T, a), xp.column_sums(delta)]
        for l, a in enumerate(layers[1:-1], start=1):
            target = self.message(l, deltas[l], deltas[-1]) * n  # of single examples: Δ holds 1/n
            miss = (self.synthetic(l, a, hot) - target) / n
            models += [xp.product(miss.T, a), xp.product(miss.T, hot), xp.column_sums(miss)]
        return found + models
