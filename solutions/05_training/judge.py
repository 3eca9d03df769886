"""The questions of the exercise on chapter 05: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

import numpy as np

NAMES = ("W1", "b1", "W2", "b2")


def network(rng, n=6):
    """n examples with 3 inputs and 2 targets in (0, 1), then W1, b1, W2, b2 with 4 hidden units."""
    shapes = ((n, 3), (n, 2), (4, 3), (4,), (2, 4), (2,))
    X, Y, *net = (rng.normal(size=shape) for shape in shapes)
    return X, 1 / (1 + np.exp(-2 * Y)), *[0.6 * w for w in net]


def tanh_slope(A1):
    return 1 - A1**2


def sigmoid_slope(A):
    return A * (1 - A)


def one(A):
    return 1.0


def gradient(X, Y, W1, b1, W2, b2, hidden=tanh_slope, output=sigmoid_slope, back=None):
    """All four gradients; with other slopes, or other weights `back` on the way back, what a mistake makes of them."""
    A1 = np.tanh(X @ W1.T + b1)
    Yhat = 1 / (1 + np.exp(-(A1 @ W2.T + b2)))
    Delta2 = (Yhat - Y) * output(Yhat) / len(X)
    Delta1 = (Delta2 @ (W2 if back is None else back)) * hidden(A1)
    return {"W1": Delta1.T @ X, "b1": Delta1.sum(axis=0), "W2": Delta2.T @ A1, "b2": Delta2.sum(axis=0)}


def targets(rng):
    """0s and 1s, away from as many of the one as of the other."""
    n = int(rng.integers(5, 10))
    ones = int(rng.choice([k for k in range(n + 1) if abs(k / n - 0.5) > 0.15]))
    return (rng.permutation(np.arange(n) < ones).astype(float)[:, None],)


def step(g, W1, b1, W2, b2, eta):
    return {name: w - eta * g[name] for name, w in zip(NAMES, (W1, b1, W2, b2), strict=True)}


def stepped(**slopes):
    return lambda X, Y, *net_and_eta: step(gradient(X, Y, *net_and_eta[:-1], **slopes), *net_and_eta)


def too_early(X, Y, W1, b1, W2, b2, eta):
    back = stepped()(X, Y, W1, b1, W2, b2, eta)["W2"]
    return step(gradient(X, Y, W1, b1, W2, b2, back=back), W1, b1, W2, b2, eta)


def decayed(data=lambda n: 1.0, decay=lambda n: 1.0, bias=0.0, **slopes):
    """The gradients with the loss's part and the penalty's part scaled, and with the biases decayed too."""

    def mistaken(X, Y, W1, b1, W2, b2, lam):
        g, n = gradient(X, Y, W1, b1, W2, b2, **slopes), len(X)
        on = {"W1": decay(n) * W1, "b1": bias * b1, "W2": decay(n) * W2, "b2": bias * b2}
        return {name: data(n) * g[name] + lam * on[name] for name in NAMES}

    return mistaken


def uneven(rng):
    """A network and a batch size that leaves a short last batch."""
    n, size = [(7, 3), (8, 5), (9, 4), (8, 3), (7, 4)][rng.integers(5)]
    return *network(rng, n), size


def in_batches(weigh, last=None, first=None):
    """The batches' own mean gradients, added up with weights that may be wrong."""

    def collected(X, Y, W1, b1, W2, b2, size):
        rows = [slice(at, min(at + size, len(X))) for at in range(0, len(X), size)]
        total = dict.fromkeys(NAMES, 0.0)
        for r in rows[first:last]:
            g, share = gradient(X[r], Y[r], W1, b1, W2, b2), weigh(r.stop - r.start, len(X), size, len(rows))
            total = {name: total[name] + share * g[name] for name in NAMES}
        return total

    return collected


def loop(rng):
    """A network, three batches that share out its examples, a rate and a momentum."""
    order = rng.permutation(7).tolist()
    return *network(rng, 7), [order[:3], order[3:6], order[6:]], rng.uniform(0.4, 1.0), rng.uniform(0.4, 0.9)


def trained(kind, message, only=slice(None), stale=False, everything=False, lead=False, direction=1.0, keep=None):
    """The loop with a mistake. `keep` maps mu to what is used in its place, and to the weight of a new gradient."""

    def mistaken(X, Y, W1, b1, W2, b2, batches, eta, mu):
        start = net = dict(zip(NAMES, (W1, b1, W2, b2), strict=True))
        held, fresh = keep(mu) if keep else (mu, 1.0)
        v = dict.fromkeys(NAMES, 0.0)
        for rows in batches[only]:
            batch = (X, Y) if everything else (X[rows], Y[rows])
            g = gradient(*batch, **(start if stale else net))
            v = {name: held * v[name] + fresh * g[name] for name in NAMES}
            way = {name: g[name] + mu * v[name] for name in NAMES} if lead else v
            net = {name: net[name] - direction * eta * way[name] for name in NAMES}
        return net

    return kind, message, mistaken


SIGMOID_LOST = "the sigmoid's slope at the output is missing."
TANH = "A1 comes from tanh: its slope is 1 − A1²."

QUESTIONS = {
    "zero-start": {
        "function": "zero_start",
        "inputs": targets,
        "n": len,
        "factors": lambda Y: {"the sigmoid's slope at 0": 0.25},
        "mistakes": [
            ("other", "that is the loss; its slope at the bias is asked for.", lambda Y: 0.125),
            ("other", "the messages cancel only if there are as many 1s as 0s.", lambda Y: 0.0),
        ],
    },
    "velocity": {
        "function": "velocity",
        "inputs": lambda rng: (
            rng.choice((-1.0, 1.0)) * rng.uniform(0.4, 1.5),
            rng.uniform(0.5, 0.95),
            int(rng.integers(3, 10)),
        ),
        "mistakes": [
            ("other", "that is the limit for many steps; t counts.", lambda g, mu, t: g / (1 - mu)),
            (
                "other",
                "one term too many: the sum ends with μ^(t−1).",
                lambda g, mu, t: g * (1 - mu ** (t + 1)) / (1 - mu),
            ),
            (
                "other",
                "one term is missing: the sum ends with μ^(t−1).",
                lambda g, mu, t: g * (1 - mu ** (t - 1)) / (1 - mu),
            ),
            ("other", "an average: the velocity is a sum.", lambda g, mu, t: g * (1 - mu**t)),
            ("other", "that is one of the t terms.", lambda g, mu, t: g * mu ** (t - 1)),
            ("other", "nothing is forgotten: that is μ = 1.", lambda g, mu, t: g * t),
        ],
    },
    "lines": {
        "function": "step_by_lines",
        "inputs": lambda rng: (*network(rng), rng.uniform(0.4, 1.0)),
        "updated": too_early,
        "mistakes": [
            ("missing-derivative", SIGMOID_LOST, stepped(output=one)),
            ("other", TANH, stepped(hidden=sigmoid_slope)),
            ("other", "two wrong slopes.", stepped(hidden=sigmoid_slope, output=one)),
            (
                "other",
                "this weight never changes: a line is missing.",
                lambda X, Y, *net_and_eta: dict(zip(NAMES, net_and_eta[:-1], strict=True)),
            ),
        ],
    },
    "decay": {
        "function": "decayed_gradients",
        "inputs": lambda rng: (*network(rng), rng.uniform(0.1, 1.0)),
        "mistakes": [
            ("missing-derivative", "the penalty's part λ w is missing.", decayed(decay=lambda n: 0.0)),
            ("factor-2", "the penalty ½ λ w² has the slope λ w, not 2 λ w.", decayed(decay=lambda n: 2.0)),
            ("one-over-n", "the penalty is no mean over examples: no 1/n there.", decayed(decay=lambda n: 1 / n)),
            ("times-n", "the 1/n of the loss is missing.", decayed(data=lambda n: n)),
            ("sign", "the penalty pulls the wrong way: its slope is +λ w.", decayed(decay=lambda n: -1.0)),
            ("sign", "the part that comes from the loss has its sign flipped.", decayed(data=lambda n: -1.0)),
            ("other", "the penalty counts weights only: biases go free.", decayed(bias=1.0)),
            ("missing-derivative", SIGMOID_LOST, decayed(output=one)),
            ("missing-derivative", "the slope of tanh, 1 − A1², is missing.", decayed(hidden=one)),
            ("other", TANH, decayed(hidden=sigmoid_slope)),
        ],
    },
    "epoch": {
        "function": "whole_gradient",
        "inputs": uneven,
        "mistakes": [
            (
                "other",
                "a mean of means: the examples of the short batch count for more.",
                in_batches(lambda m, n, s, b: 1 / b),
            ),
            (
                "times-n",
                "the batches' means were added up: nothing makes it a mean again.",
                in_batches(lambda m, n, s, b: 1.0),
            ),
            ("times-n", "1/n is missing: this is the sum over all examples.", in_batches(lambda m, n, s, b: m)),
            ("one-over-n", "divided by n, and by the number of batches too.", in_batches(lambda m, n, s, b: m / n / b)),
            ("one-over-n", "divided by the batch and by n: once is enough.", in_batches(lambda m, n, s, b: 1 / n)),
            (
                "other",
                "every batch was divided by `size`, the short one too, and then by the number of batches.",
                in_batches(lambda m, n, s, b: m / s / b),
            ),
            ("other", "the short batch is left out.", in_batches(lambda m, n, s, b: 1 / (b - 1), last=-1)),
            ("other", "the short batch is left out.", in_batches(lambda m, n, s, b: m / n, last=-1)),
            (
                "overwritten",
                "only the last batch is there: add the batches up (+=).",
                in_batches(lambda m, n, s, b: m / n, first=-1),
            ),
            (
                "other",
                "only the first batch is there: is `return` inside the loop?",
                in_batches(lambda m, n, s, b: m / n, last=1),
            ),
        ],
    },
    "training": {
        "function": "training",
        "inputs": loop,
        "mistakes": [
            trained("other", "no momentum: is the velocity made anew for each batch?", keep=lambda mu: (0.0, 1.0)),
            trained(
                "other",
                "an average: the velocity adds the whole gradient, v = mu v + g.",
                keep=lambda mu: (mu, 1 - mu),
            ),
            trained("sign", "uphill: subtract the velocity.", direction=-1.0),
            trained(
                "wrong-order",
                "all gradients belong to the first weights: take each after the last update.",
                stale=True,
            ),
            trained("other", "each step used all examples: take the rows of its batch.", everything=True),
            trained("other", "that is Nesterov's method; classical momentum is asked for.", lead=True),
            trained("overwritten", "only the last batch had an effect.", only=slice(-1, None)),
            trained("other", "only the first batch had an effect: is `return` inside the loop?", only=slice(1)),
        ],
    },
}
