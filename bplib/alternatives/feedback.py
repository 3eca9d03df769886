"""Feedback without weight transport: five rules that differ from backpropagation in one line. Chapter 16.

The backward pass of a net needs, at hidden layer l, a message about the error. `Backpropagation` sends Δ(l+1) W(l+1),
and so must know the forward weights on the way back. Each other class sends something else; nothing further differs.
`feedback[l - 1]` is the matrix that carries the error to hidden layer l, of shape (n_l, units it comes from).
"""

from ..matrix import Tensor
from .rule import ACTIVATIONS, Rule


class Backpropagation(Rule):
    """Δ(l) = (Δ(l+1) W(l+1)) ⊙ f′(Z(l)), ∂L/∂W(l) = Δ(l)ᵀ A(l−1), ∂L/∂b(l) = column sums: equation (eq-16-chain).

    >>> import numpy as np
    >>> rule = Backpropagation((2, 3, 2), rng=np.random.default_rng(0))
    >>> x, y = np.array([[1.0, 2.0]]), np.array([1])
    >>> all(np.allclose(u, g) for u, g in zip(rule.updates(x, y), rule.gradient(x, y)))
    True
    """

    def message(self, l, delta, error):
        """What reaches hidden layer l, shape (batch, n_l), from Δ(l+1) and from the error Δ(K) at the output."""
        return self._backend.xp.product(delta, self.weights[l]._data)

    def deltas(self, x, y):
        """[Δ(1), …, Δ(K)] as the rule believes them to be, and the activations [x, a(1), …, ŷ]."""
        layers, slope, xp = self.forward(x), ACTIVATIONS[self.activation][1], self._backend.xp
        error = delta = self.error(layers[-1], y)
        found = [error]
        for l in range(len(self.weights) - 1, 0, -1):
            delta = self.message(l, delta, error) * slope(xp, layers[l])
            found.insert(0, delta)
        return found, layers

    def layer_updates(self, x, y):
        """[Δ(l)ᵀ A(l−1), column sums of Δ(l)] for every layer, in the gradient's order and shapes."""
        deltas, layers = self.deltas(x, y)
        xp, found = self._backend.xp, []
        for delta, a in zip(deltas, layers[:-1], strict=True):
            found += [xp.product(delta.T, a), xp.column_sums(delta)]
        return found

    def updates(self, x, y):
        """One array for each of `parameters`; see `Rule.updates`."""
        return self.layer_updates(x, y)


class FeedbackAlignment(Backpropagation):
    """The message is Δ(l+1) B(l+1)ᵀ with a fixed random B(l+1) of shape (n_l, n_{l+1}): equation (eq-16-fa).

    >>> import numpy as np
    >>> rule = FeedbackAlignment((64, 128, 10), rng=np.random.default_rng(0))
    >>> rule.weights[1].shape, rule.feedback[0].shape
    ((10, 128), (128, 10))

    B ~ N(0, scale/n_l). With scale 1 the message has about the size of the true one under Xavier's weights, so that
    learning rates can be compared; the paper tunes it. Source: Lillicrap et al., 2016.
    """

    def __init__(self, sizes, *, rng, scale=1.0, **net):
        super().__init__(sizes, rng=rng, **net)
        if not scale > 0:
            raise ValueError(f"{type(self).__name__} was given scale {scale}; expected a positive number")
        self.feedback = [Tensor(self._normal(*self._shape_of(l, scale))) for l in range(1, len(self.weights))]

    def _shape_of(self, l, scale):
        return (self.sizes[l], self.sizes[l + 1]), scale / self.sizes[l]

    def message(self, l, delta, error):
        """Δ(l+1) B(l+1)ᵀ."""
        return self._backend.xp.product(delta, self.feedback[l - 1]._data.T)


class DirectFeedbackAlignment(FeedbackAlignment):
    """The message is Δ(K) B(l)ᵀ: the output's error goes to every layer at once, B(l) of shape (n_l, n_K). (eq-16-dfa)

    >>> import numpy as np
    >>> rule = DirectFeedbackAlignment((64, 32, 16, 10), rng=np.random.default_rng(0))
    >>> [B.shape for B in rule.feedback]
    [(32, 10), (16, 10)]

    B ~ N(0, scale/n_K), so that an entry of the message has the size of the error. Source: Nøkland, 2016.
    """

    def _shape_of(self, l, scale):
        return (self.sizes[l], self.sizes[-1]), scale / self.sizes[-1]

    def message(self, l, delta, error):
        """Δ(K) B(l)ᵀ."""
        return self._backend.xp.product(error, self.feedback[l - 1]._data.T)


class KolenPollack(FeedbackAlignment):
    """Feedback alignment whose B(l+1) learns too: it changes by the transpose of W(l+1)'s own change. (eq-16-kp)

    >>> import numpy as np
    >>> rule = KolenPollack((64, 128, 10), rng=np.random.default_rng(0))
    >>> [p.shape for p in rule.parameters]
    [(128, 64), (128,), (10, 128), (10,), (128, 10)]

    The change of B(l+1) is A(l)ᵀ Δ(l+1), which both of its ends know. B stands among the `parameters`, so the optimiser
    treats it like W. Under weight decay the difference W − Bᵀ dies away; without it, it stays. Sources: Kolen and
    Pollack, 1994; Akrout et al., 2019.
    """

    def __init__(self, sizes, **settings):
        super().__init__(sizes, **settings)
        self.feedback = [Tensor(B, requires_grad=True) for B in self.feedback]

    @property
    def parameters(self):
        """W(1), b(1), …, W(K), b(K), then B(2), …, B(K)."""
        return [*super().parameters, *self.feedback]

    def updates(self, x, y):
        """Those of feedback alignment, then A(l)ᵀ Δ(l+1) for each B(l+1)."""
        found, xp = self.layer_updates(x, y), self._backend.xp
        return found + [xp.asarray(found[2 * l].T, copy=True) for l in range(1, len(self.weights))]


class WeightMirror(FeedbackAlignment):
    """Feedback alignment that sets B(l+1) by noise: B ← (1 − rate) B + rate · mean of ξ (W ξ)ᵀ. (eq-16-mirror)

    >>> import numpy as np
    >>> rule = WeightMirror((64, 128, 10), rng=np.random.default_rng(0), rate=1.0, samples=4000)
    >>> rule.mirror()
    >>> bool(abs(rule.feedback[0].data - rule.weights[1].data.T).max() < 0.1)
    True

    ξ is noise of variance 1 at layer l, W ξ what arrives at layer l + 1 without bias or activation; their correlation
    is Wᵀ on average. `train` mirrors before each epoch, over `samples` noise vectors. The authors' code mirrors after
    every batch and rescales B; a running mean needs no rescaling. Source: Akrout et al., 2019.
    """

    def __init__(self, sizes, *, rate=0.1, samples=1000, **settings):
        super().__init__(sizes, **settings)
        if not 0 < rate <= 1 or samples < 1:
            raise ValueError(f"WeightMirror was given rate {rate}, samples {samples}; expected 0 < rate ≤ 1 ≤ samples")
        self.rate, self.samples = rate, samples

    def mirror(self):
        """Let every layer in turn fire at random, and move each B towards the correlation that this leaves."""
        xp = self._backend.xp
        for l, B in enumerate(self.feedback, start=1):
            noise = self._normal((self.samples, self.sizes[l]))
            arrives = xp.times_transposed(noise, self.weights[l]._data)
            seen = xp.product(noise.T, arrives) / self.samples
            self.feedback[l - 1] = Tensor((1 - self.rate) * B._data + self.rate * seen)

    def before_epoch(self):
        """The mirror's phase."""
        self.mirror()


class SignSymmetry(Backpropagation):
    """The message is Δ(l+1) sign(W(l+1)) times the mean size of W(l+1): signs are shared, sizes are not. (eq-16-sign)

    >>> import numpy as np
    >>> rule = SignSymmetry((4, 3, 2), rng=np.random.default_rng(0))
    >>> rule.message(1, np.ones((1, 2)), None).shape
    (1, 3)

    The mean size keeps the message as large as the true one, so that learning rates can be compared. Source: Liao,
    Leibo and Poggio, 2016; their best variants add batch normalisation and steps of the gradient's sign.
    """

    def message(self, l, delta, error):
        """Δ(l+1) sign(W(l+1)) · mean of the sizes in W(l+1)."""
        xp, W = self._backend.xp, self.weights[l]._data
        return xp.product(delta, xp.sign(W)) * xp.mean(xp.abs(W))


class Frozen(FeedbackAlignment):
    """The control: hidden layers stay as drawn and only the readout, the last layer, is trained.

    >>> import numpy as np
    >>> rule = Frozen((64, 128, 10), rng=np.random.default_rng(0))
    >>> [p.shape for p in rule.parameters]
    [(10, 128), (10,)]

    `layer_updates` still says what feedback alignment would do, so that its angle can be watched.
    """

    @property
    def parameters(self):
        """W(K) and b(K)."""
        return [self.weights[-1], self.biases[-1]]

    def updates(self, x, y):
        """Those of the last layer."""
        return self.layer_updates(x, y)[-2:]
