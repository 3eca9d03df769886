"""Reverse mode on plain numbers, derived in chapter 02: an operation makes a node that keeps its parents and, for each,
the local derivative (its slope). Nothing refers from a parent to a child: no cycles, so a graph is freed at once."""

from functools import wraps
from operator import mul

from bplib import elementary

_new, _ONE = object.__new__, float("1")  # the slope of a sum is one object: by it `op` knows a sum from a product
_lift = lambda x: x if isinstance(x, Value) else Value(x)
_unary = lambda rule: wraps(rule)(lambda x: _node(*rule(x.data), x, rule.__name__))  # a method from an elementary rule


def _node(data, slope, a, op, b=None):
    node = _new(Value)
    node.data, node._a, node._b = data, a, b
    node._da, node._db = slope, op
    node.grad, node._seen = 0.0, 0
    return node


class Value:
    """A number that remembers how it was made: `+ - * / **`, `exp log tanh sigmoid relu`, `dot`, `total`.

    >>> x = Value(3.0)
    >>> c = x * x + 2 * x  # every path from x to c counts: dc/dx = 2x + 2
    >>> c.backward()
    >>> c.data, x.grad
    (15.0, 8.0)

    The slopes of sum and product are (eq-02-sum) and (eq-02-product); `backward` is (eq-02-adjoint), (eq-03-rule).
    Raises TypeError for what is neither a real number nor a Value. A node of two operands keeps them in `_a` and `_b`,
    the slopes in `_da` and `_db`; others keep an operand, or a tuple of them, in `_a` and their name in `_db`."""

    __slots__ = ("_a", "_b", "_da", "_db", "_seen", "data", "grad")  # 112 bytes with the number
    __array_ufunc__ = None  # a NumPy operand leaves the operation to us

    def __init__(self, data):
        self.data, self._a, self._b = elementary.number(data), (), None
        self._da, self._db = (), ""
        self.grad, self._seen = 0.0, 0

    def __add__(self, other):
        other = other if type(other) is Value else _lift(other)
        node = _new(Value)
        node.data, node._a, node._b = self.data + other.data, self, other
        node._da = node._db = _ONE
        node.grad, node._seen = 0.0, 0
        return node

    def __mul__(self, other):
        other = other if type(other) is Value else _lift(other)
        node, x, y = _new(Value), self.data, other.data
        node.data, node._a, node._b = x * y, self, other
        node._da, node._db = y, x
        node.grad, node._seen = 0.0, 0
        return node

    def __truediv__(self, other):
        return _node(*elementary.divide(self.data, (other := _lift(other)).data), (self, other), "÷")

    def __pow__(self, k):
        y, slopes = elementary.power(self.data, p := _lift(k).data)
        return _node(y, slopes, (self, k), "**") if isinstance(k, Value) else _node(y, slopes[0], self, f"**{p:g}")

    __sub__ = lambda self, other: _node(self.data - (x := _lift(other)).data, _ONE, self, -1.0, x)
    __neg__ = lambda self: _node(-self.data, -1.0, self, "−")
    __radd__, __rmul__, __rsub__ = __add__, __mul__, lambda self, other: _lift(other) - self
    __rtruediv__, __rpow__ = lambda self, other: _lift(other) / self, lambda self, other: _lift(other) ** self
    __repr__ = lambda self: f"Value(data={self.data:.6g}, grad={self.grad:.6g})"
    exp, log, tanh, sigmoid, relu = map(_unary, elementary.UNARY)
    # The nodes this one was computed from, its slope in each of them, and its operation ("" for a leaf).
    parents = property(lambda v: (v._a, v._b) if v._b else v._a if type(v._a) is tuple else (v._a,))
    locals = property(lambda v: (v._da, v._db) if v._b else v._da if type(v._a) is tuple else (v._da,))
    op = property(lambda v: v._db if not v._b else "+−"[v._db is not _ONE] if v._da is _ONE else "×")

    def backward(self, accumulate=False):
        """Set `.grad` of every node that this one depends on to d self / d node; a second call gives the same.

        Walk depth first and list a node once its parents are listed. Read backwards, the list meets a node after all
        its users, so its gradient is whole when it is passed on. `accumulate=True` adds to what `.grad` held before,
        as for a sum of losses."""
        order, stack = [], [self]
        try:
            while stack:
                node = stack[-1]
                if node._seen:  # met again on the way back
                    if node._seen == 1:
                        node._seen = 2
                        order.append(node)
                    stack.pop()
                    continue
                node._seen = 1
                a, b = node._a, node._b
                if b is not None:
                    if not a._seen:
                        stack.append(a)
                    if not b._seen:
                        stack.append(b)
                elif type(a) is tuple:
                    for p in a:
                        if not p._seen:
                            stack.append(p)
                elif not a._seen:
                    stack.append(a)
            before = [node.grad for node in order] if accumulate else ()
            for node in order:
                node.grad, node._seen = 0.0, 0
        except BaseException:  # an interrupt must not leave marks behind for the next call
            for node in (*stack, *order):
                node._seen = 0
            raise
        self.grad = 1.0
        for node in reversed(order):
            a, b = node._a, node._b
            slope, g = node._da, node.grad
            if b is not None:
                a.grad += g * slope
                b.grad += g * node._db
            elif type(a) is tuple:
                for p, d in zip(a, slope):  # noqa: B905
                    p.grad += g * d
            else:
                a.grad += g * slope
        for node, old in zip(order, before):  # noqa: B905
            node.grad += old


Value._number = Value.data  # the same slot under a name that nothing else has: `dot` knows its operands by it


def dot(ws, xs, bias=None):
    """Σ wᵢxᵢ (+ bias) as one node; ValueError unless there are as many weights as inputs."""
    ws, xs = tuple(ws), tuple(xs)
    if len(ws) != len(xs):
        raise ValueError(f"dot was given {len(ws)} weights but {len(xs)} inputs; expected as many of each")
    try:
        w, x = [v._number for v in ws], [v._number for v in xs]
        if bias is None:
            return _node(sum(map(mul, w, x), 0.0), (*x, *w), (*ws, *xs), "dot")
        return _node(sum(map(mul, w, x), bias._number), (*x, *w, 1.0), (*ws, *xs, bias), "dot")
    except AttributeError:  # a plain number among them
        return dot(map(_lift, ws), map(_lift, xs), bias if bias is None else _lift(bias))


def total(values):
    """Σ vᵢ as one node."""
    nodes = tuple(map(_lift, values))
    return _node(sum([v.data for v in nodes], 0.0), (1.0,) * len(nodes), nodes, "total")
