"""The graph of an array computation, and the walk back through it. Derived in chapter 04.

A `Node` stands for a result. It keeps the rule that made it, the nodes of the operands, and the arrays that the rule
will read on the way back; no array more, no closure and no reference forward, so that a graph that nobody holds is
freed at once. `sweep` walks the nodes youngest first: a node is younger than its operands, so a gradient is complete
before it is handed on. It frees each node as it leaves it. The first gradient to reach a node is taken as it is; only a
second one costs a sum, and none costs an array of zeros.
"""

from heapq import heappop, heappush
from itertools import count

from .rules import Rule

_ages = count(0, -1)
REPLAY = Rule("checkpoint", None, None, None, passes=True)  # the walk replaces it by the graph it stands for: bplib.nn
MEND = dict.fromkeys(("add", "sub", "mul", "div", "pow"), "; axes agree from the right or are 1 there: reshape one") | {
    "matmul": "; the left's last axis must be as long as the right's last but one, as in Z = A @ W.T",
    "linear": "; x (…, n_in) takes W (n_out, n_in) and b (n_out,)",
    "linear_relu": "; x (…, n_in) takes W (n_out, n_in) and b (n_out,)",
}


class Node:
    """The result of a rule, or a leaf: a tensor that was made with requires_grad=True.

    `saved` is what the rule reads on the way back: which operands need a gradient, the operands or their shapes, the
    result or None, the settings, and PyTorch's counts of writes or None. A freed node has none, and no parents.
    """

    __slots__ = ("age", "grad", "parents", "rule", "saved")
    wanted = True  # somebody may ask for its gradient

    def __init__(self, rule=None, parents=(), needs=(), values=(), kept=None, settings=None, counts_writes=False):
        self.rule, self.parents, self.saved, self.grad, self.age = rule, parents, None, None, next(_ages)
        if rule is not None:
            if not rule.keeps_operands or (rule.spares and kept is not None):
                values = [getattr(value, "shape", value) for value in values]
            kept = kept if rule.keeps_result else None
            self.saved = (needs, values, kept, settings, _stamps(values, kept) if counts_writes else None)


class Constant(Node):
    """A tensor without a gradient that a graph reads."""

    __slots__ = ()
    wanted = False


def _stamps(values, kept):
    """How often PyTorch has seen each array written into."""
    return [getattr(value, "_version", None) for value in (*values, kept)]


def complaint(rule, values, error):
    """What a library objects to, as one error for all libraries."""
    shapes = " and ".join(str(tuple(getattr(value, "shape", ()))) for value in values)
    return ValueError(f"{rule.name} of shape {shapes} is not possible: {error}{MEND.get(rule.name, '')}")


def sweep(root, seed, xp, free=True):
    """Walk back from `root`, whose gradient is `seed`: the gradients of the leaves, {node: array}.

    Raises ValueError where an earlier walk has freed the graph, or data that the way back reads was changed in place.
    """
    gradients, heap, borrowed = {root: seed}, [(root.age, root)] if root.rule else [], {root}
    while heap:
        node = heappop(heap)[1]
        rule, saved, parents = node.rule, node.saved, node.parents
        if saved is None:
            raise ValueError(
                "backward came to a part of the graph that an earlier backward has freed: compute the loss again, add "
                "losses that share a part before one backward, or cut the past off with .detach()"
            )
        node.grad = g = gradients.pop(node)
        if rule is REPLAY:
            needs, parents, parts = (True,), (saved[0](),), (g,)
        else:
            needs, values, kept, settings, stamps = saved
            if stamps and stamps != _stamps(values, kept):
                raise ValueError(
                    f"an array that the backward pass of {rule.name} reads was changed in place: change a copy"
                )
            parts = rule.vjp(xp, needs, g, kept, *values, **settings)
        for i, parent in enumerate(parents):
            if not needs[i]:
                continue
            if parent in gradients:
                gradients[parent] = gradients[parent] + parts[i]
                borrowed.discard(parent)
            else:
                gradients[parent] = parts[i]
                if parent.rule is not None:
                    heappush(heap, (parent.age, parent))
                elif rule.passes:
                    borrowed.add(parent)
        if free:
            node.parents, node.saved = (), None
    for leaf in borrowed & gradients.keys():  # no two leaves share the memory of a gradient
        gradients[leaf] = xp.asarray(gradients[leaf], copy=True)
    return gradients
