"""What students write for the exercise on chapter 01."""

RUNS = {"nudging": "n + 1", "two_sided": "2 * n", "forward": "n", "walks": "m"}
GLOW = """
def walk_back_glow(p0, p1, t, u):
    slopes = {"p0": 0.0, "p1": 0.0}
    for tk, uk in zip(t, u, strict=True):
        fade = exp(-p1 * tk)
        at_exponent = uk * p0 * fade
        slopes["p0"] += uk * fade
        slopes["p1"] += at_exponent * -tk
    return slopes
"""
TANH = """
def gradient(w, b, x, y):
    yhat = tanh(b + sum(wi * xi for wi, xi in zip(w, x)))
    delta = (yhat - y) * (1 - yhat**2)
    return {"w": [delta * xi for xi in x], "b": delta, "x": [delta * wi for wi in w]}
"""
NET = """
def net_bill(sizes):
    forward = sum(sizes[i] * sizes[i + 1] for i in range(len(sizes) - 1))
    backward = 2 * forward - sizes[0] * sizes[1]
    return {"forward": forward, "backward": backward, "ratio": backward / forward}
"""


def bill(**other):
    entries = ", ".join(f'"{name}": {count}' for name, count in {**RUNS, **other}.items())
    return f"def bill(n, m):\n    return {{{entries}}}\n"


def reciprocal(tangent, value="1 / b"):
    return f'def reciprocal(b, b_dot):\n    return {{"value": {value}, "tangent": {tangent}}}\n'


def walk(order):
    called = "follow(order, w1=w1, w2=w2, x1=x1, x2=x2, y=y)"
    return f"def walk_back(w1, w2, x1, x2, y):\n    order = {order!r}\n    return {called}\n"


WRONG = {
    "bill": [
        (bill(nudging="n"), "other"),
        (bill(two_sided="n"), "other"),
        (bill(two_sided="2 * n + 1"), "other"),
        (bill(nudging="(n + 1) * m", two_sided="2 * n * m", forward="n * m"), "other"),
        (bill(walks="1"), "other"),
        (bill(walks="n * m"), "other"),
        (bill(forward="m", walks="n"), "other"),
        (bill(forward="2 * n"), "other"),
        ("def bill(n, m):\n    return n + 1, 2 * n, n, m\n", "type"),
        ('def bill(n, m):\n    return {"nudging": n + 1, "two_sided": 2 * n, "forward": n}\n', "shape"),
        (
            'def bill(n, m):\n    print({"nudging": n + 1, "two_sided": 2 * n, "forward": n, "walks": m})\n',
            "not-attempted",
        ),
        (bill(nudging="'n + 1'"), "type"),
    ],
    "reciprocal": [
        (reciprocal("b_dot / b**2"), "sign"),
        (reciprocal("-b_dot / b"), "missing-derivative"),
        (reciprocal("-1 / b**2"), "missing-derivative"),
        (reciprocal("-b_dot"), "missing-derivative"),
        (reciprocal("1 / b_dot"), "other"),
        (reciprocal("b_dot / b"), "other"),
        (reciprocal("-b_dot / b**2", value="b"), "other"),
        ("def reciprocal(b, b_dot):\n    c = 1 / b\n    return c, -b_dot * c / b\n", "type"),
        ('def reciprocal(b, b_dot):\n    c = 1 / b\n    return {"value": c, "tangent": c_dot}\n', "error"),
        ("def reciprocal(b, b_dot):\n    return measured_reciprocal(b, b_dot)\n", "rounded", "correct"),
    ],
    "walk-back": [
        (walk("DGCBAF"), "sign"),
        (walk("DGEAFB"), "missing-derivative"),
        (walk("DGEABF"), "missing-derivative"),
        (walk("DGEBHF"), "other"),
        (walk("DGEIAF"), "other"),
        (walk("DGEBBAF"), "other"),
        (walk("EBAFDG"), "error"),
        (walk("DGEBA"), "error"),
        (walk("DGEBAX"), "error"),
        (walk(6), "error"),
    ],
    "glow": [
        (GLOW.replace('["p1"] +=', '["p1"] ='), "overwritten"),
        ("def walk_back_glow(p0, p1, t, u):\n    return walk_back_with_a_bug(p0, p1, t, u)\n", "overwritten"),
        (GLOW.replace(" +=", " ="), "overwritten"),
        (GLOW.replace("* -tk", "* tk"), "sign"),
        (GLOW.replace("at_exponent * -tk", "at_exponent"), "missing-derivative"),
        (GLOW.replace("uk * p0 * fade", "uk * p0"), "missing-derivative"),
        (GLOW.replace("uk * p0 * fade", "uk * fade"), "missing-derivative"),
        (GLOW.replace("uk * p0 * fade", "p0 * fade").replace("uk * fade", "fade"), "missing-derivative"),
        (GLOW.replace("    return", "        return"), "overwritten"),
        (GLOW.replace("return slopes", 'return slopes["p0"], slopes["p1"]'), "type"),
    ],
    "gradient": [
        (TANH.replace(" * (1 - yhat**2)", ""), "missing-derivative"),
        (TANH.replace("(yhat - y)", "(y - yhat)"), "sign"),
        (TANH.replace("(yhat - y)", "2 * (yhat - y)"), "factor-2"),
        (TANH.replace("1 - yhat**2", "yhat * (1 - yhat)"), "other"),
        (TANH.replace("1 - yhat**2", "1 - tanh(yhat) ** 2"), "other"),
        (TANH.replace("* xi for xi in x]", "* wi for wi in w]"), "other"),
        (TANH.replace("[delta * xi for xi in x]", "[delta for xi in x]"), "missing-derivative"),
        (TANH.replace("[delta * xi for xi in x]", "delta"), "shape"),
        (TANH.replace('"b": delta, ', '"b": delta * b, '), "other"),
        (TANH.replace('"b": delta, ', ""), "shape"),
        (TANH.replace("(yhat - y) * ", ""), "missing-derivative"),
        (TANH.replace("delta * xi for", "delta * x for"), "error"),
    ],
    "net": [
        (NET.replace(" - sizes[0] * sizes[1]", ""), "other"),
        (NET.replace("sizes[0] * sizes[1]", "sizes[-2] * sizes[-1]"), "other"),
        (NET.replace("2 * forward - sizes[0] * sizes[1]", "forward"), "other"),
        (NET.replace("2 * forward", "3 * forward"), "other"),
        (NET.replace("backward / forward", "forward / backward"), "other"),
        (NET.replace("sizes[i] * sizes[i + 1] for i in range(len(sizes) - 1)", "sizes"), "other"),
        (NET.replace("2 * forward - sizes[0] * sizes[1]", "2 * forward - sizes[0]"), "other"),
        (NET.replace("len(sizes) - 1", "len(sizes)"), "error"),
        (NET.replace("backward / forward", "round(backward / forward)"), "other"),
        (NET.replace("backward / forward}", "2 * backward / forward}"), "factor-2"),
        (NET.replace('"ratio": backward / forward', ""), "shape"),
    ],
}

RIGHT = {
    "bill": [
        bill(),
        "def bill(n, m):\n    return dict(nudging=1 + n, two_sided=n + n, forward=n, walks=m)\n",
        bill(nudging="float(n + 1)", two_sided="len(range(n)) * 2", walks="int(m)"),
    ],
    "reciprocal": [
        reciprocal("-b_dot / b**2"),
        "def reciprocal(b, b_dot):\n    c = 1 / b\n    c_dot = -c * c * b_dot\n"
        '    return {"value": c, "tangent": c_dot}\n',
        'def reciprocal(b, b_dot):\n    c = 1 / Dual(b, b_dot)\n    return {"value": c.value, "tangent": c.tangent}\n',
    ],
    "walk-back": [walk("DGEBAF"), walk("DGEBFA"), walk("d g e b a f"), walk(list("DGEBAF"))],
    "glow": [
        GLOW,
        GLOW.replace("at_exponent * -tk", "uk * p0 * -tk * fade"),
        "def walk_back_glow(p0, p1, t, u):\n    import numpy as np\n\n    t, u = np.array(t), np.array(u)\n"
        '    fade = np.exp(-p1 * t)\n    return {"p0": u @ fade, "p1": -p0 * (u * t) @ fade}\n',
        "def walk_back_glow(p0, p1, t, u):\n    pairs = list(zip(t, u))\n"
        '    return {"p0": sum(c * exp(-p1 * s) for s, c in pairs),'
        ' "p1": sum(-s * p0 * c * exp(-p1 * s) for s, c in pairs)}\n',
    ],
    "gradient": [
        TANH,
        "def gradient(w, b, x, y):\n    import numpy as np\n\n    w, x = np.array(w), np.array(x)\n"
        "    yhat = np.tanh(w @ x + b)\n    delta = (yhat - y) * (1 - yhat) * (1 + yhat)\n"
        '    return {"w": delta * x, "b": delta, "x": delta * w}\n',
        "def gradient(w, b, x, y):\n    w, x, b = [Value(v) for v in w], [Value(v) for v in x], Value(b)\n"
        "    z = b\n    for wi, xi in zip(w, x):\n        z = z + wi * xi\n"
        "    ((z.tanh() - y) ** 2 * 0.5).backward()\n"
        '    return {"w": [v.grad for v in w], "b": b.grad, "x": [v.grad for v in x]}\n',
    ],
    "net": [
        NET,
        "def net_bill(sizes):\n    forward = backward = 0\n    for layer in range(1, len(sizes)):\n"
        "        size = sizes[layer - 1] * sizes[layer]\n        forward += size\n"
        "        backward += size if layer == 1 else 2 * size\n"
        "    return dict(forward=forward, backward=backward, ratio=backward / forward)\n",
        "def net_bill(sizes):\n    import numpy as np\n\n    products = np.array(sizes[:-1]) * np.array(sizes[1:])\n"
        "    forward = int(products.sum())\n    s = products[0] / forward\n"
        '    return {"forward": forward, "backward": forward + int(products[1:].sum()), "ratio": 2 - s}\n',
    ],
}
