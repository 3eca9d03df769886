"""What students write for the exercise on chapter 04."""

SHAPES = """
def shapes(n, n_in, n_hidden, n_out):
    W1 = (n_hidden, n_in)
    b1 = (n_hidden,)
    H = Delta1 = (n, n_hidden)
    dW2 = (n_out, n_hidden)
    db2 = (n_out,)
    return {"W1": W1, "b1": b1, "H": H, "Delta1": Delta1, "dW2": dW2, "db2": db2}
"""
BELOW = """
def delta_below(W, delta, z):
    return (W.T @ delta) * (1 - np.tanh(z) ** 2)
"""
ORDER = """
def backward_by_lines(X, Y, W1, b1, W2, b2):
    order = "637851"
    return run_lines(order, X, Y, W1, b1, W2, b2)
"""
SHARED = """
def backward_shared(x, y, W):
    h1 = np.tanh(W @ x)
    h2 = np.tanh(W @ h1)
    delta2 = (h2 - y) * (1 - h2**2)
    dW = np.outer(delta2, h1)
    delta1 = (W.T @ delta2) * (1 - h1**2)
    dW += np.outer(delta1, x)
    return dW
"""
CLASSIFIER = """
def gradients(X, labels, W1, b1, W2, b2):
    n = len(X)
    H = np.tanh(X @ W1.T + b1)
    Z = H @ W2.T + b2
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    Y = np.eye(len(b2))[labels]
    Delta = (P - Y) / n
    dW2, db2 = Delta.T @ H, Delta.sum(axis=0)
    Delta = (Delta @ W2) * (1 - H**2)
    dW1, db1 = Delta.T @ X, Delta.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
"""
BY_EXAMPLE = """
def gradients(X, labels, W1, b1, W2, b2):
    n = len(X)
    sums = {"W1": np.zeros_like(W1), "b1": np.zeros_like(b1), "W2": np.zeros_like(W2), "b2": np.zeros_like(b2)}
    for x, label in zip(X, labels):
        h = np.tanh(W1 @ x + b1)
        z = W2 @ h + b2
        p = np.exp(z - max(z))
        p /= sum(p)
        delta2 = p - np.eye(len(p))[label]
        delta1 = (W2.T @ delta2) * (1 - h**2)
        sums["W1"] += np.outer(delta1, x) / n
        sums["b1"] += delta1 / n
        sums["W2"] += np.outer(delta2, h) / n
        sums["b2"] += delta2 / n
    return sums
"""
BY_ENGINE = """
def gradients(X, labels, W1, b1, W2, b2):
    from bplib.functional import linear, softmax_cross_entropy

    leaves = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    leaves = {name: Tensor(value, requires_grad=True) for name, value in leaves.items()}
    H = linear(X, leaves["W1"], leaves["b1"]).tanh()
    softmax_cross_entropy(linear(H, leaves["W2"], leaves["b2"]), labels).backward()
    return {name: leaf.grad for name, leaf in leaves.items()}
"""
SOFTMAX = """
def softmax_back(P, G):
    return P * (G - (P * G).sum(axis=1, keepdims=True))
"""


def change(code, *pairs):
    for old, new in pairs:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code


def shapes(old, new):
    return change(SHAPES, (old, new))


def below(line):
    return change(BELOW, ("(W.T @ delta) * (1 - np.tanh(z) ** 2)", line))


def order(letters):
    return change(ORDER, ('"637851"', letters))


def shared(*pairs):
    return change(SHARED, *pairs)


def classifier(*pairs):
    return change(CLASSIFIER, *pairs)


def softmax(*lines):
    return change(SOFTMAX, ("return P * (G - (P * G).sum(axis=1, keepdims=True))", "\n    ".join(lines)))


WRONG = {
    "shapes": [
        (shapes("W1 = (n_hidden, n_in)", "W1 = (n_in, n_hidden)"), "transposed"),
        (shapes("dW2 = (n_out, n_hidden)", "dW2 = (n_hidden, n_out)"), "transposed"),
        (shapes("Delta1 = (n, n_hidden)", "Delta1 = (n_hidden, n)"), "transposed"),
        (shapes("db2 = (n_out,)", "db2 = (n, n_out)"), "missing-batch-sum"),
        (shapes("dW2 = (n_out, n_hidden)", "dW2 = (n, n_out, n_hidden)"), "missing-batch-sum"),
        (shapes("b1 = (n_hidden,)", "b1 = (n_hidden)"), "shape"),
        (shapes("b1 = (n_hidden,)", "b1 = (n_hidden, 1)"), "shape"),
        (shapes("H = Delta1 = (n, n_hidden)", "H, Delta1 = (n, n_hidden), (n, n_in)"), "other"),
        (shapes("(n, n_hidden)", "'n x n_hidden'"), "type"),
        (shapes(', "db2": db2', ""), "shape"),
        (shapes("return {", "result = {"), "not-attempted"),
    ],
    "delta-below": [
        (below("(W @ delta) * (1 - np.tanh(z) ** 2)"), "transposed"),
        (below("W.T @ delta"), "missing-derivative"),
        (below("W.T @ (delta * (1 - np.tanh(z) ** 2))"), "wrong-order"),
        (below("(W.T @ delta) * (1 - z**2)"), "other"),
        (below("(W.T @ delta) * np.tanh(z)"), "other"),
        (below("(W.T @ delta) * (np.tanh(z) ** 2 - 1)"), "sign"),
        (below("2 * (W.T @ delta) * (1 - np.tanh(z) ** 2)"), "factor-2"),
        (below("(W.T * delta) * (1 - np.tanh(z) ** 2)"), "shape"),
        (below("((W.T @ delta) * (1 - np.tanh(z) ** 2)).sum()"), "shape"),
        (below("(W.T @ delta) * (1 - tanh(z) ** 2)"), "error"),
        (below("(W.T @ delta).astype(int) * 0 + np.nan"), "nan"),
    ],
    "order": [
        (order("'683751'"), "wrong-order"),
        (order("'637518'"), "wrong-order"),
        (order("'638751'"), "wrong-order"),
        (order("'437851'"), "times-n"),
        (order("'637251'"), "transposed"),
        (order("'367851'"), "error"),
        (order("'63785'"), "error"),
        (order("'6378851'"), "other"),
        (order("'637X51'"), "error"),
        (order("six, three, seven"), "error"),
    ],
    "shared": [
        (shared(("W.T", "W"), ("dW +=", "dW =")), "overwritten"),
        (shared(("dW +=", "dW =")), "overwritten"),
        (shared(("W.T", "W")), "transposed"),
        (shared(("    delta1 =", "    return dW\n    delta1 =")), "overwritten"),
        (shared((" * (1 - h2**2)", "")), "missing-derivative"),
        (shared((" * (1 - h1**2)", "")), "missing-derivative"),
        (shared(("(h2 - y)", "(y - h2)")), "sign"),
        (shared(("(h2 - y)", "2 * (h2 - y)")), "factor-2"),
        (shared(("return dW", "return dW / 2")), "factor-2"),
        (shared(("return dW", "return dW.T")), "transposed"),
        (shared(("np.outer(delta1, x)", "np.outer(x, delta1)")), "other"),
        (shared(("np.outer(delta1, x)", "delta1 @ x")), "other"),
        (shared(("return dW", "return dW.astype('float32')")), "dtype"),
    ],
    "classifier": [
        (classifier(("(P - Y) / n", "P - Y")), "times-n"),
        (classifier(("db2 = Delta.T @ H, Delta.sum(axis=0)", "db2 = Delta.T @ H, Delta.mean(axis=0)")), "one-over-n"),
        (classifier(("Delta.T @ X, Delta.sum(axis=0)", "Delta.T @ X, Delta")), "missing-batch-sum"),
        (classifier(("Delta.T @ X", "X.T @ Delta")), "transposed"),
        (classifier((" * (1 - H**2)", "")), "missing-derivative"),
        (classifier(("(1 - H**2)", "H * (1 - H)")), "other"),
        (classifier(("(P - Y)", "(Y - P)")), "sign"),
        (classifier(("(P - Y)", "P")), "other"),
        (classifier(("(P - Y)", "(P - Y) * Y")), "other"),
        (classifier(("(P - Y)", "(P - Y) * P * (1 - P)")), "other"),
        (classifier(("(P - Y) / n", "2 * (P - Y) / n")), "factor-2"),
        (classifier((" - Z.max(axis=1, keepdims=True)", "")), "nan"),
        (classifier(("Delta @ W2", "Delta @ W2.T")), "error"),
        (classifier(("Delta.T @ X, Delta.sum(axis=0)", "Delta.T @ X, Delta.sum(axis=1)")), "shape"),
        (classifier(("Delta.T @ X, Delta.sum(axis=0)", "Delta.T @ X, Delta.sum(axis=0, keepdims=True)")), "shape"),
        (classifier(('{"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}', "dW1, db1, dW2, db2")), "type"),
        (BY_EXAMPLE.replace("+= np.outer(delta1", "= np.outer(delta1"), "overwritten"),
        (BY_EXAMPLE.replace("+=", "="), "overwritten"),
        (classifier(("H = np.tanh(X @ W1.T + b1)", "H = np.tanh(X @ W1.T + b1).astype('float32')")), "rounded"),
        (classifier(('"W1": dW1', '"W1": dW1.astype("float32")')), "dtype"),
        ("def gradients(*given):\n    return measured(*given)\n", "rounded", "correct"),
    ],
    "softmax-back": [
        (softmax("return G * P * (1 - P)"), "other"),
        (softmax("return G * P"), "other"),
        (softmax("return P * (G - (P * G).sum())"), "other"),
        (softmax("return P * (G - (P * G).sum(axis=1))"), "other"),
        (softmax("return P * (G - (P * G).sum(axis=0))"), "other"),
        (softmax("return G - (P * G).sum(axis=1, keepdims=True)"), "missing-derivative"),
        (softmax("return P * ((P * G).sum(axis=1, keepdims=True) - G)"), "sign"),
        (softmax("return (np.diag(P[0]) - np.outer(P[0], P[0])) @ G[0]"), "shape"),
        (softmax("return (P * (G - (P * G).sum(axis=1, keepdims=True))).T"), "transposed"),
        (softmax("return np.diag(P) - P @ P.T @ G"), "other"),
        (softmax("return P * (G - (P * G).sum(axis=1, keepdims=True)) / (P.sum(axis=1) - 1).round(9)"), "nan"),
    ],
}

RIGHT = {
    "shapes": [
        SHAPES,
        change(SHAPES, ("(n_hidden, n_in)", "[n_hidden, n_in]")),
        "def shapes(n, i, h, o):\n    return dict(W1=(h, i), b1=(h,), H=(n, h), Delta1=(n, h), dW2=(o, h), db2=(o,))\n",
        """
def shapes(n, n_in, n_hidden, n_out):
    X, W1, b1 = np.ones((n, n_in)), np.ones((n_hidden, n_in)), np.ones(n_hidden)
    H = X @ W1.T + b1
    W2, b2 = np.ones((n_out, n_hidden)), np.ones(n_out)
    return {"W1": W1.shape, "b1": b1.shape, "H": H.shape, "Delta1": H.shape, "dW2": W2.shape, "db2": b2.shape}
""",
    ],
    "delta-below": [
        BELOW,
        below("delta @ W / np.cosh(z) ** 2"),
        below("np.einsum('ij,i,j->j', W, delta, 1 - np.tanh(z) ** 2)"),
        """
def delta_below(W, delta, z):
    found = []
    for j in range(len(z)):
        message = 0
        for i in range(len(delta)):
            message += W[i, j] * delta[i]
        found.append(message * (1 - np.tanh(z[j]) ** 2))
    return found
""",
        below("(W.T @ delta.reshape(-1, 1)).ravel() * (1 - np.tanh(z)) * (1 + np.tanh(z))"),
    ],
    "order": [
        ORDER,
        order("'673815'"),
        order("637815"),
        order("[6, 7, 3, 8, 5, 1]"),
        change(ORDER, ("run_lines(order,", "run_lines(', '.join(order),")),
    ],
    "shared": [
        SHARED,
        shared(("    dW += np.outer(delta1, x)\n    return dW", "    return dW + delta1[:, None] * x")),
        shared(("W.T @ delta2", "delta2 @ W"), ("(1 - h1**2)", "(1 - h1) * (1 + h1)")),
        """
def backward_shared(x, y, W):
    A = np.stack([x, np.tanh(W @ x)])
    h2 = np.tanh(W @ A[1])
    upper = (h2 - y) * (1 - h2**2)
    Delta = np.stack([(upper @ W) * (1 - A[1] ** 2), upper])
    return Delta.T @ A
""",
    ],
    "classifier": [CLASSIFIER, BY_EXAMPLE, BY_ENGINE],
    "softmax-back": [
        SOFTMAX,
        softmax("return P * G - P * np.einsum('ij,ij->i', P, G)[:, None]"),
        softmax("return np.array([(np.diag(p) - np.outer(p, p)) @ g for p, g in zip(P, G)])"),
        softmax("out = P * G", "out -= P * out.sum(axis=1).reshape(-1, 1)", "return out"),
    ],
}
