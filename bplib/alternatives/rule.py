"""What every learning rule of this part has in common: a net of layers, its predictions and its true gradient.

A rule holds weights and biases and says how they should change: `updates(x, y)`. Which information it may use for that
is what the rules differ in. Chapter 16 derives the first of them.
"""

from numbers import Integral

import numpy as np

from ..backend import NUMPY, as_array, backend_of, class_labels, is_float, upper
from ..functional import linear, softmax_cross_entropy
from ..functional import mse as mean_squared_error
from ..matrix import Tensor
from ..nn import init
from ..rules_layers import softmax

# Each activation as (f(xp, z), its slope from f's result a, the same on tensors).
ACTIVATIONS = {
    "tanh": (lambda xp, z: xp.tanh(z), lambda xp, a: 1 - a * a, Tensor.tanh),
    "sigmoid": (lambda xp, z: 0.5 * xp.tanh(0.5 * z) + 0.5, lambda xp, a: a * (1 - a), Tensor.sigmoid),
    "relu": (lambda xp, z: xp.maximum(z, xp.zeros_like(z)), lambda xp, a: xp.step(a), Tensor.relu),
    "linear": (lambda xp, z: z, lambda xp, a: xp.ones_like(a), lambda z: z),
}


class Rule:
    """A net of layers, sizes (n_0, …, n_K), with `weights` of shape (n_out, n_in), `biases`, and a rule to train them.

    The hidden layers have one `activation` (tanh, sigmoid, relu or linear); the last layer is linear and its outputs
    enter the `loss`: "cross_entropy" (after a softmax) or "mse" (against one-hot labels), a mean over the batch.
    `initial` draws a weight matrix from (shape, rng): by default `init.he` for relu and `init.xavier` otherwise.
    The numbers live where the array `like` lives and have its dtype; NumPy's float64 without it.

    Raises TypeError or ValueError for a net without hidden layers, a generator that is none, and an activation or loss
    that the rule does not know. A rule's own class lists those in `activations` and `losses`.
    """

    activations = tuple(ACTIVATIONS)
    losses = ("cross_entropy", "mse")

    def __init__(self, sizes, *, rng, activation="tanh", loss="cross_entropy", initial=None, like=None):
        name, sizes = type(self).__name__, tuple(sizes)
        if len(sizes) < 3 or not all(isinstance(n, Integral) and n > 0 for n in sizes):
            raise ValueError(
                f"{name} was given sizes {sizes}; expected at least (inputs, hidden units, outputs): a net of one "
                "layer has no hidden layer to which an error must find its way"
            )
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"{name} was given rng={rng!r:.60}; expected np.random.default_rng(seed)")
        for what, given, known in (("activation", activation, self.activations), ("loss", loss, self.losses)):
            if given not in known:
                raise ValueError(f"{name} does not support the {what} {given!r}; expected one of {', '.join(known)}")
        self.sizes, self.activation, self.loss_name = sizes, activation, loss
        self._rng, self._like = rng, np.empty(0) if like is None else as_array(like)
        self._backend = backend_of(self._like)
        if not is_float(self._like):
            raise TypeError(f"{name} was given like of {self._like.dtype}; expected an array of floats")
        self._initial = initial or (init.he if activation == "relu" else init.xavier)
        drawn = [self._array(self._initial(shape, rng)) for shape in self._shapes()]
        self.weights = [Tensor(W, requires_grad=True) for W in drawn]
        self.biases = [Tensor(self._array(np.zeros(n)), requires_grad=True) for n in sizes[1:]]

    def _shapes(self):
        """The shapes of the weights, (n_out, n_in) each."""
        return list(zip(self.sizes[1:], self.sizes[:-1], strict=True))

    @property
    def parameters(self):
        """The tensors that `updates` speaks of, in its order: W(1), b(1), W(2), … unless the rule says otherwise."""
        return [p for pair in zip(self.weights, self.biases, strict=True) for p in pair]

    def updates(self, x, y):
        """One array for each of `parameters`, which takes the gradient's place: an optimiser goes against it.

        `x` has shape (batch, n_0), `y` holds the numbers of the classes, shape (batch,). Raises TypeError or ValueError
        for other shapes, dtypes, devices and labels outside the classes, and ValueError once a run has diverged.
        """
        raise NotImplementedError(f"{type(self).__name__} has no updates of its own")

    def before_epoch(self):
        """Called by `train` before each epoch, for rules with a phase of their own."""

    def forward(self, x):
        """The activations of all layers, [x, a(1), …, a(K − 1), ŷ], where ŷ = z(K). Shapes (batch, n_l)."""
        x = self._input(x)
        xp, f = self._backend.xp, ACTIVATIONS[self.activation][0]
        layers = [x]
        for W, b in zip(self.weights, self.biases, strict=True):
            z = xp.times_transposed(layers[-1], W._data) + b._data
            layers.append(z if W is self.weights[-1] else f(xp, z))
        return layers

    def scores(self, x):
        """One number for each class, the largest for the class that is predicted. Shape (batch, n_K)."""
        return self.forward(x)[-1]

    def predict(self, x):
        """The predicted class of each row of `x`, shape (batch,)."""
        return self._backend.xp.argmax(self.scores(x), axis=1)

    def error(self, outputs, y):
        """Δ(K) = ∂L/∂Z(K) of the loss: (softmax(Z) − one-hot)/n, or 2 (Z − one-hot)/(n n_K) for mse."""
        xp, (n, classes) = self._backend.xp, outputs.shape
        labels = class_labels(y, outputs)
        if self.loss_name == "mse":
            delta = (outputs - xp.one_hot(labels, classes, outputs.dtype)) * (2 / (n * classes))
        else:
            delta = xp.less_one_hot(softmax(xp, outputs, 1), labels) / n
        if not bool(xp.all(xp.isfinite(delta))):
            raise ValueError(
                f"{type(self).__name__} has diverged: its output is not finite. Lower the learning rate or start from "
                "smaller weights; if it is the first batch, look for NaN in x"
            )
        return delta

    def loss(self, x, y):
        """The loss of the net on a batch, a number."""
        return float(self._loss(x, y, self.weights, self.biases).detach())

    def gradient(self, x, y):
        """The true gradient by `bplib.matrix`, [∂L/∂W(1), ∂L/∂b(1), ∂L/∂W(2), …]: what `updates` is measured by."""
        weights, biases = ([Tensor(p._data, requires_grad=True) for p in ps] for ps in (self.weights, self.biases))
        self._loss(x, y, weights, biases).backward()
        return [p.grad for pair in zip(weights, biases, strict=True) for p in pair]

    def _loss(self, x, y, weights, biases):
        a, f = Tensor(self._input(x)), ACTIVATIONS[self.activation][2]
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            a = f(linear(a, W, b))
        outputs = linear(a, weights[-1], biases[-1])
        if self.loss_name == "cross_entropy":
            return softmax_cross_entropy(outputs, y)
        return mean_squared_error(outputs, self._backend.xp.one_hot(class_labels(y, outputs._data), *self._end))

    @property
    def _end(self):
        return self.sizes[-1], self._like.dtype

    def _input(self, x):
        x, name = as_array(x), type(self).__name__
        if backend_of(x) is not self._backend:
            upper(self._backend, backend_of(x))
        if x.ndim != 2 or x.shape[1] != self.sizes[0] or not x.shape[0]:
            raise ValueError(f"{name} was given x of shape {tuple(x.shape)}; expected (batch, {self.sizes[0]})")
        if x.dtype != self._like.dtype:
            raise TypeError(f"{name} has weights of {self._like.dtype} but was given x of {x.dtype}: convert x first")
        return x

    def _array(self, numbers):
        """NumPy's numbers where the net lives."""
        if self._backend is NUMPY:
            return np.asarray(numbers, dtype=self._like.dtype)
        xp = self._backend.xp
        return xp.astype(xp.asarray(np.asarray(numbers), device=self._backend.device), self._like.dtype)

    def _normal(self, shape, variance=1.0):
        """Normal numbers of mean 0, as an array of the net's library."""
        return self._array(self._rng.standard_normal(shape) * variance**0.5)
