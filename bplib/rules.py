"""The rules of differentiation: each operation's value, vjp and jvp side by side, in one table. Chapters 01 and 04.

An operation y = f(a, b, …) needs three functions. `forward` computes y. `vjp` takes g = ∂L/∂y back to ∂L/∂a, ∂L/∂b, …
(a vector-Jacobian product, reverse mode). `jvp` takes the tangents of a, b, … to the tangent of y (a Jacobian-vector
product, forward mode). They are written against the array API, `xp`, and know nothing of graphs: given arrays they
yield numbers, given tensors of `bplib.matrix` they yield a graph, and so derivatives can be differentiated again.

Each takes `xp`, then g or the tangents, then y, then the operands. An operation whose backward pass does not read its
operands is given their shapes instead. The operations of a layer are in `bplib.rules_layers`.
Equations: Griewank and Walther, Evaluating Derivatives, 2nd edition, 2008, chapter 3.
"""

from math import prod


class Rule:
    """One operation: its name and three functions, and what its backward pass needs.

    `keeps` names what vjp reads: "x" the operands, "y" the result. `passes`: vjp may hand on g as it came, or a view of
    it. `spares`: forward returns a pair, y and what vjp is given in place of y, so that it need not be computed again.
    """

    __slots__ = ("forward", "jvp", "keeps_operands", "keeps_result", "name", "passes", "spares", "vjp")

    def __init__(self, name, forward, vjp, jvp, keeps="", passes=False, spares=False):
        self.name, self.forward, self.vjp, self.jvp = name, forward, vjp, jvp
        self.keeps_operands, self.keeps_result = "x" in keeps, "y" in keeps or spares
        self.passes, self.spares = passes, spares


def call(xp, name, *operands, **settings):
    """Another operation of the table on what the operands are: arrays, or tensors."""
    if hasattr(xp, "run_rule"):
        return xp.run_rule(RULES[name], *operands, **settings)
    return RULES[name].forward(xp, *operands, **settings)


def each(*functions):
    """A vjp from one function for each operand; an operand that needs no gradient costs nothing."""

    def vjp(xp, needs, g, y, *operands, **settings):
        return [f(xp, g, y, *operands, **settings) if need else None for f, need in zip(functions, needs, strict=True)]

    return vjp


def plus(*functions):
    """A jvp from one function for each operand: the sum over the operands that have a tangent."""

    def jvp(xp, tangents, y, *operands, **settings):
        pairs = zip(functions, tangents, strict=True)
        parts = [f(xp, t, y, *operands, **settings) for f, t in pairs if t is not None]
        total = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        return total if total.shape == y.shape else xp.broadcast_to(total, tuple(y.shape))

    return jvp


def unary(name, forward, slope, keeps):
    """An operation on each entry by itself: vjp and jvp are both a product with the slope."""
    vjp = lambda xp, needs, g, y, x: (g * slope(xp, x, y),)
    jvp = lambda xp, tangents, y, x: tangents[0] * slope(xp, x, y)
    return Rule(name, forward, vjp, jvp, keeps)


def linear_map(name, forward, adjoint):
    """An operation linear in its one operand: the jvp is itself, the vjp its adjoint, given the operand's shape."""
    vjp = lambda xp, needs, g, y, x, /, **settings: (adjoint(xp, g, tuple(x), **settings),)
    jvp = lambda xp, tangents, y, x, /, **settings: call(xp, name, tangents[0], **settings)
    return Rule(name, forward, vjp, jvp, passes=True)


def fit(xp, g, like):
    """Undo broadcasting: sum g over the axes along which an operand with the shape of `like` was repeated."""
    shape = like if isinstance(like, tuple) else like.shape
    if g.shape == shape:
        return g
    extra = len(g.shape) - len(shape)
    stretched = [extra + i for i, n in enumerate(shape) if n == 1 != g.shape[extra + i]]
    return xp.reshape(xp.sum(g, axis=(*range(extra), *stretched)), tuple(shape))


def relu(xp, x):
    """max(x, 0)."""
    return xp.rectify(xp.asarray(x, copy=True))


def sigmoid(xp, x):
    """1/(1 + e⁻ˣ), from e^−|x|: nothing overflows, and both tails keep their digits."""
    e = xp.exp(-xp.abs(x))
    return xp.maximum(e, xp.step(x)) / (1 + e)


def power_slope(xp, a, n):
    """∂aⁿ/∂a = n aⁿ⁻¹, and 0 where n = 0."""
    if isinstance(n, (int, float)):
        return n * a ** (n - 1) if n else a * 0
    return n * a ** (n - xp.astype(n != 0, n.dtype))


def power_log(xp, y, a, n):
    """∂aⁿ/∂n = aⁿ log a, and 0 at a = 0 where n ≥ 0."""
    return y * xp.log(a + xp.astype((a == 0) & (n >= 0), y.dtype))


def kept(shape, axis):
    """The shape that a reduction over `axis` leaves when it keeps the axes it sums over, with length 1."""
    axes = range(len(shape)) if axis is None else [a % len(shape) for a in ((axis,) if isinstance(axis, int) else axis)]
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def count(shape, axis):
    """How many entries a reduction over `axis` makes one of."""
    return prod(n for n, m in zip(shape, kept(shape, axis), strict=True) if m != n) if prod(shape) else 1


def inverse(axes):
    """The permutation that undoes `axes`."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


def restore(xp, g, shape, axis, keepdims=False):
    """Spread what a reduction over `axis` left back over the shape that it reduced."""
    return xp.broadcast_to(xp.reshape(g, kept(shape, axis)), shape)


def share(xp, y, x, axis):
    """The slope of max: 1 at the largest entry, equal parts where several are the largest."""
    largest = xp.astype(x == xp.reshape(y, kept(x.shape, axis)), x.dtype)
    return largest / xp.sum(largest, axis=axis, keepdims=True)


def matmul_vjp(xp, needs, g, y, a, b):
    """∂L/∂A = G Bᵀ and ∂L/∂B = Aᵀ G; a vector stands as a row on the left and as a column on the right."""
    a2 = a if len(a.shape) > 1 else xp.reshape(a, (1, a.shape[0]))
    b2 = b if len(b.shape) > 1 else xp.reshape(b, (b.shape[0], 1))
    batch = g.shape[: len(g.shape) - (a2 is a) - (b2 is b)]
    g = xp.reshape(g, (*batch, a2.shape[-2], b2.shape[-1]))
    da = fit(xp, xp.matmul(g, xp.matrix_transpose(b2)), a2) if needs[0] else None
    db = fit(xp, xp.matmul(xp.matrix_transpose(a2), g), b2) if needs[1] else None
    return [d if d is None else xp.reshape(d, tuple(v.shape)) for d, v in ((da, a), (db, b))]


def split(xp, g, shapes, axis):
    """Cut g along `axis` into parts of the given shapes: the adjoint of concat."""
    parts, start, before = [], 0, (slice(None),) * (axis % len(g.shape))
    for shape in shapes:
        parts.append(g[(*before, slice(start, start + shape[axis]), ...)])
        start += shape[axis]
    return parts


def concat_jvp(xp, tangents, y, *operands, axis):
    """The tangents side by side, zero where an operand has none."""
    whole = [xp.zeros_like(x) if t is None else t for x, t in zip(operands, tangents, strict=True)]
    return call(xp, "concat", *whole, axis=axis)


# The table: the operation; its value; its vjp; its jvp.

ONE_OPERAND = [
    #      name        y = f(x)                     dy/dx, from x and y                     vjp reads
    unary("exp",      lambda xp, x: xp.exp(x),      lambda xp, x, y: y,                              "y"),
    unary("log",      lambda xp, x: xp.log(x),      lambda xp, x, y: 1 / x,                          "x"),
    unary("tanh",     lambda xp, x: xp.tanh(x),     lambda xp, x, y: 1 - y * y,                      "y"),
    unary("sigmoid",  sigmoid,                      lambda xp, x, y: y * (1 - y),                    "y"),
    unary("relu",     relu,                         lambda xp, x, y: xp.step(y),                    "y"),
    unary("softplus", lambda xp, x: xp.logaddexp(x, xp.zeros_like(x)), lambda xp, x, y: call(xp, "sigmoid", x), "x"),
    unary("sqrt",     lambda xp, x: xp.sqrt(x),     lambda xp, x, y: 0.5 / y,                        "y"),
    unary("sin",      lambda xp, x: xp.sin(x),      lambda xp, x, y: xp.cos(x),                      "x"),
    unary("cos",      lambda xp, x: xp.cos(x),      lambda xp, x, y: -xp.sin(x),                     "x"),
    unary("abs",      lambda xp, x: xp.abs(x),      lambda xp, x, y: xp.sign(x),                    "x"),
]  # fmt: skip

LINEAR = [
    #           name                y = A x, and the adjoint: g back to the shape of x
    linear_map("neg",              lambda xp, x: -x,
                                   lambda xp, g, shape: -g),
    linear_map("reshape",          lambda xp, x, shape: xp.reshape(x, shape),
                                   lambda xp, g, old, shape: xp.reshape(g, old)),
    linear_map("broadcast_to",     lambda xp, x, shape: xp.broadcast_to(x, shape),
                                   lambda xp, g, old, shape: fit(xp, g, old)),
    linear_map("permute_dims",     lambda xp, x, axes: xp.permute_dims(x, axes),
                                   lambda xp, g, shape, axes: xp.permute_dims(g, inverse(axes))),
    linear_map("matrix_transpose", lambda xp, x: xp.matrix_transpose(x),
                                   lambda xp, g, shape: xp.matrix_transpose(g)),
    linear_map("sum",              lambda xp, x, axis=None, keepdims=False: xp.sum(x, axis=axis, keepdims=keepdims),
                                   restore),
    linear_map("mean",             lambda xp, x, axis=None, keepdims=False: xp.mean(x, axis=axis, keepdims=keepdims),
                                   lambda xp, g, shape, axis=None, keepdims=False:
                                       restore(xp, g / count(shape, axis), shape, axis)),
    linear_map("astype",           lambda xp, x, dtype, was: xp.astype(x, dtype),
                                   lambda xp, g, shape, dtype, was: call(xp, "astype", g, dtype=was, was=dtype)),
    linear_map("bfloat16",         lambda xp, x: xp.to_bfloat16(x),
                                   lambda xp, g, shape: call(xp, "bfloat16", g)),
    linear_map("pick",             lambda xp, x, index: xp.pick(x, index),
                                   lambda xp, g, shape, index: call(xp, "place", g, index=index, shape=shape)),
    linear_map("place",            lambda xp, x, index, shape: xp.add_at(shape, index, x),
                                   lambda xp, g, old, index, shape: call(xp, "pick", g, index=index)),
    linear_map("select",           lambda xp, x, where: xp.where(where, x, xp.zeros_like(x)),
                                   lambda xp, g, shape, where: fit(xp, call(xp, "select", g, where=where), shape)),
]  # fmt: skip

SEVERAL_OPERANDS = [
    Rule("add", lambda xp, a, b: a + b,
         each(lambda xp, g, y, a, b: fit(xp, g, a),              lambda xp, g, y, a, b: fit(xp, g, b)),
         plus(lambda xp, t, y, a, b: t,                          lambda xp, t, y, a, b: t), passes=True),
    Rule("sub", lambda xp, a, b: a - b,
         each(lambda xp, g, y, a, b: fit(xp, g, a),              lambda xp, g, y, a, b: fit(xp, -g, b)),
         plus(lambda xp, t, y, a, b: t,                          lambda xp, t, y, a, b: -t), passes=True),
    Rule("mul", lambda xp, a, b: a * b,
         each(lambda xp, g, y, a, b: fit(xp, g * b, a),          lambda xp, g, y, a, b: fit(xp, g * a, b)),
         plus(lambda xp, t, y, a, b: t * b,                      lambda xp, t, y, a, b: a * t), "x"),
    Rule("div", lambda xp, a, b: a / b,
         each(lambda xp, g, y, a, b: fit(xp, g / b, a),          lambda xp, g, y, a, b: fit(xp, -g * y / b, b)),
         plus(lambda xp, t, y, a, b: t / b,                      lambda xp, t, y, a, b: -t * y / b), "xy"),
    Rule("pow", lambda xp, a, n: a**n,
         each(lambda xp, g, y, a, n: fit(xp, g * power_slope(xp, a, n), a),
              lambda xp, g, y, a, n: fit(xp, g * power_log(xp, y, a, n), n)),
         plus(lambda xp, t, y, a, n: t * power_slope(xp, a, n),
              lambda xp, t, y, a, n: t * power_log(xp, y, a, n)), "xy"),
    Rule("matmul", lambda xp, a, b: xp.matmul(a, b),
         matmul_vjp,
         plus(lambda xp, t, y, a, b: xp.matmul(t, b),            lambda xp, t, y, a, b: xp.matmul(a, t)), "x"),
    Rule("concat", lambda xp, *xs, axis: xp.concat(xs, axis=axis),
         lambda xp, needs, g, y, *shapes, axis: split(xp, g, shapes, axis),
         concat_jvp, passes=True),
    Rule("max", lambda xp, x, axis=None, keepdims=False: xp.max(x, axis=axis, keepdims=keepdims),
         lambda xp, needs, g, y, x, axis=None, keepdims=False:
             (restore(xp, g, tuple(x.shape), axis) * share(xp, y, x, axis),),
         lambda xp, tangents, y, x, axis=None, keepdims=False:
             xp.sum(tangents[0] * share(xp, y, x, axis), axis=axis, keepdims=keepdims), "xy"),
]  # fmt: skip

RULES = {rule.name: rule for rule in (*ONE_OPERAND, *LINEAR, *SEVERAL_OPERANDS)}
