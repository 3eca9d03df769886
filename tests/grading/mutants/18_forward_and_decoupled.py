"""What students write for the exercise on chapter 18."""

import re
from functools import partial

HEARS = """
def hears(l, K):
    above = K - l
    found = {"backprop": above, "direct": above, "targets": above}
    return found | {"forward-forward": 0, "synthetic": 0, "model": 1}
"""
GOODNESS = """
def goodness_deltas(z_right, z_wrong, theta):
    sigma = lambda u: 1 / (1 + np.exp(-u))
    m = len(z_right)
    a, b = np.tanh(z_right), np.tanh(z_wrong)
    right = -sigma(theta - (a**2).mean()) / 2 * 2 * a / m * (1 - a**2)
    wrong = sigma((b**2).mean() - theta) / 2 * 2 * b / m * (1 - b**2)
    return {"z_right": right, "z_wrong": wrong}
"""
STEP = """
def step_by_lines(x, sign, W1, W2, theta):
    found, enters = {}, x
    for name, W in (("W1", W1), ("W2", W2)):
        a = np.maximum(enters @ W.T, 0)
        margin = sign * ((a * a).sum(axis=1) - theta)
        delta = (-2 * sign / (1 + np.exp(margin)) / len(x))[:, None] * a
        found[name] = delta.T @ enters
        enters = a / np.sqrt(np.mean(a * a, axis=1, keepdims=True))
    return found
"""
SYNTHETIC = """
def synthetic_step(x, t, message, W, A, C, c):
    n = len(x)
    a = np.tanh(x @ W.T)
    guess = a @ A.T + t @ C.T + c
    delta = guess * (1 - a**2) / n
    miss = (guess - message) / n
    return {"W": delta.T @ x, "A": miss.T @ a, "C": miss.T @ t, "c": miss.sum(axis=0)}
"""
BY_ENGINE = """
def synthetic_step(x, t, message, W, A, C, c):
    from bplib.matrix import Tensor

    W, A, C, c = model = [Tensor(p, requires_grad=True) for p in (W, A, C, c)]
    a = (Tensor(x) @ W.T).tanh()
    guess = lambda a: a @ A.T + Tensor(t) @ C.T + c
    (guess(a).detach() * a).sum(axis=1).mean().backward()
    A.grad = C.grad = c.grad = None
    (((guess(a.detach()) - Tensor(message)) ** 2).sum(axis=1).mean() / 2).backward()
    return dict(zip("WACc", [p.grad for p in model]))
"""
TARGETS = """
def targets(a1, a2, a3, target3, V1, V2):
    target2 = a2 + inverse(target3, V2) - inverse(a3, V2)
    target1 = a1 + inverse(target2, V1) - inverse(a2, V1)
    return {"a1": target1, "a2": target2}
"""
LOCAL = """
def local_updates(x, t, W1, R1, W2, R2):
    n = len(x)
    a1 = np.tanh(x @ W1.T)
    a2 = np.tanh(a1 @ W2.T)
    error1 = (a1 @ R1.T - t) / n
    error2 = (a2 @ R2.T - t) / n
    delta2 = (error2 @ R2) * (1 - a2**2)
    delta1 = (error1 @ R1) * (1 - a1**2)
    return {"W1": delta1.T @ x, "R1": error1.T @ a1, "W2": delta2.T @ a1, "R2": error2.T @ a2}
"""


def change(code, *pairs):
    """The code with each change made, wherever it applies."""
    for old, new in pairs:
        assert old in code, old
        code = code.replace(old, new)
    return code


goodness, step, synthetic = partial(change, GOODNESS), partial(change, STEP), partial(change, SYNTHETIC)
targets, local = partial(change, TARGETS), partial(change, LOCAL)


def hears(name, number):
    return re.sub(f'"{name}": \\w+', f'"{name}": {number}', HEARS)


def order(letters):
    return f"def step_by_lines(x, sign, W1, W2, theta):\n    return follow({letters!r}, x, sign, W1, W2, theta)\n"


def both(upper, lower):
    """With other targets for layers 2 and 1."""
    right = "a2 + inverse(target3, V2) - inverse(a3, V2)", "a1 + inverse(target2, V1) - inverse(a2, V1)"
    return targets((right[0], upper), (right[1], lower))


WRONG = {
    "hears": [
        (hears("backprop", "1"), "other"),
        (hears("direct", "0"), "other"),
        (hears("direct", "1"), "other"),
        (hears("targets", "1"), "other"),
        (hears("forward-forward", "above"), "other"),
        (hears("synthetic", "1"), "other"),
        (hears("model", "0"), "other"),
        (hears("model", "2"), "other"),
        (hears("targets", "above - 1"), "other"),
        (change(HEARS, ("K - l", "K - l + 1")), "other"),
        (change(HEARS, ("K - l", "l - K")), "sign"),
        (hears("model", "'one'"), "type"),
        (change(HEARS, ('"direct": above, ', "")), "shape"),
        ("def hears(l, K):\n    return K - l, K - l, K - l, 0, 0, 1\n", "type"),
        (hears("model", "..."), "not-attempted"),
    ],
    "goodness": [
        (goodness((" / m", "")), "times-n"),
        (goodness((" / m", ""), (".mean()", ".sum()")), "other"),
        (goodness((".mean()", ".sum()")), "other"),
        (goodness((" * (1 - a**2)", ""), (" * (1 - b**2)", "")), "missing-derivative"),
        (goodness((" * a / m", " / m"), (" * b / m", " / m")), "missing-derivative"),
        (goodness(("2 * a", "2 * z_right"), ("2 * b", "2 * z_wrong")), "other"),
        (goodness(("1 / (1 + np.exp(-u))", "1")), "missing-derivative"),
        (goodness(("np.exp(-u)", "np.exp(u)")), "other"),
        (goodness(("theta - ", "-"), (" - theta)", ")")), "other"),
        (goodness(("(1 - a**2)", "(1 - z_right**2)"), ("1 - b**2", "1 - z_wrong**2")), "other"),
        (goodness((" / 2 * 2", " * 2")), "factor-2"),
        (goodness((" / 2 * 2", " / 2")), "factor-2"),
        (goodness(("-sigma", "sigma")), "sign"),
        (goodness(("wrong = sigma", "wrong = -sigma")), "sign"),
        (goodness(('{"z_right": right, "z_wrong": wrong}', "right, wrong")), "type"),
        (goodness(('"z_right": right', '"z_right": right.astype("float32")')), "dtype"),
        (goodness(("(a**2).mean()", "(a**2)[7]")), "error"),
        (goodness(("return {", "{")), "not-attempted"),
        (goodness(("1 / (1 + np.exp(-u))", "np.nan * u")), "nan"),
        ("def goodness_deltas(*z):\n    return slopes_of(pair_loss)(*z)\n", "rounded", "correct"),
    ],
    "order": [
        (order("EBJGIC"), "wrong-order"),
        (order("EBJGFI"), "other"),
        (order("EBDGCI"), "sign"),
        (order("EBJGCA"), "other"),
        (order("EBJGC"), "other"),
        (order("EHJGCI"), "other"),
        (order("EBJGI"), "error"),
        (order("EBJGCX"), "error"),
        (step((" / len(x)", "")), "times-n"),
        (step(("-2 *", "-1 *")), "factor-2"),
        (step(("delta.T @ enters", "enters.T @ delta")), "transposed"),
        ("def step_by_lines(*given):\n    return 'EBJGCI'\n", "type"),
        ("def step_by_lines(*given):\n    follow('EBJGCI', *given)\n", "not-attempted"),
    ],
    "synthetic": [
        (synthetic(("delta = guess", "delta = message")), "other"),
        (synthetic(("delta = guess", "delta = (guess - message)")), "other"),
        (synthetic((" * (1 - a**2)", "")), "missing-derivative"),
        (synthetic(("(guess - message) / n", "(guess - message) * (1 - a**2) / n")), "other"),
        (synthetic(("guess * (1 - a**2)", "(guess + a @ A) * (1 - a**2)")), "other"),
        (change(BY_ENGINE, ("guess(a).detach()", "guess(a)")), "other"),
        (synthetic(("guess - message", "message - guess")), "sign"),
        (synthetic((" / n", "")), "times-n"),
        (synthetic(("miss.sum(axis=0)", "miss.mean(axis=0)")), "one-over-n"),
        (synthetic(("miss.sum(axis=0)", "miss")), "missing-batch-sum"),
        (synthetic(("miss.T @ a", "a.T @ miss")), "transposed"),
        (synthetic(("miss.T @ t", "t.T @ miss")), "transposed"),
        (synthetic(("(guess - message) / n", "2 * (guess - message) / n")), "factor-2"),
        (synthetic(("a @ A.T", "a @ A")), "transposed"),
        (synthetic((', "c": miss.sum(axis=0)', "")), "shape"),
        (synthetic(("t @ C.T", "t @ C")), "error"),
        (synthetic(("a = np.tanh(x @ W.T)", "a = tanh(x @ W.T)")), "error"),
        (synthetic(('"c": miss.sum(axis=0)', '"c": None')), "not-attempted"),
        ("def synthetic_step(*given):\n    return both_steps(*given)\n", "rounded", "correct"),
    ],
    "targets": [
        (both("inverse(target3, V2)", "inverse(target2, V1)"), "other"),
        (both("a2 + inverse(target3, V2)", "a1 + inverse(target2, V1)"), "other"),
        (both("inverse(target3, V2) - inverse(a3, V2)", "inverse(target2, V1) - inverse(a2, V1)"), "other"),
        (both("a2 - inverse(target3, V2) + inverse(a3, V2)", "a1 - inverse(target2, V1) + inverse(a2, V1)"), "sign"),
        (targets(("inverse(a3, V2)", "inverse(a2, V2)"), ("inverse(a2, V1)", "inverse(a1, V1)")), "other"),
        (both("a2 + inverse(target3 - a3, V2)", "a1 + inverse(target2 - a2, V1)"), "other"),
        (both("a2 + (target3 - a3) @ V2.T", "a1 + (target2 - a2) @ V1.T"), "missing-derivative"),
        (targets(("    target2 =", "    V1, V2 = V1.T, V2.T\n    target2 =")), "transposed"),
        (targets(("inverse(target2, V1)", "inverse(target3, V1)"), ("inverse(a2, V1)", "inverse(a3, V1)")), "other"),
        (targets(("a3, target3, V1, V2)", "a3, target3, V2, V1)")), "other"),
        (targets(('"a1": target1, "a2": target2', '"a1": target2, "a2": target1')), "wrong-order"),
        (targets(("return {", "found = {")), "not-attempted"),
        (targets(('{"a1": target1, "a2": target2}', "[target1, target2]")), "type"),
        (targets(("inverse(target2, V1)", "inverse(target1, V1)")), "error"),
        ("def targets(*given):\n    return measured_targets(*given)\n", "rounded", "correct"),
    ],
    "local": [
        ("def local_updates(*given):\n    return local_with_bugs(*given)\n", "other"),
        (local(("error1 @ R1", "error1 @ R1 + delta2 @ W2")), "other"),
        (local(("error2.T @ a2", "error2.T @ a1")), "other"),
        (local(("error1 @ R1", "delta2 @ W2")), "overwritten"),
        (local((" * (1 - a1**2)", ""), (" * (1 - a2**2)", "")), "missing-derivative"),
        (local(("a2 @ R2.T - t", "t - a2 @ R2.T")), "sign"),
        (local(("(a1 @ R1.T - t) / n", "a1 @ R1.T - t")), "times-n"),
        (local(("(a2 @ R2.T - t) / n", "(a2 @ R2.T - t) / n / n")), "one-over-n"),
        (local(("(a1 @ R1.T - t) / n", "2 * (a1 @ R1.T - t) / n")), "factor-2"),
        (local(("delta1.T @ x", "x.T @ delta1")), "transposed"),
        (local(("delta2.T @ a1", "delta2.T @ a2")), "other"),
        (local(("error2 @ R2)", "error2 @ R1)")), "other"),
        (local(("error1.T @ a1", "error1[:, :, None] * a1[:, None, :]")), "missing-batch-sum"),
        (local(("delta2.T @ a1", "delta2.T @ x")), "shape"),
        ("def local_updates(*given):\n    return own_slopes(*given)\n", "rounded", "correct"),
    ],
}

RIGHT = {
    "hears": [
        HEARS,
        """
def hears(l, K):
    return dict.fromkeys(("backprop", "direct", "targets"), K - l) | {"model": 1, "synthetic": 0, "forward-forward": 0}
""",
        """
def hears(l, K):
    above = float(len(range(l + 1, K + 1)))
    numbers = np.array([above, above, above, 0, 0, 1])
    return dict(zip("backprop direct targets forward-forward synthetic model".split(), numbers))
""",
    ],
    "goodness": [
        GOODNESS,
        """
def goodness_deltas(z_right, z_wrong, theta):
    found = {}
    for name, z, s in (("z_right", z_right, 1), ("z_wrong", z_wrong, -1)):
        goodness = np.mean(np.tanh(z) ** 2)
        push = -0.5 * s * (0.5 - 0.5 * np.tanh(s * (goodness - theta) / 2))
        found[name] = push * 2 / z.size * np.tanh(z) / np.cosh(z) ** 2
    return found
""",
        """
def goodness_deltas(z_right, z_wrong, theta):
    from bplib.matrix import Tensor

    right, wrong = Tensor(z_right, requires_grad=True), Tensor(z_wrong, requires_grad=True)
    softly = lambda u: (1 + u.exp()).log()
    g, h = (right.tanh() ** 2).mean(), (wrong.tanh() ** 2).mean()
    ((softly(theta - g) + softly(h - theta)) / 2).backward()
    return {"z_right": right.grad, "z_wrong": wrong.grad}
""",
    ],
    "order": [order("EBJGCI"), order("e b, j g, c i"), order(["E", "B", "J", "G", "C", "I"]), STEP],
    "synthetic": [
        SYNTHETIC,
        BY_ENGINE,
        """
def synthetic_step(x, t, message, W, A, C, c):
    found = {"W": 0 * W, "A": 0 * A, "C": 0 * C, "c": 0 * c}
    for row, label, sent in zip(x, t, message):
        a = np.tanh(W @ row)
        guess = A @ a + C @ label + c
        found["W"] += np.outer(guess * (1 - a * a), row) / len(x)
        found["A"] += np.outer(guess - sent, a) / len(x)
        found["C"] += np.outer(guess - sent, label) / len(x)
        found["c"] += (guess - sent) / len(x)
    return found
""",
    ],
    "targets": [
        TARGETS,
        """
def targets(a1, a2, a3, target3, V1, V2):
    g1, g2 = (lambda a: np.tanh(a @ V1.T)), (lambda a: np.tanh(a @ V2.T))
    aim = a2 - g2(a3) + g2(target3)
    return dict(a2=aim, a1=a1 - g1(a2) + g1(aim))
""",
        """
def targets(a1, a2, a3, target3, V1, V2):
    a, V, aim, found = [a1, a2, a3], [V1, V2], target3, {}
    for l in (1, 0):
        aim = np.add(a[l], inverse(aim, V[l]) - inverse(a[l + 1], V[l]))
        found[f"a{l + 1}"] = aim.tolist()
    return found
""",
    ],
    "local": [
        LOCAL,
        """
def local_updates(x, t, W1, R1, W2, R2):
    def layer(enters, W, R):
        a = np.tanh(enters @ W.T)
        error = (a @ R.T - t) / len(x)
        return a, (error @ R / np.cosh(enters @ W.T) ** 2).T @ enters, error.T @ a

    a1, dW1, dR1 = layer(x, W1, R1)
    _, dW2, dR2 = layer(a1, W2, R2)
    return {"W2": dW2, "R2": dR2, "W1": dW1, "R1": dR1}
""",
        """
def local_updates(x, t, W1, R1, W2, R2):
    right = local_with_bugs(x, t, W1, R1, np.zeros_like(W2), R2)
    upper = local_with_bugs(np.tanh(x @ W1.T), t, W2, R2, 0 * W2, R2)
    return {"W1": right["W1"], "R1": right["R1"], "W2": upper["W1"], "R2": upper["R1"]}
""",
    ],
}
