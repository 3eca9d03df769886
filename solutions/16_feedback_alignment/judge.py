"""The questions of the exercise on chapter 16: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

import numpy as np

power = lambda value, exponent: np.sign(value) * abs(value) ** exponent
length = lambda parts: np.sqrt(squares(parts))
squares = lambda parts: sum((part**2).sum() for part in parts)
bent = lambda Delta, Yhat: Delta * (1 - Yhat**2)
squashed = lambda Delta, Yhat: Delta + (np.tanh(Yhat) - Yhat) / len(Yhat)
of_one = lambda f: lambda x, y, *matrices: f(x[None], y[None], *matrices)


def sizes(rng):
    """A batch and four layers, no two of one size."""
    return tuple(int(size) for size in rng.choice(np.arange(3, 20), 5, replace=False))


def shapes(n, n0, n1, n2, n3):
    return {"B2": (n1, n2), "B3": (n2, n3), "D1": (n1, n3), "D2": (n2, n3), "message": (n, n1)}


def with_batch(n, *rest):
    return {name: (n, *shape) for name, shape in shapes(n, *rest).items()}


def numbers(rng):
    """b2 and b3 of different size and any sign; w1 ends negative in three of four, where a lost sign shows."""
    b2, b3 = rng.choice((-1.0, 1.0), 2) * rng.permuted(rng.uniform((0.5, 1.1), (0.9, 1.6)))
    return b2, b3, np.sign(b2 * b3) * rng.choice((-1, -1, -1, 1)) * rng.uniform(1.2, 2.0)


def ends(b2, b3, target, c=16.0, half=0.5):
    """w1 from its seventh power, and the two others from w1; `half` stands where the ½ belongs."""
    w1 = power(c * b2**3 * b3 * target, 1 / 7)
    w2 = half * w1**2 / b2
    return {"w1": w1, "w2": w2, "w3": half * w2**2 / b3}


def without_w3(b2, b3, target):
    w1 = power(2 * b2 * target, 1 / 3)
    w2 = w1**2 / (2 * b2)
    return {"w1": w1, "w2": w2, "w3": w2**2 / (2 * b3)}


def from_w1(b2, b3, target):
    w1 = power(4 * b2 * b3 * target, 1 / 5)
    return {"w1": w1, "w2": w1**2 / (2 * b2), "w3": w1**2 / (2 * b3)}


def multiplied(b2, b3, target):
    w1, w2, w3 = ends(b2, b3, target).values()
    return {"w1": w1, "w2": w2 * b2**2, "w3": w3 * b3**2}


def rule(X, Y, Ws, back, direct=False, top=lambda Delta, Yhat: Delta, slope=lambda A: 1 - A**2):
    """All Δ and activations; a message to hidden layer l passes back[l - 1], from the next layer or the output."""
    As = [X]
    for W in Ws[:-1]:
        As.append(np.tanh(As[-1] @ W.T))
    Yhat = As[-1] @ Ws[-1].T
    error = top((Yhat - Y) / len(X), Yhat)
    Deltas = [error]
    for M, A in zip(back[::-1], As[:0:-1], strict=True):
        Deltas.insert(0, ((error if direct else Deltas[0]) @ M) * slope(A))
    return Deltas, As


def named(Deltas, As):
    return {f"W{l}": Deltas[l - 1].T @ As[l - 1] for l in range(len(Deltas), 0, -1)}


def batch(rng):
    n = int(rng.integers(3, 8))
    return rng.normal(size=(n, 3)), rng.normal(size=(n, 4)), rng.normal(0, 0.7, (4, 3)), *rng.normal(0, 0.7, (4, 4, 4))


def one(rng):
    X, Y, *matrices = batch(rng)
    return X[0], Y[0], *matrices


def fa(back=lambda W2, W3, B2, B3: [B2.T, B3.T], **how):
    """Feedback alignment, or what comes of other matrices on the way back."""
    return lambda X, Y, W1, *rest: named(*rule(X, Y, [W1, *rest[:2]], back(*rest), **how))


def at_another_time(shift):
    """A line that runs when Delta belongs to the layer below (-1) or above (1)."""

    def mistaken(X, Y, W1, W2, W3, B2, B3):
        Deltas, As = rule(X, Y, [W1, W2, W3], [B2.T, B3.T])
        return named([Deltas[min(max(l + shift, 0), 2)] for l in range(3)], As)

    return mistaken


def arrays(rng):
    """Two lists of arrays at 40° to 140°, three of four times above 90°; layers differ in angle and in size."""
    while True:
        gradient = [rng.normal(0, size, shape) for size, shape in ((1.0, (4, 3)), (0.5, (4,)), (2.0, (2, 4)))]
        updates = [rng.uniform(-1, 1) * g + rng.normal(0, rng.uniform(0.5, 2), g.shape) for g in gradient]
        if 40 < (theta := angle(updates, gradient)) < 140 and abs(theta - 90) > 3:
            away = (theta < 90) == (rng.random() < 0.75)
            return [-u if away else u for u in updates], gradient


def angle(updates, gradient, by=length):
    dot = sum((u * g).sum() for u, g in zip(updates, gradient, strict=True))
    return np.degrees(np.arccos(dot / by(updates) / by(gradient)))


def step(rng):
    W, B = rng.normal(size=(2, 4, 4))
    return W, B, rng.normal(0, 0.3, (5, 4)), rng.normal(size=(5, 4)), rng.uniform(0.1, 0.4), rng.uniform(0.2, 0.6)


def kolen_pollack(W, B, Delta, A, eta, decay, n=1, decayed=None):
    """Both new matrices; `decayed` stands where B belongs in its own decay."""
    G, decayed = Delta.T @ A / n, B if decayed is None else decayed
    return {"W": W - eta * (G + decay * W), "B": B - eta * (G.T + decay * decayed)}


kp = lambda change: lambda W, B, Delta, A, eta, decay: kolen_pollack(W, B, Delta, A, *change(eta, decay))


def crossed(W, B, Delta, A, eta, decay):
    G = Delta.T @ A
    return {"W": W - eta * (G.T + decay * W), "B": B - eta * (G + decay * B)}


def changes_only(W, B, *rest):
    new = kolen_pollack(W, B, *rest)
    return {"W": new["W"] - W, "B": new["B"] - B}


def deep(rng):
    """From three layers on: with two, direct feedback and feedback alignment are one rule."""
    n, layers, m = (int(rng.integers(*span)) for span in ((3, 7), (3, 6), (2, 5)))
    draw = lambda *shape: rng.normal(0, 0.7, shape)
    return draw(n, m), draw(n, m), list(draw(layers, m, m)), list(draw(layers - 1, m, m))


def dfa(back=lambda Ws, Bs: [B.T for B in Bs], direct=True, **how):
    """Direct feedback alignment, or what comes of other matrices on the way back."""

    def updates(X, Y, Ws, Bs):
        Deltas, As = rule(X, Y, Ws, back(Ws, Bs), direct, **how)
        return np.array([Delta.T @ A for Delta, A in zip(Deltas, As, strict=True)])

    return updates


def of_each_example(X, Y, Ws, Bs):
    return [dfa()(X[k : k + 1], Y[k : k + 1], Ws, Bs) / len(X) for k in range(len(X))]


def random_error(X, Y, Ws, Bs):
    Deltas, As = rule(X, Y, Ws, [B.T for B in Bs], direct=True)
    return np.array([*dfa()(X, Y, Ws, Bs)[:-1], (Deltas[-1] @ Bs[-1].T).T @ As[-1]])


def from_above(X, Y, Ws, Bs):
    Deltas, As = rule(X, Y, Ws, [B.T for B in Bs], direct=True)
    return np.array([Delta.T @ A for Delta, A in zip(Deltas, [*As[1:], As[-1]], strict=True)])


MISSED = "missing-derivative"
EXCHANGED = "rows and columns exchanged: B has a row for each unit that it leads to, a batch for each example."
COMES_FROM = "direct feedback comes from the output, the other kind from the next layer up."
TOO_LOW = "one layer too low: B2 and the message lead to layer 1, B3 to layer 2."
OWN = "those are the layer's own weights: B comes from above."
NO_RANDOM = "the output knows its own Δ: no random matrix stands before the last layer."
WRONG_WAY = "B2 is the wrong way round: square, so no shape tells."
READS_W3 = "the message to layer 2 passed through W3: weight transport."
ADDED = "lengths do not add: square, sum over all, take one root."
LINEAR_TOP = "the last layer's update is not the gradient: the output is linear."
COPIED = "that copies W into B: weight transport. B makes the product at its own two ends."
BORROWED = "B decays by itself, with λB: to use W here would be weight transport."

QUESTIONS = {
    "shapes": {
        "function": "shapes",
        "inputs": sizes,
        "mistakes": [
            ("transposed", EXCHANGED, lambda *a: {name: shape[::-1] for name, shape in shapes(*a).items()}),
            ("shape", COMES_FROM, lambda n, *s: {**shapes(n, *s), "B2": (s[1], s[3]), "D1": (s[1], s[2])}),
            ("shape", TOO_LOW, lambda n, *s: shapes(n, s[0], *s[:3])),
            ("shape", OWN, lambda n, *s: {**shapes(n, *s), "B2": s[1::-1], "B3": s[2:0:-1]}),
            ("shape", "a matrix serves all examples: no batch in its shape.", with_batch),
            ("shape", "a batch has a message for each example.", lambda n, *s: {**shapes(n, *s), "message": s[1:2]}),
        ],
    },
    "zero-start": {
        "function": "final_weights",
        "inputs": numbers,
        "trials": 12,
        "mistakes": [
            (
                "sign",
                "w1 has the sign of its first step, which is that of b2 · b3 · target.",
                lambda *a: {**ends(*a), "w1": abs(ends(*a)["w1"])},
            ),
            ("factor-2", "a ½ is lost: many small steps w Δw add up to ½ w².", lambda *a: ends(*a, c=1.0, half=1.0)),
            ("other", "b2 and b3 are exchanged: b3 leads to layer 2.", lambda b2, b3, target: ends(b3, b2, target)),
            ("other", "in line 3 the product of all three weights is the target.", without_w3),
            ("other", "w3 learns from what w2 sends it: line 1 has w2, not w1.", from_w1),
            ("other", "b stands on the side of the weight: divide by it.", multiplied),
            ("other", "the target is in line 3: it need not be 1.", lambda b2, b3, target: ends(b2, b3, 1.0)),
        ],
    },
    "order": {
        "function": "fa_by_lines",
        "inputs": batch,
        "n": lambda X, *_: len(X),
        "mistakes": [
            ("other", READS_W3, fa(lambda W2, W3, B2, B3: [B2.T, W3])),
            ("transposed", WRONG_WAY, fa(lambda W2, W3, B2, B3: [B2, B3.T])),
            ("other", NO_RANDOM, lambda *a: fa(top=lambda Delta, Yhat: Delta @ a[-1].T)(*a)),
            ("wrong-order", "when its line ran, Delta belonged to the layer below.", at_another_time(-1)),
            ("wrong-order", "when its line ran, Delta belonged to the layer above.", at_another_time(1)),
        ],
    },
    "angle": {
        "function": "angle_between",
        "inputs": arrays,
        "trials": 12,
        "mistakes": [
            ("other", "in radians; degrees are asked for.", lambda *a: np.radians(angle(*a))),
            ("other", "that is the cosine; the angle is asked for.", lambda *a: np.cos(np.radians(angle(*a)))),
            (
                "other",
                "a mean of angles: lay all entries out as one vector first.",
                lambda *a: np.mean([angle([u], [g]) for u, g in zip(*a, strict=True)]),
            ),
            ("other", "only the first array is in it.", lambda u, g: angle(u[:1], g[:1])),
            ("other", ADDED, lambda *a: angle(*a, by=lambda parts: sum(map(np.linalg.norm, parts)))),
            ("other", "a length is a root: ‖u‖² stands where ‖u‖ belongs.", lambda *a: angle(*a, by=squares)),
            ("sign", "uphill stays uphill: above 90° the cosine is negative.", lambda *a: 90 - abs(90 - angle(*a))),
            ("other", "counted from 90°: the sine's angle, not the cosine's.", lambda *a: 90 - angle(*a)),
        ],
    },
    "kp": {
        "function": "kolen_pollack",
        "inputs": step,
        "n": lambda W, B, Delta, *_: len(Delta),
        "mistakes": [
            ("other", "the decay is missing: with it alone does W − Bᵀ shrink.", kp(lambda eta, decay: (eta, 0.0))),
            ("other", "the decay lacks the factor η: it is inside the bracket.", kp(lambda e, d: (e, d / e))),
            ("sign", "the step goes uphill: both changes carry −η.", kp(lambda eta, decay: (-eta, decay))),
            ("sign", "the decay has the wrong sign: it makes the matrix larger.", kp(lambda eta, decay: (eta, -decay))),
            ("one-over-n", "Δ carries its 1/n already.", lambda *a: kolen_pollack(*a, n=len(a[2]))),
            ("transposed", "the product stands the wrong way round: square, so no shape tells.", crossed),
            ("other", COPIED, lambda *a: {"W": kolen_pollack(*a)["W"], "B": kolen_pollack(*a)["W"].T}),
            ("other", BORROWED, lambda *a: kolen_pollack(*a, decayed=a[0].T)),
            ("other", "that is the change; the new matrix is asked for.", changes_only),
            ("other", "B has not changed: it learns too.", lambda *a: {**kolen_pollack(*a), "B": a[1]}),
        ],
    },
    "bug": {
        "function": "fa_mended",
        "inputs": one,
        "mistakes": [
            ("other", LINEAR_TOP, of_one(fa(top=bent))),
            ("other", "the message to layer 1 reads W2.", of_one(fa(lambda W2, W3, B2, B3: [W2, B3.T]))),
            ("other", "this is backpropagation: both messages read W.", of_one(fa(lambda W2, W3, B2, B3: [W2, W3]))),
            ("transposed", "B2 is the wrong way round.", of_one(fa(lambda W2, W3, B2, B3: [B2, B3.T]))),
            ("transposed", "B3 is the wrong way round.", of_one(fa(lambda W2, W3, B2, B3: [B2.T, B3]))),
            ("other", "B2 carries layer 2's δ; straight from the output is another rule.", of_one(fa(direct=True))),
            (MISSED, "the slopes of tanh are missing.", of_one(fa(slope=np.ones_like))),
        ],
    },
    "direct": {
        "function": "direct_feedback",
        "inputs": deep,
        "n": lambda X, *_: len(X),
        "parts": of_each_example,
        "mistakes": [
            ("other", "Δ goes on from layer to layer; here the output's goes to each.", dfa(direct=False)),
            ("other", "the output's Δ passes the forward weights.", dfa(lambda Ws, Bs: Ws[1:])),
            ("other", "this is backpropagation.", dfa(lambda Ws, Bs: Ws[1:], direct=False)),
            ("other", "the last layer needs no B: its own Δ is known.", random_error),
            ("other", "the output is linear: no slope belongs to its Δ.", dfa(top=bent)),
            ("other", "the output is linear: there is no tanh.", dfa(top=squashed)),
            ("other", "an update takes what its layer received, not what it made of it.", from_above),
            ("shape", "the last layer's update is missing.", lambda *a: dfa()(*a)[:-1]),
            (MISSED, "the slopes of tanh are missing.", dfa(slope=np.ones_like)),
            ("transposed", "B is the wrong way round: square, so no shape tells.", dfa(lambda Ws, Bs: Bs)),
            ("transposed", "the updates are transposed: no shape tells.", lambda *a: dfa()(*a).swapaxes(1, 2)),
            ("wrong-order", "the layers are in reverse: that of layer 1 comes first.", lambda *a: dfa()(*a)[::-1]),
            (
                "missing-batch-sum",
                "the sum over the batch is missing.",
                lambda *a: np.array(of_each_example(*a)).swapaxes(0, 1),
            ),
        ],
    },
}
