"""`grad`, `vjp`, `jvp` and `hvp`: the derivatives of a plain function, as functions. Chapters 01 and 04.

A function takes and returns tensors. Arrays given to a transformed function come back as arrays, tensors as tensors,
which can be differentiated again. Where a function has several arguments, a tuple stands for them.
"""

from .backend import is_float
from .graph import Node, sweep
from .levels import Forward, Reverse, Tangent, zeros_of
from .matrix import Tensor, box


def _value(x):
    """An argument as a value that a new level can stand on: a tensor, constant if it was none."""
    value = x if isinstance(x, Tensor) else Tensor(x)
    if not is_float(value._ground):
        raise TypeError(f"a derivative with respect to {value.dtype} does not exist; give floats")
    return value


def _output(y, level):
    """What a function returned, as a tensor of the level: constant there, if it does not depend on the arguments."""
    if not isinstance(y, Tensor):
        raise TypeError(f"the function returned a {type(y).__name__}; expected one Tensor")
    return y if y._backend is level else box(y, level)


def _like(result, x):
    """A result in the form of the argument: a tensor for a tensor, else an array, if no other tensor is behind it."""
    if isinstance(x, Tensor):
        return result if isinstance(result, Tensor) else Tensor(result)
    return result._data if isinstance(result, Tensor) and not result.requires_grad else result


def _same_kind(v, x, what):
    """v as a tensor, if it has the shape and dtype of x."""
    v = v if isinstance(v, Tensor) else Tensor(v)
    if v.shape != x.shape or v.dtype != x.dtype:
        raise ValueError(f"{what} has shape {v.shape} of {v.dtype}; expected {x.shape} of {x.dtype}")
    return v


def vjp(f, *primals):
    """The value of f and its pullback: g = ∂L/∂f(x) to ∂L/∂x, as often as asked (gᵀJ, one backward pass each).

    The second line of equation (eq-01-jacobian).

    >>> y, pullback = vjp(lambda x: x.exp(), [0.0, 1.0])
    >>> pullback([1.0, 0.0])
    array([1., 0.])

    The pullback returns a tuple where there are several primals. Raises ValueError for a g of another shape than f(x),
    TypeError where f returns no tensor and for integers.
    """
    y, pull = _pullback(f, primals)

    def pullback(g):
        results = pull(_same_kind(g, y, "the gradient"), free=False)
        return results if len(primals) > 1 else results[0]

    return _like(y, primals[0]), pullback


def _pullback(f, primals):
    level, values = Reverse(), [_value(x) for x in primals]
    leaves = [box(value, level, Node()) for value in values]
    y = _output(f(*leaves), level)

    def pull(g, free):
        gradients = {} if y._node is None else sweep(y._node, g, level.xp, free)
        found = [gradients.get(leaf._node) for leaf in leaves]
        return tuple(
            _like(zeros_of(value) if g is None else g, x) for g, value, x in zip(found, values, primals, strict=True)
        )

    return y._data, pull


def grad(f, argnums=0):
    """The function that computes ∇f with respect to the argument of that number, or a tuple for a tuple of numbers.

    >>> grad(lambda x: (x * x).sum())([1.0, 2.0])
    array([2., 4.])
    >>> float(grad(grad(lambda x: x**3))(2.0))
    12.0

    Equation: ∇f(x) = Jᵀ 1. Raises ValueError where f returns more than one number, TypeError for integers.
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def gradient(*args, **keywords):
        def of_chosen(*chosen):
            arguments = list(args)
            for number, x in zip(numbers, chosen, strict=True):
                arguments[number] = x
            return f(*arguments, **keywords)

        y, pull = _pullback(of_chosen, [args[number] for number in numbers])
        if tuple(y.shape) not in ((), (1,)):
            raise ValueError(
                f"grad of a function that returns shape {tuple(y.shape)}; expected one number: sum or mean"
            )
        results = pull(Tensor(zeros_of(y) + 1), free=True)
        return results[0] if isinstance(argnums, int) else results

    return gradient


def jvp(f, primals, tangents):
    """The value of f and its derivative along `tangents` (J v, computed along with the value; nothing is stored).

    The first line of equation (eq-01-jacobian).

    >>> jvp(lambda x: x * x, [1.0, 3.0], [1.0, 10.0])
    (array([1., 9.]), array([ 2., 60.]))

    A tuple of primals stands for several arguments and takes a tuple of tangents. Raises ValueError for a tangent of
    another shape or dtype than its primal.
    """
    points = primals if isinstance(primals, tuple) else (primals,)
    directions = tangents if isinstance(primals, tuple) else (tangents,)
    level, values = Forward(), [_value(x) for x in points]
    vectors = [_same_kind(v, x, "a tangent") for v, x in zip(directions, values, strict=True)]
    y = f(*(box(x, level, Tangent(v)) for x, v in zip(values, vectors, strict=True)))
    results = y if isinstance(y, tuple) else (y,)
    outputs = [_output(result, level) for result in results]
    there = tuple(_like(out._data, points[0]) for out in outputs)
    along = tuple(_like(zeros_of(o._data) if o._node is None else o._node.value, points[0]) for o in outputs)
    return (there, along) if isinstance(y, tuple) else (there[0], along[0])


def hvp(f, primals, tangents):
    """The product of the Hessian of f with a vector: the derivative of the gradient along it (forward over reverse).

    >>> hvp(lambda x: (x**3).sum(), [1.0, 2.0], [1.0, 1.0])
    array([ 6., 12.])

    It costs a few times as much as f, and no Hessian is stored. Tuples stand for several arguments, as in `jvp`.
    Equation: H v = d/dε ∇f(x + εv) at ε = 0. Source: Pearlmutter, Fast exact multiplication by the Hessian, 1994.
    """
    several = isinstance(primals, tuple)
    return jvp(grad(f, tuple(range(len(primals))) if several else 0), primals, tangents)[1]
