"""The questions of the exercise on chapter 03: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

from math import exp, tanh


def sigmoid(z):
    return 1 / (1 + exp(-z))


def sigmoid_slope(z):
    return sigmoid(z) * (1 - sigmoid(z))


def signed(rng):
    """A number in ±[0.4, 1.5]: large enough that a lost factor shows."""
    return rng.choice((-1.0, 1.0)) * rng.uniform(0.4, 1.5)


def network(rng):
    """x, w1, w2, y, with the target apart from both predictions, so that ŷ − y keeps its digits."""
    while True:
        x, w1, w2, y = signed(rng), signed(rng), signed(rng), rng.uniform(0.0, 1.0)
        if abs(sigmoid(w2 * sigmoid(w1 * x)) - y) > 0.1 and abs(w2 * tanh(w1 * x) - y) > 0.1:
            return x, w1, w2, y


def factors(x, w1, w2, y):
    h = sigmoid(w1 * x)
    return {
        "σ′(z2)": sigmoid_slope(w2 * h),
        "h = ∂z2/∂w2": h,
        "w2 = ∂z2/∂h": w2,
        "σ′(z1)": sigmoid_slope(w1 * x),
        "x = ∂z1/∂w1": x,
        "ŷ − y = ∂L/∂ŷ": sigmoid(w2 * h) - y,
    }


def gradient(x, w1, w2, y, slope=sigmoid_slope, hidden=sigmoid_slope):
    """Both gradients; with another `slope` at the output or at `hidden`, what a mistake there makes of them."""
    h = sigmoid(w1 * x)
    delta2 = (sigmoid(w2 * h) - y) * slope(w2 * h)
    return {"w1": delta2 * w2 * hidden(w1 * x) * x, "w2": delta2 * h}


def with_the_bug(x, w1, w2, y):
    return gradient(x, w1, w2, y, slope=lambda z: 1.0)


def swapped(x, w1, w2, y):
    g = gradient(x, w1, w2, y)
    return {"w1": g["w2"], "w2": g["w1"]}


def stepped(x, w1, w2, y, eta):
    g = gradient(x, w1, w2, y)
    return {"w1": w1 - eta * g["w1"], "w2": w2 - eta * g["w2"]}


def w1_first(x, w1, w2, y, eta):
    w1 = stepped(x, w1, w2, y, eta)["w1"]
    return {"w1": w1, "w2": stepped(x, w1, w2, y, eta)["w2"]}


def w2_first(x, w1, w2, y, eta):
    w2 = stepped(x, w1, w2, y, eta)["w2"]
    return {"w1": stepped(x, w1, w2, y, eta)["w1"], "w2": w2}


def changes(x, w1, w2, y, eta):
    return {name: -eta * g for name, g in gradient(x, w1, w2, y).items()}


def loss(x, w1, w2, y):
    return (sigmoid(w2 * sigmoid(w1 * x)) - y) ** 2 / 2


def loss_after(x, w1, w2, y, eta):
    return loss(x, *stepped(x, w1, w2, y, eta).values(), y)


def first_order(x, w1, w2, y, eta):
    return -eta * sum(g * g for g in gradient(x, w1, w2, y).values())


def rounded_on_the_way(x, w1, w2, y, digits):
    keep = lambda value: round(value, digits)
    h = keep(sigmoid(keep(w1 * x)))
    yhat = keep(sigmoid(keep(w2 * h)))
    delta2 = keep(keep(yhat - y) * keep(yhat * (1 - yhat)))
    delta1 = keep(keep(delta2 * w2) * keep(h * (1 - h)))
    return {"w1": keep(delta1 * x), "w2": keep(delta2 * h)}


def tanh_network(rng):
    """The forward pass's values, then x, w1, w2, y."""
    x, w1, w2, y = network(rng)
    h = tanh(w1 * x)
    return {"z1": w1 * x, "h": h, "z2": w2 * h, "yhat": w2 * h, "L": (w2 * h - y) ** 2 / 2}, x, w1, w2, y


def tanh_factors(values, x, w1, w2, y):
    h = values["h"]
    return {"tanh′(z1)": 1 - h * h, "h": h, "w1": w1, "w2": w2, "x": x, "ŷ − y": values["yhat"] - y}


def tanh_slope(h):
    return 1 - h * h


def tanh_gradient(values, x, w1, w2, y, slope=tanh_slope, output=lambda yhat: 1.0):
    delta2 = (values["yhat"] - y) * output(values["yhat"])
    delta1 = delta2 * w2 * slope(values["h"])
    return {"x": delta1 * w1, "w1": delta1 * x, "w2": delta2 * values["h"]}


VALUE_FOR_SLOPE = "σ stands where its slope belongs."
NO_SLOPE = "the output has no activation here: no slope at ŷ."
TRUE_CHANGE = "that is the true change, from a new loss; use only the slopes and steps at the old weights."
NEW_LOSS = "this is the new loss; the change is asked for."

QUESTIONS = {
    "slope": {
        "function": "slope",
        "inputs": lambda rng: (rng.uniform(0.05, 0.95),),
        "mistakes": [
            ("other", "ŷ is σ(z2) already; it went through the sigmoid twice.", sigmoid_slope),
            ("other", "this is the slope of tanh; the sigmoid's is ŷ(1 − ŷ).", lambda yhat: 1 - yhat**2),
            ("missing-derivative", "only one of the two factors ŷ and 1 − ŷ is there.", lambda yhat: 1 - yhat),
        ],
    },
    "gradient-w2": {"function": "gradient_w2", "inputs": network, "factors": factors},
    "gradient-w1": {"function": "gradient_w1", "inputs": network, "factors": factors},
    "backward": {
        "function": "backward",
        "inputs": network,
        "factors": factors,
        "mistakes": [
            ("missing-derivative", "δ2 still lacks σ′(z2), as in the given function.", with_the_bug),
            ("other", "the two gradients stand under each other's keys.", swapped),
            ("other", VALUE_FOR_SLOPE, lambda *a: gradient(*a, hidden=sigmoid)),
            ("other", VALUE_FOR_SLOPE, lambda *a: gradient(*a, slope=sigmoid)),
            ("other", VALUE_FOR_SLOPE, lambda *a: gradient(*a, slope=sigmoid, hidden=sigmoid)),
        ],
    },
    "forward-tanh": {"function": "forward_tanh", "inputs": network},
    "backward-tanh": {
        "function": "backward_tanh",
        "inputs": tanh_network,
        "factors": tanh_factors,
        "mistakes": [
            (
                "other",
                "that is the sigmoid's slope; tanh has 1 − h².",
                lambda *a: tanh_gradient(*a, lambda h: h - h * h),
            ),
            (
                "other",
                "h is tanh(z1) already, and went through tanh a second time.",
                lambda *a: tanh_gradient(*a, lambda h: tanh_slope(tanh(h))),
            ),
            ("other", NO_SLOPE, lambda *a: tanh_gradient(*a, output=tanh_slope)),
            ("other", NO_SLOPE, lambda *a: tanh_gradient(*a, output=lambda yhat: yhat * (1 - yhat))),
        ],
    },
    "step": {
        "function": "step",
        "inputs": lambda rng: (*network(rng), rng.uniform(0.3, 2.0)),
        "mistakes": [
            ("sign", "the step goes uphill: subtract the gradient.", lambda *a: stepped(*a[:4], -a[4])),
            ("missing-derivative", "eta is missing: multiply by it.", lambda *a: stepped(*a[:4], 1.0)),
            ("other", "these are the changes: return the weights after them.", changes),
            ("wrong-order", "w1 was changed before the gradient of w2 was taken.", w1_first),
            ("wrong-order", "w2 was changed before the gradient of w1 was taken.", w2_first),
        ],
    },
    "forecast": {
        "function": "forecast",
        "inputs": lambda rng: (*network(rng), rng.uniform(0.3, 0.8)),
        "factors": lambda x, w1, w2, y, eta: {"eta": eta},
        "mistakes": [
            ("other", TRUE_CHANGE, lambda *a: loss_after(*a) - loss(*a[:4])),
            (
                "other",
                "a step is −eta times a slope, so each slope appears squared.",
                lambda *a: sum(changes(*a).values()),
            ),
            ("other", NEW_LOSS, lambda *a: loss(*a[:4]) + first_order(*a)),
            ("other", NEW_LOSS, loss_after),
        ],
    },
    "rounding": {
        "function": "rounded_once",
        "inputs": lambda rng: (*network(rng), int(rng.integers(2, 5))),
        "mistakes": [
            ("rounded", "a step before the last was rounded: keep every digit until the end.", rounded_on_the_way),
            ("rounded", "nothing was rounded: more decimals than asked for.", lambda *a: gradient(*a[:4])),
        ],
        "trials": 20,
    },
}
