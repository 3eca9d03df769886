"""Checkpointing: forget what a stretch of layers computed, and compute it again on the way back. Checked in chapter 18.

A net of n layers in √n segments keeps √n inputs of segments, and while one segment is walked back the √n results in it:
2√n instead of n, for one more forward pass. Source: Chen et al., Training deep nets with sublinear memory cost, 2016.
"""

from math import sqrt

from ..graph import REPLAY, Constant, Node
from ..matrix import Tensor, box
from .modules import Sequential


def checkpoint(layers, x, segments=None):
    """Run `layers` on x, and keep of each segment only what enters it; the gradients are a plain run's, bit by bit.

    `layers` is a Sequential or a list of functions of one tensor. `segments` is how many (√n if none is given, as equal
    as may be), or a list of their lengths. Backward runs each segment a second time, and raises ValueError where that
    does not give the same numbers as the first: for layers that draw random numbers, or whose weights were changed.

    >>> import numpy as np
    >>> from bplib.nn import Linear, Tanh
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential(Linear(2, 2, rng=rng), Tanh(), Linear(2, 2, rng=rng), Tanh())
    >>> checkpoint(net, Tensor([[0.5, 1.0]]), segments=2).sum().backward()
    >>> net[0].W.grad.shape
    (2, 2)
    """
    layers = list(layers.layers if isinstance(layers, Sequential) else layers)
    for length in _lengths(len(layers), segments):
        x = _segment(Sequential(*layers[:length]), x)
        del layers[:length]
    return x


def _lengths(n, segments):
    if isinstance(segments, (list, tuple)):
        if sum(segments) != n or min(segments) < 1:
            raise ValueError(f"segments of lengths {list(segments)} for {n} layers; the lengths must add up to {n}")
        return segments
    k = round(sqrt(n)) if segments is None else segments
    if not 1 <= k <= n:
        raise ValueError(f"{n} layers in {k} segments; expected 1 to {n}")
    return [n // k + (i < n % k) for i in range(k)]


def _segment(run, x):
    x = x if isinstance(x, Tensor) else Tensor(x)
    if x._backend.level:
        return run(x)  # inside grad, jvp and the like, whose graphs are short-lived
    x._node = x._node or Constant()
    start = Node()  # what is older comes from outside the segment
    first = run(box(x._data, x._backend, start if x.requires_grad else None))
    if not first.requires_grad:
        return first
    result = first._data

    def again():
        second = run(box(x._data, x._backend, x._node))
        if not _same(result, second._data, x._backend.xp):
            raise ValueError(
                "a segment gave other numbers the second time: its weights were changed before backward, or it draws "
                "random numbers; take the step after backward, and draw outside"
            )
        return second._node

    node = Node(REPLAY, [x._node, *_outside(first._node, start)])
    node.saved = (again,)
    return box(result, x._backend, node)


def _same(a, b, xp):
    return bool(xp.all((a == b) | ((a != a) & (b != b))))  # two nan count as the same number


def _outside(root, start):
    """The nodes older than the segment that it reads: while they are parents, nobody can write into their data."""
    seen, stack = {root}, [root]
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                if parent.age < start.age:  # ages count down
                    stack.append(parent)
    return [node for node in seen if node.age > start.age]
