"""Forward mode: a number or an array together with its tangent, the rate at which it changes. Derived in chapter 01.

One run of a program gives its value and one directional derivative, f(x + εv) = f(x) + ε f′(x) v with ε² = 0. Nothing
is recorded, so memory does not grow with the length of the program; the gradient in n inputs takes n runs.
Numbers need the standard library only; arrays use the jvp of each operation in `bplib.rules`.

Source: Wengert, A simple automatic derivative evaluation program, Communications of the ACM 7(8):463–464, 1964.
"""

from functools import wraps
from numbers import Real

from bplib import elementary

_NUMBERS = {  # the value of an operation on plain numbers, and its slopes in the operands
    "add": lambda x, y: (x + y, (1.0, 1.0)),
    "sub": lambda x, y: (x - y, (1.0, -1.0)),
    "mul": lambda x, y: (x * y, (y, x)),
    "div": elementary.divide,
    "pow": elementary.power,
    "neg": lambda x: (-x, -1.0),
    **{rule.__name__: rule for rule in elementary.UNARY},
}


class Dual:
    """A value and its tangent, of one shape: `+ - * / ** @`, `exp log tanh sigmoid relu`, `sum mean reshape T []`.

    The tangents of the inputs say along which direction to differentiate; an input without one is a constant.
    Equation (eq-01-dual).

    >>> x = Dual(3.0, 1.0)
    >>> x * x + 2 * x
    Dual(value=15.0, tangent=8.0)

    Lists become arrays of float64. Raises TypeError for what is no real number and no array of floats, ValueError for a
    tangent of another shape than its value.
    """

    __slots__ = ("tangent", "value")
    __array_ufunc__ = None  # a NumPy operand leaves the operation to us

    def __init__(self, value, tangent=None):
        self.value = _plain(value)
        self.tangent = self.value * 0.0 if tangent is None else _plain(tangent)
        shapes = [getattr(x, "shape", ()) for x in (self.value, self.tangent)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"the value has shape {shapes[0]} and the tangent {shapes[1]}; expected one shape")

    __add__ = lambda self, other: _apply("add", self, other)
    __sub__ = lambda self, other: _apply("sub", self, other)
    __mul__ = lambda self, other: _apply("mul", self, other)
    __truediv__ = lambda self, other: _apply("div", self, other)
    __pow__ = lambda self, other: _apply("pow", self, other)
    __matmul__ = lambda self, other: _apply("matmul", self, other)
    __radd__, __rmul__ = __add__, __mul__
    __rsub__ = lambda self, other: _apply("sub", other, self)
    __rtruediv__ = lambda self, other: _apply("div", other, self)
    __rpow__ = lambda self, other: _apply("pow", other, self)
    __rmatmul__ = lambda self, other: _apply("matmul", other, self)
    __neg__ = lambda self: _apply("neg", self)
    __getitem__ = lambda self, index: _apply("pick", self, index=index)
    __repr__ = lambda self: f"Dual(value={self.value!r}, tangent={self.tangent!r})"

    def sum(self, axis=None):
        """The sum over all entries, or over an axis."""
        return _apply("sum", self, axis=axis)

    def mean(self, axis=None):
        """The mean over all entries, or over an axis."""
        return _apply("mean", self, axis=axis)

    def reshape(self, *shape):
        """The same entries in another shape."""
        return _apply("reshape", self, shape=shape[0] if isinstance(shape[0], tuple) else shape)

    @property
    def T(self):
        """The transpose of a matrix."""
        return _apply("matrix_transpose", self)


def _unary(rule):
    return wraps(rule)(lambda self: _apply(rule.__name__, self))


for _rule in elementary.UNARY:
    setattr(Dual, _rule.__name__, _unary(_rule))


def _apply(name, *operands, **settings):
    """An operation on Duals and constants; a constant has no tangent, so that 0 · inf cannot arise from it."""
    values = [x.value if isinstance(x, Dual) else _plain(x) for x in operands]
    tangents = [x.tangent if isinstance(x, Dual) else None for x in operands]
    if name in _NUMBERS and all(isinstance(x, float) for x in values):
        y, slopes = _NUMBERS[name](*values)
        slopes = slopes if isinstance(slopes, tuple) else (slopes,)
        return Dual(y, sum(slope * t for slope, t in zip(slopes, tangents, strict=True) if t is not None))
    return Dual(*_on_arrays(name, values, tangents, settings))


def _on_arrays(name, values, tangents, settings):
    """The value and the tangent by the rule's forward and jvp; numbers become arrays beside one (not an exponent)."""
    arrays = [x for x in values if not isinstance(x, float)]
    if not arrays:
        raise TypeError(f"{name} was asked of a number; expected an array")
    from bplib.backend import backend_of
    from bplib.rules import RULES

    if len({backend_of(x) for x in arrays}) > 1 or len({x.dtype for x in arrays}) > 1:
        kinds = " and ".join(f"{x.dtype} of {backend_of(x)}" for x in arrays)
        raise TypeError(f"{name} of {kinds}; expected one dtype and one library: convert one of them first")
    xp = backend_of(arrays[0]).xp
    whole = lambda x: xp.asarray(x, dtype=arrays[0].dtype, device=xp.device) if isinstance(x, float) else x
    exponent = name == "pow" and isinstance(values[1], float) and tangents[1] is None
    values = [x if exponent and i else whole(x) for i, x in enumerate(values)]
    tangents = [t if t is None else whole(t) for t in tangents]
    y = RULES[name].forward(xp, *values, **settings)
    return y, RULES[name].jvp(xp, tangents, y, *values, **settings)


def _plain(x):
    """A number as a float, anything else as an array of floats."""
    if isinstance(x, Real):
        return float(x)
    if not isinstance(x, (list, tuple)) and not hasattr(x, "shape"):
        return elementary.number(x)
    if type(x).__module__.startswith("bplib."):
        raise TypeError(f"a {type(x).__name__} and a Dual do not mix: use Dual(x.data), or Duals throughout")
    from bplib.backend import as_array, is_float

    array = as_array(x)
    if not is_float(array):
        raise TypeError(f"a derivative of {array.dtype} does not exist; give floats, as with .astype('float64')")
    return array
