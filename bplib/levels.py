"""Derivatives of derivatives: tensors whose data are tensors.

To differentiate inside a function that is itself being differentiated, the inner derivative works one level up: there,
a tensor's data is a tensor of the level below, and every number that the rules touch is recorded below. A level is
either reverse (results get nodes, as in `bplib.graph`) or forward (results get tangents). The higher level is the inner
one; what belongs to a lower level is a constant to it, so that nested derivatives never mix up their tangents.

Source: Pearlmutter and Siskind, Reverse-mode AD in a functional framework, TOPLAS 30(2), 2008.
"""

from functools import partial
from itertools import count

from .backend import as_array, backend_of
from .graph import Node, complaint
from .matrix import Tensor, apply, box
from .rules import RULES

_numbers = count(1)


def run_rule(rule, *values, **settings):
    """A rule on tensors of any level and arrays."""
    if any(type(value) is Tensor for value in values):
        return apply(rule, *values, **settings)
    xp = backend_of(next(value for value in values if hasattr(value, "dtype"))).xp
    try:
        result = rule.forward(xp, *values, **settings)
    except (ValueError, RuntimeError) as error:
        raise complaint(rule, values, error) from error
    return result[0] if rule.spares else result


def array_of(value):
    """The array at the bottom of a value."""
    return value._ground if type(value) is Tensor else value


def zeros_of(value):
    """Zeros in the shape of a value: an array."""
    return backend_of(array_of(value)).xp.zeros_like(array_of(value))


class _Namespace:
    """What the rules call `xp`, for tensors: each function an operation of the table."""

    run_rule = staticmethod(run_rule)
    reshape = staticmethod(lambda x, shape: run_rule(RULES["reshape"], x, shape=shape))
    broadcast_to = staticmethod(lambda x, shape: run_rule(RULES["broadcast_to"], x, shape=shape))
    permute_dims = staticmethod(lambda x, axes: run_rule(RULES["permute_dims"], x, axes=axes))
    astype = staticmethod(lambda x, dtype: run_rule(RULES["astype"], x, dtype=dtype, was=x.dtype))
    asarray = staticmethod(lambda x, copy: x if type(x) is Tensor else as_array(x, copy=copy))
    zeros_like = staticmethod(zeros_of)
    # The slopes of sign and step are 0: they may be plain arrays.
    sign = staticmethod(lambda x: backend_of(array_of(x)).xp.sign(array_of(x)))
    step = staticmethod(lambda x: run_rule(RULES["astype"], x > 0, dtype=x.dtype, was=None))
    masked = staticmethod(lambda g, y: g * _Namespace.step(y))
    product = staticmethod(lambda a, b: a @ b)
    column_sums = staticmethod(lambda x: run_rule(RULES["sum"], x, axis=0))

    def __getattr__(self, name):
        return partial(run_rule, RULES[name])


class Level:
    """Where one call of a transformation works: in the place of a `Backend`, but for data that may be tensors."""

    locks = counts_writes = False
    xp, device = _Namespace(), None

    def __init__(self):
        self.level = next(_numbers)

    def apply(self, rule, values, nodes, needs, settings):
        """Do the operation one level down, and note it here."""
        result = run_rule(rule, *values, **settings)
        return box(result, self, self.note(rule, values, nodes, needs, result, settings) if any(needs) else None)


class Reverse(Level):
    """A level whose results remember how they were made."""

    def note(self, rule, values, nodes, needs, result, settings):
        """A node of the graph."""
        return Node(rule, nodes, needs, values, None if rule.spares else result, settings)


class Tangent:
    """What a forward level keeps of a result: its derivative along the direction."""

    wanted, saved, grad = True, None, None

    def __init__(self, value):
        self.value = value


class Forward(Level):
    """A level whose results carry their tangent along."""

    def note(self, rule, values, nodes, needs, result, settings):
        """The tangent of the result, from those of the operands."""
        tangents = [None if node is None else node.value for node in nodes]
        return Tangent(rule.jvp(self.xp, tangents, result, *values, **settings))
