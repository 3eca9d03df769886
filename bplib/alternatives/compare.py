"""The loop that all rules are trained and compared with: same data, same order, same budget. Chapters 16 to 18."""

from typing import NamedTuple

import numpy as np

from ..backend import backend_of, to_numpy
from ..optim import SGD


def accuracy(rule, x, y):
    """Per cent of the rows of `x` whose class the rule predicts.

    >>> from .feedback import Backpropagation
    >>> rule = Backpropagation((2, 3, 2), rng=np.random.default_rng(0))
    >>> accuracy(rule, np.zeros((4, 2)), np.array([0, 0, 0, 1]))
    75.0
    """
    return float(100 * np.mean(to_numpy(rule.predict(x)) == to_numpy(y)))


def train(rule, x, y, *, rng, optimiser=None, epochs=30, batch=32, fade=False, watch=None):
    """Train a rule on (x, y) in batches, in an order drawn from `rng`; returns what `watch(rule)` said.

    `watch` is asked before the first epoch and after each: epochs + 1 answers. Without an `optimiser`, SGD with
    learning rate 0.05, momentum 0.9 and weight decay 1e-3 on `rule.parameters`. With `fade` the learning rate falls
    from epoch to epoch along a straight line towards 0. The last rows of an epoch that fill no batch wait for the next
    epoch. Raises ValueError when the run diverges, saying in which epoch.

    >>> from bplib.data import moons
    >>> from .feedback import FeedbackAlignment
    >>> (x, y), rng = moons(200, rng=np.random.default_rng(0)), np.random.default_rng(1)
    >>> rule = FeedbackAlignment((2, 16, 2), rng=rng)
    >>> scores = train(rule, x, y, rng=rng, epochs=20, watch=lambda rule: accuracy(rule, x, y))
    >>> len(scores), scores[-1] > 85
    (21, True)
    """
    n = x.shape[0]
    if not isinstance(rng, np.random.Generator) or y.shape != (n,) or not 0 < batch <= n:
        raise ValueError(
            f"was given {n} rows, labels of shape {tuple(y.shape)}, batch={batch}, rng={rng!r:.40}; expected as "
            "many labels as rows, a batch no larger than that and rng=np.random.default_rng(seed)"
        )
    optimiser = optimiser or SGD(rule.parameters, lr=0.05, momentum=0.9, weight_decay=1e-3)
    xp, device = backend_of(x).xp, backend_of(x).device
    said = [watch(rule)] if watch else []
    rate = optimiser.lr
    for epoch in range(1, epochs + 1):
        if fade:
            optimiser.lr = rate * (1 - (epoch - 1) / epochs)
        rule.before_epoch()
        order = rng.permutation(n)
        for i in range(0, n - batch + 1, batch):
            rows = xp.asarray(order[i : i + batch], device=device)
            try:
                step(rule, optimiser, xp.take(x, rows, axis=0), xp.take(y, rows, axis=0))
            except ValueError as error:
                raise ValueError(f"epoch {epoch}: {error}") from None
        if watch:
            said.append(watch(rule))
    return said


def step(rule, optimiser, x, y):
    """One step: the rule's updates take the gradients' place, and the optimiser applies them."""
    for parameter, update in zip(rule.parameters, rule.updates(x, y), strict=True):
        parameter.grad = update
    optimiser.step()


class Result(NamedTuple):
    """What came of one rule: its accuracy for each seed, in per cent, and what was watched for each seed."""

    accuracies: np.ndarray
    watched: list

    @property
    def mean(self):
        """The mean over seeds."""
        return float(self.accuracies.mean())

    @property
    def spread(self):
        """The standard deviation over seeds; 0 for one seed."""
        return float(self.accuracies.std(ddof=1)) if len(self.accuracies) > 1 else 0.0

    def __str__(self):
        return f"{self.mean:.1f} ± {self.spread:.1f}"


def compare(rules, fit, judge, *, seeds=range(5), watch=None, optimiser=None, **recipe):
    """Train every rule with every seed on `fit` = (x, y) and judge it on `judge` = (x, y): {name: `Result`}.

    `rules` maps a name to a function rng → rule. For one seed all rules start from the same weights, if they draw those
    first, and see the same batches. `optimiser` makes one from a rule's parameters; `recipe` goes to `train`.

    >>> from bplib.data import moons
    >>> from .feedback import Backpropagation, Frozen
    >>> data = moons(200, rng=np.random.default_rng(0))
    >>> rules = {rule.__name__: lambda rng, rule=rule: rule((2, 4, 2), rng=rng) for rule in (Backpropagation, Frozen)}
    >>> found = compare(rules, data, data, seeds=[0, 1], epochs=2)
    >>> list(found), found["Frozen"].accuracies.shape
    (['Backpropagation', 'Frozen'], (2,))
    """
    found = {}
    for name, make in rules.items():
        accuracies, watched = [], []
        for seed in seeds:
            rule = make(np.random.default_rng(seed))
            chosen = optimiser(rule.parameters) if optimiser else None
            order = np.random.default_rng([seed, 1])
            watched.append(train(rule, *fit, rng=order, optimiser=chosen, watch=watch, **recipe))
            accuracies.append(accuracy(rule, *judge))
        found[name] = Result(np.array(accuracies), watched)
    return found
