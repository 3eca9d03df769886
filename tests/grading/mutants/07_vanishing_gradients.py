"""What students write for the exercise on chapter 07."""

LEVEL = """
def level_variance(alpha, n):
    mean_square_slope = 0.5 * 1**2 + 0.5 * alpha**2
    return 1 / (n * mean_square_slope)
"""
RESIDUAL = """
def residual_back(g, h, W, c):
    z = h @ W.T
    delta = c * g * (z > 0)
    dL_dW = delta.T @ h
    dL_dh = g + delta @ W
    return {"h": dL_dh, "W": dL_dW}
"""
SCALE = """
def branch_scale(s, K, growth):
    per_layer = growth ** (2 / K)
    return np.sqrt(2 * (per_layer - 1) / s)
"""
DELTAS = """
def deltas(x, Ws, y):
    a, zs = x, []
    for W in Ws:
        zs.append(W @ a)
        a = np.tanh(zs[-1])
    delta = (a - y) * (1 - np.tanh(zs[-1]) ** 2)
    found = [delta]
    for l in reversed(range(len(Ws) - 1)):
        delta = (Ws[l + 1].T @ delta) * (1 - np.tanh(zs[l]) ** 2)
        found.insert(0, delta)
    return np.array(found)
"""


def chain(result):
    return f"def chain_slope(w, layers):\n    return {result}\n"


def norm(order):
    return f'def norm_back(u, g):\n    order = "{order}"\n    return follow(order, u=u, g=g)\n'


WRONG = {
    "chain": [
        (chain("0.25**layers"), "missing-derivative"),
        (chain("w**layers"), "missing-derivative"),
        (chain("(w / 2) ** layers"), "other"),
        (chain("layers * w / 4"), "other"),
        (chain("(w / 4) ** (layers - 1)"), "other"),
        (chain("(w / 4) ** (layers + 1)"), "other"),
        (chain("-((w / 4) ** layers)"), "sign"),
        (chain("measured_chain(w, layers)"), "rounded", "correct"),
        (chain("..."), "not-attempted"),
    ],
    "leaky": [
        (LEVEL.replace("0.5 * alpha**2", "0.0"), "other"),
        (LEVEL.replace("0.5 * alpha**2", "0.5"), "missing-derivative"),
        (LEVEL.replace("alpha**2", "alpha"), "other"),
        (LEVEL.replace("0.5 * ", ""), "factor-2"),
        (LEVEL.replace("n * ", ""), "missing-derivative"),
        (LEVEL.replace("(n * mean_square_slope)", "(n * mean_square_slope) ** 0.5"), "other"),
        (LEVEL.replace("alpha**2", "(-alpha) ** 2 * -1"), "other"),
        (LEVEL.replace("return ", ""), "not-attempted"),
    ],
    "norm": [
        (norm("GCAE"), "missing-derivative"),
        (norm("GCFAB"), "other"),
        (norm("HCDAB"), "other"),
        (norm("GCDAI"), "other"),
        (norm("CGDAB"), "error"),
        (norm("GDCAB"), "error"),
        (norm("GCDA"), "error"),
        (norm("GCDABE"), "missing-derivative"),
        (norm("GCDAX"), "error"),
        ("def norm_back(u, g):\n    return g / u.std()\n", "missing-derivative"),
        (
            "def norm_back(u, g):\n    s = normalise(u)\n    return (g - s * (g * s).mean()) / u.std()\n",
            "missing-derivative",
        ),
        ('def norm_back(u, g):\n    return "GCDAB"\n', "type"),
    ],
    "residual": [
        (RESIDUAL.replace("g + delta @ W", "delta @ W"), "overwritten"),
        (RESIDUAL.replace("g + delta @ W", "g"), "overwritten"),
        (RESIDUAL.replace("c * g", "g"), "missing-derivative"),
        (RESIDUAL.replace(" * (z > 0)", ""), "missing-derivative"),
        (RESIDUAL.replace("z > 0", "h > 0"), "other"),
        (RESIDUAL.replace("delta @ W", "delta @ W.T"), "transposed"),
        (RESIDUAL.replace("delta.T @ h", "h.T @ delta"), "transposed"),
        (RESIDUAL.replace("g + delta @ W", "c * g + delta @ W"), "other"),
        (RESIDUAL.replace("delta.T @ h", "delta[:, :, None] * h[:, None, :]"), "missing-batch-sum"),
        (RESIDUAL.replace("delta.T @ h", "delta.T @ h / len(h)"), "one-over-n"),
        (RESIDUAL.replace("delta.T @ h", "g.T @ h"), "missing-derivative"),
        (RESIDUAL.replace('{"h": dL_dh, "W": dL_dW}', "dL_dh, dL_dW"), "type"),
    ],
    "scale": [
        (SCALE.replace("np.sqrt", ""), "other"),
        (SCALE.replace("2 / K", "1 / K"), "other"),
        (SCALE.replace("2 * (", "("), "missing-derivative"),
        (SCALE.replace(" / s", "").replace("2 * (", "2 * ("), "missing-derivative"),
        (SCALE.replace("growth ** (2 / K)", "1 + (growth**2 - 1) / K"), "other"),
        (SCALE.replace("np.sqrt(2 * (per_layer - 1) / s)", "1 / np.sqrt(K)"), "other"),
        (SCALE.replace("return np", "return -np"), "sign"),
        (SCALE.replace("2 * (per_layer", "4 * (per_layer"), "other"),
    ],
    "deltas": [
        ("def deltas(x, Ws, y):\n    return deltas_with_a_bug(x, Ws, y)\n", "other"),
        (DELTAS.replace("(a - y) * (1 - np.tanh(zs[-1]) ** 2)", "a - y"), "missing-derivative"),
        (DELTAS.replace(" * (1 - np.tanh(zs[l]) ** 2)", ""), "missing-derivative"),
        (DELTAS.replace("].T @", "] @"), "transposed"),
        (DELTAS.replace("1 - np.tanh(zs[l]) ** 2", "1 - zs[l] ** 2"), "other"),
        (DELTAS.replace("insert(0, delta)", "append(delta)"), "wrong-order"),
        (DELTAS.replace("(a - y)", "(y - a)"), "sign"),
        (DELTAS.replace("(a - y)", "2 * (a - y)"), "factor-2"),
        (DELTAS.replace("Ws[l + 1]", "Ws[l]"), "other"),
        (DELTAS.replace("    return np.array(found)", "    np.array(found)"), "not-attempted"),
    ],
}

RIGHT = {
    "chain": [
        chain("(w / 4) ** layers"),
        chain("np.prod([w * sigmoid(0) * (1 - sigmoid(0)) for _ in range(layers)])"),
        chain("w**layers * 0.25**layers"),
    ],
    "leaky": [
        LEVEL,
        "level_variance = lambda alpha, n: 2 / n / (1 + alpha * alpha)\n",
        "def level_variance(alpha, n):\n    slopes = np.array([1.0, alpha])\n    return 1 / n / (slopes**2).mean()\n",
    ],
    "norm": [
        norm("GCDAB"),
        norm("a g, c, d, b"),
        'def norm_back(u, g):\n    return follow(["G", "C", "A", "D", "B"], u=u, g=g)\n',
        """
def norm_back(u, g):
    m, s = len(u), u.std()
    uhat = (u - u.mean()) / s
    return (np.eye(m) - 1 / m - np.outer(uhat, uhat) / m) @ g / s
""",
    ],
    "residual": [
        RESIDUAL,
        """
def residual_back(g, h, W, c):
    dW, dh = np.zeros_like(W), g.copy()
    for i in range(len(h)):
        delta = np.where(W @ h[i] > 0, c * g[i], 0.0)
        dW += np.outer(delta, h[i])
        dh[i] += W.T @ delta
    return {"W": dW, "h": dh}
""",
        """
def residual_back(g, h, W, c):
    delta = np.heaviside(h @ W.T, 0) * g * c
    return dict(h=np.einsum("no,oi->ni", delta, W) + g, W=np.einsum("no,ni->oi", delta, h))
""",
    ],
    "scale": [
        SCALE,
        "def branch_scale(s, K, growth):\n    return float(np.sqrt(2 / s * np.expm1(2 * np.log(growth) / K)))\n",
        """
def branch_scale(s, K, growth):
    low, high = 0.0, 50.0
    for _ in range(80):
        c = (low + high) / 2
        if grown(c, s, K) < growth:
            low = c
        else:
            high = c
    return c
""",
    ],
    "deltas": [
        DELTAS,
        """
def deltas(x, Ws, y):
    activations = [x]
    for W in Ws:
        activations.append(np.tanh(W @ activations[-1]))
    found = np.zeros((len(Ws), len(y)))
    message = activations[-1] - y
    for l in range(len(Ws) - 1, -1, -1):
        found[l] = message * (1 - activations[l + 1] ** 2)
        message = Ws[l].T @ found[l]
    return found
""",
        """
def deltas(x, Ws, y):
    def back(a, depth):
        a = np.tanh(Ws[depth] @ a)
        below = [] if depth + 1 == len(Ws) else back(a, depth + 1)
        message = Ws[depth + 1].T @ below[0] if len(below) else a - y
        return [message / np.cosh(np.arctanh(a)) ** 2, *below]

    return np.array(back(x, 0))
""",
    ],
}
