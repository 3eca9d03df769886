"""The questions of the exercise on chapter 18: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

from functools import partial

import numpy as np


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


def relu(z):
    return np.maximum(z, 0)


def place(rng):
    """A layer and a number of layers, apart enough that 2, K − l − 1, K − l, K − l + 1 and K all differ."""
    l = int(rng.integers(2, 6))
    return l, l + int(rng.integers(4, 9))


RULES = ("backprop", "direct", "targets", "forward-forward", "synthetic", "model")


def heard(l, K):
    return dict(zip(RULES, (K - l, K - l, K - l, 0, 0, 1), strict=True))


def said(name, number):
    """The right numbers but one; `number` is 0, 1 or a function."""
    return lambda l, K: {**heard(l, K), name: number(l, K) if callable(number) else number}


every, whole = (lambda l, K: K - l), (lambda l, K: K)
one_more, one_less = (lambda l, K: K - l + 1), (lambda l, K: K - l - 1)


def pair(rng):
    """z_right, z_wrong and θ, with neither goodness near θ, where the two sides of σ look alike."""
    while True:
        z = rng.choice((-1.0, 1.0), (2, 5)) * rng.uniform(0.3, 1.2, (2, 5))
        theta = rng.uniform(0.6, 0.9)
        if np.abs((np.tanh(z) ** 2).mean(axis=1) - theta).min() > 0.1:
            return *z, theta


def goodness(
    z_right, z_wrong, theta, push=sigmoid, mean=np.mean, width=len, square=lambda z: 2 * np.tanh(z), slope=None
):
    """δ of both passes; with another push, another goodness, or other slopes of a² and of tanh."""
    found = {}
    for name, side, z in (("z_right", -1, z_right), ("z_wrong", 1, z_wrong)):
        a = np.tanh(z)
        bent = 1 - a**2 if slope is None else slope(z)
        found[name] = side * push(side * (mean(a**2) - theta)) / 2 * square(z) / width(z) * bent
    return found


def no_theta(z_right, z_wrong, theta):
    return goodness(z_right, z_wrong, 0.0)


def normalised(a):
    return a / np.sqrt((a**2).mean(axis=1, keepdims=True))


def batch(rng):
    """x, sign, W1, W2 and θ: square layers, no pre-activation near the kink, no silent row."""
    while True:
        x, W1, W2 = rng.normal(size=(6, 5)), rng.normal(0, 0.6, (5, 5)), rng.normal(0, 0.6, (5, 5))
        first = x @ W1.T
        if not (first > 0).any(axis=1).all():
            continue
        second = normalised(relu(first)) @ W2.T
        if (second > 0).any(axis=1).all() and min(np.abs(first).min(), np.abs(second).min()) > 0.02:
            return x, rng.permutation([1.0, 1.0, 1.0, -1.0, -1.0, -1.0]), W1, W2, rng.uniform(2.0, 4.0)


def push_of(g, sign, theta):
    return -sign * sigmoid(-sign * (g - theta))


def steps(x, sign, W1, W2, theta, passed=normalised, by=None, push=push_of, good=lambda a: (a**2).sum(axis=1)):
    """dW of both layers; with other activations handed on, another partner of δ, another push or goodness."""
    enters, found = x, {}
    for name, W in (("W1", W1), ("W2", W2)):
        a = relu(enters @ W.T)
        delta = 2 * push(good(a), sign, theta)[:, None] * a / len(a)
        found[name] = delta.T @ (enters if by is None else by(a))
        enters = enters if passed is None else passed(a)
    return found


def square_of_sum(a):
    return a.sum(axis=1) ** 2


def beside(rng):
    """x, t, message, W, A, C, c: sizes all differ, and A is square."""
    n, n_in, units, classes = (int(size) for size in rng.permutation([3, 4, 5, 6, 7])[:4])
    shapes = (n, n_in), (n, classes), (n, units), (units, n_in), (units, units), (units, classes), (units,)
    return tuple(rng.normal(0, 0.6, shape) for shape in shapes)


def synthetic(
    x, t, message, W, A, C, c, learns=lambda guess, sent: guess, bend=lambda a: 1 - a**2, held=True, model=None
):
    """All four gradients; with another teacher of W, another slope, the guess not held, or a slope at the model."""
    a = np.tanh(x @ W.T)
    guess = a @ A.T + t @ C.T + c
    delta = (learns(guess, message) + (0 if held else a @ A)) * bend(a) / len(x)
    miss = (guess - message) * (1 if model is None else model(a)) / len(x)
    return {"W": delta.T @ x, "A": miss.T @ a, "C": miss.T @ t, "c": miss.sum(axis=0)}


def turned(x, t, message, W, A, C, c):
    return synthetic(x, t, message, W, A.T, C, c)


def three(rng):
    """a1, a2, a3, target3, V1, V2, all of one size."""
    return tuple(np.tanh(rng.normal(size=(4, 3, 4)))) + tuple(rng.normal(0, 0.6, (2, 4, 4)))


def inverse(above, V):
    return np.tanh(above @ V.T)


def down(a, above, target, V):
    return a + inverse(target, V) - inverse(above, V)


def targets(a1, a2, a3, target3, V1, V2, way=down):
    """Both targets; `way` makes one from a layer's activations, those above, their target and the inverse."""
    target2 = way(a2, a3, target3, V2)
    return {"a1": way(a1, a2, target2, V1), "a2": target2}


def aim(way):
    """The mistake that makes every target by `way`, of own and upper activations, the upper target and V."""
    return partial(targets, way=way)


def skipped(a1, a2, a3, target3, V1, V2):
    return {**targets(a1, a2, a3, target3, V1, V2), "a1": down(a1, a3, target3, V1)}


def exchanged(*given):
    return dict(zip(("a2", "a1"), targets(*given).values(), strict=True))


def swapped(a1, a2, a3, target3, V1, V2):
    return targets(a1, a2, a3, target3, V2, V1)


def two_layers(rng):
    """x, t, W1, R1, W2, R2; the layers are of one size, so that the second bug runs."""
    n, n_in, units, outputs = (int(size) for size in rng.permutation([3, 4, 5, 6, 7])[:4])
    shapes = (n, n_in), (n, outputs), (units, n_in), (outputs, units), (units, units), (outputs, units)
    return tuple(rng.normal(0, 0.7, shape) for shape in shapes)


def local(x, t, W1, R1, W2, R2, itself=1, above=0, reads=1, bend=lambda a: 1 - a**2):
    """All four updates; layer 1 may hear from above or not from itself, readout 2 may read layer 1."""
    a1 = np.tanh(x @ W1.T)
    a2 = np.tanh(a1 @ W2.T)
    error1, error2 = (a1 @ R1.T - t) / len(x), (a2 @ R2.T - t) / len(x)
    delta2 = (error2 @ R2) * bend(a2)
    delta1 = (itself * error1 @ R1 + above * delta2 @ W2) * bend(a1)
    return {"W1": delta1.T @ x, "R1": error1.T @ a1, "W2": delta2.T @ a1, "R2": error2.T @ (a2 if reads else a1)}


MISSED = "missing-derivative"
OWN = "its loss is made of its own activations: nothing above is asked."
AT_ONCE = "the layer takes its model's guess, made from its own activations and the label."
FROM_GUESS = "that message is made from the next layer's guess: no matrix further up is in it."
FROM_OUTPUT = "its target comes down from the output, which all matrices above have made."

HEARS = [
    ("other", "the message comes down step by step, and each step goes through one matrix more.", said("backprop", 1)),
    ("other", "nothing comes back through them, but they make the output, and so its error.", said("direct", 0)),
    ("other", "the last matrix alone does not make the output: all of them do.", said("direct", 1)),
    ("other", FROM_OUTPUT, said("targets", 0)),
    ("other", FROM_OUTPUT, said("targets", 1)),
    ("other", OWN, said("forward-forward", 1)),
    ("other", OWN, said("forward-forward", every)),
    ("other", "that is what the model waits for; " + AT_ONCE, said("synthetic", 1)),
    ("other", AT_ONCE, said("synthetic", every)),
    ("other", "the model is corrected by a message, and that comes through the next matrix.", said("model", 0)),
    ("other", FROM_GUESS, said("model", 2)),
    ("other", FROM_GUESS, said("model", every)),
    *(("other", "count the matrices above layer l, and not its own.", said(name, one_more)) for name in RULES),
    *(("other", "count the matrices above layer l only, not all.", said(name, whole)) for name in RULES),
    *(("other", "the last matrix counts too.", said(name, one_less)) for name in RULES[:3]),
]

GOODNESS = [
    (
        "times-n",
        "this goodness is a mean, so 1/m is in its slope, m the number of units.",
        partial(goodness, width=lambda z: 1),
    ),
    (
        "other",
        "this goodness is a mean, and yours is a sum, in σ and in the slope.",
        partial(goodness, mean=np.sum, width=lambda z: 1),
    ),
    ("other", "σ gets the sum of the squares here; this goodness is their mean.", partial(goodness, mean=np.sum)),
    (MISSED, "the slope of tanh is missing.", partial(goodness, slope=np.ones_like)),
    (MISSED, "the activation is missing: the slope of a² is 2a.", partial(goodness, square=lambda z: 2)),
    ("other", "the slope of a² is 2a with a = tanh(z), not 2z.", partial(goodness, square=lambda z: 2 * z)),
    (MISSED, "σ is missing: a layer that is sure already is pushed less.", partial(goodness, push=lambda u: 1.0)),
    (
        "other",
        "σ has its argument the wrong way round: the push is strong where the layer errs.",
        partial(goodness, push=lambda u: sigmoid(-u)),
    ),
    ("other", "θ is missing in σ.", no_theta),
    ("other", "the slope of tanh is 1 − tanh(z)², not 1 − z².", partial(goodness, slope=lambda z: 1 - z**2)),
]

ORDER = [
    ("wrong-order", "when dW was taken, `enters` was the layer's own output already.", partial(steps, by=normalised)),
    ("other", "dW needs what *enters* the layer, and not what it says itself.", partial(steps, by=lambda a: a)),
    (
        "sign",
        "with this push a layer is quiet for right labels and active for wrong ones.",
        partial(steps, push=lambda g, sign, theta: push_of(g, -sign, theta)),
    ),
    (
        "other",
        "the length is handed on too: layer 2 can read layer 1's verdict off it.",
        partial(steps, passed=lambda a: a),
    ),
    ("other", "nothing is handed on: layer 2 gets what layer 1 got.", partial(steps, passed=None)),
    ("other", "goodness is the sum of the squares, not the square of the sum.", partial(steps, good=square_of_sum)),
]

SYNTHETIC = [
    (
        "other",
        "W has waited for the message: the layer learns from its guess.",
        partial(synthetic, learns=lambda guess, sent: sent),
    ),
    (
        "other",
        "W learns from the guess, and not from the guess's error.",
        partial(synthetic, learns=lambda guess, sent: guess - sent),
    ),
    (
        MISSED,
        "the slope of tanh is missing: the guess is ∂L/∂a, and W sits below z.",
        partial(synthetic, bend=np.ones_like),
    ),
    ("other", "the guess is held fixed here, and yours lets W change the guess too.", partial(synthetic, held=False)),
    ("transposed", "A is the wrong way round in the guess; it is square, so no shape tells.", turned),
    (
        "other",
        "the model guesses ∂L/∂a: no slope of tanh stands between its guess and the message.",
        partial(synthetic, model=lambda a: 1 - a**2),
    ),
]

TARGETS = [
    ("other", "at rest, where target3 = a3, this moves all the same.", aim(lambda a, up, to, V: inverse(to, V))),
    ("other", "take off what the inverse says of the activation above.", aim(lambda a, up, to, V: a + inverse(to, V))),
    ("other", "that is the change; add it to the activation.", aim(lambda a, up, to, V: down(0 * a, up, to, V))),
    ("sign", "the difference is the wrong way round: new less old.", aim(lambda a, up, to, V: down(a, to, up, V))),
    ("other", "what comes off belongs to the layer *above*, not to this.", aim(lambda a, up, to, V: down(a, a, to, V))),
    (MISSED, "the inverse has a tanh: take the difference after it.", aim(lambda a, up, to, V: a + (to - up) @ V.T)),
    ("other", "take two inverses, then their difference.", aim(lambda a, up, to, V: a + inverse(to - up, V))),
    ("transposed", "V is used the wrong way round; it is square.", aim(lambda a, up, to, V: down(a, up, to, V.T))),
    ("other", "layer 1 aims at the target of layer 2, its neighbour, and not at that of layer 3.", skipped),
    ("other", "V1 leads from layer 2 to layer 1, V2 from layer 3 to layer 2.", swapped),
    ("wrong-order", "the two targets have changed places.", exchanged),
]

LOCAL = [
    ("other", "layer 1 still hears from layer 2: the lock is closed.", partial(local, above=1)),
    (
        "overwritten",
        "layer 1 hears from layer 2 only: it was to follow its own readout.",
        partial(local, itself=0, above=1),
    ),
    ("other", "the second bug is still there: which layer does readout 2 read?", partial(local, reads=0)),
    (MISSED, "the slope of tanh is missing.", partial(local, bend=np.ones_like)),
]


QUESTIONS = {
    "hears": {"function": "hears", "inputs": place, "mistakes": HEARS},
    "goodness": {"function": "goodness_deltas", "inputs": pair, "mistakes": GOODNESS},
    "order": {"function": "step_by_lines", "inputs": batch, "n": lambda x, *_: len(x), "mistakes": ORDER},
    "synthetic": {"function": "synthetic_step", "inputs": beside, "n": lambda x, *_: len(x), "mistakes": SYNTHETIC},
    "targets": {"function": "targets", "inputs": three, "mistakes": TARGETS},
    "local": {"function": "local_updates", "inputs": two_layers, "n": lambda x, *_: len(x), "mistakes": LOCAL},
}
