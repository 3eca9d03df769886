"""The questions of the exercise on chapter 07: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

import numpy as np


def chain(rng):
    """w apart from 1, 2 and 4, where one mistake looks like another; and 2 to 6 layers."""
    return rng.choice((-1.0, 1.0)) * rng.uniform(4.5, 9.0), int(rng.integers(2, 7))


def leaky(rng):
    return rng.uniform(0.2, 0.8), int(rng.integers(10, 200))


def vector(rng):
    return rng.normal(1, 2, 6), rng.normal(size=6)


def norm_gradient(u, g, of_mean=True, of_spread=True, spread=np.std, along=lambda u, uhat: uhat):
    """The three terms; without the path through the mean or the spread, or with another spread."""
    uhat = (u - u.mean()) / spread(u)
    back = g - of_mean * g.mean() - of_spread * uhat * (g * along(u, uhat)).mean()
    return back / spread(u)


def block(rng):
    """g, h, W, c with no pre-activation near the kink."""
    while True:
        g, h, W = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=(4, 4))
        if np.abs(h @ W.T).min() > 0.05:
            return g, h, W, rng.uniform(0.2, 0.8)


def block_gradient(g, h, W, c, shortcut=1.0, branch=None, on=None, turn=lambda W: W):
    """Both gradients; `branch` stands where c belongs on the way back, `on` where the slopes belong."""
    delta = (c if branch is None else branch) * g * (h @ W.T > 0 if on is None else on)
    return {"h": shortcut * g + delta @ turn(W), "W": delta.T @ h}


def scale(rng):
    return rng.uniform(0.5, 3.0), int(rng.integers(5, 40)), rng.uniform(2.0, 9.0)


def branch_scale(s, K, growth):
    return np.sqrt(2 * (growth ** (2 / K) - 1) / s)


def net(rng):
    return rng.normal(size=3), [rng.normal(0, 0.7, (3, 3)) for _ in range(4)], rng.normal(size=3)


def tanh_slope(z):
    return 1 - np.tanh(z) ** 2


def deltas(x, Ws, y, slope=tanh_slope, top=tanh_slope, turn=lambda W: W.T, layer=0, weights=1):
    """δ of every layer; `layer` 1 takes the slopes of the layer above, `weights` 0 the weights of the layer itself."""
    a, zs = x, []
    for W in Ws:
        zs.append(W @ a)
        a = np.tanh(zs[-1])
    found = [(a - y) * top(zs[-1])]
    for i in reversed(range(len(Ws) - 1)):
        found.insert(0, (turn(Ws[i + weights]) @ found[0]) * slope(zs[i + layer]))
    return np.array(found)


MISSED = "missing-derivative"
NO_SHORTCUT = "only the branch's message is there: add the shortcut's."
NO_BRANCH = "only the shortcut's message is there: add the branch's."

QUESTIONS = {
    "chain": {
        "function": "chain_slope",
        "inputs": chain,
        "mistakes": [
            (MISSED, "that is the bound 1/4 alone: the weight is a factor too.", lambda w, layers: 0.25**layers),
            (MISSED, "the weights are there and the sigmoids' slopes are not.", lambda w, layers: w**layers),
            ("other", "the slope at 0 belongs there, not the value σ(0) = 1/2.", lambda w, layers: (w / 2) ** layers),
            ("other", "factors on one path are multiplied, not added.", lambda w, layers: layers * w / 4),
            ("other", "one layer is missing: count the factors.", lambda w, layers: (w / 4) ** (layers - 1)),
            ("other", "one layer too many: count the factors.", lambda w, layers: (w / 4) ** (layers + 1)),
        ],
    },
    "leaky": {
        "function": "level_variance",
        "inputs": leaky,
        "mistakes": [
            ("other", "that is He's rule for α = 0: the left half has a slope too.", lambda alpha, n: 2 / n),
            (MISSED, "no slope is in it: half of them are 1, the others α.", lambda alpha, n: 1 / n),
            ("other", "the slopes are averaged squared: α² on the left.", lambda alpha, n: 2 / (n * (1 + alpha))),
            (
                "other",
                "that is a spread; the variance is its square.",
                lambda alpha, n: (n * (1 + alpha**2) / 2) ** -0.5,
            ),
            (
                "factor-2",
                "each side holds half of the bell curve: a ½ for both.",
                lambda alpha, n: 1 / (n * (1 + alpha**2)),
            ),
            (MISSED, "n is missing: z is a sum of n terms.", lambda alpha, n: 2 / (1 + alpha**2)),
        ],
    },
    "norm": {
        "function": "norm_back",
        "inputs": vector,
        "mistakes": [
            (
                MISSED,
                "the path through σ is missing: du has three terms.",
                lambda u, g: norm_gradient(u, g, of_spread=False),
            ),
            (
                MISSED,
                "the paths through the mean and the spread are missing.",
                lambda u, g: norm_gradient(u, g, of_mean=False, of_spread=False),
            ),
            (
                MISSED,
                "the path through the mean is missing: subtract the mean of g.",
                lambda u, g: norm_gradient(u, g, of_mean=False),
            ),
            (
                "other",
                "it divides by σ, so that u times 10 makes the gradient smaller.",
                lambda u, g: norm_gradient(u, g) * u.var(),
            ),
            ("other", "σ is the root of the mean square.", lambda u, g: norm_gradient(u, g, spread=np.var)),
            (
                "other",
                "u stands where û belongs: the part along û is asked for.",
                lambda u, g: norm_gradient(u, g, along=lambda u, uhat: u),
            ),
        ],
    },
    "residual": {
        "function": "residual_back",
        "inputs": block,
        "factors": lambda g, h, W, c: {"c": c},
        "n": lambda g, h, W, c: len(g),
        "mistakes": [
            ("overwritten", NO_SHORTCUT, lambda *a: block_gradient(*a, shortcut=0.0)),
            ("overwritten", NO_BRANCH, lambda *a: block_gradient(*a, branch=0.0)),
            (
                MISSED,
                "the branch is multiplied by c, so its message is too.",
                lambda *a: block_gradient(*a, branch=1.0),
            ),
            (MISSED, "the slopes of the ReLU are missing: some units are off.", lambda *a: block_gradient(*a, on=1.0)),
            (
                "other",
                "the shortcut has no c: its message passes unchanged.",
                lambda *a: block_gradient(*a, shortcut=a[3]),
            ),
            (
                "transposed",
                "W is used the wrong way round; it is square, so no shape complains.",
                lambda *a: block_gradient(*a, turn=lambda W: W.T),
            ),
            (
                "other",
                "a unit is on where its z = W h is positive, not its h.",
                lambda *a: block_gradient(*a, on=a[1] > 0),
            ),
            (
                MISSED,
                "g reaches W through c and the slope of the ReLU, which are missing.",
                lambda g, h, W, c: {**block_gradient(g, h, W, c), "W": g.T @ h},
            ),
        ],
    },
    "scale": {
        "function": "branch_scale",
        "inputs": scale,
        "mistakes": [
            ("other", "that is c²: take the root.", lambda *a: branch_scale(*a) ** 2),
            ("other", "lengths grow by the root of 1 + c² s/2.", lambda s, K, growth: branch_scale(s, K, growth**0.5)),
            (
                MISSED,
                "half of the slopes are 0: s stands with a ½.",
                lambda s, K, growth: branch_scale(2 * s, K, growth),
            ),
            (
                MISSED,
                "s is missing: larger weights need a smaller c.",
                lambda s, K, growth: branch_scale(1.0, K, growth),
            ),
            ("other", "1/√K keeps the growth at √e for s = 2; here it is given.", lambda s, K, growth: K**-0.5),
            (
                "other",
                "growth multiplies up over K layers; K times c² s/2 is only its beginning.",
                lambda s, K, growth: np.sqrt(2 * (growth**2 - 1) / (K * s)),
            ),
        ],
    },
    "deltas": {
        "function": "deltas",
        "inputs": net,
        "mistakes": [
            (
                "other",
                "still the slope of the layer above, as in the given function.",
                lambda *a: deltas(*a, layer=1),
            ),
            (
                MISSED,
                "the slope at the output is missing: the last layer has a tanh too.",
                lambda *a: deltas(*a, top=lambda z: 1.0),
            ),
            (MISSED, "the slopes on the way are missing.", lambda *a: deltas(*a, slope=lambda z: 1.0)),
            (
                "transposed",
                "on the way back a message passes W transposed.",
                lambda *a: deltas(*a, turn=lambda W: W),
            ),
            (
                "other",
                "the slope of tanh is 1 − a² with a = tanh(z), not 1 − z².",
                lambda *a: deltas(*a, slope=lambda z: 1 - z**2),
            ),
            (
                "other",
                "a message comes back through the weights of the layer above.",
                lambda *a: deltas(*a, weights=0),
            ),
            ("wrong-order", "the layers stand in reverse: row 0 belongs to layer 1.", lambda *a: deltas(*a)[::-1]),
        ],
    },
}
