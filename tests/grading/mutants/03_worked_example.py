"""What students write for the exercise on chapter 03."""

BACKWARD = """
def backward(x, w1, w2, y):
    h = sigmoid(w1 * x)
    yhat = sigmoid(w2 * h)
    delta2 = (yhat - y) * yhat * (1 - yhat)
    delta1 = delta2 * w2 * h * (1 - h)
    return {"w1": delta1 * x, "w2": delta2 * h}
"""
TANH = """
def backward_tanh(values, x, w1, w2, y):
    h = values["h"]
    delta2 = values["yhat"] - y
    delta1 = delta2 * w2 * (1 - h**2)
    return {"x": delta1 * w1, "w1": delta1 * x, "w2": delta2 * h}
"""
FORWARD = """
def forward_tanh(x, w1, w2, y):
    h = tanh(w1 * x)
    yhat = w2 * h
    return {"z1": w1 * x, "h": h, "z2": yhat, "yhat": yhat, "L": (yhat - y) ** 2 / 2}
"""


def of(name, *lines, arguments="x, w1, w2, y"):
    return "\n    ".join([f"def {name}({arguments}):", *lines]) + "\n"


def slope(line):
    return of("slope", line, arguments="yhat")


def w2(*lines):
    return of("gradient_w2", "h = sigmoid(w1 * x)", "yhat = sigmoid(w2 * h)", *lines)


def w1(*lines):
    return of("gradient_w1", "h = sigmoid(w1 * x)", "yhat = sigmoid(w2 * h)", *lines)


def step(*lines):
    return of("step", "g = backward(x, w1, w2, y)", *lines, arguments="x, w1, w2, y, eta")


def forecast(*lines):
    return of("forecast", "g = backward(x, w1, w2, y)", *lines, arguments="x, w1, w2, y, eta")


def rounding(*lines):
    return of("rounded_once", *lines, arguments="x, w1, w2, y, digits")


WRONG = {
    "slope": [
        (slope("return sigmoid(yhat) * (1 - sigmoid(yhat))"), "other"),
        (slope("return yhat * (yhat - 1)"), "sign"),
        (slope("return 1 - yhat**2"), "other"),
        (slope("return yhat"), "other"),
        (slope("return 2 * yhat * (1 - yhat)"), "factor-2"),
        (slope("yhat * (1 - yhat)"), "not-attempted"),
        (of("slop", "return yhat * (1 - yhat)", arguments="yhat"), "error"),
        (slope("return yhat (1 - yhat"), "error"),
        (slope("return f'{yhat * (1 - yhat):.3f}'"), "type"),
        (slope("return round(yhat * (1 - yhat), 4)"), "rounded"),
    ],
    "gradient-w2": [
        (w2("return (yhat - y) * h"), "missing-derivative"),
        (w2("return (yhat - y) * yhat * (1 - yhat)"), "missing-derivative"),
        (w2("return (y - yhat) * yhat * (1 - yhat) * h"), "sign"),
        (w2("return 2 * (yhat - y) * yhat * (1 - yhat) * h"), "factor-2"),
        (w2("return (yhat - y) * yhat * (1 - yhat) * w2"), "other"),
        (of("gradient_w2", "return measured(x, w1, w2, y)['w2']"), "rounded", "correct"),
        (of("gradient_w2", "return (yhat - y) * h"), "error"),
    ],
    "gradient-w1": [
        (w1("return (yhat - y) * yhat * (1 - yhat) * w2 * h * (1 - h)"), "missing-derivative"),
        (w1("return (yhat - y) * yhat * (1 - yhat) * h * (1 - h) * x"), "missing-derivative"),
        (w1("return (yhat - y) * yhat * (1 - yhat) * w2 * x"), "missing-derivative"),
        (w1("return (yhat - y) * w2 * h * (1 - h) * x"), "missing-derivative"),
        (w1("return (y - yhat) * yhat * (1 - yhat) * w2 * h * (1 - h) * x"), "sign"),
        (w1("return (yhat - y) * yhat * (1 - yhat) * h * h * (1 - h) * x"), "other"),
        (w1("return float('nan')"), "nan"),
    ],
    "backward": [
        (of("backward", "return backward_with_a_bug(x, w1, w2, y)"), "missing-derivative"),
        (BACKWARD.replace("(yhat - y)", "(y - yhat)"), "sign"),
        (BACKWARD.replace("w2 * h * (1 - h)", "h * (1 - h)"), "missing-derivative"),
        (BACKWARD.replace("* h * (1 - h)", ""), "missing-derivative"),
        (BACKWARD.replace("yhat * (1 - yhat)", "yhat"), "other"),
        (BACKWARD.replace('{"w1": delta1 * x, "w2": delta2 * h}', "delta1 * x, delta2 * h"), "type"),
        (BACKWARD.replace('"w1": delta1 * x, "w2": delta2 * h', '"w2": delta1 * x, "w1": delta2 * h'), "other"),
        (BACKWARD.replace('"w1": delta1 * x, ', ""), "shape"),
    ],
    "forward-tanh": [
        (FORWARD.replace("/ 2", ""), "factor-2"),
        (FORWARD.replace("tanh(w1 * x)", "sigmoid(w1 * x)"), "other"),
        (FORWARD.replace("yhat = w2 * h", "yhat = tanh(w2 * h)"), "other"),
        (FORWARD.replace('"z2": yhat, ', ""), "shape"),
        (FORWARD.replace("return {", "return list({").replace("2}", "2}.values())"), "type"),
        (FORWARD.replace("return ", ""), "not-attempted"),
    ],
    "backward-tanh": [
        (TANH.replace("(1 - h**2)", "h * (1 - h)"), "other"),
        (TANH.replace(" * (1 - h**2)", ""), "missing-derivative"),
        (TANH.replace('values["yhat"] - y', '(values["yhat"] - y) * values["yhat"] * (1 - values["yhat"])'), "other"),
        (TANH.replace("delta1 * w1", "delta1"), "missing-derivative"),
        (TANH.replace('values["yhat"] - y', 'y - values["yhat"]'), "sign"),
        (TANH.replace("(1 - h**2)", "(1 - tanh(h) ** 2)"), "other"),
        (TANH.replace('"x": delta1 * w1, ', ""), "shape"),
    ],
    "step": [
        (step('return {"w1": w1 + eta * g["w1"], "w2": w2 + eta * g["w2"]}'), "sign"),
        (step('return {"w1": w1 - g["w1"], "w2": w2 - g["w2"]}'), "missing-derivative"),
        (step('return {"w1": -eta * g["w1"], "w2": -eta * g["w2"]}'), "other"),
        (
            step(
                'w1 -= eta * g["w1"]',
                'w2 -= eta * backward(x, w1, w2, y)["w2"]',
                'return {"w1": w1, "w2": w2}',
            ),
            "wrong-order",
        ),
        (step('return {"w1": w1 - eta * g["w1"]}'), "shape"),
        (step('return w1 - eta * g["w1"], w2 - eta * g["w2"]'), "type"),
    ],
    "forecast": [
        (forecast('return -(g["w1"] ** 2 + g["w2"] ** 2)'), "missing-derivative"),
        (forecast('return eta * (g["w1"] ** 2 + g["w2"] ** 2)'), "sign"),
        (forecast('return -eta * (g["w1"] + g["w2"])'), "other"),
        (forecast('return -eta / 2 * (g["w1"] ** 2 + g["w2"] ** 2)'), "factor-2"),
        (forecast('return -eta**2 * (g["w1"] ** 2 + g["w2"] ** 2)'), "other"),
        (
            forecast(
                "new = step(x, w1, w2, y, eta)",
                'return loss(x, new["w1"], new["w2"], y) - loss(x, w1, w2, y)',
            ),
            "other",
        ),
    ],
    "rounding": [
        (rounding("return rounded_on_the_way(x, w1, w2, y, digits)"), "rounded"),
        (rounding("return backward(x, w1, w2, y)"), "rounded"),
        (rounding("return {k: f'{g:.{digits}f}' for k, g in backward(x, w1, w2, y).items()}"), "type"),
        (rounding("return {k: round(-g, digits) for k, g in backward(x, w1, w2, y).items()}"), "sign"),
        (rounding("return round(backward(x, w1, w2, y), digits)"), "error"),
        (rounding("return [round(g, digits) for g in backward(x, w1, w2, y).values()]"), "type"),
    ],
}

RIGHT = {
    "slope": [
        slope("return yhat - yhat**2"),
        slope("q = 1 / yhat\n    return (q - 1) / q**2"),
        "slope = lambda yhat: yhat * (1 - yhat)\n",
    ],
    "gradient-w2": [
        w2("return h * (yhat - y) * (yhat - yhat**2)"),
        w2("g = yhat - y", "g *= yhat * (1 - yhat)", "g *= h", "return g"),
        of(
            "gradient_w2",
            "from bplib.scalar import Value",
            "w = Value(w2)",
            "(((w * sigmoid(w1 * x)).sigmoid() - y) ** 2 * 0.5).backward()",
            "return w.grad",
        ),
    ],
    "gradient-w1": [
        w1("return (yhat - y) * yhat * (1 - yhat) * w2 * h * (1 - h) * x"),
        w1("import numpy as np", "return np.prod([yhat - y, yhat, 1 - yhat, w2, h, 1 - h, x])"),
        w1("g = gradient_w2(x, w1, w2, y) / h", "return g * w2 * (h - h * h) * x"),
    ],
    "backward": [
        BACKWARD,
        of("backward", "return {'w2': gradient_w2(x, w1, w2, y), 'w1': gradient_w1(x, w1, w2, y)}"),
        BACKWARD.replace('{"w1": delta1 * x, "w2": delta2 * h}', 'dict(w1=delta1 * x, w2=delta2 * h, note="right")'),
    ],
    "forward-tanh": [
        FORWARD,
        FORWARD.replace("(yhat - y) ** 2 / 2", "loss_tanh(x, w1, w2, y)"),
        FORWARD.replace("    h =", "    import numpy as np\n\n    h =").replace("tanh(w1", "np.tanh(w1"),
    ],
    "backward-tanh": [
        TANH,
        TANH.replace("(1 - h**2)", "(1 - h) * (1 + h)"),
        TANH.replace("    h =", "    from math import cosh\n\n    h =").replace("* (1 - h**2)", "/ cosh(w1 * x) ** 2"),
    ],
    "step": [
        step('return {"w1": w1 - eta * g["w1"], "w2": w2 - eta * g["w2"]}'),
        step("w1, w2 = w1 - eta * g['w1'], w2 - eta * g['w2']", "return dict(w1=w1, w2=w2)"),
        step("old = {'w1': w1, 'w2': w2}", "return {name: old[name] - eta * g[name] for name in old}"),
    ],
    "forecast": [
        forecast("return -eta * sum(slope**2 for slope in g.values())"),
        forecast("return g['w1'] * (-eta * g['w1']) + g['w2'] * (-eta * g['w2'])"),
        forecast(
            "new = step(x, w1, w2, y, eta)",
            "return g['w1'] * (new['w1'] - w1) + g['w2'] * (new['w2'] - w2)",
        ),
    ],
    "rounding": [
        rounding("return {k: round(g, digits) for k, g in backward(x, w1, w2, y).items()}"),
        rounding("return {k: float(f'{g:.{digits}f}') for k, g in backward(x, w1, w2, y).items()}"),
        rounding("g = backward(x, w1, w2, y)", "return dict(w1=round(g['w1'], digits), w2=round(g['w2'], digits))"),
    ],
}
