"""What students write for the exercise on chapter 08."""

BIAS = """
def forget_bias(share, T):
    f = share ** (1 / T)
    return np.log(f / (1 - f))
"""
TIME = """
def through_time(X, Y, W_in, W, b):
    H, n = states(X, W_in, W, b), len(X)
    dW_in, dW, db = 0 * W_in, 0 * W, 0 * b
    message = 0 * H[0]
    for t in reversed(range(X.shape[1])):
        message = message + (H[t + 1] - Y[:, t]) / n
        Delta = message * (1 - H[t + 1] ** 2)
        dW_in = dW_in + Delta.T @ X[:, t]
        dW = dW + Delta.T @ H[t]
        db = db + Delta.sum(axis=0)
        message = Delta @ W
    return {"W_in": dW_in, "W": dW, "b": db}
"""
GUARD = """
def guarded(gradients, scale, limit):
    unscaled = {name: g / scale for name, g in gradients.items()}
    if not all(np.isfinite(g).all() for g in unscaled.values()):
        return {name: np.zeros_like(g) for name, g in unscaled.items()}
    norm = np.sqrt(sum((g**2).sum() for g in unscaled.values()))
    share = min(1.0, limit / norm)
    return {name: share * g for name, g in unscaled.items()}
"""
TEST = "not all(np.isfinite(g).all() for g in unscaled.values())"
ONE_BY_ONE = """
def guarded(gradients, scale, limit):
    found = {}
    for name, g in gradients.items():
        g = g / scale
        norm = np.linalg.norm(g)
        if not np.isfinite(norm):
            return {name: 0 * np.nan_to_num(g) for name, g in gradients.items()}
        found[name] = g * limit / norm if norm > limit else g
    return found
"""
LAYER = """
def layer_back(Delta, X, v, s):
    length = np.linalg.norm(v, axis=1, keepdims=True)
    u = v / length
    W = np.exp(s)[:, None] * u
    M, dX = Delta.T @ X, Delta @ W
    ds = (M * W).sum(axis=1)
    along = (M * u).sum(axis=1, keepdims=True)
    dv = np.exp(s)[:, None] / length * (M - along * u)
    return {"X": dX, "v": dv, "s": ds}
"""


def rest(result):
    return f"def decades_gained(w, rest, T):\n    return {result}\n"


def lstm(order):
    arguments = "dc, dh, c_old, z_f, z_i, z_o, z_g"
    return f'def lstm_back({arguments}):\n    order = "{order}"\n    return follow(order, {arguments})\n'


WRONG = {
    "rest": [
        (rest("T * np.log10(w)"), "missing-derivative"),
        (rest("T * np.log10(1 - rest**2)"), "missing-derivative"),
        (rest("T * np.log10(w * (1 - np.tanh(rest) ** 2))"), "other"),
        (rest("(w * (1 - rest**2)) ** T"), "other"),
        (rest("T * np.log(w * (1 - rest**2))"), "other"),
        (rest("np.log10(w * (1 - rest**2))"), "other"),
        (rest("-T * np.log10(w * (1 - rest**2))"), "sign"),
        (rest("T * np.log10(1 - w * rest**2 - 5)"), "nan"),
        (rest("np.float32(T * np.log10(w * (1 - rest**2)))"), "dtype"),
        (rest("gained(w, rest, T)"), "rounded", "correct"),
        (rest("..."), "not-attempted"),
    ],
    "bias": [
        (BIAS.replace("1 / T", "T"), "other"),
        (BIAS.replace("np.log(f / (1 - f))", "f"), "other"),
        (BIAS.replace("share **", "(1 - share) **"), "other"),
        (BIAS.replace(" ** (1 / T)", ""), "other"),
        (BIAS.replace("share ** (1 / T)", "1 - (1 - share) / T"), "other"),
        (BIAS.replace("f / (1 - f)", "T / np.log(2)"), "other"),
        (BIAS.replace("f / (1 - f)", "T / -np.log(share)"), "other"),
        (BIAS.replace("np.log", "np.log10"), "other"),
        (BIAS.replace("(1 / T)", "1 / T"), "other"),
        (BIAS.replace("np.log(f / (1 - f))", "1 / f - 1"), "other"),
        (BIAS.replace("f / (1 - f)", "1 / f - 1"), "sign"),
        (BIAS.replace("f / (1 - f)", "1 - 1 / f"), "nan"),
        ("forget_bias = lambda share, T: needed(share, T)\n", "rounded", "correct"),
        (BIAS.replace("np.log", "log"), "error"),
        (BIAS.replace("return ", ""), "not-attempted"),
    ],
    "lstm": [
        (lstm("CABD"), "overwritten"),
        (lstm("ABFD"), "wrong-order"),
        (lstm("BFAD"), "wrong-order"),
        (lstm("ABD"), "wrong-order"),
        (lstm("FAED"), "other"),
        (lstm("FGBD"), "other"),
        (lstm("FAHD"), "other"),
        (lstm("FABI"), "other"),
        (lstm("FCABD"), "overwritten"),
        (lstm("FAB"), "error"),
        (lstm("FABX"), "error"),
        ("def lstm_back(*given):\n    return lstm_slopes(*given)\n", "rounded", "correct"),
        ('def lstm_back(*given):\n    return "FABD"\n', "type"),
    ],
    "time": [
        ("def through_time(X, Y, W_in, W, b):\n    return time_with_a_bug(X, Y, W_in, W, b)\n", "one-over-n"),
        (TIME.replace("message = message + (", "message = ("), "overwritten"),
        (TIME.replace("= dW_in +", "=").replace("= dW +", "=").replace("= db +", "="), "overwritten"),
        (TIME.replace("db = db +", "db ="), "overwritten"),
        (TIME.replace("message + (", "message + (t == X.shape[1] - 1) * ("), "other"),
        (TIME.replace("Delta @ W", "Delta @ W.T"), "transposed"),
        (TIME.replace(" * (1 - H[t + 1] ** 2)", ""), "missing-derivative"),
        (TIME.replace("1 - H[t + 1] ** 2", "1 - H[t] ** 2"), "other"),
        (TIME.replace("@ H[t]", "@ H[t + 1]"), "other"),
        (TIME.replace("message + (H[t + 1] - Y[:, t]) / n", "message / n + H[t + 1] - Y[:, t]"), "other"),
        (TIME.replace("/ n", "/ X.shape[1]"), "other"),
        (TIME.replace("reversed(range(X.shape[1]))", "range(X.shape[1])"), "wrong-order"),
        (TIME.replace(" / n", ""), "times-n"),
        (TIME.replace("/ n", "/ n**2"), "one-over-n"),
        (TIME.replace("Delta.T @ H[t]", "H[t].T @ Delta"), "transposed"),
        (TIME.replace("(H[t + 1] - Y[:, t])", "(Y[:, t] - H[t + 1])"), "sign"),
        (TIME.replace("(H[t + 1] - Y[:, t])", "2 * (H[t + 1] - Y[:, t])"), "factor-2"),
        (TIME.replace("Delta.sum(axis=0)", "Delta"), "missing-batch-sum"),
        (TIME.replace("Delta.sum(axis=0)", "Delta.sum(axis=1)"), "error"),
        (TIME.replace('{"W_in": dW_in, "W": dW, "b": db}', "dW_in, dW, db"), "type"),
        (TIME.replace('"W": dW, ', ""), "shape"),
        ("def through_time(*given):\n    return time_slopes(*given)\n", "rounded", "correct"),
    ],
    "guard": [
        (ONE_BY_ONE, "other"),
        (GUARD.replace("share * g", "np.clip(g, -limit, limit)"), "other"),
        (GUARD.replace("g / scale for", "g for"), "other"),
        (GUARD.replace("g / scale for", "g for").replace("share * g", "share * g / scale"), "wrong-order"),
        (GUARD.replace("min(1.0, limit / norm)", "limit / norm"), "other"),
        (GUARD.replace("share * g", "g"), "other"),
        (GUARD.replace("limit / norm", "limit / norm**2"), "other"),
        (GUARD.replace(TEST, "False"), "nan"),
        (GUARD.replace(TEST, "any(np.isinf(g).any() for g in unscaled.values())"), "nan"),
        (GUARD.replace("g / scale for", "np.where(np.isfinite(g), g, 0) / scale for"), "other"),
        (GUARD.replace("np.zeros_like(g)", "0.0"), "shape"),
        ("def guarded(*given):\n    return right_guard(*given)\n", "rounded", "correct"),
        (GUARD.replace("return {name: np", "return None and {name: np"), "not-attempted"),
        (GUARD.replace("return {name: np", "raise ValueError('not finite')\n        return {name: np"), "error"),
    ],
    "layer": [
        (LAYER.replace("(M * W).sum(axis=1)", "(M * u).sum(axis=1)"), "missing-derivative"),
        (LAYER.replace("(M * W).sum(axis=1)", "M * W"), "shape"),
        (LAYER.replace("(M - along * u)", "M"), "missing-derivative"),
        (LAYER.replace("(M * u)", "(M * v)").replace("along * u", "along * v"), "other"),
        (LAYER.replace("along * u", "along * v"), "other"),
        (LAYER.replace("(M * u).sum(axis=1, keepdims=True)", "(M * u).sum()"), "other"),
        (LAYER.replace("np.exp(s)", "s"), "other"),
        (LAYER.replace("M - along", "M + along"), "sign"),
        (LAYER.replace("dv = np.exp(s)[:, None] / length", "dv = 1 / length"), "missing-derivative"),
        (LAYER.replace("np.exp(s)[:, None] / length", "np.exp(s)[:, None]"), "missing-derivative"),
        (LAYER.replace("np.linalg.norm(v, axis=1, keepdims=True)", "np.linalg.norm(v)"), "other"),
        (LAYER.replace("np.linalg.norm(v, axis=1, keepdims=True)", "np.linalg.norm(v, axis=0)"), "other"),
        (LAYER.replace("Delta @ W", "Delta @ v"), "other"),
        (LAYER.replace("Delta @ W", "Delta @ u"), "missing-derivative"),
        (LAYER.replace("Delta @ W", "Delta @ W.T"), "error"),
        (LAYER.replace("Delta.T @ X", "Delta.T @ X / len(X)"), "one-over-n"),
        (LAYER.replace('"v": dv', '"v": dv.T'), "transposed"),
        (LAYER.replace('"X": dX', '"X": -dX'), "sign"),
        (LAYER.replace("(M * W).sum(axis=1)", "(M * W).sum(axis=1, keepdims=True)"), "shape"),
        ("def layer_back(*given):\n    return weighed(*given)\n", "rounded", "correct"),
    ],
}

RIGHT = {
    "rest": [
        rest("T * np.log10(w * (1 - rest**2))"),
        rest("np.log10(np.prod([w * (1 - rest) * (1 + rest)] * T))"),
        rest("T * (np.log10(w) - 2 * np.log10(np.cosh(np.arctanh(rest))))"),
    ],
    "bias": [
        BIAS,
        "def forget_bias(share, T):\n    return -np.log(share ** (-1 / T) - 1)\n",
        "import math\n\nforget_bias = lambda share, T: -math.log(math.expm1(-math.log(share) / T))\n",
        """
def forget_bias(share, T):
    low, high = -10.0, 50.0
    for _ in range(100):
        b = (low + high) / 2
        if left(b, T) < share:
            low = b
        else:
            high = b
    return b
""",
    ],
    "lstm": [
        lstm("FABD"),
        lstm("d f, b, a"),
        lstm("FABD").replace('"FABD"', '["F", "D", "A", "B"]'),
        """
def lstm_back(dc, dh, c_old, z_f, z_i, z_o, z_g):
    f, o = sigmoid(z_f), sigmoid(z_o)
    a = np.tanh(f * c_old + sigmoid(z_i) * np.tanh(z_g))
    at_c = dc + dh * o * (1 - a) * (1 + a)
    return {"c_old": f * at_c, "z_f": at_c * c_old * f * sigmoid(-z_f), "z_o": dh * a * o * sigmoid(-z_o)}
""",
    ],
    "time": [
        TIME,
        TIME.replace(" / n", "").replace(
            '{"W_in": dW_in, "W": dW, "b": db}', '{"W_in": dW_in / n, "W": dW / n, "b": db / n}'
        ),
        """
def through_time(X, Y, W_in, W, b):
    total = {"W_in": np.zeros_like(W_in), "W": np.zeros_like(W), "b": np.zeros_like(b)}
    for x, y in zip(X, Y):
        h = [np.zeros(len(b))]
        for step in x:
            h.append(np.tanh(W_in @ step + W @ h[-1] + b))
        delta = np.zeros(len(b))
        for t in range(len(x), 0, -1):
            delta = (W.T @ delta + h[t] - y[t - 1]) * (1 - h[t] ** 2)
            total["W_in"] += np.outer(delta, x[t - 1])
            total["W"] += np.outer(delta, h[t - 1])
            total["b"] += delta
    return {name: g / len(X) for name, g in total.items()}
""",
        """
def through_time(X, Y, W_in, W, b):
    H = np.stack(states(X, W_in, W, b), axis=1)
    errors = (H[:, 1:] - Y) / len(X)
    Deltas = np.zeros_like(errors)
    back = 0.0
    for t in range(X.shape[1] - 1, -1, -1):
        Deltas[:, t] = (errors[:, t] + back) * (1 - H[:, t + 1] ** 2)
        back = Deltas[:, t] @ W
    return dict(
        W_in=np.einsum("nto,nti->oi", Deltas, X),
        W=np.einsum("nto,nti->oi", Deltas, H[:, :-1]),
        b=Deltas.sum(axis=(0, 1)),
    )
""",
    ],
    "guard": [
        GUARD,
        """
def guarded(gradients, scale, limit):
    whole = np.concatenate([g.ravel() for g in gradients.values()]) / scale
    norm = np.linalg.norm(whole)
    if not np.isfinite(norm):
        return {name: np.zeros(g.shape) for name, g in gradients.items()}
    if norm > limit:
        whole = whole * (limit / norm)
    found, start = {}, 0
    for name, g in gradients.items():
        found[name] = whole[start : start + g.size].reshape(g.shape)
        start += g.size
    return found
""",
        """
def guarded(gradients, scale, limit):
    squares = 0.0
    for name in gradients:
        gradients[name] /= scale
        squares += np.sum(gradients[name] * gradients[name])
    factor = limit / max(limit, squares**0.5) if np.isfinite(squares) else 0.0
    return {name: factor * np.nan_to_num(g, posinf=0, neginf=0) for name, g in gradients.items()}
""",
    ],
    "layer": [
        LAYER,
        """
def layer_back(Delta, X, v, s):
    dX, dv, ds = np.zeros_like(X), np.zeros_like(v), np.zeros_like(s)
    for k in range(len(v)):
        size = np.sqrt(v[k] @ v[k])
        u, g = v[k] / size, np.exp(s[k])
        m = Delta[:, k] @ X
        ds[k] = g * (m @ u)
        dv[k] = g / size * (m - (m @ u) * u)
        dX += np.outer(Delta[:, k], g * u)
    return {"X": dX, "v": dv, "s": ds}
""",
        """
def layer_back(Delta, X, v, s):
    r = (v * v).sum(axis=1) ** 0.5
    W = v * (np.exp(s) / r)[:, None]
    M = np.einsum("no,ni->oi", Delta, X)
    ds = np.einsum("oi,oi->o", M, W)
    across = np.eye(v.shape[1]) - np.einsum("oi,oj->oij", v, v) / (r * r)[:, None, None]
    dv = np.einsum("oij,oj->oi", across, M) * (np.exp(s) / r)[:, None]
    return dict(s=ds, v=dv, X=Delta @ W)
""",
    ],
}
