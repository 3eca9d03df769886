"""The questions of the exercise on chapter 17: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

import numpy as np


def thin(rng):
    """x, w1, w2, y with an error to share out and no rest near 0; w2 apart from 0 and ±1, where mistakes coincide."""
    while True:
        x, w1, y = rng.choice((-1.0, 1.0), 3) * rng.uniform(0.5, 1.5, 3)
        w2 = rng.choice((-1.0, 1.0)) * (rng.uniform(0.4, 0.7) if rng.random() < 0.5 else rng.uniform(1.4, 2.0))
        if abs(y - w2 * w1 * x) > 0.5 and abs(w1 * x + w2 * y) > 0.3:
            return x, w1, w2, y


def resting(x, w1, w2, y):
    return (w1 * x + w2 * y) / (1 + w2**2)


def signed(rng, *shape):
    """Entries in ±[0.3, 1.2]: large enough that a lost slope shows, small enough that tanh keeps one."""
    return rng.choice((-1.0, 1.0), shape) * rng.uniform(0.3, 1.2, shape)


def tanh_slope(z):
    return 1 - np.tanh(z) ** 2


def pair(rng):
    return *(signed(rng, 4) for _ in range(3)), signed(rng, 4, 4) / 2, signed(rng, 4, 4) / 2


def slope_parts(x, y, z, W1, W2, slope=tanh_slope, turn=np.transpose):
    return [z - W1 @ x, -slope(z) * (turn(W2) @ (y - W2 @ np.tanh(z)))]


def slope_of(own=1, pull=1, **how):
    return lambda *a: own * slope_parts(*a, **how)[0] + pull * slope_parts(*a, **how)[1]


def slope_above(x, y, z, W1, W2):
    return z - W1 @ x - W2.T @ (tanh_slope(z) * (y - W2 @ np.tanh(z)))


def stack(rng):
    """X, Y, Z, Ws, γ: a batch of 3 to 5, as many units in every layer, two or three hidden layers."""
    n, units, hidden = int(rng.integers(3, 6)), int(rng.integers(3, 5)), int(rng.integers(2, 4))
    Ws = [signed(rng, units, units) / np.sqrt(units) for _ in range(hidden + 1)]
    return signed(rng, n, units), signed(rng, n, units), signed(rng, hidden, n, units), Ws, rng.uniform(0.05, 0.3)


def layer_move(l, X, Y, Z, Ws, slope=tanh_slope, turn=lambda W: W, own=1, pull=1, top=1, up=1):
    """Minus the slope of F in the states of one layer, or what mistakes make of it."""
    activities, states = [X, *np.tanh(Z)], [*Z, Y]
    E = [s - a @ W.T for s, a, W in zip(states, activities, Ws, strict=True)]
    weight = pull * (top if l + 1 == len(Z) else 1)
    return weight * slope(Z[l]) * (E[l + 1] @ turn(Ws[l + up])) - own * E[l]


def moves(X, Y, Z, Ws, gamma, **how):
    return np.array([layer_move(l, X, Y, Z, Ws, **how) for l in range(len(Z))])


def stepped(**how):
    return lambda X, Y, Z, Ws, gamma: Z + gamma * moves(X, Y, Z, Ws, gamma, **how)


def in_turn(upward):
    def mistaken(X, Y, Z, Ws, gamma):
        Z = Z.copy()
        for l in range(len(Z)) if upward else reversed(range(len(Z))):
            Z[l] += gamma * layer_move(l, X, Y, Z, Ws)
        return Z

    return mistaken


def line(rng):
    return signed(rng, 3), signed(rng, 3), [signed(rng, 3, 3) / np.sqrt(3) for _ in range(4)]


def learnt(when_a, when_e, **how):
    """What is learnt if layer l + 1 takes its activity and its error at these steps of inference with γ = 1."""

    def mistaken(x, y, Ws):
        K, z = len(Ws), [Ws[0] @ x]
        for W in Ws[1:-1]:
            z.append(W @ np.tanh(z[-1]))
        Z, run = np.array(z)[:, None], []
        for _ in range(K + 1):
            activities, states = [x, *np.tanh(Z[:, 0])], [*Z[:, 0], y]
            run.append((activities, [s - W @ a for s, a, W in zip(states, activities, Ws, strict=True)]))
            Z = Z + moves(x[None], y[None], Z, Ws, 1.0, **how)
        return np.array([-np.outer(run[when_e(l, K)][1][l], run[when_a(l, K)][0][l]) for l in range(K)])

    return mistaken


ARRIVED, LATE = (lambda l, K: K - 1 - l), (lambda l, K: K - l)  # the moments at which a layer may learn
END, AFTER = (lambda l, K: K - 1), (lambda l, K: K)


def springs(rng):
    """x, y, W1, W2 and β; W2 is square, and weak enough for a single point of rest."""
    W2 = signed(rng, 3, 3)
    return signed(rng, 4), signed(rng, 3), signed(rng, 3, 4), 0.6 * W2 / np.linalg.norm(W2, 2), rng.uniform(0.1, 0.3)


def at_rest(x, y, W1, W2, beta):
    out = np.zeros_like(y)
    for _ in range(60):
        h = np.tanh(W1 @ x + W2.T @ out)
        out = (W2 @ h + beta * y) / (1 + beta)
    return h, out


def by_phases(x, y, W1, W2, beta, nudged=lambda h, out, y: np.outer(out, h)):
    h0, out0 = at_rest(x, y, W1, W2, 0.0)
    return (np.outer(out0, h0) - nudged(*at_rest(x, y, W1, W2, beta), y)) / beta


def phases(rng):
    """X, the states of two phases of a batch, β: sizes all differ."""
    n, n_in, n_hidden, n_out = (int(size) for size in rng.permutation([3, 4, 5, 6])[:4])
    H, out, far = signed(rng, n, n_hidden) / 2, signed(rng, n, n_out), rng.uniform(0.1, 0.3)
    H_far, out_far = H + far * signed(rng, n, n_hidden), out + far * signed(rng, n, n_out)
    return signed(rng, n, n_in), H, out, H_far, out_far, rng.uniform(0.05, 0.3)


def estimated(X, H_up, out_up, H_down, out_down, beta, up=1, down=1):
    per = 2 * beta * len(X)
    return {
        "W1": (down * H_down.T @ X - up * H_up.T @ X) / per,
        "W2": (down * out_down.T @ H_down - up * out_up.T @ H_up) / per,
    }


def scaled(factor):
    return lambda *a: {name: factor(a[-1]) * value for name, value in estimated(*a).items()}


def of_differences(X, H_up, out_up, H_down, out_down, beta):
    return estimated(X, H_up - H_down, out_up - out_down, 0 * H_down, 0 * out_down, beta)


def with_slopes(X, H_up, out_up, H_down, out_down, beta):
    bent = ((H_down - H_up) * (1 - H_up**2)).T @ X / (2 * beta * len(X))
    return {**estimated(X, H_up, out_up, H_down, out_down, beta), "W1": bent}


def crossed(X, H_up, out_up, H_down, out_down, beta):
    return estimated(X, H_up, out_down, H_down, out_up, beta)


def two_pulls(rng):
    g, c = signed(rng, 3, 2), signed(rng, 3, 2)
    return g + c, g + c / 2


MISSED = "missing-derivative"
DOWNHILL = "that is ΔW, the way downhill: the gradient has the other sign."
IN_TURN = "a layer moved before its old errors were used by the next: take all errors first."
ON_BOTH = "tanh′ belongs to the pull alone: ε1 sees z itself."
TWICE = "z went through tanh twice: the slope is 1 − tanh(z)²."
ONE_PHASE = "only one phase is there: a weight compares two."
HALFWAY = "halfway between two wishes: but they do not pull equally."
UNWEIGHED = "ε2 reaches z through w2: the slope of ½ ε2² has w2 in it."
OPPOSED = "ε2 falls as z grows: the two slopes have opposite signs."
LEFT = "that is what is left of ε2; z is asked for."
ONE_MOMENT = "both products saw one phase: take each before the net settles again."
TURNED = "one product is the wrong way round: W has a row for each output."
NO_ERROR = "no error belongs in a product: a weight sees its two ends."
MEAN = "the mean lies between the two: the goal lies beyond the weaker."
SECOND = "these weights cancel an error of order β²; here it is of order β."
WEAKER = "that is the weaker pull alone: its error is still of order β."
EACH_TURNED = "each matrix is turned: W has a row for each output."
REVERSED = "the layers stand in reverse: row 0 belongs to layer 1."
DIFFER = "that is how far apart the two are: it still has to be added to something."

QUESTIONS = {
    "rest": {
        "function": "resting_place",
        "inputs": thin,
        "mistakes": [
            ("other", "that is where the forward pass puts it, before anything moves.", lambda x, w1, w2, y: w1 * x),
            ("other", "there ε2 is zero, but ε1 pulls as well.", lambda x, w1, w2, y: y / w2),
            ("other", HALFWAY, lambda x, w1, w2, y: (w1 * x + y / w2) / 2),
            (MISSED, UNWEIGHED, lambda x, w1, w2, y: (w1 * x + y) / (1 + w2)),
            ("sign", OPPOSED, lambda x, w1, w2, y: (w1 * x - w2 * y) / (1 - w2**2)),
            ("other", "what multiplies z is still to be divided by.", lambda x, w1, w2, y: w1 * x + w2 * y),
            ("other", LEFT, lambda x, w1, w2, y: y - w2 * resting(x, w1, w2, y)),
        ],
    },
    "slope": {
        "function": "slope_of_energy",
        "inputs": pair,
        "factors": lambda x, y, z, W1, W2: {"tanh′(z)": tanh_slope(z)},
        "parts": slope_parts,
        "mistakes": [
            ("sign", "that is the way downhill; the slope is asked for.", slope_of(own=-1, pull=-1)),
            ("sign", "ε2 falls as z grows: its part has a minus.", slope_of(pull=-1)),
            (MISSED, "tanh′(z) is missing: z reaches ε2 through a = tanh(z).", slope_of(slope=np.ones_like)),
            (
                "transposed",
                "W2 is the wrong way round: it is square, so no shape complains.",
                slope_of(turn=lambda W: W),
            ),
            ("wrong-order", "tanh′ belongs to z, below W2: the error goes through W2 first.", slope_above),
            ("other", "the slope of tanh is 1 − a² with a = tanh(z), not 1 − z².", slope_of(slope=lambda z: 1 - z**2)),
            ("other", "that is tanh itself; its slope belongs there.", slope_of(slope=np.tanh)),
            ("other", "that is the gap: return ε1 less it.", slope_of(own=0, pull=-1)),
            ("other", ON_BOTH, lambda *a: tanh_slope(a[2]) * slope_of(slope=np.ones_like)(*a)),
            ("other", TWICE, slope_of(slope=lambda z: tanh_slope(np.tanh(z)))),
        ],
    },
    "step": {
        "function": "settle_once",
        "inputs": stack,
        "mistakes": [
            ("sign", "that step goes uphill: energy should fall.", lambda *a: a[2] - a[4] * moves(*a)),
            ("other", "that is the change alone: return the states after it.", lambda *a: a[4] * moves(*a)),
            ("other", "γ is missing: this step has the length 1.", lambda *a: a[2] + moves(*a)),
            ("one-over-n", "F is a sum over the batch: no mean here.", lambda *a: a[2] + a[4] * moves(*a) / len(a[0])),
            ("wrong-order", IN_TURN, in_turn(True)),
            ("wrong-order", IN_TURN, in_turn(False)),
            (
                "transposed",
                "W is the wrong way round: in rows, an error comes back as E W.",
                stepped(turn=np.transpose),
            ),
            (
                MISSED,
                "tanh′(z) is missing: a state reaches what is above through tanh.",
                stepped(slope=np.ones_like),
            ),
            ("sign", "the pull from above has the wrong sign.", stepped(pull=-1)),
            ("overwritten", "the pull from above is missing: only each state's own error is there.", stepped(pull=0)),
            ("overwritten", "the last hidden layer is not pulled by the output's error.", stepped(top=0)),
            ("overwritten", "only the pull from above is there: each state's own error is missing.", stepped(own=0)),
            ("other", "an error comes back through the W above the state, not the one below it.", stepped(up=0)),
            ("other", "the slope of tanh is 1 − a² with a = tanh(z), not 1 − z².", stepped(slope=lambda z: 1 - z**2)),
        ],
    },
    "zil": {
        "function": "zil",
        "inputs": line,
        "mistakes": [
            ("wrong-order", "still the activities of the end, as in the given function.", learnt(AFTER, ARRIVED)),
            ("wrong-order", "each layer learns one step late: keep its error before states move.", learnt(LATE, LATE)),
            ("wrong-order", "all layers learn at the end: that is not Z-IL's timetable.", learnt(END, END)),
            ("sign", DOWNHILL, lambda *a: -learnt(ARRIVED, ARRIVED)(*a)),
            ("transposed", EACH_TURNED, lambda *a: learnt(ARRIVED, ARRIVED)(*a).swapaxes(1, 2)),
            ("wrong-order", REVERSED, lambda *a: learnt(ARRIVED, ARRIVED)(*a)[::-1]),
        ],
    },
    "phases": {
        "function": "gradient_by_phases",
        "inputs": springs,
        "tolerance": 1e-10,  # two points of rest are subtracted
        "mistakes": [
            ("sign", "line B is the step downhill; or else free and nudged are exchanged.", lambda *a: -by_phases(*a)),
            ("wrong-order", ONE_MOMENT, lambda *a: 0 * by_phases(*a)),
            ("transposed", TURNED, lambda *a: by_phases(*a, nudged=lambda h, out, y: np.outer(h, out))),
            ("other", "not divided by β: the states move as far as they are pulled.", lambda *a: a[4] * by_phases(*a)),
            ("other", NO_ERROR, lambda *a: by_phases(*a, nudged=lambda h, out, y: np.outer(out - y, h))),
        ],
    },
    "estimate": {
        "function": "estimate",
        "inputs": phases,
        "n": lambda X, *_: len(X),
        "mistakes": [
            ("sign", DOWNHILL, scaled(lambda beta: -1)),
            ("sign", "that is ΔW, and 1/n is missing as well.", lambda *a: scaled(lambda beta: -len(a[0]))(*a)),
            ("factor-2", "the two pulls, +β and −β, are 2β apart.", scaled(lambda beta: 2)),
            ("other", "not divided by 2β: states move as far as they are pulled.", scaled(lambda beta: 2 * beta)),
            ("overwritten", ONE_PHASE, lambda *a: estimated(*a, down=0)),
            ("overwritten", ONE_PHASE, lambda *a: estimated(*a, up=0)),
            ("other", "the difference of products is asked for, not the product of differences.", of_differences),
            ("other", "no slope of tanh belongs here: activities are compared as they are.", with_slopes),
            ("other", "both ends of a weight are seen in the same phase; here the phases are mixed.", crossed),
        ],
    },
    "extrapolate": {
        "function": "extrapolated",
        "inputs": two_pulls,
        "mistakes": [
            ("other", MEAN, lambda far, near: (far + near) / 2),
            ("other", WEAKER, lambda far, near: near),
            ("other", "that goes the wrong way: the weaker pull is the nearer one.", lambda far, near: 2 * far - near),
            ("other", DIFFER, lambda far, near: near - far),
            ("other", DIFFER, lambda far, near: far - near),
            ("other", SECOND, lambda far, near: (4 * near - far) / 3),
            ("other", "the weights must add up to 1, or g comes out too long.", lambda far, near: far + 2 * near),
        ],
    },
}
