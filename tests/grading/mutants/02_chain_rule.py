"""What students write for the exercise on chapter 02."""

COUNTED = """
def backward(output):
    uses, to_visit = {output: 0}, [output]
    while to_visit:
        for earlier, _ in to_visit.pop().inputs:
            if earlier not in uses:
                uses[earlier] = 0
                to_visit.append(earlier)
            uses[earlier] += 1
    output.grad = 1.0
    ready = [output]
    while ready:
        node = ready.pop()
        for earlier, slope in node.inputs:
            earlier.grad += node.grad * slope
            uses[earlier] -= 1
            if uses[earlier] == 0:
                ready.append(earlier)
"""
GIVEN_BELOW = """

def gradients(program, x, y):
    return walked(program, x, y, backward)
"""
AT_ONCE = """
def backward(output):
    output.grad, visited = 1.0, set()

    def visit(node):
        visited.add(node)
        for earlier, slope in node.inputs:
            earlier.grad += node.grad * slope
        for earlier, _ in node.inputs:
            if earlier not in visited:
                visit(earlier)

    visit(output)
"""
LISTED = """
def backward(output):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for earlier, _ in node.inputs:
                visit(earlier)
            order.append(node)

    visit(output)
    output.grad = 1.0
    while order:
        node = order.pop()
        for earlier, slope in node.inputs:
            earlier.grad += slope * node.grad
"""
SINGLY = """
def backward(node, message=1.0):
    node.grad += message
    for earlier, slope in node.inputs:
        backward(earlier, message * slope)
"""
BUG_MENDED = """
def backward(output):
    users, to_visit, seen = {output: []}, [output], {output}
    while to_visit:
        node = to_visit.pop()
        for earlier, _ in node.inputs:
            users.setdefault(earlier, []).append(node)
            if earlier not in seen:
                seen.add(earlier)
                to_visit.append(earlier)
    waiting = {node: len(found) for node, found in users.items()}
    output.grad = 1.0
    ready = [output]
    while ready:
        node = ready.pop(0)
        for earlier, slope in node.inputs:
            earlier.grad += node.grad * slope
            waiting[earlier] -= 1
            if not waiting[earlier]:
                ready.append(earlier)
"""
TAPE = """
def backward_tape(edges, nodes):
    grad = [0.0] * nodes
    grad[-1] = 1.0
    for user, earlier, slope in reversed(edges):
        grad[earlier] += grad[user] * slope
    return grad
"""
TAPE_OF_NODES = """
def backward_tape(edges, nodes):
    from collections import defaultdict

    made_by, grad = defaultdict(list), {nodes - 1: 1.0}
    for user, earlier, slope in edges:
        made_by[user].append((earlier, slope))
    for node in range(nodes - 1, -1, -1):
        for earlier, slope in made_by[node]:
            grad[earlier] = grad.get(earlier, 0.0) + grad.get(node, 0.0) * slope
    return [grad.get(node, 0.0) for node in range(nodes)]
"""
TAPE_IN_NUMPY = """
import numpy as np

def backward_tape(edges, nodes):
    local = np.zeros((nodes, nodes))
    for user, earlier, slope in edges:
        local[user, earlier] += slope
    grad = np.zeros(nodes)
    grad[-1] = 1
    for node in reversed(range(nodes)):
        grad += grad[node] * local[node]
    return grad
"""


def quotient(line):
    return f"def quotient_slopes(u, v):\n    q = u / v\n    {line}\n"


def counted(paths, messages="4 * n"):
    return f'def counted(n):\n    return {{"paths": {paths}, "messages": {messages}}}\n'


def in_order(order):
    return f"def in_order(x, w):\n    order = {order!r}\n    return run_lines(order, x, w)\n"


def mended(walk, *change):
    assert not change or change[0] in walk
    return (walk.replace(*change) if change else walk) + GIVEN_BELOW


def tape(*change):
    assert change[0] in TAPE
    return TAPE.replace(*change)


WRONG = {
    "quotient": [
        (quotient('return {"u": 1 / v, "v": q / v}'), "sign"),
        (quotient('return {"u": 1 / v, "v": -q}'), "missing-derivative"),
        (quotient('return {"u": 1 / v, "v": -1 / v}'), "missing-derivative"),
        (quotient('return {"u": 1, "v": -q / v}'), "missing-derivative"),
        (quotient('return {"u": v, "v": u}'), "other"),
        (quotient('return {"u": -q / v, "v": 1 / v}'), "other"),
        (quotient("return 1 / v, -q / v"), "type"),
        (quotient('return {"u": 1 // v, "v": -q / v}'), "other"),
        (quotient('{"u": 1 / v, "v": -q / v}'), "not-attempted"),
    ],
    "counted": [
        (counted("2**n"), "other"),
        (counted("4**n"), "other"),
        (counted("3 * n"), "other"),
        (counted("3**n", "2 * n"), "other"),
        (counted("3**n", "3 * n"), "other"),
        (counted("3**n", "8 * n"), "other"),
        (counted("4 * n", "3**n"), "other"),
        (counted("3 ** (n + 1)"), "other"),
        (counted("None", "None"), "not-attempted"),
        (counted("n.paths"), "error"),
        ("def counted(n):\n    return 3**n, 4 * n\n", "type"),
        ('def counted(n):\n    return {"paths": 3**n}\n', "shape"),
    ],
    "in-order": [
        (in_order("C H F A E B G"), "wrong-order"),
        (in_order("C H F G E B A"), "wrong-order"),
        (in_order("C H A G F E B"), "wrong-order"),
        (in_order("H F A G E B C"), "wrong-order"),
        (in_order("C H F A D E B"), "overwritten"),
        (in_order("C H F A G I B"), "overwritten"),
        (in_order("C F A G E B"), "overwritten"),
        (in_order("C H F A G E"), "other"),
        (in_order("C H F A G B"), "overwritten"),
        (in_order("C F G A E B J"), "error"),
        ("def in_order(x, w):\n    return 'C H F A G E B'\n", "type"),
    ],
    "mended": [
        (mended("def backward(output):\n    backward_with_a_bug(output)\n"), "wrong-order"),
        (mended(AT_ONCE), "wrong-order"),
        (mended(AT_ONCE, "if earlier not in visited", "if True"), "other"),
        (mended(COUNTED, "earlier.grad += ", "earlier.grad = "), "overwritten"),
        (mended(COUNTED, "node.grad * slope", "node.grad"), "missing-derivative"),
        (mended(COUNTED, "    output.grad = 1.0\n", ""), "other"),
        (mended(COUNTED, "output.grad = 1.0", "output.grad = 2.0"), "factor-2"),
        (mended(COUNTED, "uses[earlier] = 0", "uses[earlier] = 1"), "other"),
        (COUNTED, "error"),
    ],
    "tape": [
        (tape("reversed(edges)", "edges"), "wrong-order"),
        (tape("grad[earlier] +=", "grad[earlier] ="), "overwritten"),
        (tape(" * slope", ""), "missing-derivative"),
        (tape("    grad[-1] = 1.0\n", ""), "other"),
        (tape("grad[earlier] += grad[user]", "grad[user] += grad[earlier]"), "other"),
        (tape("return grad", "return grad[:3]"), "shape"),
        (tape("return grad", "return dict(enumerate(grad))"), "type"),
        (tape("[0.0] * nodes", "[1.0] * nodes"), "other"),
        (tape("[0.0] * nodes", "[0.0] * len(edges)"), "shape"),
        (tape("    return", "        return"), "other"),
        ("backward_tape = measured_tape\n", "rounded", "correct"),
    ],
}

RIGHT = {
    "quotient": [
        quotient('return {"u": 1 / v, "v": -u / v**2}'),
        quotient('return dict(u=q / u, v=-q * (1 / v), note="from the tape")'),
        "def quotient_slopes(u, v):\n    slope = 1 / v\n    return {'v': u * (-(slope**2)), 'u': slope}\n",
    ],
    "counted": [
        counted("3**n"),
        counted("pow(3, n)", "n << 2"),
        "def counted(n):\n    paths = 1\n    for _ in range(n):\n        paths = paths + paths + paths\n"
        "    return dict(messages=float(4 * n), paths=float(paths))\n",
        counted("1 if n == 0 else 3 * counted(n - 1)['paths']", "len(range(n)) * 4"),
    ],
    "in-order": [
        in_order("C H F A G E B"),
        in_order("cfgaebh"),
        in_order(["C", "A", "F", "G", "B", "H", "E"]),
        in_order("C, F, D, A, I, H, B"),
    ],
    "mended": [mended(COUNTED), mended(LISTED), mended(SINGLY), mended(BUG_MENDED)],
    "tape": [TAPE, TAPE_OF_NODES, TAPE_IN_NUMPY, tape("reversed(edges)", "edges[::-1]")],
}
