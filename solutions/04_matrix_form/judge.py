"""The questions of the exercise on chapter 04: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

import numpy as np


def signed(rng, *shape):
    """Entries in ±[0.3, 1.2]: large enough that a lost factor shows, small enough that tanh keeps a slope."""
    return rng.choice((-1.0, 1.0), shape) * rng.uniform(0.3, 1.2, shape)


def tanh_slope(z):
    return 1 - np.tanh(z) ** 2


def sizes(rng):
    return tuple(int(size) for size in rng.permutation(np.arange(2, 10))[:4])


def each_shape(change):
    """The right shapes, with `change` made to each one."""

    def mistaken(n, n_in, n_hidden, n_out):
        right = {"W1": (n_hidden, n_in), "b1": (n_hidden,), "H": (n, n_hidden), "Delta1": (n, n_hidden)}
        right |= {"dW2": (n_out, n_hidden), "db2": (n_out,)}
        return {name: change(n, shape) for name, shape in right.items()}

    return mistaken


def batched(n, shape):
    return shape if shape[0] == n else (n, *shape)


def square_layer(rng):
    n = int(rng.integers(3, 6))
    return signed(rng, n, n), signed(rng, n), signed(rng, n)


def below(slope):
    return lambda W, delta, z: (W.T @ delta) * slope(z)


def regression(rng):
    """X, Y, W1, b1, W2, b2 with as many hidden units as outputs, so that the wrong line fits too."""
    n, n_in, n_out = (int(size) for size in rng.permutation([2, 3, 4, 5, 6])[:3])
    scaled = lambda *shape: signed(rng, *shape) / np.sqrt(shape[1])
    return (
        signed(rng, n, n_in),
        signed(rng, n, n_out),
        scaled(n_out, n_in),
        signed(rng, n_out),
        scaled(n_out, n_out),
        signed(rng, n_out),
    )


def fit(X, Y, W1, b1, W2, b2, back=lambda W: W, misplaced=False):
    """The gradients; with another matrix on the way back, or with Δ of the other layer in each."""
    H = np.tanh(X @ W1.T + b1)
    upper = (H @ W2.T + b2 - Y) / len(X)
    lower = (upper @ back(W2)) * (1 - H**2)
    if misplaced:
        upper, lower = lower, upper
    return {"W1": lower.T @ X, "b1": lower.sum(axis=0), "W2": upper.T @ H, "b2": upper.sum(axis=0)}


def fit_parts(X, Y, *parameters):
    one = lambda k: fit(X[k : k + 1], Y[k : k + 1], *parameters)
    return [{name: g / len(X) for name, g in one(k).items()} for k in range(len(X))]


def shared_net(rng):
    n = int(rng.integers(3, 6))
    return signed(rng, n), rng.uniform(-0.9, 0.9, n), signed(rng, n, n) / np.sqrt(n)


def contributions(x, y, W, output=lambda h: 1 - h**2, hidden=lambda h: 1 - h**2, back=np.transpose):
    """What W receives in the upper and in the lower layer; with other slopes or another way back."""
    h1 = np.tanh(W @ x)
    h2 = np.tanh(W @ h1)
    delta2 = (h2 - y) * output(h2)
    delta1 = (back(W) @ delta2) * hidden(h1)
    return [np.outer(delta2, h1), np.outer(delta1, x)]


def back_by_W(x, y, W):
    return contributions(x, y, W, back=lambda W: W)


def classifier(rng):
    """X, labels, W1, b1, W2, b2: sizes all differ, every class occurs or not, every z is near 800."""
    n, n_in, n_hidden, classes = (int(size) for size in rng.permutation([3, 4, 5, 6])[:4])
    scaled = lambda *shape: signed(rng, *shape) / np.sqrt(shape[1])
    return (
        signed(rng, n, n_in),
        rng.integers(0, classes, n),
        scaled(n_hidden, n_in),
        signed(rng, n_hidden),
        scaled(classes, n_hidden),
        800 + signed(rng, classes),
    )


def classify(X, labels, W1, b1, W2, b2, start=lambda P, Y: P - Y, slope=lambda H: 1 - H**2):
    """The gradients; with another Δ at the output or another slope in the hidden layer."""
    H = np.tanh(X @ W1.T + b1)
    Z = H @ W2.T + b2
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    upper = start(E / E.sum(axis=1, keepdims=True), np.eye(len(b2))[labels]) / len(X)
    lower = (upper @ W2) * slope(H)
    return {"W1": lower.T @ X, "b1": lower.sum(axis=0), "W2": upper.T @ H, "b2": upper.sum(axis=0)}


def class_parts(X, labels, *parameters):
    one = lambda k: classify(X[k : k + 1], labels[k : k + 1], *parameters)
    return [{name: g / len(X) for name, g in one(k).items()} for k in range(len(X))]


def rows(rng):
    n = int(rng.integers(3, 6))
    return rng.dirichlet(np.full(n, 3.0), n), signed(rng, n, n)


EXCHANGED = "rows and columns exchanged: W has a row for each output, a batch a row for each example."
ONE_NUMBER = "a bias is a vector, with one number in its shape."

QUESTIONS = {
    "shapes": {
        "function": "shapes",
        "inputs": sizes,
        "mistakes": [
            ("transposed", EXCHANGED, each_shape(lambda n, s: s[::-1])),
            (
                "missing-batch-sum",
                "the examples' messages to a parameter are added up: no batch is left.",
                each_shape(batched),
            ),
            ("shape", "a tuple of one number is written with a comma: (4,).", each_shape(lambda n, s: s[0])),
            ("shape", ONE_NUMBER, each_shape(lambda n, s: (*s, 1))),
            ("shape", ONE_NUMBER, each_shape(lambda n, s: (1, *s))),
        ],
    },
    "delta-below": {
        "function": "delta_below",
        "inputs": square_layer,
        "factors": lambda W, delta, z: {"tanh′(z)": tanh_slope(z)},
        "mistakes": [
            (
                "transposed",
                "W is used the wrong way round: an input collects down its column, and the sizes cannot tell.",
                lambda W, delta, z: (W @ delta) * tanh_slope(z),
            ),
            (
                "wrong-order",
                "tanh′ belongs to z, below the weights: the message goes through W first.",
                lambda W, delta, z: W.T @ (delta * tanh_slope(z)),
            ),
            (
                "other",
                "the slope follows from the output a = tanh(z): it is 1 − a², not 1 − z².",
                below(lambda z: 1 - z**2),
            ),
            (
                "other",
                "z went through tanh twice: the slope is 1 − tanh(z)².",
                below(lambda z: tanh_slope(np.tanh(z))),
            ),
            ("other", "that is tanh itself; its slope belongs there.", below(np.tanh)),
        ],
    },
    "order": {
        "function": "backward_by_lines",
        "inputs": regression,
        "n": lambda X, *_: len(X),
        "parts": fit_parts,
        "mistakes": [
            (
                "wrong-order",
                "when this line ran, Delta belonged to the other layer.",
                lambda *a: fit(*a, misplaced=True),
            ),
            (
                "transposed",
                "Delta came down through W2 the wrong way round: square, so no shape tells.",
                lambda *a: fit(*a, back=np.transpose),
            ),
        ],
    },
    "shared": {
        "function": "backward_shared",
        "inputs": shared_net,
        "parts": contributions,
        "mistakes": [
            (
                "overwritten",
                "only one contribution is there, and another mistake in it.",
                lambda *a: back_by_W(*a)[1],
            ),
            ("transposed", "a message goes back through W the wrong way round.", lambda *a: sum(back_by_W(*a))),
            (
                "missing-derivative",
                "tanh′ at the output is missing.",
                lambda *a: sum(contributions(*a, output=np.ones_like)),
            ),
            (
                "missing-derivative",
                "tanh′ of the lower layer is missing.",
                lambda *a: sum(contributions(*a, hidden=np.ones_like)),
            ),
        ],
    },
    "classifier": {
        "function": "gradients",
        "inputs": classifier,
        "tolerance": 1e-8,  # near 800 a float has 1e-13 left for each z
        "n": lambda X, *_: len(X),
        "parts": class_parts,
        "mistakes": [
            (
                "missing-derivative",
                "tanh′ of the hidden layer is missing.",
                lambda *a: classify(*a, slope=np.ones_like),
            ),
            (
                "other",
                "that is the sigmoid's slope; tanh has 1 − h².",
                lambda *a: classify(*a, slope=lambda H: H * (1 - H)),
            ),
            (
                "other",
                "Δ at the output is p/n here: the right class lacks its −1.",
                lambda *a: classify(*a, start=lambda P, Y: P),
            ),
            (
                "other",
                "Δ is zero for the wrong classes here: softmax sends them a message too.",
                lambda *a: classify(*a, start=lambda P, Y: (P - Y) * Y),
            ),
            (
                "other",
                "p − y is ∂L/∂z already: the slope p(1 − p) came in once too often.",
                lambda *a: classify(*a, start=lambda P, Y: (P - Y) * P * (1 - P)),
            ),
        ],
    },
    "softmax-back": {
        "function": "softmax_back",
        "inputs": rows,
        "factors": lambda P, G: {"p": P},
        "mistakes": [
            (
                "other",
                "only the diagonal of J is there: that is the recipe ⊙ f′.",
                lambda P, G: G * P * (1 - P),
            ),
            ("other", "only diag(p) is there; the part −p pᵀ is missing.", lambda P, G: G * P),
            (
                "other",
                "summed over the whole table, where each row is an example.",
                lambda P, G: P * (G - (G * P).sum()),
            ),
            (
                "other",
                "the rows' sums run along the columns: is keepdims=True missing?",
                lambda P, G: P * (G - (G * P).sum(axis=1)),
            ),
            (
                "other",
                "summed over the examples, where each row is one (axis=1).",
                lambda P, G: P * (G - (G * P).sum(axis=0)),
            ),
        ],
    },
}
