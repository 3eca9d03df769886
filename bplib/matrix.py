"""Reverse mode on arrays: a `Tensor` is an array that remembers how it was made. Derived in chapter 04.

Every operation goes through `apply`: compute the value by its rule (`bplib.rules`) and, if a gradient may be asked,
note it in the graph (`bplib.graph`). The rest of this file is the spelling: operators and methods. `data` and `grad`,
and who may write into them, are in `bplib.storage`.
"""

from functools import reduce
from math import prod

import numpy as np

from .backend import as_array, backend_of, is_float, operand, own_index, to_numpy, upper
from .graph import Constant, Node, complaint, sweep
from .rules import RULES
from .storage import Stored

_new = object.__new__


def box(data, backend, node=None):
    """A tensor around a value as it is, neither copied nor checked."""
    tensor = _new(Tensor)
    tensor._data, tensor._backend, tensor._node, tensor._lent = data, backend, node, False
    return tensor


def apply(rule, *operands, **settings):
    """Do one operation on tensors, arrays and numbers, and note it in the graph if a gradient may be asked."""
    values, parents, needs, backend, dtype, bare = [], [], [], None, None, False
    for x in operands:
        if type(x) is Tensor and (x._backend is backend or backend is None):
            backend, value, node = x._backend, x._settled() if x._lent else x._data, x._node
            if dtype is None:
                dtype = value.dtype
            elif value.dtype is not dtype and value.dtype != dtype:
                raise TypeError(f"{rule.name} of {dtype} and {value.dtype}; expected one: convert with .astype(...)")
            if node is None:
                bare = True
                needs.append(False)
            else:
                needs.append(node.wanted)
        elif type(x) is float or type(x) is int:
            value, node = x, None
            needs.append(False)
        else:
            return apply(rule, *_together(operands), **settings)
        values.append(value)
        parents.append(node)
    if backend is None:
        return apply(rule, *map(Tensor, operands), **settings)
    if backend.level:
        return backend.apply(rule, values, parents, needs, settings)
    try:
        result = kept = rule.forward(backend.xp, *values, **settings)
    except (ValueError, RuntimeError) as error:
        raise complaint(rule, values, error) from error
    if rule.spares:
        result, kept = result
    if True in needs:
        if bare and backend.locks:
            for i, x in enumerate(operands):
                if parents[i] is None and type(x) is Tensor:
                    x._node = parents[i] = Constant()
        return box(result, backend, Node(rule, parents, needs, values, kept, settings, backend.counts_writes))
    if rule.passes and backend.locks and getattr(result, "base", None) is not None:
        result = result.copy()  # a view of a constant gets memory of its own
    return box(result, backend)


def _together(operands):
    """The operands as tensors of one level, that of the innermost derivative, and Python numbers."""
    tensors = [x for x in operands if type(x) is Tensor]
    if not tensors:
        return map(Tensor, operands)
    backend = reduce(upper, {x._backend for x in tensors})
    lifted = []
    for x in operands:
        value = x if type(x) is Tensor else operand(x, backend)
        same = type(value) in (int, float) or (type(x) is Tensor and x._backend is backend)
        lifted.append(value if same else box(value, backend))
    return lifted


def _operation(name, doc):
    """A method of one operand, by the rule of that name."""
    rule = RULES[name]
    method = lambda self: apply(rule, self)
    method.__name__, method.__doc__ = name, doc
    return method


def _pair(name):
    """An operator and its reflection."""
    rule = RULES[name]
    return lambda self, other: apply(rule, self, other), lambda self, other: apply(rule, other, self)


def _axis(axis):
    """None, a number or a tuple of numbers, whatever kind of them was given."""
    return axis if axis is None else tuple(map(int, axis)) if isinstance(axis, (tuple, list)) else int(axis)


def _compare(name):
    return lambda self, other: getattr(self._ground, name)(other._ground if isinstance(other, Tensor) else other)


class Tensor(Stored):
    """An array with a gradient: `@ + - * / **`, `sum mean max`, `exp log tanh sigmoid relu`, `reshape T astype`, `[]`.

    `data` is an array (NumPy, CuPy or another array-API library), a number or a list (float64); the tensor copies it.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> loss = (Tensor([1.0, -1.0]) @ W.T).tanh().sum()
    >>> loss.backward()
    >>> W.grad.round(3)
    array([[ 0.42, -0.42],
           [ 0.42, -0.42]])

    `backward` is equation (eq-02-adjoint), with the transposes of (eq-04-transpose).
    Raises TypeError for what is no array of real numbers, and where a gradient is asked of integers.
    """

    __slots__ = ()
    __array_ufunc__, __array_priority__ = None, 1000  # an array on the left leaves the operation to us

    def __init__(self, data, requires_grad=False):
        self._data = as_array(data._ground if isinstance(data, Tensor) else data, copy=True)
        self._backend, self._lent, self._node = backend_of(self._data), False, None
        if requires_grad:
            if not is_float(self._data):
                raise TypeError(
                    f"no gradient exists with respect to {self.dtype}; give floats, as with .astype('float64')"
                )
            self._node = Node()

    T = property(lambda self: self.transpose(), doc="The transpose: all axes in reverse order.")

    def backward(self, gradient=None, accumulate=False):
        """Set `.grad` of the leaves, and of the results you hold, to the derivative of this tensor; free the graph.

        `gradient` is ∂L/∂self where this is not L itself. `accumulate=True` adds to the leaves' gradients. Raises
        ValueError without `gradient` on more than one entry, and on a second call: the graph is gone.
        """
        if not self.requires_grad:
            raise ValueError(
                "backward on a tensor that depends on nothing with requires_grad=True: make a leaf with it"
            )
        if self._backend.level:
            raise TypeError("backward inside a function that grad, vjp, jvp or hvp differentiates: return the value")
        if gradient is None and self.shape != () and prod(self.shape) != 1:
            raise ValueError(f"backward on shape {self.shape} needs one number: use .sum(), .mean() or gradient=array")
        seed = self._backend.xp.one_like(self._data)
        if gradient is not None:
            given = operand(getattr(gradient, "_ground", gradient), self._backend)
            shape = tuple(getattr(given, "shape", ()))
            if shape != self.shape:
                raise ValueError(f"backward on shape {self.shape} was given a gradient of shape {shape}")
            seed = (Tensor(seed) * given)._data  # with the checks of an operation
        for leaf, g in sweep(self._node, seed, self._backend.xp).items():
            leaf.grad = leaf.grad + g if accumulate and leaf.grad is not None else g

    exp, log = _operation("exp", "eˣ, entry by entry."), _operation("log", "The natural logarithm, entry by entry.")
    tanh, sigmoid = _operation("tanh", "The hyperbolic tangent."), _operation("sigmoid", "σ(x) = 1/(1 + e⁻ˣ).")
    relu, sqrt = _operation("relu", "max(x, 0); slope 0 at 0."), _operation("sqrt", "The square root.")
    sin, cos = _operation("sin", "The sine."), _operation("cos", "The cosine.")
    __neg__, __abs__ = _operation("neg", "−x"), _operation("abs", "|x|; slope 0 at 0.")
    (__add__, __radd__), (__sub__, __rsub__), (__mul__, __rmul__) = _pair("add"), _pair("sub"), _pair("mul")
    (__truediv__, __rtruediv__), (__matmul__, __rmatmul__) = _pair("div"), _pair("matmul")
    __pow__, __rpow__ = _pair("pow")
    __lt__, __le__, __gt__, __ge__ = _compare("__lt__"), _compare("__le__"), _compare("__gt__"), _compare("__ge__")
    __eq__, __ne__, __hash__ = _compare("__eq__"), _compare("__ne__"), object.__hash__

    def sum(self, axis=None, keepdims=False):
        """The sum over `axis`: a number, a tuple of numbers, or None for all."""
        return apply(RULES["sum"], self, axis=_axis(axis), keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        """The mean over `axis`."""
        return apply(RULES["mean"], self, axis=_axis(axis), keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        """The largest entry over `axis`; entries that are equally large share the gradient."""
        return apply(RULES["max"], self, axis=_axis(axis), keepdims=keepdims)

    def reshape(self, *shape):
        """The same entries in the same order, in another shape; -1 stands for what is left."""
        shape = shape[0] if shape and isinstance(shape[0], (tuple, list)) else shape
        return apply(RULES["reshape"], self, shape=tuple(shape))

    def transpose(self, *axes):
        """The axes in another order; reversed when none are named."""
        axes = tuple(a % self.ndim for a in axes) or tuple(reversed(range(self.ndim)))
        return self if self.ndim < 2 else apply(RULES["permute_dims"], self, axes=axes)

    def astype(self, dtype):
        """The same numbers in another floating dtype, named as in "float32"; the gradient is converted back.

        Raises TypeError for what is no dtype, and for integers where a gradient is asked.
        """
        xp = backend_of(self._ground).xp
        new = getattr(xp, dtype, None) if isinstance(dtype, str) else dtype
        if new is None:
            raise TypeError(f"astype({dtype!r}): expected the name of a dtype, such as 'float32'")
        result = apply(RULES["astype"], self, dtype=new, was=self.dtype)
        if result.requires_grad and not is_float(result._ground):
            raise TypeError(f"no gradient goes through {result.dtype}; expected a floating dtype, or .detach() first")
        return result

    def detach(self):
        """A constant with the same numbers: the graph ends here."""
        return Tensor(self._ground)

    def item(self):
        """The one number as a Python float; on a device this waits for it."""
        return self._ground.item() if hasattr(self._ground, "item") else float(self._ground)

    def __getitem__(self, index):
        return apply(RULES["pick"], self, index=own_index(index, self._ground))

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __len__(self):
        if not self.shape:
            raise TypeError("a tensor of shape () has no length")
        return self.shape[0]

    __float__ = lambda self: float(self._ground)
    __bool__ = lambda self: bool(self._ground)
    __reduce__ = lambda self: (Tensor, (self._ground, self.requires_grad))

    def __array__(self, dtype=None, copy=None):
        if not backend_of(self._ground).locks:
            raise TypeError(
                f"to NumPy from {backend_of(self._ground)} is a copy to the host: ask bplib.backend.to_numpy"
            )
        return np.array(self._ground, dtype=dtype)

    def __repr__(self):
        numbers = np.array2string(to_numpy(self._ground), separator=", ", prefix="Tensor(")
        dtype = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"Tensor({numbers}{dtype}{', requires_grad=True' if self.requires_grad else ''})"
