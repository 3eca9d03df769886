"""What students write for the exercise on chapter 05."""

DECAY = """
def decayed_gradients(X, Y, W1, b1, W2, b2, lam):
    A1, Yhat = forward(X, W1, b1, W2, b2)
    Delta2 = (Yhat - Y) * Yhat * (1 - Yhat) / len(X)
    Delta1 = (Delta2 @ W2) * (1 - A1 * A1)
    return {
        "W1": Delta1.T @ X + lam * W1,
        "b1": Delta1.sum(axis=0),
        "W2": Delta2.T @ A1 + lam * W2,
        "b2": Delta2.sum(axis=0),
    }
"""
EPOCH = """
def whole_gradient(X, Y, W1, b1, W2, b2, size):
    total, batches = dict.fromkeys(NAMES, 0.0), 0
    for at in range(0, len(X), size):
        x, y = X[at : at + size], Y[at : at + size]
        A1, Yhat = forward(x, W1, b1, W2, b2)
        Delta2 = (Yhat - y) * Yhat * (1 - Yhat) / len(X)
        Delta1 = (Delta2 @ W2) * (1 - A1 * A1)
        part = {"W1": Delta1.T @ x, "b1": Delta1.sum(axis=0), "W2": Delta2.T @ A1, "b2": Delta2.sum(axis=0)}
        total = {name: total[name] + part[name] for name in NAMES}
        batches += 1
    return total
"""
TRAINING = """
def training(X, Y, W1, b1, W2, b2, batches, eta, mu):
    net = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    v = dict.fromkeys(net, 0.0)
    for rows in batches:
        g = decayed_gradients(X[rows], Y[rows], **net, lam=0.0)
        v = {name: mu * v[name] + g[name] for name in net}
        net = {name: net[name] - eta * v[name] for name in net}
    return net
"""


def zero(*lines):
    return "\n    ".join(["def zero_start(Y):", *lines]) + "\n"


def velocity(*lines):
    return "\n    ".join(["def velocity(g, mu, t):", *lines]) + "\n"


def lines(order):
    return f"""
def step_by_lines(X, Y, W1, b1, W2, b2, eta):
    order = {order!r}
    return run_lines(order, X, Y, W1, b1, W2, b2, eta)
"""


WRONG = {
    "zero-start": [
        (zero("return (0.5 - Y).mean()"), "missing-derivative"),
        (zero("return (0.5 - Y).sum() / 4"), "times-n"),
        (zero("return (Y - 0.5).mean() / 4"), "sign"),
        (zero("return (0.5 - Y).mean() / 2"), "factor-2"),
        (zero("return ((0.5 - Y) ** 2).mean() / 2"), "other"),
        (zero("return 0.0"), "other"),
        (zero("return (0.5 - Y).mean(axis=0) / 4"), "shape"),
        (zero("return (0.5 - Y) / 4"), "shape"),
        (zero("return (Yhat - Y).mean() / 4"), "error"),
        (zero("((0.5 - Y) / 4).mean()"), "not-attempted"),
    ],
    "velocity": [
        (velocity("return g / (1 - mu)"), "other"),
        (velocity("return g * (1 - mu**t)"), "other"),
        (velocity("return g * (1 - mu ** (t + 1)) / (1 - mu)"), "other"),
        (velocity("return g * (1 - mu ** (t - 1)) / (1 - mu)"), "other"),
        (velocity("return g * (mu**t - 1) / (1 - mu)"), "sign"),
        (velocity("return g * mu ** (t - 1)"), "other"),
        (velocity("return g * t"), "other"),
        (velocity("return g (1 - mu**t) / (1 - mu)"), "error"),
        (velocity("return [g * (1 - mu**t) / (1 - mu)]"), "shape"),
    ],
    "lines": [
        (lines("HEAFCG"), "wrong-order"),
        (lines("DEFCAG"), "missing-derivative"),
        (lines("HEBCAG"), "other"),
        (lines("DEBCAG"), "other"),
        (lines("HEFCA"), "other"),
        (lines("EHFCAG"), "error"),
        (lines("HEFGCA"), "error"),
        (lines("HEFCAK"), "error"),
        (lines("HEFCAG").replace("return ", ""), "not-attempted"),
    ],
    "decay": [
        (DECAY.replace(" + lam * W1", "").replace(" + lam * W2", ""), "missing-derivative"),
        (DECAY.replace("+ lam *", "+ 2 * lam *"), "factor-2"),
        (DECAY.replace("+ lam * W1", "+ lam * W1 / len(X)").replace("+ lam * W2", "+ lam * W2 / len(X)"), "one-over-n"),
        (DECAY.replace(" / len(X)", ""), "times-n"),
        (DECAY.replace("+ lam *", "- lam *"), "sign"),
        (DECAY.replace("(Yhat - Y)", "(Y - Yhat)"), "sign"),
        (
            DECAY.replace("axis=0),", "axis=0) + lam * b1,", 1).replace("axis=0),\n    }", "axis=0) + lam * b2}"),
            "other",
        ),
        (DECAY.replace("* Yhat * (1 - Yhat) ", ""), "missing-derivative"),
        (DECAY.replace(" * (1 - A1 * A1)", ""), "missing-derivative"),
        (DECAY.replace("(1 - A1 * A1)", "A1 * (1 - A1)"), "other"),
        (DECAY.replace("Delta1.sum(axis=0)", "Delta1"), "missing-batch-sum"),
        (DECAY.replace("Delta1.T @ X + lam * W1", "X.T @ Delta1 + lam * W1.T"), "transposed"),
        (DECAY.replace("Delta2 @ W2)", "Delta2 @ W2.T)"), "error"),
        (DECAY.replace('"W2": Delta2.T @ A1 + lam * W2,\n', ""), "shape"),
    ],
    "epoch": [
        (
            EPOCH.replace("/ len(X)", "/ len(x)").replace(
                "return total", "return {k: g / batches for k, g in total.items()}"
            ),
            "other",
        ),
        (EPOCH.replace("/ len(X)", "/ len(x)"), "times-n"),
        (EPOCH.replace(" / len(X)", ""), "times-n"),
        (EPOCH.replace("return total", "return {k: g / batches for k, g in total.items()}"), "one-over-n"),
        (
            EPOCH.replace("/ len(X)", "/ size").replace(
                "return total", "return {k: g / batches for k, g in total.items()}"
            ),
            "other",
        ),
        (EPOCH.replace("total[name] + part[name]", "part[name]"), "overwritten"),
        (EPOCH.replace("range(0, len(X), size)", "range(0, len(X) - size + 1, size)"), "other"),
        (EPOCH.replace("    return total", "        return total").replace("        batches += 1\n", ""), "other"),
        (EPOCH.replace("return total", "return total, batches"), "type"),
    ],
    "training": [
        (TRAINING.replace("    v = dict.fromkeys(net, 0.0)\n", "").replace("mu * v[name] + ", ""), "other"),
        (TRAINING.replace("+ g[name]", "+ (1 - mu) * g[name]"), "other"),
        (TRAINING.replace("- eta * v", "+ eta * v"), "sign"),
        (TRAINING.replace("**net, lam", "W1, b1, W2, b2, lam"), "wrong-order"),
        (TRAINING.replace("X[rows], Y[rows]", "X, Y"), "other"),
        (TRAINING.replace("eta * v[name]", "eta * (g[name] + mu * v[name])"), "other"),
        (TRAINING.replace("    return net", "        return net"), "other"),
        (
            TRAINING.replace("net = {name: net[name] - eta", "new = {name: net[name] - eta").replace(
                "return net", "return new"
            ),
            "other",
        ),
        (TRAINING.replace("return net", "return list(net.values())"), "type"),
        (TRAINING.replace("X[rows], Y[rows]", "rows, Y"), "error"),
    ],
}

RIGHT = {
    "zero-start": [
        zero("return float(np.mean(0.5 - Y)) * 0.25"),
        zero("return 0.125 - Y.mean() / 4"),
        zero("total = 0.0", "for (y,) in Y:", "    total += (0.5 - y) * 0.5 * (1 - 0.5)", "return total / len(Y)"),
    ],
    "velocity": [
        velocity("return g * sum(mu**k for k in range(t))"),
        velocity("v = 0.0", "for _ in range(t):", "    v = mu * v + g", "return v"),
        velocity("return (g - mu**t * g) / (1 - mu)"),
        velocity("return np.float64(g) * (mu**t - 1) / (mu - 1)"),
    ],
    "lines": [
        lines("HFECAG"),
        lines("HFCGEA"),
        lines("HEFACG"),
        lines(["h", "e", "f", "c", "g", "a"]),
        lines("H F E C A G"),
    ],
    "decay": [
        """
def decayed_gradients(X, Y, W1, b1, W2, b2, lam):
    A1, Yhat = forward(X, W1, b1, W2, b2)
    n = X.shape[0]
    E = (Yhat - Y) * Yhat * (1 - Yhat)
    H = np.einsum("ik,kj->ij", E, W2) * (1 - A1**2)
    return {
        "b2": E.mean(axis=0),
        "W2": np.einsum("ik,ij->kj", E, A1) / n + lam * W2,
        "b1": H.mean(axis=0),
        "W1": np.einsum("ij,im->jm", H, X) / n + lam * W1,
    }
""",
        """
def decayed_gradients(X, Y, W1, b1, W2, b2, lam):
    found = {"W1": lam * W1, "b1": 0 * b1, "W2": lam * W2, "b2": 0 * b2}
    for x, y in zip(X, Y):
        a = np.tanh(W1 @ x + b1)
        yhat = 1 / (1 + np.exp(-(W2 @ a + b2)))
        delta2 = (yhat - y) * yhat * (1 - yhat) / len(X)
        delta1 = (W2.T @ delta2) * (1 - a**2)
        found["W1"] += np.outer(delta1, x)
        found["b1"] += delta1
        found["W2"] += np.outer(delta2, a)
        found["b2"] += delta2
    return found
""",
        """
def decayed_gradients(X, Y, W1, b1, W2, b2, lam):
    net = [Tensor(w, requires_grad=True) for w in (W1, b1, W2, b2)]
    A1 = (Tensor(X) @ net[0].T + net[1]).tanh()
    error = (A1 @ net[2].T + net[3]).sigmoid() - Y
    L = (error * error).sum() / (2 * len(X)) + lam / 2 * ((net[0] * net[0]).sum() + (net[2] * net[2]).sum())
    L.backward()
    return {name: w.grad for name, w in zip(NAMES, net)}
""",
    ],
    "epoch": [
        EPOCH,
        """
def whole_gradient(X, Y, W1, b1, W2, b2, size):
    return decayed_gradients(X, Y, W1, b1, W2, b2, 0)
""",
        """
def whole_gradient(X, Y, W1, b1, W2, b2, size):
    total, at = [0, 0, 0, 0], 0
    while at < len(X):
        x, y = X[at : at + size], Y[at : at + size]
        part = decayed_gradients(x, y, W1, b1, W2, b2, 0)
        total = [old + part[name] * len(x) for old, name in zip(total, NAMES)]
        at += size
    return {name: g / len(X) for name, g in zip(NAMES, total)}
""",
    ],
    "training": [
        """
def training(X, Y, W1, b1, W2, b2, batches, eta, mu):
    net = [W1.copy(), b1.copy(), W2.copy(), b2.copy()]
    v = [np.zeros_like(w) for w in net]
    for rows in batches:
        g = decayed_gradients(X[rows], Y[rows], *net, 0)
        for i, name in enumerate(("W1", "b1", "W2", "b2")):
            v[i] *= mu
            v[i] += g[name]
            net[i] -= eta * v[i]
    return dict(zip(("W1", "b1", "W2", "b2"), net))
""",
        """
def training(X, Y, W1, b1, W2, b2, batches, eta, mu):
    net = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    change = {}
    for rows in batches:
        g = decayed_gradients(X[rows], Y[rows], **net, lam=0.0)
        for name in g:
            change[name] = mu * change.get(name, 0) - eta * g[name]
        net = {name: w + change[name] for name, w in net.items()}
    return net
""",
        """
def training(X, Y, W1, b1, W2, b2, batches, eta, mu):
    net = [Tensor(w, requires_grad=True) for w in (W1, b1, W2, b2)]
    optimiser = optim.SGD(net, eta, momentum=mu)
    for rows in batches:
        g = decayed_gradients(X[rows], Y[rows], *[w.data for w in net], 0.0)
        for w, name in zip(net, NAMES):
            w.grad = g[name]
        optimiser.step()
    return {name: w.data for name, w in zip(NAMES, net)}
""",
    ],
}
