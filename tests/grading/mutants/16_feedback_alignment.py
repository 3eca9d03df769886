"""What students write for the exercise on chapter 16."""

ADDED = "sum([*map(np.linalg.norm, gradient)])"
SHAPES = """
def shapes(n, n0, n1, n2, n3):
    return {"B2": (n1, n2), "B3": (n2, n3), "D1": (n1, n3), "D2": (n2, n3), "message": (n, n1)}
"""
ANGLE = """
def angle_between(updates, gradient):
    u = np.concatenate([array.ravel() for array in updates])
    g = np.concatenate([array.ravel() for array in gradient])
    cosine = (u @ g) / (np.linalg.norm(u) * np.linalg.norm(g))
    return np.degrees(np.arccos(cosine))
"""
KP = """
def kolen_pollack(W, B, Delta, A, eta, decay):
    W_new = W - eta * (Delta.T @ A + decay * W)
    B_new = B - eta * (A.T @ Delta + decay * B)
    return {"W": W_new, "B": B_new}
"""
MENDED = """
def fa_mended(x, y, W1, W2, W3, B2, B3):
    a1 = np.tanh(W1 @ x)
    a2 = np.tanh(W2 @ a1)
    yhat = W3 @ a2
    delta3 = yhat - y
    delta2 = (B3 @ delta3) * (1 - a2**2)
    delta1 = (B2 @ delta2) * (1 - a1**2)
    return {"W3": np.outer(delta3, a2), "W2": np.outer(delta2, a1), "W1": np.outer(delta1, x)}
"""
DIRECT = """
def direct_feedback(X, Y, Ws, Bs):
    As = [X]
    for W in Ws[:-1]:
        As.append(np.tanh(As[-1] @ W.T))
    Yhat = As[-1] @ Ws[-1].T
    error = (Yhat - Y) / len(X)
    found = []
    for l in range(len(Ws) - 1):
        Delta = (error @ Bs[l].T) * (1 - As[l + 1] ** 2)
        found.append(Delta.T @ As[l])
    found.append(error.T @ As[-1])
    return found
"""
CHAINED = """
def direct_feedback(X, Y, Ws, Bs):
    As = [X]
    for W in Ws[:-1]:
        As.append(np.tanh(As[-1] @ W.T))
    Delta = (As[-1] @ Ws[-1].T - Y) / len(X)
    found = [Delta.T @ As[-1]]
    for l in reversed(range(len(Ws) - 1)):
        Delta = (Delta @ Bs[l].T) * (1 - As[l + 1] ** 2)
        found.insert(0, Delta.T @ As[l])
    return found
"""
IN_A_LOOP = """
def direct_feedback(X, Y, Ws, Bs):
    found = [np.zeros_like(W) for W in Ws]
    for x, y in zip(X, Y):
        As = [x]
        for W in Ws[:-1]:
            As.append(np.tanh(W @ As[-1]))
        error = (Ws[-1] @ As[-1] - y) / len(X)
        deltas = [B @ error * (1 - a**2) for B, a in zip(Bs, As[1:])] + [error]
        for l, delta in enumerate(deltas):
            found[l] += np.outer(delta, As[l])
    return found
"""


def ends(w1="root(16 * b2**3 * b3 * target, 7)", w2="w1**2 / (2 * b2)", w3="w2**2 / (2 * b3)"):
    lines = f"    w1 = {w1}\n    w2 = {w2}\n    w3 = {w3}\n"
    return "def final_weights(b2, b3, target):\n" + lines + '    return {"w1": w1, "w2": w2, "w3": w3}\n'


def order(letters):
    values = "X=X, Y=Y, W1=W1, W2=W2, W3=W3, B2=B2, B3=B3"
    head = "def fa_by_lines(X, Y, W1, W2, W3, B2, B3):\n"
    return head + f"    order = {letters!r}\n    return follow(order, {values})\n"


WRONG = {
    "shapes": [
        (SHAPES.replace("(n1, n2)", "(n2, n1)"), "transposed"),
        (SHAPES.replace('"D1": (n1, n3)', '"D1": (n1, n2)'), "shape"),
        (SHAPES.replace('"B2": (n1, n2)', '"B2": (n1, n3)'), "shape"),
        (SHAPES.replace('"B2": (n1, n2), "B3": (n2, n3)', '"B2": (n0, n1), "B3": (n1, n2)'), "shape"),
        (SHAPES.replace('"B2": (n1, n2)', '"B2": (n, n1, n2)'), "shape"),
        (SHAPES.replace('"B2": (n1, n2)', '"B2": (n1, n0)'), "shape"),
        (SHAPES.replace("(n, n1)", "(n1,)"), "shape"),
        (SHAPES.replace("(n, n1)", "(n1, n)"), "transposed"),
        (SHAPES.replace('"D2": (n2, n3), ', ""), "shape"),
        (SHAPES.replace("(n, n1)", '"n, n1"'), "type"),
        (SHAPES.replace("return {", "print({").replace('"message": (n, n1)}', '"message": (n, n1)})'), "not-attempted"),
    ],
    "zero-start": [
        (ends("root(b2**3 * b3 * target, 7)", "w1**2 / b2", "w2**2 / b3"), "factor-2"),
        (ends("root(16 * b3**3 * b2 * target, 7)", "w1**2 / (2 * b3)", "w2**2 / (2 * b2)"), "other"),
        (ends("root(2 * b2 * target, 3)"), "other"),
        (ends("root(4 * b2 * b3 * target, 5)", w3="w1**2 / (2 * b3)"), "other"),
        (ends("root(16 * b2**3 * b3, 7)"), "other"),
        (ends(w2="w1**2 / 2 * b2"), "other"),
        (ends("abs(16 * b2**3 * b3 * target) ** (1 / 7)"), "sign"),
        (ends("(16 * b2**3 * b3 * target) ** (1 / 7)"), "type", "dtype"),
        (ends("np.float64(16 * b2**3 * b3 * target) ** (1 / 7)"), "nan"),
        (ends().replace('{"w1": w1, "w2": w2, "w3": w3}', "[w1, w2, w3]"), "type"),
        ("def final_weights(b2, b3, target):\n    return settled(b2, b3, target)\n", "rounded", "correct"),
    ],
    "order": [
        (order("FCDHEA"), "other"),
        (order("FCBHGA"), "transposed"),
        (order("ICBHEA"), "other"),
        (order("FBCHEA"), "wrong-order"),
        (order("FCBEHA"), "wrong-order"),
        (order("FCHBEA"), "wrong-order"),
        (order("FCBHAE"), "wrong-order"),
        (order("CFBHEA"), "error"),
        (order("FCBHEAK"), "error"),
        (order("FCBHEA").replace("return follow", "return order  # follow"), "type"),
    ],
    "angle": [
        (ANGLE.replace("np.degrees(np.arccos(cosine))", "np.arccos(cosine)"), "other"),
        (ANGLE.replace("np.degrees(np.arccos(cosine))", "cosine"), "other"),
        (ANGLE.replace("(u @ g)", "abs(u @ g)"), "sign"),
        (ANGLE.replace("np.arccos", "np.arcsin"), "other"),
        (ANGLE.replace("np.linalg.norm(u) * np.linalg.norm(g)", "u @ u * (g @ g)"), "other"),
        (ANGLE.replace("(np.linalg.norm(u) * np.linalg.norm(g))", "1"), "nan"),
        ("angle_between = lambda updates, gradient: np.mean(list(map(alt.angle, updates, gradient)))\n", "other"),
        (
            ANGLE.replace("linalg.norm(u)", "sum([*map(np.linalg.norm, updates)])").replace("linalg.norm(g)", ADDED),
            "other",
        ),
        (ANGLE.replace("in updates", "in updates[:1]").replace("in gradient]", "in gradient[:1]]"), "other"),
        (ANGLE.replace("np.concatenate([array.ravel() for array in updates])", "np.array(updates).ravel()"), "error"),
        (ANGLE.replace("    return ", "    "), "not-attempted"),
    ],
    "kp": [
        (KP.replace(" + decay * W", "").replace(" + decay * B", ""), "other"),
        (KP.replace(" + decay * B", ""), "other"),
        (KP.replace("(Delta.T @ A + decay * W)", "Delta.T @ A - decay * W"), "other"),
        (KP.replace("W - eta", "W + eta").replace("B - eta", "B + eta"), "sign"),
        (KP.replace("+ decay", "- decay"), "sign"),
        (KP.replace("Delta.T @ A +", "Delta.T @ A / 5 +").replace("@ Delta +", "@ Delta / 5 +"), "one-over-n"),
        (KP.replace("A.T @ Delta", "Delta.T @ A"), "transposed"),
        (KP.replace("B - eta * (A.T @ Delta + decay * B)", "W_new.T"), "other"),
        (KP.replace("B - eta * (A.T @ Delta + decay * B)", "B + (W_new - W).T"), "other"),
        (KP.replace("B - eta * (A.T @ Delta + decay * B)", "B"), "other"),
        (KP.replace("W - eta", "-eta").replace("B - eta", "-eta"), "other"),
        (KP.replace("Delta.T @ A", "np.outer(Delta, A)"), "error"),
        (KP.replace('{"W": W_new, "B": B_new}', "W_new, B_new"), "type"),
    ],
    "bug": [
        (MENDED.replace("yhat - y", "(yhat - y) * (1 - yhat**2)").replace("B2 @ delta2", "delta2 @ W2"), "other"),
        (MENDED.replace("yhat - y", "(yhat - y) * (1 - yhat**2)"), "other"),
        (MENDED.replace("B2 @ delta2", "delta2 @ W2"), "other"),
        (MENDED.replace("B2 @ delta2", "W2.T @ delta2").replace("B3 @ delta3", "W3.T @ delta3"), "other"),
        (MENDED.replace("B2 @ delta2", "delta2 @ B2"), "transposed"),
        (MENDED.replace("B3 @ delta3", "B3.T @ delta3"), "transposed"),
        (MENDED.replace("B2 @ delta2", "B2 @ delta3"), "other"),
        (MENDED.replace(" * (1 - a2**2)", "").replace(" * (1 - a1**2)", ""), "missing-derivative"),
        (MENDED.replace("yhat - y", "y - yhat"), "sign"),
        (MENDED.replace("yhat - y", "2 * (yhat - y)"), "factor-2"),
        (MENDED.replace("np.outer(delta2, a1)", "np.outer(a1, delta2)"), "transposed"),
        (MENDED.replace("def fa_mended", "def mended"), "error"),
    ],
    "direct": [
        (CHAINED, "other"),
        (DIRECT.replace("Bs[l].T", "Ws[l + 1]"), "other"),
        (CHAINED.replace("Bs[l].T", "Ws[l + 1]"), "other"),
        (DIRECT.replace("error.T @ As[-1]", "(error @ Bs[-1].T).T @ As[-1]"), "other"),
        (DIRECT.replace("(Yhat - Y) / len(X)", "(Yhat - Y) * (1 - Yhat**2) / len(X)"), "other"),
        (DIRECT.replace(" * (1 - As[l + 1] ** 2)", ""), "missing-derivative"),
        (DIRECT.replace("Bs[l].T", "Bs[l]"), "transposed"),
        (DIRECT.replace("return found", "return [update.T for update in found]"), "transposed"),
        (DIRECT.replace("return found", "return found[::-1]"), "wrong-order"),
        (DIRECT.replace(" / len(X)", ""), "times-n"),
        (DIRECT.replace("Yhat - Y", "Y - Yhat"), "sign"),
        (IN_A_LOOP.replace("+=", "="), "overwritten"),
        (DIRECT.replace(".T @ As[", "[:, :, None] * As[").replace("])\n", "][:, None])\n"), "missing-batch-sum"),
        (DIRECT.replace("Yhat = As[-1] @ Ws[-1].T", "Yhat = np.tanh(As[-1] @ Ws[-1].T)"), "other"),
        (DIRECT.replace("Delta.T @ As[l]", "Delta.T @ As[l + 1]"), "other"),
        (DIRECT.replace("return found", "return found[:-1]"), "shape"),
        (DIRECT.replace("range(len(Ws) - 1)", "range(3)"), "error"),
    ],
}

RIGHT = {
    "shapes": [
        SHAPES,
        """
def shapes(n, n0, n1, n2, n3):
    return dict(B2=[n1, n2], B3=[n2, n3], D1=[n1, n3], D2=[n2, n3], message=[n, n1])
""",
        """
def shapes(n, n0, n1, n2, n3):
    W2, W3, Delta = np.zeros((n2, n1)), np.zeros((n3, n2)), np.zeros((n, n2))
    found = {"B2": W2.T, "B3": W3.T, "D1": (W3 @ W2).T, "D2": W3.T, "message": Delta @ W2}
    return {name: array.shape for name, array in found.items()}
""",
    ],
    "zero-start": [
        ends(),
        """
def final_weights(b2, b3, target):
    w1 = root(target * (2 * b2) ** 2 * 2 * b3 * (2 * b2), 7)
    return {"w3": target / w1 / (w1**2 / 2 / b2), "w2": w1**2 / 2 / b2, "w1": w1}
""",
        """
def final_weights(b2, b3, target):
    seventh = 16 * b2**3 * b3 * target
    w1 = np.copysign(np.exp(np.log(np.abs(seventh)) / 7), seventh)
    return {"w1": w1, "w2": 0.5 * w1**2 / b2, "w3": w1**4 / (8 * b2**2 * b3)}
""",
    ],
    "order": [
        order("FCBHEA"),
        order("f c b, h e a"),
        order(["F", "C", "B", "H", "E", "A"]),
        """
def fa_by_lines(X, Y, W1, W2, W3, B2, B3):
    H1 = np.tanh(X @ W1.T)
    H2 = np.tanh(H1 @ W2.T)
    D3 = (H2 @ W3.T - Y) / len(X)
    D2 = D3 @ B3.T * (1 - H2**2)
    D1 = D2 @ B2.T * (1 - H1**2)
    return {"W1": D1.T @ X, "W2": D2.T @ H1, "W3": D3.T @ H2}
""",
    ],
    "angle": [
        ANGLE,
        """
def angle_between(updates, gradient):
    dot = uu = gg = 0.0
    for u, g in zip(updates, gradient):
        dot, uu, gg = dot + np.sum(u * g), uu + np.sum(u * u), gg + np.sum(g * g)
    return float(np.arccos(dot / np.sqrt(uu * gg)) * 180 / np.pi)
""",
        """
def angle_between(updates, gradient):
    u, g = (np.hstack([a.flatten() for a in arrays]) for arrays in (updates, gradient))
    u, g = u / np.linalg.norm(u), g / np.linalg.norm(g)
    return np.rad2deg(2 * np.arctan2(np.linalg.norm(u - g), np.linalg.norm(u + g)))
""",
    ],
    "kp": [
        KP,
        """
def kolen_pollack(W, B, Delta, A, eta, decay):
    dW = sum(np.outer(delta, a) for delta, a in zip(Delta, A))
    dB = sum(np.outer(a, delta) for delta, a in zip(Delta, A))
    W -= eta * (dW + decay * W)
    B -= eta * (dB + decay * B)
    return {"W": W, "B": B}
""",
        """
def kolen_pollack(W, B, Delta, A, eta, decay):
    keep = 1 - eta * decay
    seen = np.einsum("no,ni->oi", Delta, A)
    return dict(B=keep * B - eta * seen.T, W=keep * W - eta * seen)
""",
    ],
    "bug": [
        MENDED,
        """
def fa_mended(x, y, W1, W2, W3, B2, B3):
    z1 = W1 @ x
    z2 = W2 @ np.tanh(z1)
    d3 = W3 @ np.tanh(z2) - y
    d2 = B3 @ d3 / np.cosh(z2) ** 2
    d1 = B2 @ d2 / np.cosh(z1) ** 2
    return {"W1": d1[:, None] * x, "W2": d2[:, None] * np.tanh(z1), "W3": d3[:, None] * np.tanh(z2)}
""",
        """
def fa_mended(x, y, W1, W2, W3, B2, B3):
    found, a = {}, [x, np.tanh(W1 @ x), np.tanh(W2 @ np.tanh(W1 @ x))]
    delta = W3 @ a[2] - y
    for l, B in ((3, B3), (2, B2), (1, None)):
        found[f"W{l}"] = np.outer(delta, a[l - 1])
        if B is not None:
            delta = np.dot(B, delta) * (1 - a[l - 1] ** 2)
    return found
""",
    ],
    "direct": [
        DIRECT,
        IN_A_LOOP,
        """
def direct_feedback(X, Y, Ws, Bs):
    Zs, A = [], X
    for W in Ws:
        Zs.append(A @ W.T)
        A = np.tanh(Zs[-1])
    error = np.subtract(Zs[-1], Y) / X.shape[0]
    received = [X] + [np.tanh(Z) for Z in Zs[:-1]]
    sent = [np.einsum("nk,jk->nj", error, B) / np.cosh(Z) ** 2 for B, Z in zip(Bs, Zs)] + [error]
    return np.array([np.tensordot(D, A, (0, 0)) for D, A in zip(sent, received)])
""",
    ],
}
