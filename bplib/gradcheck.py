"""Two rulers for a gradient that know nothing of how it was computed, central differences and the complex step, and
`check_grads`, which holds a gradient against the first of them.

Used by every chapter from 03 on; chapter 01 derives both. Standard library only at import: arrays and tensors are
handled through their own methods, so the same file runs in the reader's browser.
"""

import math
import random
from functools import partial
from operator import mul

from bplib.argument import EPSILON, Argument


def numerical_gradient(f, *args):
    """The gradient of `f` at `args` by central differences, (f(x + h) − f(x − h)) / 2h, one entry at a time.

    Equation (eq-01-nudge), nudged to both sides, as in (eq-01-square).

    Each argument is a number, a `Value`, a list (nested as you like), an array or a `Tensor`; `f` returns one number
    (or a `Value`, a 0-d array or `Tensor` of one). The result has the shape of the argument, for several arguments it
    is a tuple.

    The step h = ε^(1/3) · max(1, abs x), with ε = 2.2e-16 (or that of the array's dtype), balances the error of cutting
    the series off, which grows as h², against rounding, which grows as 1/h: expect about ten digits, fewer where f is
    large beside its slope (Press et al., Numerical Recipes, section 5.7).

    >>> round(numerical_gradient(lambda x: x**2, 3.0), 9)
    6.0
    >>> [round(g, 9) for g in numerical_gradient(lambda w: w[0] * w[1], [2.0, 5.0])]
    [5.0, 2.0]

    Raises TypeError where `f` returns no single number, and for integer arrays, which cannot be nudged.
    """

    def slope(argument, i, call):
        x, h = argument.entries[i], argument.step(i)
        up, down = x + h, x - h
        return (_real(call(up)) - _real(call(down))) / (up - down)

    return _each_entry(slope, f, args)


def complex_step(f, *args, h=1e-30):
    """The gradient of `f` at `args` from f(x + ih): its imaginary part divided by h, as in equation (eq-01-complex).

    Nothing is subtracted, so no digit is lost, and h may be tiny.

    `f` must be analytic and built from operations that take complex numbers: `+ - * / **` and `e**x`, `cmath`'s or
    NumPy's functions; no `abs`, no comparison, no `math.exp`. Arguments are numbers, lists and arrays; the result is
    shaped as for `numerical_gradient`.

    Source: Squire and Trapp, SIAM Review 40(1):110–112, 1998.

    >>> complex_step(lambda x: x**3, 2.0)
    12.0

    Raises TypeError where `f` cannot take a complex number, and for a `Value` or `Tensor`: the engines stay real.
    """

    def slope(argument, i, call):
        if argument.engine:
            raise TypeError(
                f"complex_step was given a {argument.engine.__name__}, which holds real numbers only; give plain "
                "numbers or arrays and a plain function, or use numerical_gradient"
            )
        try:
            y = call(complex(argument.entries[i], h), complex)
        except TypeError as error:
            raise TypeError(
                f"the complex step gave f a complex number, which it could not take ({error}); write f with + - * / ** "
                "and cmath or NumPy, or use numerical_gradient"
            ) from error
        if "complex" not in str(getattr(y, "dtype", type(y))):
            raise TypeError(
                f"f returned the real number {y} for a complex one: abs, max or a comparison lost the "
                "imaginary part, or f does not depend on this argument; use numerical_gradient"
            )
        return complex(y).imag / h

    return _each_entry(slope, f, args)


def check_grads(f, *args, order=1, gradient=None, rng=None, rtol=1e-6):
    """Raise AssertionError unless the gradient of `f` at `args` agrees with central differences; else return None.

    The gradient is that of the engine: `f` is given Values for numbers and lists, Tensors for arrays. Or it is yours:
    `gradient(*args)` returns it for the plain arguments (a tuple for several). With `order=2` the engine's product of
    the Hessian and a random vector is then held against differences of its gradient (arrays and Tensors only).

    Both sides are compared along three random directions v, ∇f·v against (f(x + hv) − f(x − hv)) / 2h, which takes six
    calls of f however many entries there are; only a failure looks at single entries. `rng` is a `random.Random`.

    >>> check_grads(lambda w, x: (w * x).tanh(), 0.5, 2.0)
    >>> check_grads(lambda x: x**2, 3.0, gradient=lambda x: x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AssertionError: the gradient in argument 0 (x) is 3, but central differences give 6. Likely: half of the truth: ...

    Raises ValueError for another order or where f is not finite, TypeError where f returns no single number.
    """
    if order not in (1, 2) or (order == 2 and gradient is not None):
        raise ValueError(f"order is {order}; expected 1 or 2, and 1 where a gradient is given")
    rng = rng or random.Random(0)
    if gradient is None:
        args = [_wrapped(arg) for arg in args]
        gradient = lambda *point: _engine_gradient(f, point)
    answer = _tuple(gradient(*args))
    if len(answer) != len(args):
        raise ValueError(f"gradient returned {len(answer)} gradients for {len(args)} arguments; expected one for each")
    arguments = [Argument(arg, n) for n, arg in enumerate(args)]
    found = [Argument(g, n).entries for n, g in enumerate(answer)]
    if list(map(len, found)) != [len(x.entries) for x in arguments]:
        _blame(f, arguments, answer)
    for _ in range(3):
        v = _direction(arguments, rng)
        if not _agree(found, v, lambda *point: _real(f(*point)), arguments, v, rtol):
            _blame(f, arguments, answer)
        if order == 2:
            _check_second(f, arguments, v, _direction(arguments, rng), rtol)


def _check_second(f, arguments, v, u, rtol):
    """The engine's u·Hv against the change of u·∇f along v."""
    if any(x.engine is None or x.shape is None for x in arguments):
        raise ValueError("order=2 was asked of numbers or lists; expected arrays or Tensors: a Value has slopes only")
    from bplib.functional import hvp

    tangents = tuple(x.rebuilt(entries, wrap=False) for x, entries in zip(arguments, v, strict=True))
    ours = [Argument(h).entries for h in hvp(f, tuple(x.like for x in arguments), tangents)]
    along_u = lambda *point: _dot([Argument(g).entries for g in _tuple(_engine_gradient(f, point))], u)
    if not _agree(ours, u, along_u, arguments, v, rtol):
        raise AssertionError(
            f"the gradient is right, but its own derivative is not: along two random directions u·Hv is "
            f"{_dot(ours, u):.6g}, and differences of the gradient give {_difference(along_u, arguments, v)[0]:.6g}; "
            "look at the derivative of a slope (a vjp that treats as constant what depends on the input)"
        )


def _blame(f, arguments, answer):
    """Raise for the entry of the gradient that is furthest off."""
    from bplib.diagnosis import diagnose

    truth = _tuple(numerical_gradient(f, *(x.rebuilt(x.entries) for x in arguments)))
    sizes = {size for x in arguments for size in x.outer()}
    worst = (-1.0, "")
    for x, ours, theirs in zip(arguments, answer, truth, strict=True):
        a, t = Argument(ours).entries, Argument(theirs).entries
        if len(a) != len(t):
            raise AssertionError(f"the gradient in {x.name(f)} is off: {diagnose(ours, theirs).message}")
        off, i = max((abs(p - q) if p == p else math.inf, i) for i, (p, q) in enumerate(zip(a, t, strict=True)))
        pair = (a, t) if x.parts else (ours, theirs)  # lists may be ragged
        kinds = [diagnose(*pair, n=n, rtol=max(1e-6, 100 * x.epsilon ** (2 / 3))) for n in (None, *sizes)]
        said = next((d for d in kinds if d.kind not in ("other", "rounded", "dtype", "correct")), None)
        guess = said.message.split(" Yours is")[0] if said else "no usual mistake explains it; is f smooth here?"
        at = f" at {list(x.places()[i])}" if x.places()[i] else ""
        text = (
            f"the gradient in {x.name(f)}{at} is {a[i]:.6g}, but central differences give {t[i]:.6g}. Likely: {guess}"
        )
        worst = max(worst, (off / (1 + abs(t[i])), text))
    raise AssertionError(worst[1])


def _wrapped(x):
    """The argument as a leaf of the engine that is meant for it, or a list of leaves."""
    if isinstance(x, (list, tuple)):
        return [_wrapped(part) for part in x]
    if hasattr(x, "shape"):
        from bplib.matrix import Tensor

        return Tensor(x, requires_grad=True)
    from bplib.scalar import Value

    return Value(x.data if isinstance(x, Value) else x)


def _engine_gradient(f, point):
    """The gradient by `backward`, as plain numbers, lists and arrays; a tuple for several arguments."""
    leaves = [_wrapped(x) for x in point]
    y = f(*leaves)
    if not hasattr(y, "backward"):
        raise TypeError(
            f"f returned {type(y).__name__} instead of a Value or a Tensor: it leaves the engine (as math.exp and "
            "float() do) or does not depend on its arguments; use the methods of the engine, or give gradient="
        )
    y.backward()
    gradients = tuple(_gradients(leaf) for leaf in leaves)
    return gradients if len(gradients) > 1 else gradients[0]


def _gradients(leaf):
    if isinstance(leaf, list):
        return [_gradients(part) for part in leaf]
    return leaf.data * 0 if leaf.grad is None else leaf.grad


def _tuple(x):
    return x if isinstance(x, tuple) else (x,)


def _dot(g, v):
    return sum(sum(map(mul, a, b)) for a, b in zip(g, v, strict=True))


def _direction(arguments, rng):
    """Random numbers for all entries, together of length about 1 in units of the entries' own size."""
    scale = 1 / math.sqrt(sum(len(x.entries) for x in arguments) or 1)
    return [[scale * rng.gauss(0, 1) * max(1.0, abs(entry)) for entry in x.entries] for x in arguments]


def _difference(g, arguments, v):
    """The central difference of g along v, how far rounding may have moved it, and the relative error of the cut."""
    epsilon = max((x.epsilon for x in arguments), default=EPSILON)
    h = epsilon ** (1 / 3)

    def moved(t):
        new = [[e + t * d for e, d in zip(x.entries, way, strict=True)] for x, way in zip(arguments, v, strict=True)]
        return [x.rebuilt(entries) for x, entries in zip(arguments, new, strict=True)]

    up, down = g(*moved(h)), g(*moved(-h))
    return (up - down) / (2 * h), 10 * epsilon * max(abs(up), abs(down)) / h, 100 * h * h


def _agree(ours, u, g, arguments, v, rtol):
    """Whether ours·u is the slope of g along v, as well as a difference can tell."""
    theirs, noise, cut = _difference(g, arguments, v)
    if not math.isfinite(theirs):
        raise ValueError(f"f is not finite near the point (its slope comes out as {theirs}); choose another point")
    size = sum(abs(a * b) for row, way in zip(ours, u, strict=True) for a, b in zip(row, way, strict=True))
    return abs(_dot(ours, u) - theirs) <= max(rtol, cut) * size + noise  # False for nan


def _each_entry(slope, f, args):
    if not args:
        raise TypeError("a gradient needs at least one argument to differentiate by; expected f and its arguments")
    results = []
    for n, argument in enumerate(Argument(arg, n) for n, arg in enumerate(args)):

        def call(i, number, kind=float, n=n, argument=argument):
            entries = list(map(kind, argument.entries))
            entries[i] = number
            return f(*args[:n], argument.rebuilt(entries), *args[n + 1 :])

        slopes = [slope(argument, i, partial(call, i)) for i in range(len(argument.entries))]
        results.append(argument.rebuilt(slopes, wrap=False))
    return tuple(results) if len(results) > 1 else results[0]


def _real(y):
    """The one number that `f` returned."""
    try:
        return float(y.data if hasattr(y, "backward") else y)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"f returned {type(y).__name__}, expected one number (a loss); sum or average it first"
        ) from error
