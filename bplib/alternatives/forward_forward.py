"""Forward-forward: two forward passes, and in every layer a loss of its own. Chapter 18.

One pass sees an image with its right label, the other with a wrong one. Each layer learns to be active in the first
and quiet in the second. No error ever travels from one layer to another.
"""

import numpy as np

from ..backend import class_labels
from ..functional import concat, linear, softmax_cross_entropy
from ..matrix import Tensor
from ..rules_layers import log_softmax
from .rule import ACTIVATIONS, Rule

TINY = 1e-8  # keeps the length of a silent layer from being 0


class ForwardForward(Rule):
    """A layer's goodness is g = Σ a²; its loss is softplus(∓(g − θ)) for right (−) and wrong (+) labels: (eq-18-ff).

    How that loss goes back to the layer itself is (eq-18-ff-delta).

    >>> import numpy as np
    >>> rule = ForwardForward((64, 200, 200, 10), rng=np.random.default_rng(0))
    >>> [W.shape for W in rule.weights]
    [(200, 74), (200, 200), (10, 200)]
    >>> rule.goodness(np.zeros((3, 64)), np.array([0, 1, 2])).shape
    (3, 2)

    The label enters as further inputs, one for each class. Between layers the activations are divided by their root
    mean square, so that the next layer cannot read the goodness off their length; `normalise=False` lets them through.
    Wrong labels are drawn evenly (`negatives="random"`) or where the net itself is tempted ("hard"). The last layer is
    a softmax head on the last hidden layer, which sees every label at 1/classes; nothing goes back from it.

    `classify="goodness"` predicts the label under which the hidden layers' goodness, summed, is highest; "softmax" asks
    the head. `gradient` is that of the head's loss. Raises ValueError for unknown `negatives` or `classify`, θ ≤ 0 and
    a single class. Source: Hinton, 2022.
    """

    activations = ("relu", "tanh")
    losses = ("cross_entropy",)

    def __init__(
        self,
        sizes,
        *,
        rng,
        activation="relu",
        theta=10.0,
        negatives="random",
        normalise=True,
        classify="goodness",
        **net,
    ):
        super().__init__(sizes, rng=rng, activation=activation, **net)
        if negatives not in ("random", "hard") or classify not in ("goodness", "softmax") or not theta > 0:
            raise ValueError(
                f"ForwardForward was given theta {theta}, negatives {negatives!r}, classify {classify!r}; expected "
                "theta > 0, negatives random or hard, classify goodness or softmax"
            )
        if sizes[-1] < 2:
            raise ValueError("ForwardForward was given 1 class; expected at least 2: a label must be able to be wrong")
        self.theta, self.negatives, self.normalise, self.classify = theta, negatives, normalise, classify

    def _shapes(self):
        first, *others = super()._shapes()
        return [(first[0], first[1] + self.sizes[-1]), *others]

    # The forward pass

    def _hot(self, labels, like):
        return self._backend.xp.one_hot(labels, self.sizes[-1], like.dtype)

    def _blank(self, x):
        """No label in particular: every class at 1/classes."""
        classes = self.sizes[-1]
        return self._array(np.full((x.shape[0], classes), 1 / classes))

    def _hidden(self, x, hot):
        """For each hidden layer: what enters it, shape (batch, n_{l-1}), and its activations, shape (batch, n_l)."""
        xp, f, found = self._backend.xp, ACTIVATIONS[self.activation][0], []
        enters = xp.concat([x, hot], axis=1)
        for W, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            a = f(xp, xp.times_transposed(enters, W._data) + b._data)
            found.append((enters, a))
            enters = self._passed_on(a)
        return found, enters

    def _passed_on(self, a):
        """The activations as the next layer sees them: divided by their root mean square."""
        xp = self._backend.xp
        return a / xp.sqrt(xp.mean(a * a, axis=1, keepdims=True) + TINY) if self.normalise else a

    def _head(self, last):
        return self._backend.xp.times_transposed(last, self.weights[-1]._data) + self.biases[-1]._data

    def forward(self, x):
        """[x with blank labels, a(1), …, a(K − 1), the head's ŷ]."""
        x = self._input(x)
        found, last = self._hidden(x, self._blank(x))
        return [found[0][0], *(a for _, a in found), self._head(last)]

    def goodness(self, x, labels):
        """Σ a² of each hidden layer when x comes with these labels. Shape (batch, L − 1)."""
        x, xp = self._input(x), self._backend.xp
        found, _ = self._hidden(x, self._hot(class_labels(labels, self._blank(x)), x))
        return xp.stack([xp.sum(a * a, axis=1) for _, a in found], axis=1)

    def scores(self, x):
        """The summed goodness under each label, or the head's outputs. Shape (batch, classes)."""
        if self.classify == "softmax":
            return self.forward(x)[-1]
        x, xp = self._input(x), self._backend.xp
        nothing = xp.astype(0 * x[:, 0], xp.int64)
        return xp.stack([xp.sum(self.goodness(x, nothing + k), axis=1) for k in range(self.sizes[-1])], axis=1)

    # Learning

    def wrong_labels(self, labels, outputs):
        """A wrong label for each row: any with the same probability, or, if hard, as likely as the head finds it."""
        xp, classes = self._backend.xp, self.sizes[-1]
        if self.negatives == "random":
            shift = xp.asarray(self._rng.integers(1, classes, labels.shape[0]), device=self._backend.device)
            return (labels + shift) % classes
        gumbel = self._array(self._rng.gumbel(size=tuple(outputs.shape)))
        # the largest of log p + Gumbel noise is a draw from p
        return xp.argmax(log_softmax(xp, outputs, 1) + gumbel - 1e9 * self._hot(labels, outputs), axis=1)

    def updates(self, x, y):
        """Each layer's gradient of its own loss, from what enters it and its own activations; the head's of its own."""
        x, xp, slope = self._input(x), self._backend.xp, ACTIVATIONS[self.activation][1]
        _, last = self._hidden(x, self._blank(x))
        outputs = self._head(last)
        error, labels = self.error(outputs, y), class_labels(y, outputs)
        n, wrong = x.shape[0], self.wrong_labels(labels, outputs)
        both, _ = self._hidden(xp.concat([x, x]), self._hot(xp.concat([labels, wrong]), x))
        right = xp.concat([xp.ones_like(x[:, 0]), -xp.ones_like(x[:, 0])])  # +1 for right labels, −1 for wrong
        found = []
        for enters, a in both:
            margin = right * (xp.sum(a * a, axis=1) - self.theta)
            push = -right * (0.5 - 0.5 * xp.tanh(0.5 * margin)) / (2 * n)  # ∂ mean softplus(−margin) / ∂g
            delta = 2 * push[:, None] * a * slope(xp, a)
            found += [xp.product(delta.T, enters), xp.column_sums(delta)]
        return [*found, xp.product(error.T, last), xp.column_sums(error)]

    def layer_updates(self, x, y):
        """The same as `updates`: every layer has one."""
        return self.updates(x, y)

    def _loss(self, x, y, weights, biases):
        x, f = self._input(x), ACTIVATIONS[self.activation][2]
        a = concat([Tensor(x), Tensor(self._blank(x))], axis=1)
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            a = f(linear(a, W, b))
            a = a / ((a * a).mean(axis=1, keepdims=True) + TINY) ** 0.5 if self.normalise else a
        return softmax_cross_entropy(linear(a, weights[-1], biases[-1]), y)
