"""Functions of tensors: the operations of a layer as one step each, the losses, and the derivatives of functions.

`linear` and what follows are derived in chapter 04; as one operation each they pass over memory less often than their
parts would. `grad`, `vjp`, `jvp` and `hvp` are in `bplib.transforms`.
"""

from math import pi, prod, sqrt

from .backend import backend_of, class_labels
from .matrix import Tensor, apply
from .rules import RULES
from .rules_layers import LAYERS
from .transforms import grad, hvp, jvp, vjp

__all__ = [
    "bfloat16", "concat", "gelu", "grad", "hvp", "jvp", "linear", "linear_relu", "log_softmax", "mse", "softmax",
    "softmax_cross_entropy", "softplus", "stack", "standardise", "vjp", "where",
]  # fmt: skip
_LINEAR, _LINEAR_RELU, _CROSS_ENTROPY, _MSE = (LAYERS[n] for n in ("linear", "linear_relu", "cross_entropy", "mse"))


def linear(x, W, b=None):
    """Z = X Wᵀ + b, as one operation. Shapes: x (…, n_in), W (n_out, n_in), b (n_out,), result (…, n_out).

    >>> linear([1.0, 2.0], [[3.0, 4.0]], [5.0])
    Tensor([16.])

    Backward, with Δ = ∂L/∂Z: ∂L/∂X = Δ W, ∂L/∂W = Δᵀ X, ∂L/∂b = the column sums of Δ. Equations (eq-04-batch) and
    (eq-04-batch-parameters).
    Raises ValueError for shapes that do not fit, TypeError for mixed dtypes or libraries.
    """
    return apply(_LINEAR, x, W) if b is None else apply(_LINEAR, x, W, b)


def linear_relu(x, W, b=None):
    """max(X Wᵀ + b, 0), as one operation; shapes as in `linear`. The slope at 0 is 0. Equation (eq-04-batch).

    >>> linear_relu([1.0, 2.0], [[3.0, 4.0], [-3.0, 0.0]])
    Tensor([11.,  0.])
    """
    return apply(_LINEAR_RELU, x, W) if b is None else apply(_LINEAR_RELU, x, W, b)


def mse(prediction, target):
    """The mean over all entries of (prediction − target)², without ½. Both have one shape: nothing is broadcast.

    >>> mse([1.0, 2.0], [1.0, 4.0])
    Tensor(2.)

    Backward: 2 (prediction − target)/n for n entries. Raises ValueError for two shapes, TypeError for two dtypes.
    """
    return apply(_MSE, prediction, target)


def softmax_cross_entropy(logits, labels):
    """The mean over a batch of −log softmax(logits)[label]. Shapes: logits (…, classes), labels (…), integers.

    >>> softmax_cross_entropy([[1e4, -1e4], [0.0, 0.0]], [0, 1])
    Tensor(0.34657359)

    Backward: (softmax(Z) − one-hot labels)/n, equation (eq-04-p-minus-y). Stable, for the largest logit of a row is
    taken out first. Raises ValueError for shapes that do not fit and for a label outside 0 … classes − 1, TypeError for
    labels that are no integers. The check of the labels waits once for the device.
    """
    logits = logits if isinstance(logits, Tensor) else Tensor(logits)
    labels = class_labels(labels, logits._ground)
    if logits.ndim != 2:
        logits, labels = logits.reshape(prod(labels.shape), logits.shape[-1]), labels.reshape(-1)
    return apply(_CROSS_ENTROPY, logits, labels=labels)


def softmax(x, axis=-1):
    """exp(x)/Σ exp(x) along `axis`: equation (eq-04-softmax).

    >>> softmax([0.0, 0.0])
    Tensor([0.5, 0.5])

    Its Jacobian is diag(p) − p pᵀ, (eq-04-softmax-jacobian), so that g goes back as p ⊙ (g − g·p).
    """
    return apply(LAYERS["softmax"], x, axis=axis)


def log_softmax(x, axis=-1):
    """log softmax(x) along `axis`, without computing the logarithm of a small number.

    >>> log_softmax([0.0, 1e4])
    Tensor([-10000.,      0.])
    """
    return apply(LAYERS["log_softmax"], x, axis=axis)


def softplus(x):
    """log(1 + eˣ), entry by entry; its slope is the sigmoid.

    >>> softplus([-1e4, 0.0])
    Tensor([0.        , 0.69314718])
    """
    return apply(RULES["softplus"], x)


def gelu(x):
    """x Φ(x) with Φ the normal distribution, by its usual approximation ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    >>> gelu([0.0, 1.0]).data.round(4)
    array([0.    , 0.8412])

    Source: Hendrycks and Gimpel, 2016.
    """
    x = x if isinstance(x, Tensor) else Tensor(x)
    return 0.5 * x * (1 + (sqrt(2 / pi) * (x + 0.044715 * x * x * x)).tanh())


def standardise(x, axis=-1, eps=1e-5):
    """(x − mean)/√(variance + ε) over `axis`, as one operation: (eq-07-norm), which batch and layer norm share.

    >>> standardise([1.0, 3.0], eps=0.0)
    Tensor([-1.,  1.])

    Backward: (g − mean g − y mean(g ⊙ y))/√(variance + ε), for the mean and the variance depend on x too:
    (eq-07-norm-jacobian), (eq-07-norm-back).
    """
    return apply(LAYERS["standardise"], x, axis=axis, eps=eps)


def bfloat16(x):
    """float32 numbers rounded to the nearest that bfloat16 has (8 significant bits); gradients are rounded too.

    >>> bfloat16(Tensor([1.00390625, 3.14159]).astype("float32"))
    Tensor([1.      , 3.140625], dtype=float32)

    Emulates in float32 what hardware stores in 16 bits. Raises TypeError for another dtype than float32.
    """
    return apply(RULES["bfloat16"], x)


def where(condition, a, b):
    """a where the condition holds, else b; the gradient goes to the one that was taken.

    >>> where([True, False], [1.0, 2.0], 0.0)
    Tensor([1., 0.])
    """
    like = a if isinstance(a, Tensor) else b if isinstance(b, Tensor) else Tensor(a)
    xp, device = backend_of(like._ground).xp, like._ground.device if hasattr(like._ground, "device") else None
    a, b = (xp.asarray(x, dtype=like.dtype, device=device) if isinstance(x, (int, float)) else x for x in (a, b))
    condition = xp.asarray(condition, dtype=xp.bool, device=device, copy=True)
    return apply(RULES["select"], a, where=condition) + apply(RULES["select"], b, where=~condition)


def concat(tensors, axis=0):
    """Tensors joined along an axis that they have.

    >>> concat([[1.0], [2.0, 3.0]])
    Tensor([1., 2., 3.])
    """
    return apply(RULES["concat"], *tensors, axis=axis)


def stack(tensors, axis=0):
    """Tensors of one shape, joined along a new axis.

    >>> stack([[1.0, 2.0], [3.0, 4.0]], axis=1)
    Tensor([[1., 3.],
            [2., 4.]])
    """
    tensors = [t if isinstance(t, Tensor) else Tensor(t) for t in tensors]
    axis %= tensors[0].ndim + 1
    shape = (*tensors[0].shape[:axis], 1, *tensors[0].shape[axis:])
    return concat([t.reshape(shape) for t in tensors], axis)
