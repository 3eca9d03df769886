"""Sample submissions of students who mean well: what each wrote, and the verdict that each must get.

An entry is (what the rest of the notebook is: "solution" or "release", answer cells by grade_id, expected diagnoses).
Questions that are not named are expected right in a solution and not attempted in a release.
"""

ANOTHER_STYLE = {
    "slope": "def slope(yhat):\n    return yhat - yhat**2\n",
    "gradient-w2": """
def gradient_w2(x, w1, w2, y):
    from bplib.scalar import Value

    w = Value(w2)
    (((w * sigmoid(w1 * x)).sigmoid() - y) ** 2 * 0.5).backward()
    return w.grad
""",
    "gradient-w1": """
%matplotlib --list
import numpy as np

def gradient_w1(x, w1, w2, y):
    h = 1 / (1 + np.exp(-w1 * x))
    yhat = 1 / (1 + np.exp(-w2 * h))
    return np.prod([yhat - y, yhat, 1 - yhat, w2, h, 1 - h, x])
""",
    "backward": """
def backward(x, w1, w2, y):
    return {"w2": gradient_w2(x, w1, w2, y), "w1": gradient_w1(x, w1, w2, y), "note": "from above"}
""",
    "backward-tanh": """
def backward_tanh(values, x, w1, w2, y):
    from math import cosh

    error = values["yhat"] - y
    into_z1 = error * w2 / cosh(values["z1"]) ** 2
    return dict(x=into_z1 * w1, w1=into_z1 * x, w2=error * values["h"])
""",
    "forecast": """
def forecast(x, w1, w2, y, eta):
    gradient = np.array(list(backward(x, w1, w2, y).values())[:2])
    return -eta * gradient @ gradient
""",
    "rounding": """
def rounded_once(x, w1, w2, y, digits):
    return {name: float(f"{backward(x, w1, w2, y)[name]:.{digits}f}") for name in ("w1", "w2")}
""",
}

LOST_FACTORS = {
    "slope": "def slope(yhat):\n    return sigmoid(yhat) * (1 - sigmoid(yhat))\n",
    "gradient-w2": "def gradient_w2(x, w1, w2, y):\n    h = sigmoid(w1 * x)\n    return (sigmoid(w2 * h) - y) * h\n",
    "gradient-w1": """
def gradient_w1(x, w1, w2, y):
    h = sigmoid(w1 * x)
    yhat = sigmoid(w2 * h)
    return (yhat - y) * yhat * (1 - yhat) * w2 * h * (1 - h)
""",
    "backward": "def backward(x, w1, w2, y):\n    return backward_with_a_bug(x, w1, w2, y)\n",
    "backward-tanh": """
def backward_tanh(values, x, w1, w2, y):
    h = values["h"]
    delta2 = values["yhat"] - y
    delta1 = delta2 * w2 * h * (1 - h)
    return {"x": delta1 * w1, "w1": delta1 * x, "w2": delta2 * h}
""",
    "forecast": """
def forecast(x, w1, w2, y, eta):
    g = gradient(x, w1, w2, y)
    return -(g["w1"] ** 2 + g["w2"] ** 2)
def gradient(x, w1, w2, y):
    h = sigmoid(w1 * x)
    yhat = sigmoid(w2 * h)
    delta2 = (yhat - y) * yhat * (1 - yhat)
    return {"w1": delta2 * w2 * h * (1 - h) * x, "w2": delta2 * h}
""",
    "step": "def step(x, w1, w2, y, eta):\n    g = gradient_w1(x, w1, w2, y)\n    return {'w1': w1 - eta * g}\n",
    "rounding": "rounded_once = rounded_on_the_way\n",
}

SIGNS = {
    "slope": "def slope(yhat):\n    return yhat * (yhat - 1)\n",
    "gradient-w2": """
def gradient_w2(x, w1, w2, y):
    h = sigmoid(w1 * x)
    yhat = sigmoid(w2 * h)
    return (y - yhat) * yhat * (1 - yhat) * h
""",
    "step": """
def step(x, w1, w2, y, eta):
    g = backward(x, w1, w2, y)
    return {"w1": w1 + eta * g["w1"], "w2": w2 + eta * g["w2"]}
""",
    "forecast": """
def forecast(x, w1, w2, y, eta):
    return eta * sum(g**2 for g in backward(x, w1, w2, y).values())
""",
}

TOO_SOON = {
    "gradient-w1": """
def gradient_w1(x, w1, w2, y):
    h = sigmoid(w1 * x)
    yhat = sigmoid(w2 * h)
    return (yhat - y) * yhat * (1 - yhat) * h * h * (1 - h) * x
""",
    "gradient-w2": """
def gradient_w2(x, w1, w2, y):
    h = sigmoid(w1 * x)
    yhat = sigmoid(w2 * h)
    return 2 * (yhat - y) * yhat * (1 - yhat) * h
""",
    "step": """
def step(x, w1, w2, y, eta):
    w1 = w1 - eta * backward(x, w1, w2, y)["w1"]
    w2 = w2 - eta * backward(x, w1, w2, y)["w2"]
    return {"w1": w1, "w2": w2}
""",
    "forecast": """
def forecast(x, w1, w2, y, eta):
    return -eta / 2 * sum(g**2 for g in backward(x, w1, w2, y).values())
""",
    "rounding": "def rounded_once(x, w1, w2, y, digits):\n    return backward(x, w1, w2, y)\n",
}

WRONG_THINGS = {
    "slope": "def slope(yhat):\n    return f'{yhat * (1 - yhat):.3f}'\n",
    "gradient-w2": "import numpy as np\ndef gradient_w2(x, w1, w2, y):\n    return np.array([x, w1])\n",
    "gradient-w1": "def gradient_w1(x, w1, w2, y):\n    return float('nan')\n",
    "backward": "def backward(x, w1, w2, y):\n    return gradient_w1, gradient_w2\n",
    "forward-tanh": "def forward_tanh(x, w1, w2, y):\n    return {'z1': w1 * x}\n",
    "backward-tanh": "def backward_tanh(values, x, w1, w2, y):\n    values['h']\n",
    "step": "def step(x, w1, w2, y, eta):\n    return {'w1': 1j, 'w2': w2}\n",
    "forecast": "def forecast(x, w1, w2, y, eta):\n    return 10**5000\n",
    "rounding": "def rounded_once(x, w1, w2, y, digits):\n    return {'w1': [x], 'w2': None}\n",
}

FAILING = {
    "slope": "def slope(yhat)\n    return yhat * (1 - yhat)\n",
    "gradient-w2": "def gradient_w2(x, w1, w2, y):\n    return my_helper(x) / 0\n",
    "gradient-w1": "def gradient_of_w1(x, w1, w2, y):\n    return x\n",
    "backward": "print(undefined)\n\ndef backward(x, w1, w2, y):\n    return 1\n",
    "forward-tanh": "def forward_tanh(x, w1):\n    return x / 0\n",
    "backward-tanh": "def backward_tanh(values, x, w1, w2, y):\n    return backward_tanh(values, x, w1, w2, y)\n",
    "step": "def step(x, w1, w2, y, eta):\n    while True:\n        pass\n",
    "forecast": "def forecast(x, w1, w2, y, eta):\n    exit()\n",
    "rounding": "",
}

ALMOST = {
    "gradient-w2": "def gradient_w2(x, w1, w2, y):\n    return measured(x, w1, w2, y)['w2']\n",
    "backward": """
import numpy as np

def backward(x, w1, w2, y):
    x, w1, w2, y, one = np.array([x, w1, w2, y, 1], dtype="float32")
    h = one / (one + np.exp(-w1 * x))
    yhat = one / (one + np.exp(-w2 * h))
    delta2 = (yhat - y) * yhat * (one - yhat)
    return {"w1": delta2 * w2 * h * (one - h) * x, "w2": delta2 * h}
""",
}

HONEST = {
    "right": ("solution", {}, {}),
    "right_in_another_style": ("solution", ANOTHER_STYLE, {}),
    "untouched": ("release", {}, {}),
    "partly_right": (
        "release",
        {"slope": ANOTHER_STYLE["slope"], "gradient-w2": ANOTHER_STYLE["gradient-w2"]},
        {"slope": "correct", "gradient-w2": "correct"},
    ),
    "wrong_lost_factors": (
        "release",
        LOST_FACTORS,
        {
            "slope": "other",
            "gradient-w2": "missing-derivative",
            "gradient-w1": "missing-derivative",
            "backward": "missing-derivative",
            "backward-tanh": "other",
            "step": "shape",
            "forecast": "missing-derivative",
            "rounding": "rounded",
        },
    ),
    "wrong_signs": (
        "solution",
        SIGNS,
        {"slope": "sign", "gradient-w2": "sign", "step": "sign", "forecast": "sign"},
    ),
    "wrong_too_soon": (
        "solution",
        TOO_SOON,
        {
            "gradient-w1": "other",
            "gradient-w2": "factor-2",
            "step": "wrong-order",
            "forecast": "factor-2",
            "rounding": "rounded",
        },
    ),
    "wrong_things": (
        "solution",
        WRONG_THINGS,
        {
            "slope": "type",
            "gradient-w2": "shape",
            "gradient-w1": "nan",
            "backward": "type",
            "forward-tanh": "shape",
            "backward-tanh": "not-attempted",
            "step": "type",
            "forecast": "type",
            "rounding": "shape",
        },
    ),
    "wrong_failing": (
        "solution",
        FAILING,
        {
            "slope": "error",
            "gradient-w2": "error",
            "gradient-w1": "error",
            "backward": "error",
            "forward-tanh": "error",
            "backward-tanh": "error",
            "step": "timeout",
            "forecast": "error",
            "rounding": "error",
        },
    ),
    "wrong_almost": ("release", ALMOST, {"gradient-w2": "rounded", "backward": "dtype"}),
}
