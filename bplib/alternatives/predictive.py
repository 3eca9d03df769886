"""Predictive coding: layers that predict the next one, and settle until their errors balance. Chapter 17.

Each hidden layer holds a state z(l) that is free to move. W(l) f(z(l−1)) + b(l) predicts it; what is left over is the
error ε(l) = z(l) − W(l) f(z(l−1)) − b(l). The states settle downhill on the energy F = ½ Σ ‖ε(l)‖², with
the output held at the target, and then each W(l) takes a step downhill on F from where it stands.
"""

from ..backend import class_labels
from .rule import ACTIVATIONS, Rule

MODES = ("zil", "fixed", "inference")


class PredictiveCoding(Rule):
    """Inference: Δz(l) = rate (f′(z(l)) ⊙ ε(l+1) W(l+1) − ε(l)). Learning: ΔW(l) ∝ ε(l)ᵀ f(z(l−1)). (eq-17-settle)

    - "inference": the rule itself; learns from the states after `steps` steps of inference (20 of rate 0.1).
    - "fixed": predictions and slopes stay those of the forward pass; with rate 1, K − 1 steps give the gradient,
      (eq-17-balance).
    - "zil": the rule itself with rate 1, but W(K − t) learns at step t, when the error has just reached it. This gives
      the gradient too. `steps` is K − 1.

    >>> import numpy as np
    >>> rule = PredictiveCoding((2, 3, 2), rng=np.random.default_rng(0), mode="zil")
    >>> x, y = np.array([[1.0, 2.0]]), np.array([1])
    >>> all(np.allclose(u, g) for u, g in zip(rule.updates(x, y), rule.gradient(x, y)))
    True

    `beta` says how strongly the target pulls at the output, in "inference": the last term of F is ½ β ‖ε(K)‖², and the
    update is divided by β. 1 is the usual rule; as β → 0 the update becomes the gradient. The loss is mse, whose factor
    2/(batch · n_K) the update carries. Raises ValueError for a mode that does not exist, settings that a mode does not
    have, and inference that diverges. Sources: Whittington and Bogacz, 2017; Song et al., 2020; Millidge et al., 2022.
    """

    losses = ("mse",)

    def __init__(self, sizes, *, rng, mode="inference", steps=None, rate=None, beta=1.0, loss="mse", **net):
        super().__init__(sizes, rng=rng, loss=loss, **net)
        K = len(self.weights)
        if mode not in MODES:
            raise ValueError(f"PredictiveCoding has no mode {mode!r}; expected one of {', '.join(MODES)}")
        if mode == "zil" and (steps, rate) != (None, None):
            raise ValueError(f"mode 'zil' was given steps={steps}, rate={rate}; it has K − 1 = {K - 1} steps of rate 1")
        if mode != "inference" and beta != 1:
            raise ValueError(f"mode {mode!r} was given beta={beta}; only 'inference' depends on it")
        self.mode, self.beta = mode, beta
        self.steps = (20 if mode == "inference" else K - 1) if steps is None else steps
        self.rate = (0.1 if mode == "inference" else 1.0) if rate is None else rate
        if not (self.steps >= 0 and self.rate > 0 and beta > 0):
            raise ValueError(
                f"PredictiveCoding was given steps={steps}, rate={rate}, beta={beta}; expected a number of steps, "
                "0 or more, a positive rate and a positive beta"
            )

    def settling(self, x, y):
        """Yield (activities, errors) before inference and after each of its steps: `steps` + 1 pairs.

        activities are [x, f(z(1)), …, f(z(K − 1))] and errors [ε(1), …, β ε(K)], one row for each example.
        """
        xp, (f, slope, _) = self._backend.xp, ACTIVATIONS[self.activation]
        activities, states = [self._input(x)], []
        for W, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            states.append(xp.times_transposed(activities[-1], W._data) + b._data)
            activities.append(f(xp, states[-1]))
        predictions = self.predictions(activities)
        self.error(predictions[-1], y)  # checks the labels, and that the numbers are finite
        target = xp.one_hot(class_labels(y, predictions[-1]), *self._end)
        for t in range(self.steps + 1):
            errors = [s - p for s, p in zip(states, predictions[:-1], strict=True)]
            errors.append(self.beta * (target - predictions[-1]))
            yield activities, errors
            if t == self.steps:
                return
            for l, a in enumerate(activities[1:]):
                pull = xp.product(errors[l + 1], self.weights[l + 1]._data)
                states[l] = states[l] + self.rate * (slope(xp, a) * pull - errors[l])
            if self.mode != "fixed":
                activities = [activities[0], *(f(xp, s) for s in states)]
                predictions = self.predictions(activities)

    def predictions(self, activities):
        """What each layer predicts for the next: [W(l) f(z(l−1)) + b(l) for l = 1 … K], one row for each example."""
        xp = self._backend.xp
        parts = zip(activities, self.weights, self.biases, strict=True)
        return [xp.times_transposed(a, W._data) + b._data for a, W, b in parts]

    def energy(self, errors):
        """F of the errors that `settling` yields, summed over the batch: ½ Σ ‖ε(l)‖², the last one ½ β ‖ε(K)‖².

        Equation (eq-17-energy).
        """
        xp = self._backend.xp
        return sum(float(xp.sum(e * e)) / 2 for e in errors[:-1]) + float(xp.sum(errors[-1] ** 2)) / (2 * self.beta)

    def learn(self, activities, errors):
        """[−c ε(l)ᵀ f(z(l−1)), −c column sums of ε(l)] for every layer, with c = 2/(batch · n_K · β). (eq-17-learn)"""
        xp, found = self._backend.xp, []
        scale = -2 / (activities[0].shape[0] * self.sizes[-1] * self.beta)
        for a, error in zip(activities, errors, strict=True):
            found += [scale * xp.product(error.T, a), scale * xp.column_sums(error)]
        return found

    def updates(self, x, y):
        """One array for each of `parameters`; see `Rule.updates`."""
        if self.mode == "zil":
            kept = []
            for t, (activities, errors) in enumerate(self.settling(x, y)):
                l = len(self.weights) - 1 - t
                kept.insert(0, (activities[l], errors[l]))
            activities, errors = zip(*kept, strict=True)
        else:
            *_, (activities, errors) = self.settling(x, y)
        found, xp = self.learn(activities, errors), self._backend.xp
        if not all(bool(xp.all(xp.isfinite(u))) for u in found[1::2]):
            raise ValueError(
                "PredictiveCoding has diverged during inference. Lower rate, or start from smaller weights"
            )
        return found

    layer_updates = updates
