"""The questions of the exercise on chapter 08: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

from functools import partial

import numpy as np


def rest(rng):
    """A state, weight and time with a factor well apart from 1, where the answer would be 0."""
    while True:
        w, state = rng.uniform(1.5, 5.0), rng.choice((-1.0, 1.0)) * rng.uniform(0.2, 0.85)
        if abs(np.log10(w * (1 - state**2))) > 0.1:
            return w, state, int(rng.integers(2, 9))


def decades(w, state, T):
    return T * np.log10(w * (1 - state**2))


def bias(rng):
    """A share apart from one half, where what is left and what is lost are the same."""
    return rng.choice((rng.uniform(0.1, 0.4), rng.uniform(0.6, 0.9))), int(rng.integers(5, 50))


def gate(share, T):
    return share ** (1 / T)


def logit(f):
    return np.log(f / (1 - f))


def lstm(rng):
    return tuple(rng.normal(size=4) for _ in range(7))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_gradient(dc, dh, c_old, z_f, z_i, z_o, z_g, cell=None, early=False, line=""):
    """The three gradients; `cell` replaces what came from the next step, `early` reads it too soon, `line` is wrong."""
    f, i, o = sigmoid(z_f), sigmoid(z_i), sigmoid(z_o)
    c = f * c_old + i * np.tanh(z_g)
    whole = (dc if cell is None else cell) + dh * o * (1 - np.tanh(c) ** 2)
    at_c = dc if early else whole
    return {
        "z_f": at_c * (c if line == "E" else c_old) * (1 - f**2 if line == "H" else f * (1 - f)),
        "z_o": (whole if line == "I" else dh) * np.tanh(c) * o * (1 - o),
        "c_old": at_c * f * (1 - f if line == "G" else 1.0),
    }


def sequences(rng, batch=5, T=4):
    """More sequences than steps and more units than inputs, so that no two counts agree."""
    X, Y = rng.normal(size=(batch, T, 2)), np.tanh(rng.normal(size=(batch, T, 3)))
    return X, Y, rng.normal(size=(3, 2)), 0.6 * rng.normal(size=(3, 3)), 0.3 * rng.normal(size=3)


def slope_after(before, after):
    return 1 - after**2


def by_steps(X, Y, W_in, W, b, carry=1.0, turn=lambda W: W, slope=slope_after, last=False, use=0, order=reversed):
    """What each step contributes, the loop's last first; `carry` multiplies the message, `last` is the only error."""
    H, T = [np.zeros((len(X), len(b)))], X.shape[1]
    for t in range(T):
        H.append(np.tanh(X[:, t] @ W_in.T + H[t] @ W.T + b))
    message, found = 0 * H[0], []
    for t in order(range(T)):
        error = (H[t + 1] - Y[:, t]) / len(X) if not last or t == T - 1 else 0.0
        Delta = (carry * message + error) * slope(H[t], H[t + 1])
        found.insert(0, {"W_in": Delta.T @ X[:, t], "W": Delta.T @ H[t + use], "b": Delta.sum(axis=0)})
        message = Delta @ turn(W)
    return found


def through_time(*args, **mistake):
    steps = by_steps(*args, **mistake)
    return {name: sum(step[name] for step in steps) for name in steps[0]}


def divided_at_each_step(X, *rest):
    return through_time(X, *rest, carry=1 / len(X))


def divided_message(X, *rest):
    return over(divided_at_each_step(X, *rest), 1 / len(X))


def slope_before(before, after):
    return 1 - before**2


def gradients(rng):
    """A long one, a short one, one that is short even with its scale, one with an inf, or one with a NaN.

    With 48 trials, each of the five is among the inputs.
    """
    scale, kind = 2.0 ** rng.integers(3, 9), rng.integers(5)
    found = {"W": scale * rng.normal(size=(2, 3)), "b": scale * rng.normal(size=2)}
    limit = length(found) / scale * (0.4, 2.5, 2.5 * scale, 0.6, 1.5)[kind]
    if kind > 2:
        found["W"][rng.integers(2), rng.integers(3)] = (rng.choice((-1.0, 1.0)) * np.inf, np.nan)[kind - 3]
    return found, float(scale), float(limit)


def length(found):
    return np.sqrt(sum((g**2).sum() for g in found.values()))


def clipped(found, limit):
    return {name: min(1.0, limit / length(found)) * g for name, g in found.items()}


def refused(way):
    """`way(gradients, scale, limit)` where all numbers are finite, and else zeros."""

    def guarded(found, scale, limit):
        if not np.isfinite(length(found)):
            return {name: np.zeros_like(g) for name, g in found.items()}
        return way(found, scale, limit)

    return guarded


def over(found, number):
    return {name: g / number for name, g in found.items()}


right_guard = refused(lambda found, scale, limit: clipped(over(found, scale), limit))


one_by_one = refused(lambda g, scale, limit: {k: clipped({k: one}, limit)[k] for k, one in over(g, scale).items()})
by_value = refused(lambda g, scale, limit: {k: np.clip(one, -limit, limit) for k, one in over(g, scale).items()})
clipped_first = refused(lambda g, scale, limit: over(clipped(g, limit), scale))


def squared(found, scale, limit):
    """The square of the length where the length belongs."""
    g = over(found, scale)
    return over(g, max(1.0, length(g) ** 2 / limit))


def array_spared(found, scale, limit):
    kept = {name: g if np.isfinite(g).all() else np.zeros_like(g) for name, g in found.items()}
    return right_guard(kept, scale, limit)


def number_spared(found, scale, limit):
    return right_guard({name: np.where(np.isfinite(g), g, 0.0) for name, g in found.items()}, scale, limit)


def layer(rng):
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 4)), rng.normal(size=(3, 4)), rng.normal(0, 0.5, 3)


def rows_at(v):
    return np.linalg.norm(v, axis=1, keepdims=True)


def direction(v):
    return v / rows_at(v)


def layer_gradient(Delta, X, v, s, along=lambda r: 1.0, back=None, axis=1, size=np.exp):
    """All three; `along` scales the part taken out, `axis` sums it, `back` are other weights, `size` the length."""
    r, u = rows_at(v), direction(v)
    g, M = size(s)[:, None], Delta.T @ X
    dv = g / r * (M - along(r) * (M * u).sum(axis=axis, keepdims=True) * u)
    return {"X": Delta @ (g * u if back is None else back), "v": dv, "s": (M * g * u).sum(axis=1)}


def other_length(Delta, X, v, s, axis):
    """The gradients, if v were divided by its columns' lengths or by its own as a whole."""
    r, g, M = np.linalg.norm(v, axis=axis, keepdims=True), np.exp(s)[:, None], Delta.T @ X
    u, G = v / r, g * M
    return {"X": Delta @ (g * u), "v": (G - (G * u).sum(axis=axis, keepdims=True) * u) / r, "s": (G * u).sum(axis=1)}


def but(name, change):
    """The right gradients, but for one."""
    return lambda *a: {**layer_gradient(*a), name: change(layer_gradient(*a)[name], *a)}


def by_units(ds, Delta, X, v, s):
    """What each weight adds to the gradient of its row's s."""
    return Delta.T @ X * np.exp(s)[:, None] * direction(v)


MISSED = "missing-derivative"
WHOLE = "refuse the whole step: where one number is not finite, all are zeros."
DIRECTION = "the part along v is taken out with v where v/‖v‖ belongs."

QUESTIONS = {
    "rest": {
        "function": "decades_gained",
        "inputs": rest,
        "mistakes": [
            (MISSED, "the slopes of tanh are missing.", lambda w, h, T: T * np.log10(w)),
            (MISSED, "the weight is missing: each step has it as a factor.", lambda w, h, T: decades(1.0, h, T)),
            ("other", "`rest` is tanh(z) already: no second tanh.", lambda w, h, T: decades(w, np.tanh(h), T)),
            ("other", "that is the factor; its decades are its log10.", lambda *a: 10 ** decades(*a)),
            ("other", "the natural logarithm: a decade is a factor of ten.", lambda *a: np.log(10) * decades(*a)),
            ("other", "that is one step; each of the T steps adds as much.", lambda w, h, T: decades(w, h, 1)),
        ],
    },
    "bias": {
        "function": "forget_bias",
        "inputs": bias,
        "mistakes": [
            ("other", "the T-th power of the share; f is its T-th root.", lambda share, T: logit(share**T)),
            ("other", "that is the gate f; its bias is the z with σ(z) = f.", gate),
            ("other", "the share is what is left, not what is lost.", lambda share, T: logit(gate(1 - share, T))),
            ("other", "log10 does not undo the e: take ln.", lambda *a: logit(gate(*a)) / np.log(10)),
            ("other", "that is e^(−b): take the logarithm.", lambda share, T: 1 / gate(share, T) - 1),
            ("other", "share ** 1 / T is share / T: brackets.", lambda share, T: logit(share / T)),
            ("other", "that is the bias for one step: T counts.", lambda share, T: logit(share)),
            ("other", "losses do not add up: the factors are multiplied.", lambda p, T: logit(1 - (1 - p) / T)),
            ("other", "the rule for one half, and only for long times.", lambda share, T: np.log(T / np.log(2))),
            ("other", "the rule for long times; the exact bias is asked for.", lambda p, T: np.log(-T / np.log(p))),
        ],
    },
    "lstm": {
        "function": "lstm_back",
        "inputs": lstm,
        "mistakes": [
            ("overwritten", "dc holds only what comes through h: add.", partial(lstm_gradient, cell=0.0)),
            ("wrong-order", "dc was used before its second message was added.", partial(lstm_gradient, early=True)),
            ("other", "the gate f multiplies the old cell, not the new one.", partial(lstm_gradient, line="E")),
            ("other", "the cell passes through f; f (1 − f) belongs to z_f.", partial(lstm_gradient, line="G")),
            ("other", "f is a sigmoid: 1 − f² is the slope of a tanh.", partial(lstm_gradient, line="H")),
            ("other", "the output gate comes after the cell: its message is dh.", partial(lstm_gradient, line="I")),
        ],
    },
    "time": {
        "function": "through_time",
        "inputs": sequences,
        "n": lambda X, *rest: len(X),
        "mistakes": [
            ("one-over-n", "still 1/n at every step, as in the given function.", divided_at_each_step),
            ("other", "1/n belongs to the step's error, not to the message.", divided_message),
            ("other", "a mean over the steps, not the batch.", lambda X, *a: over(through_time(X, *a), 4 / len(X))),
            ("wrong-order", "the message goes back in time: begin at the end.", partial(through_time, order=list)),
            ("overwritten", "no message passes from step to step: add it.", partial(through_time, carry=0.0)),
            ("overwritten", "only one step's contribution is there: add (+=).", lambda *a: by_steps(*a)[0]),
            ("other", "only the error of the last step is there.", partial(through_time, last=True)),
            ("transposed", "on the way back W is the wrong way round.", partial(through_time, turn=lambda W: W.T)),
            (MISSED, "the slopes of tanh are missing.", partial(through_time, slope=lambda before, after: 1.0)),
            ("other", "the slope belongs to the state after the step.", partial(through_time, slope=slope_before)),
            ("other", "W receives the state before the step.", partial(through_time, use=1)),
        ],
    },
    "guard": {
        "function": "guarded",
        "inputs": gradients,
        "trials": 48,
        "mistakes": [
            ("other", "each array was clipped by itself: one length over all.", one_by_one),
            ("other", "that is clipping by value: the direction turns.", by_value),
            ("other", "the scale is still in it.", refused(lambda g, scale, limit: clipped(g, limit))),
            ("wrong-order", "clipped before the scale was taken out.", clipped_first),
            ("other", "a short gradient was made longer.", refused(lambda g, _, limit: over(g, length(g) / limit))),
            ("other", "nothing was clipped.", refused(lambda g, scale, limit: over(g, scale))),
            ("other", "divided by the square of the length.", refused(squared)),
            ("other", WHOLE, array_spared),
            ("other", WHOLE, number_spared),
        ],
    },
    "layer": {
        "function": "layer_back",
        "inputs": layer,
        "n": lambda Delta, *rest: len(Delta),
        "mistakes": [
            (
                MISSED,
                "that is the gradient at e^s; s is one slope further.",
                but("s", lambda ds, *a: ds / np.exp(a[3])),
            ),
            ("shape", "a row has one s: sum over its entries.", but("s", by_units)),
            (MISSED, "‖v‖ moves with v: take out the part along v.", partial(layer_gradient, along=lambda r: 0.0)),
            ("other", DIRECTION, partial(layer_gradient, along=lambda r: r**2)),
            ("other", DIRECTION, partial(layer_gradient, along=lambda r: r)),
            ("other", "every row has a product m · u of its own.", partial(layer_gradient, axis=None)),
            ("sign", "the part along v is subtracted, not added.", partial(layer_gradient, along=lambda r: -1.0)),
            (MISSED, "at v the length e^s is missing.", but("v", lambda dv, *a: dv / np.exp(a[3])[:, None])),
            (MISSED, "at v 1/‖v‖ is missing.", but("v", lambda dv, *a: dv * rows_at(a[2]))),
            ("other", "one length for all: each row of v has its own.", partial(other_length, axis=None)),
            ("other", "the rows are normalised, not the columns.", partial(other_length, axis=0)),
            ("other", "it goes back through W, not through v.", lambda *a: layer_gradient(*a, back=a[2])),
            ("other", "s is the logarithm: the length is e^s.", partial(layer_gradient, size=lambda s: s)),
            (MISSED, "it goes back through W, lengths and all.", lambda *a: layer_gradient(*a, back=direction(a[2]))),
        ],
    },
}
