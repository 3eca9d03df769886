"""Reverse mode on plain numbers: every operation makes a node that keeps its parents and, for each of them, the local
derivative (its slope); `backward` walks from the loss to the leaves. Derived in chapter 02.

Standard library only: the same file runs in the reader's browser. There are no closures and no references from a
parent to its children, so the graph has no cycles and is freed at once. A node costs 112 bytes, its number included.
"""

import math
from numbers import Real
from operator import mul

_new = object.__new__
_ONE = float("1")  # the slope of a sum: one object, by which `op` knows a sum from a product without a slot of its own


def _divide(x, y):
    """x / y, with IEEE 754's inf and nan where Python raises: they must pass through."""
    if y:
        return x / y
    return math.nan if not x or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)


def _power(x, p):
    try:
        return math.pow(x, p)
    except (OverflowError, ValueError):
        if x < 0.0 and p % 1.0:
            return math.nan
        return math.copysign(math.inf, x) if p % 2.0 == 1.0 else math.inf


def _exp(x):
    return math.inf if x > 709.79 else math.exp(x)


def _log(x):
    return math.log(x) if x > 0.0 else math.nan if x else -math.inf


def _node(data, a, slope_a, op, b=None):
    node = _new(Value)
    node.data = data
    node.grad = 0.0
    node._uses = 0
    node._a = a
    node._b = b
    node._da = slope_a
    node._db = op
    return node


def _lift(x):
    return x if isinstance(x, Value) else Value(x)


class Value:
    """A number that remembers how it was made: `+ - * / **`, `exp log tanh sigmoid relu`, `dot`, `total`.

    >>> x = Value(3.0)
    >>> a = x * x
    >>> c = a + 2 * a  # dc/dx = 6x: every path from x to c counts
    >>> c.backward()
    >>> c.data, a.grad, x.grad
    (27.0, 3.0, 18.0)

    Raises TypeError for what is no real number. inf and nan pass through: 1/0 is inf, the logarithm of −1 is nan.
    A node of two operands keeps them in `_a`, `_b` and the slopes in `_da`, `_db`. Any other keeps one operand or a
    tuple of operands in `_a`, the slopes likewise in `_da`, None in `_b` and its name in `_db`.
    """

    __slots__ = ("_a", "_b", "_da", "_db", "_uses", "data", "grad")
    __array_ufunc__ = None  # a NumPy operand leaves the operation to us

    def __init__(self, data):
        if not isinstance(data, (float, int, Real)):
            raise TypeError(
                f"a Value works with real numbers and Values, but was given a {type(data).__name__}; "
                "expected an int, a float or a Value. For arrays use bplib.matrix.Tensor throughout."
            )
        self.data = float(data)
        self.grad = 0.0
        self._uses = 0
        self._a = self._da = ()
        self._b = None
        self._db = ""

    def __add__(self, other):
        if type(other) is not Value:
            other = _lift(other)
        node = _new(Value)
        node.data = self.data + other.data
        node.grad = 0.0
        node._uses = 0
        node._a = self
        node._b = other
        node._da = node._db = _ONE
        return node

    def __mul__(self, other):
        if type(other) is not Value:
            other = _lift(other)
        node = _new(Value)
        node._db = x = self.data
        node._da = y = other.data
        node.data = x * y
        node.grad = 0.0
        node._uses = 0
        node._a = self
        node._b = other
        return node

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return _node(-self.data, self, -1.0, "−")

    def __sub__(self, other):
        other = _lift(other)
        return _node(self.data - other.data, self, _ONE, -1.0, other)

    def __truediv__(self, other):
        other = _lift(other)
        ratio = _divide(self.data, other.data)
        return _node(ratio, (self, other), (_divide(1.0, other.data), _divide(-ratio, other.data)), "÷")

    def __pow__(self, k):
        x, p = self.data, _lift(k).data
        y, slope = _power(x, p), p * _power(x, p - 1.0) if p else 0.0
        if not isinstance(k, Value):
            return _node(y, self, slope, p)
        return _node(y, (self, k), (slope, 0.0 if x == 0.0 and p >= 0.0 else y * _log(x)), "**")

    __rsub__ = lambda self, other: _lift(other) - self
    __rtruediv__ = lambda self, other: _lift(other) / self
    __rpow__ = lambda self, other: _lift(other) ** self

    def exp(self):
        y = _exp(self.data)
        return _node(y, self, y, "exp")

    def log(self):
        return _node(_log(self.data), self, _divide(1.0, self.data), "log")

    def tanh(self):
        t = math.tanh(self.data)
        return _node(t, self, 1.0 - t * t, "tanh")

    def sigmoid(self):
        e = math.exp(-abs(self.data))  # never overflows
        s = 1.0 / (1.0 + e) if self.data > 0.0 else e / (1.0 + e)
        return _node(s, self, s * (1.0 - s), "sigmoid")

    def relu(self):
        x = self.data
        return _node(0.0, self, 0.0, "relu") if x <= 0.0 else _node(x, self, 1.0, "relu")

    def backward(self, accumulate=False):
        """Set `.grad` of every node that this one depends on to d self / d node; a second call gives the same.

        First count how often each node is used; then let a node pass its gradient on once all its uses have reported
        (Kahn's algorithm). `accumulate=True` adds to what `.grad` held before, as for a sum of losses.
        """
        before = [(node, node.grad) for node in self.ancestors()] if accumulate else ()
        stack = [self]
        push, pop = stack.append, stack.pop
        try:
            while stack:
                node = pop()
                a, b = node._a, node._b
                if b is not None:
                    if not a._uses:
                        a.grad = 0.0
                        push(a)
                    a._uses += 1
                    if not b._uses:
                        b.grad = 0.0
                        push(b)
                    b._uses += 1
                else:
                    for p in a if type(a) is tuple else (a,):
                        if not p._uses:
                            p.grad = 0.0
                            push(p)
                        p._uses += 1
            self.grad = 1.0
            push(self)
            while stack:
                node = pop()
                a, b, slope, g = node._a, node._b, node._da, node.grad
                if b is not None:
                    a.grad += g * slope
                    a._uses -= 1
                    if not a._uses:
                        push(a)
                    b.grad += g * node._db
                    b._uses -= 1
                    if not b._uses:
                        push(b)
                else:
                    for p, slope in zip(a, slope) if type(a) is tuple else ((a, slope),):
                        p.grad += g * slope
                        p._uses -= 1
                        if not p._uses:
                            push(p)
        except BaseException:  # an interrupt must not leave half-used counts for the next call
            for node in self.ancestors():
                node._uses = 0
            raise
        for node, old in before:
            node.grad += old

    def ancestors(self):
        """The set of all nodes that this one depends on, itself included."""
        seen, stack = {self}, [self]
        while stack:
            fresh = set(stack.pop().parents) - seen
            seen |= fresh
            stack += fresh
        return seen

    @property
    def parents(self):
        """The nodes that this one was computed from, a tuple."""
        a, b = self._a, self._b
        return (a, b) if b is not None else a if type(a) is tuple else (a,)

    @property
    def locals(self):
        """The derivative of this node by each of its parents, a tuple of numbers."""
        a, b, slope = self._a, self._b, self._da
        return (slope * 1.0, self._db) if b is not None else slope if type(a) is tuple else (slope,)

    @property
    def op(self):
        """The operation that made this node, "" for a leaf."""
        if self._b is None:
            return self._db if isinstance(self._db, str) else f"**{self._db:g}"
        return "×" if self._da is not _ONE else "+" if self._db is _ONE else "−"

    def __repr__(self):
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g})"


def dot(ws, xs, bias=None):
    """Σ wᵢ xᵢ (+ bias) as one node, of two sequences of equal length (else ValueError)."""
    ws, xs = tuple(map(_lift, ws)), tuple(map(_lift, xs))
    if len(ws) != len(xs):
        raise ValueError(f"dot needs as many weights as inputs, but was given {len(ws)} and {len(xs)}")
    w, x = [v.data for v in ws], [v.data for v in xs]
    if bias is None:
        return _node(sum(map(mul, w, x), 0.0), (*ws, *xs), (*x, *w), "dot")
    bias = _lift(bias)
    return _node(sum(map(mul, w, x), bias.data), (*ws, *xs, bias), (*x, *w, 1.0), "dot")


def total(values):
    """The sum of a sequence of Values as one node."""
    values = tuple(map(_lift, values))
    return _node(sum([v.data for v in values], 0.0), values, (1.0,) * len(values), "total")
