"""What students write for the exercise on chapter 17."""

SLOPE = """
def slope_of_energy(x, y, z, W1, W2):
    e1, e2 = z - W1 @ x, y - W2 @ np.tanh(z)
    pull = (1 - np.tanh(z) ** 2) * (W2.T @ e2)
    return e1 - pull
"""
STEP = """
def settle_once(X, Y, Z, Ws, gamma):
    E = errors(X, Y, Z, Ws)
    slopes = 1 - np.tanh(Z) ** 2
    new = []
    for l in range(len(Z)):
        pull = slopes[l] * (E[l + 1] @ Ws[l + 1])
        new.append(Z[l] + gamma * (pull - E[l]))
    return np.array(new)
"""
IN_TURN = """
def settle_once(X, Y, Z, Ws, gamma):
    for l in range(len(Z)):
        E = errors(X, Y, Z, Ws)
        Z[l] += gamma * ((1 - np.tanh(Z[l]) ** 2) * (E[l + 1] @ Ws[l + 1]) - E[l])
    return Z
"""
ZIL = """
def zil(x, y, Ws):
    K, z, a = len(Ws), [], [x]
    for W in Ws[:-1]:
        z.append(W @ a[-1])
        a.append(np.tanh(z[-1]))
    learnt = [None] * K
    for t in range(K):
        states = [*z, y]
        e = [states[l] - Ws[l] @ a[l] for l in range(K)]
        learnt[K - 1 - t] = -np.outer(e[K - 1 - t], a[K - 1 - t])
        for l in range(K - 1):
            z[l] = z[l] + (1 - a[l + 1] ** 2) * (Ws[l + 1].T @ e[l + 1]) - e[l]
        a = [x, *(np.tanh(state) for state in z)]
    return np.array(learnt)
"""
ESTIMATE = """
def estimate(X, H_up, out_up, H_down, out_down, beta):
    per = 2 * beta * len(X)
    dW1 = (H_down.T @ X - H_up.T @ X) / per
    dW2 = (out_down.T @ H_down - out_up.T @ H_up) / per
    return {"W1": dW1, "W2": dW2}
"""


def changed(code):
    """`code` as a function of old and new pieces: `changed(code)("n", "m", "+", "-")` makes two changes."""

    def change(*pieces):
        new = code
        for old, other in zip(pieces[::2], pieces[1::2], strict=True):
            assert old in new, old
            new = new.replace(old, other)
        return new

    return change


slope, step, in_turn, zil, estimate = map(changed, (SLOPE, STEP, IN_TURN, ZIL, ESTIMATE))


def rest(result):
    return f"def resting_place(x, w1, w2, y):\n    return {result}\n"


def phases(order):
    call = "follow(order, x=x, y=y, W1=W1, W2=W2, beta=beta)"
    return f'def gradient_by_phases(x, y, W1, W2, beta):\n    order = "{order}"\n    return {call}\n'


def extrapolate(result):
    return f"def extrapolated(at_beta, at_half):\n    return {result}\n"


LEARN = "learnt[K - 1 - t] = -np.outer(e[K - 1 - t], a[K - 1 - t])"
ABOVE = "out_down.T @ H_down - out_up.T @ H_up"
BELOW = "H_down.T @ X - H_up.T @ X"
MOVED = "        a = [x, *(np.tanh(state) for state in z)]\n"
AFTERWARDS = """
        l, states = K - 1 - t, [*z, y]
        learnt[l] = -np.outer(states[l] - Ws[l] @ a[l], a[l])
"""

WRONG = {
    "rest": [
        (rest("w1 * x"), "other"),
        (rest("y / w2"), "other"),
        (rest("(w1 * x + y / w2) / 2"), "other"),
        (rest("(w1 * x + y) / (1 + w2)"), "missing-derivative"),
        (rest("(w1 * x - w2 * y) / (1 - w2**2)"), "sign"),
        (rest("(y - w2 * w1 * x) / (1 + w2**2)"), "other"),
        (rest("(w1 * x + w2 * y) / (2 + 2 * w2**2)"), "factor-2"),
        (rest("settled(x, w1, w2, y)"), "rounded", "correct"),
        (rest("w1 * x + w2 * y"), "other"),
        (rest("[w1 * x, w2 * y]"), "shape"),
        ("def resting_place(x, w1, w2, y):\n    (w1 * x + w2 * y) / (1 + w2**2)\n", "not-attempted"),
    ],
    "slope": [
        (slope("e1 - pull", "pull - e1"), "sign"),
        (slope("e1 - pull", "e1 + pull"), "sign"),
        (slope("e1 - pull", "-pull"), "overwritten"),
        (slope("e1 - pull", "e1"), "overwritten"),
        (slope("(1 - np.tanh(z) ** 2) * (W2.T @ e2)", "W2.T @ e2"), "missing-derivative"),
        (slope("W2.T @", "W2 @"), "transposed"),
        (slope("(1 - np.tanh(z) ** 2) * (W2.T @ e2)", "W2.T @ ((1 - np.tanh(z) ** 2) * e2)"), "wrong-order"),
        (slope("1 - np.tanh(z) ** 2", "1 - z**2"), "other"),
        (slope("1 - np.tanh(z) ** 2", "np.tanh(z)"), "other"),
        (slope("e1 - pull", "pull"), "other"),
        (slope("e1 - pull", "(1 - np.tanh(z) ** 2) * (e1 - W2.T @ e2)"), "other"),
        (slope("np.tanh(z) ** 2)", "np.tanh(np.tanh(z)) ** 2)"), "other"),
        (slope("e1 - pull", "2 * (e1 - pull)"), "factor-2"),
        (slope("e1 - pull", "e1 - np.nan * pull"), "nan"),
        (slope("e1 - pull", "(e1 - pull).astype('float32')"), "dtype"),
    ],
    "step": [
        (step("pull - E[l]", "E[l] - pull"), "sign"),
        (step("pull - E[l]", "-pull - E[l]"), "sign"),
        (step("Z[l] + gamma", "gamma"), "other"),
        (step("gamma * (pull", "1 * (pull"), "other"),
        (step("gamma * (pull", "gamma / len(X) * (pull"), "one-over-n"),
        (IN_TURN, "wrong-order"),
        (in_turn("range(len(Z))", "reversed(range(len(Z)))"), "wrong-order"),
        (step("Ws[l + 1])", "Ws[l + 1].T)"), "transposed"),
        (step("slopes[l] * ", ""), "missing-derivative"),
        (step("pull - E[l]", "-E[l]"), "overwritten"),
        (step("pull - E[l]", "pull"), "overwritten"),
        (step("E[l + 1] @", "E[l + 1] * (l + 1 < len(Z)) @"), "overwritten"),
        (step("@ Ws[l + 1]", "@ Ws[l]"), "other"),
        (step("1 - np.tanh(Z) ** 2", "1 - Z**2"), "other"),
        (step("range(len(Z))", "range(len(Ws))"), "error"),
        (step("    return np.array(new)", "    return new[-1]"), "shape"),
        (step("    return np.array(new)", "    Z = np.array(new)"), "not-attempted"),
    ],
    "zil": [
        ("def zil(x, y, Ws):\n    return zil_with_a_bug(x, y, Ws)\n", "wrong-order"),
        (zil(LEARN, "pass", MOVED, MOVED + AFTERWARDS), "wrong-order"),
        (zil(LEARN, "learnt = [-np.outer(e[l], a[l]) for l in range(K)]"), "wrong-order"),
        (zil(LEARN, LEARN.replace("-np", "np")), "sign"),
        (zil(LEARN, LEARN.replace("-np", "-2 * np")), "factor-2"),
        (zil(LEARN, LEARN + ".T"), "transposed"),
        (zil(LEARN, LEARN.replace("t[K - 1 - t] =", "t[t] =")), "wrong-order"),
        (zil("np.array(learnt)", "learnt[0]"), "shape"),
        (zil("np.array(learnt)", "zil_measured(x, y, Ws)"), "rounded", "correct"),
        (zil(LEARN, LEARN.replace("1 - t", "t")), "error"),
    ],
    "phases": [
        (phases("CFIAB"), "sign"),
        (phases("IFCAH"), "sign"),
        (phases("CIFAH"), "wrong-order"),
        (phases("CFAIH"), "wrong-order"),
        (phases("CFIDH"), "transposed"),
        (phases("CFIAE"), "other"),
        (phases("CFIGH"), "other"),
        (phases("FCIAH"), "error"),
        (phases("CFIAZ"), "error"),
        ('def gradient_by_phases(x, y, W1, W2, beta):\n    return "CFIAH"\n', "type"),
    ],
    "estimate": [
        (estimate("2 * beta", "-2 * beta"), "sign"),
        (estimate("2 * beta * len(X)", "-2 * beta"), "sign"),
        (estimate("2 * beta", "beta"), "factor-2"),
        (estimate("2 * beta * ", ""), "other"),
        (estimate(" * len(X)", ""), "times-n"),
        (estimate("len(X)", "len(X) ** 2"), "one-over-n"),
        (estimate(BELOW, "X.T @ H_down - X.T @ H_up"), "transposed"),
        (estimate(BELOW, "-H_up.T @ X"), "overwritten"),
        (estimate(ABOVE, "out_down.T @ H_down"), "overwritten"),
        (estimate(ABOVE, "-(out_up - out_down).T @ (H_up - H_down)"), "other"),
        (estimate(ABOVE, "out_up.T @ H_down - out_down.T @ H_up"), "other"),
        (estimate(BELOW, "((H_down - H_up) * (1 - H_up**2)).T @ X"), "other"),
        (estimate(BELOW, "(H_down - H_up)[:, :, None] * X[:, None, :]"), "missing-batch-sum"),
        (estimate('{"W1": dW1, "W2": dW2}', "dW1, dW2"), "type"),
        (estimate(', "W2": dW2', ""), "shape"),
    ],
    "extrapolate": [
        (extrapolate("(at_beta + at_half) / 2"), "other"),
        (extrapolate("at_half"), "other"),
        (extrapolate("2 * at_beta - at_half"), "other"),
        (extrapolate("at_half - at_beta"), "other"),
        (extrapolate("(4 * at_half - at_beta) / 3"), "other"),
        (extrapolate("2 * at_half + at_beta"), "other"),
        (extrapolate("at_beta - 2 * at_half"), "sign"),
        (extrapolate("(2 * at_half - at_beta).T"), "transposed"),
        (extrapolate("..."), "not-attempted"),
    ],
}

RIGHT = {
    "rest": [
        rest("(w1 * x + w2 * y) / (1 + w2**2)"),
        rest("w1 * x + w2 * (y - w2 * w1 * x) / (1 + w2**2)"),
        "resting_place = lambda x, w1, w2, y: np.average([w1 * x, y / w2], weights=[1, w2**2])\n",
        "def resting_place(x, w1, w2, y):\n    return np.linalg.lstsq([[1.0], [w2]], [w1 * x, y], rcond=None)[0][0]\n",
    ],
    "slope": [
        SLOPE,
        """
def slope_of_energy(x, y, z, W1, W2):
    e1, e2 = z - W1 @ x, y - W2 @ np.tanh(z)
    return e1 - (e2 @ W2) / np.cosh(z) ** 2
""",
        """
def slope_of_energy(x, y, z, W1, W2):
    a = np.tanh(z)
    e2 = y - W2 @ a
    return np.array([z[j] - W1[j] @ x - sum(W2[i, j] * e2[i] for i in range(len(y))) * (1 - a[j] ** 2)
                     for j in range(len(z))])
""",
        """
def slope_of_energy(x, y, z, W1, W2):
    from bplib.matrix import Tensor

    state = Tensor(z, requires_grad=True)
    e1, e2 = state - W1 @ x, Tensor(W2) @ state.tanh() - y
    (0.5 * (e1 * e1).sum() + 0.5 * (e2 * e2).sum()).backward()
    return state.grad
""",
    ],
    "step": [
        STEP,
        """
def settle_once(X, Y, Z, Ws, gamma):
    A = np.tanh(Z)
    E = np.array(errors(X, Y, Z, Ws))
    return Z + gamma * ((1 - A * A) * np.einsum("lno,loi->lni", E[1:], np.array(Ws[1:])) - E[:-1])
""",
        """
def settle_once(X, Y, Z, Ws, gamma):
    new = Z.copy()
    for n in range(len(X)):
        z = [X[n], *Z[:, n], Y[n]]
        a = [X[n], *np.tanh(Z[:, n])]
        e = [z[l + 1] - Ws[l] @ a[l] for l in range(len(Ws))]
        for l in range(len(Z)):
            new[l, n] -= gamma * (e[l] - (1 - a[l + 1] ** 2) * (Ws[l + 1].T @ e[l + 1]))
    return new
""",
        step("np.array(new)", "[one.tolist() for one in new]"),
    ],
    "zil": [
        ZIL,
        zil("    learnt = ", "    start, learnt = a, ", "a[K - 1 - t])", "start[K - 1 - t])"),
        """
def zil(x, y, Ws):
    activities = [x]
    for W in Ws[:-1]:
        activities.append(np.tanh(W @ activities[-1]))
    delta = Ws[-1] @ activities[-1] - y
    found = [np.outer(delta, activities[-1])]
    for l in range(len(Ws) - 2, -1, -1):
        delta = (Ws[l + 1].T @ delta) * (1 - activities[l + 1] ** 2)
        found.append(np.outer(delta, activities[l]))
    return np.array(found[::-1])
""",
    ],
    "phases": [
        phases("CFIAH"),
        phases("IACFH"),
        phases("c, f, i, a, h"),
        """
def gradient_by_phases(x, y, W1, W2, beta):
    h0, out0 = settle(x, y, W1, W2, 0.0)
    h, out = settle(x, y, W1, W2, beta)
    return -(out[:, None] * h - out0[:, None] * h0) / beta
""",
    ],
    "estimate": [
        ESTIMATE,
        """
def estimate(X, H_up, out_up, H_down, out_down, beta):
    dW1, dW2 = 0, 0
    for n in range(len(X)):
        dW1 = dW1 - np.outer(H_up[n] - H_down[n], X[n])
        dW2 = dW2 - np.outer(out_up[n], H_up[n]) + np.outer(out_down[n], H_down[n])
    return {"W2": dW2 / (2 * beta) / len(X), "W1": dW1 / (2 * beta) / len(X)}
""",
        """
def estimate(X, H_up, out_up, H_down, out_down, beta):
    product = lambda above, below: np.einsum("no,ni->noi", above, below).mean(axis=0)
    up = {"W1": product(H_up, X), "W2": product(out_up, H_up)}
    down = {"W1": product(H_down, X), "W2": product(out_down, H_down)}
    return {name: (down[name] - up[name]) / beta / 2 for name in up}
""",
    ],
    "extrapolate": [
        extrapolate("at_half + (at_half - at_beta)"),
        extrapolate("2 * at_half - at_beta"),
        extrapolate("np.array([[2 * h - b for b, h in zip(*rows)] for rows in zip(at_beta, at_half)])"),
        """
def extrapolated(at_beta, at_half):
    lines = np.polyfit([1.0, 0.5], np.stack([at_beta.ravel(), at_half.ravel()]), 1)
    return lines[1].reshape(at_beta.shape)
""",
    ],
}
