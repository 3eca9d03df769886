"""The questions of the exercise on chapter 01: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

from itertools import pairwise
from math import exp, tanh


def signed(rng):
    """A number in ±[0.4, 1.5]: large enough that a lost factor shows."""
    return rng.choice((-1.0, 1.0)) * rng.uniform(0.4, 1.5)


def several(rng, count):
    return [float(signed(rng)) for _ in range(count)]


# Question 1. The sizes are so large that counting would take hours.


def shape(rng):
    return int(rng.integers(20_000, 90_000)), int(rng.integers(100_000, 900_000))


def bill(n, m):
    return {"nudging": n + 1, "two_sided": 2 * n, "forward": n, "walks": m}


# Question 2.


def reciprocal(b, b_dot, tangent=lambda b, b_dot: -b_dot / b**2):
    return {"value": 1 / b, "tangent": tangent(b, b_dot)}


# Question 3.


def neuron(rng):
    """w1, w2, x1, x2, y, with the target apart from the prediction, so that ŷ − y keeps its digits."""
    while True:
        w1, w2, x1, x2 = several(rng, 4)
        y = rng.uniform(0.0, 1.0)
        if abs(sigmoid(w1 * x1 + w2 * x2) - y) > 0.1:
            return w1, w2, x1, x2, y


def sigmoid(z):
    return 1 / (1 + exp(-z))


def neuron_factors(w1, w2, x1, x2, y):
    yhat = sigmoid(w1 * x1 + w2 * x2)
    return {"σ′(z)": yhat * (1 - yhat), "x1": x1, "x2": x2, "w1": w1, "w2": w2, "ŷ − y": yhat - y}


def with_slope(slope):
    """Both gradients, with something else where the slope of σ at z belongs."""

    def mistaken(w1, w2, x1, x2, y):
        z = w1 * x1 + w2 * x2
        delta = (sigmoid(z) - y) * slope(z)
        return {"w1": delta * x1, "w2": delta * x2}

    return mistaken


# Question 4.


def glow(rng):
    moments, weights = rng.uniform(0.3, 2.0, 4), rng.uniform(0.4, 1.5, 4)
    return rng.uniform(0.5, 2.0), rng.uniform(0.4, 1.2), moments.tolist(), weights.tolist()


def glow_slopes(p0, p1, t, u):
    fades = [exp(-p1 * moment) for moment in t]
    return {
        "p0": sum(weight * fade for weight, fade in zip(u, fades, strict=True)),
        "p1": sum(weight * p0 * fade * -moment for weight, fade, moment in zip(u, fades, t, strict=True)),
    }


def each_moment(p0, p1, t, u):
    return [glow_slopes(p0, p1, [moment], [weight]) for moment, weight in zip(t, u, strict=True)]


def without_the_time(p0, p1, t, u):
    return {"p0": glow_slopes(p0, p1, t, u)["p0"] * p0, "p1": glow_slopes(p0, p1, t, u)["p0"] * p0}


# Question 5.


def tanh_neuron(rng):
    while True:
        n = int(rng.integers(2, 5))
        w, x, b, y = several(rng, n), several(rng, n), rng.uniform(-0.5, 0.5), rng.uniform(-0.9, 0.9)
        z = b + sum(wi * xi for wi, xi in zip(w, x, strict=True))
        if 0.3 < abs(z) < 1.5 and abs(tanh(z) - y) > 0.1:
            return w, b, x, y


def tanh_values(w, b, x, y):
    yhat = tanh(b + sum(wi * xi for wi, xi in zip(w, x, strict=True)))
    return {"tanh′(z)": 1 - yhat**2, "ŷ − y": yhat - y}


def tanh_gradient(w, b, x, y, slope=lambda yhat: 1 - yhat**2, to_w=None, to_x=None, to_b=1.0):
    yhat = tanh(b + sum(wi * xi for wi, xi in zip(w, x, strict=True)))
    delta = (yhat - y) * slope(yhat)
    send = lambda others: [delta * other for other in others]
    return {"w": send(to_w or x), "b": delta * to_b, "x": send(to_x or w)}


# Question 6. Too wide to be built and counted.


def widths(rng):
    """The one argument, a list."""
    return ([int(width) for width in rng.integers(100_000, 900_000, int(rng.integers(4, 7)))],)


def priced(forward, backward):
    return {"forward": forward, "backward": backward, "ratio": backward / forward}


def layers(sizes):
    return [n_in * n_out for n_in, n_out in pairwise(sizes)]


def work(sizes, less=0, forward=None):
    total = sum(layers(sizes)) if forward is None else forward
    return priced(total, 2 * total - less)


STARTED = "the run from which all changes are counted is missing: one more."
TWO_EACH = "each knob is nudged up and down, and that is all: two runs for each knob."
ALL_AT_ONCE = "one run gives all m outputs at once: it is paid for each input, not for each slope."
ONE_OUTPUT = "one walk back gives the slopes of one output; there are m of them."
A_RUN = "a run with tangents is the work of two, but it is one run: runs are asked for."
SWAPPED = "forward mode is paid per input, reverse mode per output: these stand the other way round."

QUESTIONS = {
    "bill": {
        "function": "bill",
        "inputs": shape,
        "mistakes": [
            ("other", STARTED, lambda n, m: {**bill(n, m), "nudging": n}),
            ("other", TWO_EACH, lambda n, m: {**bill(n, m), "two_sided": n}),
            ("other", TWO_EACH, lambda n, m: {**bill(n, m), "two_sided": n + 1}),
            ("other", TWO_EACH, lambda n, m: {**bill(n, m), "two_sided": 2 * n + 1}),
            (
                "other",
                ALL_AT_ONCE,
                lambda n, m: {"nudging": (n + 1) * m, "two_sided": 2 * n * m, "forward": n * m, "walks": m},
            ),
            ("other", ALL_AT_ONCE, lambda n, m: {**bill(n, m), "nudging": n * m + 1}),
            ("other", ONE_OUTPUT, lambda n, m: {**bill(n, m), "walks": 1}),
            ("other", ONE_OUTPUT, lambda n, m: {**bill(n, m), "walks": n * m}),
            ("other", A_RUN, lambda n, m: {**bill(n, m), "forward": 2 * n}),
            ("other", SWAPPED, lambda n, m: {**bill(n, m), "forward": m, "walks": n}),
        ],
    },
    "reciprocal": {
        "function": "reciprocal",
        "inputs": lambda rng: (signed(rng), signed(rng)),
        "factors": lambda b, b_dot: {"ḃ": b_dot, "1/b": 1 / b},
        "mistakes": [
            (
                "other",
                "a tangent is not turned over by itself: solve the equation of the ε-parts for ċ.",
                lambda b, b_dot: reciprocal(b, b_dot, lambda b, b_dot: 1 / b_dot),
            ),
            (
                "missing-derivative",
                "b ċ = −ḃ c: both the c and the division by b are missing.",
                lambda b, b_dot: reciprocal(b, b_dot, lambda b, b_dot: -b_dot),
            ),
            (
                "other",
                "that is ḃ c: bring it to the other side and divide by b.",
                lambda b, b_dot: reciprocal(b, b_dot, lambda b, b_dot: b_dot / b),
            ),
        ],
    },
    "walk-back": {
        "function": "walk_back",
        "inputs": neuron,
        "factors": neuron_factors,
        "mistakes": [
            (
                "missing-derivative",
                "σ′(z) is missing: the line that multiplies by it is not there, or comes too late.",
                with_slope(lambda z: 1.0),
            ),
            (
                "other",
                "the slope of σ follows from its output: ŷ(1 − ŷ), not z(1 − z).",
                with_slope(lambda z: z * (1 - z)),
            ),
        ],
    },
    "glow": {
        "function": "walk_back_glow",
        "inputs": glow,
        "parts": each_moment,
        "factors": lambda p0, p1, t, u: {"p0": p0},
        "mistakes": [
            (
                "missing-derivative",
                "the exponent −p1 t has the slope −t in p1, and that is not in it.",
                lambda *a: {**glow_slopes(*a), "p1": without_the_time(*a)["p1"]},
            ),
            (
                "missing-derivative",
                "the fade exp(−p1 t) is a factor of its own slope, and is missing.",
                lambda p0, p1, t, u: {**glow_slopes(p0, p1, t, u), "p1": glow_slopes(p0, 0.0, t, u)["p1"]},
            ),
            (
                "missing-derivative",
                "the numbers u, with which the walk back begins, are not in it.",
                lambda p0, p1, t, u: glow_slopes(p0, p1, t, [1.0] * len(u)),
            ),
        ],
    },
    "gradient": {
        "function": "gradient",
        "inputs": tanh_neuron,
        "factors": tanh_values,
        "mistakes": [
            (
                "other",
                "that is the sigmoid's slope; tanh has 1 − ŷ².",
                lambda *a: tanh_gradient(*a, slope=lambda yhat: yhat * (1 - yhat)),
            ),
            (
                "other",
                "ŷ is tanh(z) already, and went through tanh a second time.",
                lambda *a: tanh_gradient(*a, slope=lambda yhat: 1 - tanh(yhat) ** 2),
            ),
            (
                "other",
                "a product sends to each factor δ times the other one: w receives δ x, and x receives δ w.",
                lambda w, b, x, y: tanh_gradient(w, b, x, y, to_w=w, to_x=x),
            ),
            (
                "missing-derivative",
                "z grows x_i times as fast as w_i, and w_i times as fast as x_i: that factor is missing.",
                lambda w, b, x, y: tanh_gradient(w, b, x, y, to_w=[1.0] * len(w), to_x=[1.0] * len(x)),
            ),
            (
                "other",
                "z grows exactly as fast as b: its factor is 1.",
                lambda w, b, x, y: tanh_gradient(w, b, x, y, to_b=b),
            ),
        ],
    },
    "net": {
        "function": "net_bill",
        "inputs": widths,
        "mistakes": [
            ("other", "nobody asks for the gradient at the data: the first layer needs one product.", work),
            (
                "other",
                "it is the first layer that sends no gradient on, not the last.",
                lambda sizes: work(sizes, less=layers(sizes)[-1]),
            ),
            (
                "other",
                "going back, a layer does two products: for its weights, and for its input.",
                lambda sizes: work(sizes, less=sum(layers(sizes))),
            ),
            (
                "other",
                "a layer of n_in inputs and n_out outputs has n_in × n_out weights: one multiplication for each.",
                lambda sizes: work(sizes, less=sizes[0], forward=sum(sizes)),
            ),
            (
                "other",
                "backward ÷ forward, not the other way round.",
                lambda sizes: {
                    **work(sizes, less=layers(sizes)[0]),
                    "ratio": 1 / work(sizes, less=layers(sizes)[0])["ratio"],
                },
            ),
            (
                "other",
                "the backward pass alone is asked for, without the run before it.",
                lambda sizes: work(sizes, less=layers(sizes)[0] - sum(layers(sizes))),
            ),
        ],
    },
}
