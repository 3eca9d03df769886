"""The operations of a layer, each a rule of its own: linear, linear then relu, softmax, and the two losses. Chapter 04.

The same could be had from `bplib.rules` step by step; as one operation it saves arrays and passes over memory, and the
slopes are shorter than the sum of their parts: softmax and cross-entropy together leave (p − y)/n.
"""

from math import prod

from .backend import backend_of
from .rules import RULES, Rule, call


def softmax(xp, x, axis):
    """exp(x − max x), divided by its sum."""
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    e /= xp.sum(e, axis=axis, keepdims=True)
    return e


def log_softmax(xp, x, axis):
    """x − log Σ eˣ, with the largest x taken out first."""
    x = x - xp.max(x, axis=axis, keepdims=True)
    return x - xp.log(xp.sum(xp.exp(x), axis=axis, keepdims=True))


def rows(xp, x):
    """All axes but the last one as one: (…, n) as (batch, n), a vector as one row."""
    return xp.reshape(x, (prod(x.shape[:-1]), x.shape[-1]))


def linear(xp, x, W, b=None):
    """Z = X Wᵀ + b; b is added into the product, which nobody else has seen yet."""
    if len(W.shape) != 2 or (b is not None and b.shape != W.shape[:1]):
        raise ValueError("W has two axes, and b one as long as the first of them")
    z = xp.times_transposed(x, W)
    if b is not None:
        z += b
    return z


def linear_relu(xp, x, W, b=None):
    """max(X Wᵀ + b, 0), in the memory of the product."""
    return xp.rectify(linear(xp, x, W, b))


def linear_vjp(xp, needs, g, y, x, W, b=None):
    """With Δ = ∂L/∂Z: ∂L/∂X = Δ W, ∂L/∂W = Δᵀ X, ∂L/∂b = the column sums of Δ."""
    if len(g.shape) != 2:
        dx, dW, db = linear_vjp(xp, needs, rows(xp, g), None, rows(xp, x), W, b)
        return dx if dx is None else xp.reshape(dx, tuple(x.shape)), dW, db
    dx = xp.product(g, W) if needs[0] else None
    dW = xp.product(g.T, x) if needs[1] else None
    return dx, dW, xp.column_sums(g) if b is not None and needs[2] else None


def linear_relu_vjp(xp, needs, g, y, x, W, b=None):
    """As `linear_vjp`, with Δ = ∂L/∂Y where y > 0 and 0 elsewhere."""
    return linear_vjp(xp, needs, xp.masked(g, y), y, x, W, b)


def linear_jvp(xp, tangents, y, x, W, *b):
    """Ż = Ẋ Wᵀ + X Ẇᵀ + ḃ."""
    dx, dW = tangents[:2]
    parts = [None if dx is None else xp.matmul(dx, W.T), None if dW is None else xp.matmul(x, dW.T), *tangents[2:]]
    parts = [part for part in parts if part is not None]
    total = sum(parts[1:], start=parts[0])
    return total if total.shape == y.shape else xp.broadcast_to(total, tuple(y.shape))


def cross_entropy(xp, z, *, labels):
    """The mean over the rows of log Σ eᶻ − z at the label, and n times its slope, for the two share their work."""
    z = z - xp.max(z, axis=1, keepdims=True)
    slope = xp.exp(z)
    total = xp.sum(slope, axis=1, keepdims=True)
    loss = (xp.sum(xp.log(total)) - xp.sum(xp.at_labels(z, labels))) / z.shape[0]
    slope /= total
    return loss, xp.less_one_hot(slope, labels)


def cross_entropy_slope(xp, z, labels):
    """n ∂L/∂Z = softmax(Z) − one-hot labels."""
    return call(xp, "softmax", z, axis=1) - backend_of(labels).xp.one_hot(labels, z.shape[1], z.dtype)


def cross_entropy_vjp(xp, needs, g, slope, z, labels):
    """∂L/∂Z = (softmax(Z) − one-hot labels)/n."""
    slope = cross_entropy_slope(xp, z, labels) if slope is None else slope
    return (slope * (g / max(slope.shape[0], 1)),)


def cross_entropy_jvp(xp, tangents, y, z, *, labels):
    """The sum of Ż ⊙ (softmax(Z) − one-hot labels)/n."""
    return xp.sum(tangents[0] * cross_entropy_slope(xp, z, labels)) / max(z.shape[0], 1)


def moments(xp, x, axis, eps):
    """x less its mean, and 1/√(variance + ε), over `axis`."""
    d = x - xp.mean(x, axis=axis, keepdims=True)
    return d, (xp.mean(d * d, axis=axis, keepdims=True) + eps) ** -0.5


def standardise(xp, x, *, axis, eps):
    """x rescaled to mean 0 and variance 1; and, for the way back, itself and the factor that did it."""
    d, factor = moments(xp, x, axis, eps)
    return d * factor, (d * factor, factor)


def standardise_vjp(xp, needs, g, kept, x, *, axis, eps):
    """(g − mean g − y mean(g ⊙ y))/√(variance + ε)."""
    y, factor = kept if kept is not None else (lambda d, factor: (d * factor, factor))(*moments(xp, x, axis, eps))
    mean = lambda v: xp.mean(v, axis=axis, keepdims=True)
    return (factor * (g - mean(g) - y * mean(g * y)),)


def standardise_jvp(xp, tangents, y, x, *, axis, eps):
    """The same map: its Jacobian is symmetric."""
    return standardise_vjp(xp, None, tangents[0], None, x, axis=axis, eps=eps)[0]


def mean_square(xp, a, b):
    """The mean over all entries of (a − b)²."""
    if a.shape != b.shape:
        raise ValueError("prediction and target must have one shape; reshape one of them")
    d = a - b
    return xp.mean(d * d)


def mean_square_vjp(xp, needs, g, y, a, b):
    """∂L/∂A = 2 (A − B)/n for n entries, and its negative for B."""
    d = (a - b) * (g * (2 / max(prod(a.shape), 1)))
    return d, -d if needs[1] else None


def mean_square_jvp(xp, tangents, y, a, b):
    """2 mean((A − B)(Ȧ − Ḃ))."""
    ta, tb = tangents
    return xp.mean(2 * (a - b) * (ta if tb is None else -tb if ta is None else ta - tb))


LAYERS = {rule.name: rule for rule in [
    Rule("softmax", softmax,
         lambda xp, needs, g, y, x, axis: (y * (g - xp.sum(g * y, axis=axis, keepdims=True)),),
         lambda xp, tangents, y, x, axis: y * (tangents[0] - xp.sum(tangents[0] * y, axis=axis, keepdims=True)), "y"),
    Rule("log_softmax", log_softmax,
         lambda xp, needs, g, y, x, axis: (g - xp.exp(y) * xp.sum(g, axis=axis, keepdims=True),),
         lambda xp, tangents, y, x, axis:
             tangents[0] - xp.sum(xp.exp(y) * tangents[0], axis=axis, keepdims=True), "y"),
    Rule("linear", linear, linear_vjp, linear_jvp, "x"),
    Rule("linear_relu", linear_relu,
         linear_relu_vjp,
         lambda xp, tangents, y, *xWb: linear_jvp(xp, tangents, y, *xWb) * xp.step(y), "xy"),
    Rule("cross_entropy", cross_entropy, cross_entropy_vjp, cross_entropy_jvp, "x", spares=True),
    Rule("standardise", standardise, standardise_vjp, standardise_jvp, "x", spares=True),
    Rule("mse", mean_square, mean_square_vjp, mean_square_jvp, "x"),
]}  # fmt: skip

RULES |= LAYERS
