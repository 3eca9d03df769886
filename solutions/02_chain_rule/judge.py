"""The questions of the exercise on chapter 02: inputs nobody has seen, and the mistakes that are usual here.

`bpgrade.assignment` says what the keys mean. The reference is the function in the notebook beside this file.
"""

from collections import Counter


def signed(rng):
    """A number in ±[0.4, 1.5]: large enough that a lost factor shows."""
    return rng.choice((-1.0, 1.0)) * rng.uniform(0.4, 1.5)


def grown(program, x, y):
    """For each node of a program its inputs, as pairs (node, local derivative)."""
    values, inputs = [x, y], [[], []]
    for times, i, j in program:
        a, b = values[i], values[j]
        values.append(a * b if times else a + b)
        inputs.append([(i, b if times else 1.0), (j, a if times else 1.0)])
    return inputs


def waited(program, x, y, count=list, add=True, slopes=True, begin=1.0):
    """The walk that counts first. With `count=set` it counts users and not edges: the bug of the question."""
    inputs = grown(program, x, y)
    end = len(inputs) - 1
    expected, to_visit, seen = Counter(), [end], {end}
    while to_visit:
        found = [earlier for earlier, _ in inputs[to_visit.pop()]]
        expected.update(count(found))
        for earlier in found:
            if earlier not in seen:
                seen.add(earlier)
                to_visit.append(earlier)
    grad, ready = [0.0] * end + [begin], [end]
    while ready:
        node = ready.pop()
        for earlier, slope in inputs[node]:
            grad[earlier] = (grad[earlier] if add else 0.0) + grad[node] * (slope if slopes else 1.0)
            expected[earlier] -= 1
            if expected[earlier] == 0:
                ready.append(earlier)
    return {"x": grad[0], "y": grad[1]}


def depth_first(program, x, y, again=False):
    """Sends at once; goes into each node once, or `again` for each edge."""
    inputs = grown(program, x, y)
    grad, visited = [0.0] * (len(inputs) - 1) + [1.0], set()

    def enter(node):
        visited.add(node)
        for earlier, slope in inputs[node]:
            grad[earlier] += grad[node] * slope
        for earlier, _ in inputs[node]:
            if again or earlier not in visited:
                enter(earlier)

    enter(len(inputs) - 1)
    return {"x": grad[0], "y": grad[1]}


def apart(one, other):
    return any(abs(one[name] - other[name]) > 1e-3 * abs(one[name]) for name in one)


def program(rng):
    """Eight operations on x and y on which the given bug shows, with numbers that keep their digits."""
    while True:
        lines = []
        for k in range(8):
            i, j = (int(each) for each in rng.integers(max(0, k - 3), k + 2, size=2))
            lines.append([int(rng.integers(2)), i, j])
        args = lines, rng.uniform(0.5, 1.2), rng.uniform(0.5, 1.2)
        right = waited(*args)
        if apart(right, waited(*args, count=set)) and min(right.values()) > 1e-3 and max(right.values()) < 1e4:
            return args


def tape(rng):
    """A random calculation of ten operations, then forty lines that use the line before twice."""
    edges, nodes = [], 3
    for _ in range(10):
        edges += [[nodes, int(rng.integers(nodes)), rng.uniform(0.3, 1.2)], [nodes, nodes - 1, rng.uniform(0.3, 1.2)]]
        nodes += 1
    for _ in range(40):
        edges += [[nodes, nodes - 1, rng.uniform(0.3, 0.8)] for _ in range(2)]
        nodes += 1
    return edges, nodes


def along(edges, nodes, order=reversed, add=True, slopes=True, begin=1.0):
    grad = [0.0] * (nodes - 1) + [begin]
    for user, earlier, slope in order(edges):
        grad[earlier] = (grad[earlier] if add else 0.0) + grad[user] * (slope if slopes else 1.0)
    return grad


def wrong_way(edges, nodes):
    grad = [0.0] * (nodes - 1) + [1.0]
    for user, earlier, slope in reversed(edges):
        grad[user] += grad[earlier] * slope
    return grad


def left_with(at_u, sent_by_u=lambda straight, through_v: straight + through_v, into_w="both", into_x=True):
    """What the lines leave behind if u gets and sends only a part; `into_w`: which messages arrive at w."""

    def left(x, w):
        u = w * x
        straight, through_v = w, 2 * u * w
        sent, from_loss = sent_by_u(straight, through_v), u * u + u
        found = {"both": from_loss + sent * x, "L": from_loss, "u": sent * x}
        return {"u": at_u(straight, through_v), "w": found[into_w], "x": sent * w * into_x}

    return left


def count_slip(text, paths=lambda n: 3**n, messages=lambda n: 4 * n):
    return "other", text, lambda n: {"paths": paths(n), "messages": messages(n)}


both = lambda straight, through_v: straight + through_v
only_straight = lambda straight, through_v: straight
only_through_v = lambda straight, through_v: through_v
nothing = lambda straight, through_v: 0.0

TOO_EARLY = "u sends before all its messages have come."
LOST_W = "w is used twice, and one of its two messages is lost: left out, replaced, or sent too early."
LOST_V = "the message from v has not arrived at u: its line is missing, or v sent before it had its own gradient."
LOST_S = "what s sent straight to u is lost: its line is missing, or a line with = came after it."
TWO_EACH = "each line has two operations, with two edges each."
WALKS_EARLY = "a node sends before all its messages have come"
NOT_BEGUN = "every gradient is 0: is the output's own set to 1, and does every node get its turn?"

QUESTIONS = {
    "quotient": {
        "function": "quotient_slopes",
        "inputs": lambda rng: (signed(rng), signed(rng) + rng.choice((-1.0, 1.0)) * 2),
        "factors": lambda u, v: {"q": u / v, "1/v": 1 / v},
        "mistakes": [
            ("other", "these are the slopes of a product.", lambda u, v: {"u": v, "v": u}),
            ("other", "they stand under each other's keys.", lambda u, v: {"u": -u / v**2, "v": 1 / v}),
        ],
    },
    "counted": {
        "function": "counted",
        "inputs": lambda rng: (int(rng.integers(3, 31)),),
        "mistakes": [
            count_slip("they stand under each other's keys.", lambda n: 4 * n, lambda n: 3**n),
            count_slip("in how many ways does one line's v lead to the next?", lambda n: 2**n),
            count_slip("a way through the sum goes along two of the line's four edges.", lambda n: 4**n),
            count_slip("each line multiplies the paths, it does not add some.", lambda n: 3 * n),
            count_slip(TWO_EACH, messages=lambda n: 2 * n),
            count_slip(TWO_EACH, messages=lambda n: 3 * n),
            count_slip("each edge carries one message, and only on the way back.", messages=lambda n: 8 * n),
        ],
        "trials": 8,
    },
    "in-order": {
        "function": "in_order",
        "inputs": lambda rng: (signed(rng), signed(rng)),
        "mistakes": [
            ("other", "nothing arrives at x: is its line there?", left_with(both, into_x=False)),
            ("overwritten", LOST_W, left_with(both, into_w="L")),
            ("overwritten", LOST_W, left_with(both, into_w="u")),
            ("wrong-order", TOO_EARLY, left_with(both, only_straight)),
            ("wrong-order", TOO_EARLY, left_with(both, only_through_v)),
            ("wrong-order", LOST_V, left_with(only_straight, only_straight)),
            ("wrong-order", "s sends before it has its own message.", left_with(nothing, nothing)),
            ("overwritten", LOST_S, left_with(only_through_v, only_through_v)),
        ],
    },
    "mended": {
        "function": "gradients",
        "inputs": program,
        "mistakes": [
            ("wrong-order", f"{WALKS_EARLY}, as in the given function.", lambda *a: waited(*a, count=set)),
            ("wrong-order", f"{WALKS_EARLY}: depth first, and at once.", depth_first),
            ("other", "a node sends its whole sum again at each visit.", lambda *a: depth_first(*a, again=True)),
            (
                "overwritten",
                "the last message replaces the others: add them up (+=).",
                lambda *a: waited(*a, add=False),
            ),
            ("missing-derivative", "the local derivatives are missing.", lambda *a: waited(*a, slopes=False)),
            ("other", NOT_BEGUN, lambda *a: waited(*a, begin=0.0)),
        ],
        "trials": 12,
    },
    "tape": {
        "function": "backward_tape",
        "inputs": tape,
        "mistakes": [
            ("other", NOT_BEGUN, lambda *a: along(*a, begin=0.0)),
            ("wrong-order", "you walk from the first edge to the last.", lambda *a: along(*a, order=iter)),
            ("overwritten", "the last message replaces the others: add them up (+=).", lambda *a: along(*a, add=False)),
            ("missing-derivative", "the local derivatives are missing.", lambda *a: along(*a, slopes=False)),
            ("other", "your messages go from the input to its user: the other way.", wrong_way),
        ],
    },
}
