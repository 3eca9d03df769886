"""Initial weights: random matrices of shape (n_out, n_in) whose size keeps signals and gradients in range. Chapter 07.

Each takes the shape, a generator (`np.random.default_rng(seed)`) and a dtype, and returns a NumPy array. Var W is
2/(n_in + n_out) for xavier, 2/n_in for he and 1/n_in for lecun; all three draw from a normal distribution.
`normal(std)` makes one whose variance knows nothing of the shape.
"""

import numpy as np


def _normal(shape, rng, dtype, variance):
    if len(shape) != 2 or not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"expected a shape (n_out, n_in) and np.random.default_rng(seed); was given {shape} and {rng!r}"
        )
    return (rng.standard_normal(shape) * variance(*shape) ** 0.5).astype(dtype)


def normal(std):
    """The naive way: an initialisation with Var W = std², whatever the shape.

    >>> float(normal(0.01)((500, 500), np.random.default_rng(0)).std().round(4))
    0.01
    """
    return lambda shape, rng, dtype="float64": _normal(shape, rng, dtype, lambda *_: std**2)


def xavier(shape, rng, dtype="float64"):
    """Var W = 2/(n_in + n_out), between what keeps signals and what keeps gradients. Source: Glorot and Bengio, 2010.

    >>> xavier((3, 2), np.random.default_rng(0)).shape
    (3, 2)
    """
    return _normal(shape, rng, dtype, lambda n_out, n_in: 2 / (n_in + n_out))


def he(shape, rng, dtype="float64"):
    """Var W = 2/n_in, for a relu lets half of the variance through: s = 2 in (eq-07-v). Source: He et al., 2015.

    >>> float(he((500, 500), np.random.default_rng(0)).var().round(3))
    0.004
    """
    return _normal(shape, rng, dtype, lambda n_out, n_in: 2 / n_in)


def lecun(shape, rng, dtype="float64"):
    """Var W = 1/n_in, so that z has the variance of the inputs: s = 1 in (eq-07-v).

    >>> float(lecun((500, 500), np.random.default_rng(0)).var().round(3))
    0.002

    Source: LeCun, Bottou, Orr and Müller, 1998.
    """
    return _normal(shape, rng, dtype, lambda n_out, n_in: 1 / n_in)


def orthogonal(shape, rng, dtype="float64"):
    """W Wᵀ = 1 or Wᵀ W = 1, so that lengths are kept; uniform among such matrices. Source: Saxe et al., 2014.

    >>> W = orthogonal((2, 3), np.random.default_rng(0))
    >>> (W @ W.T).round(12) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    n_out, n_in = shape
    tall = _normal((max(shape), min(shape)), rng, "float64", lambda *_: 1.0)
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))  # without this, qr's own choice of signs would show
    return (q if n_out >= n_in else q.T).astype(dtype)
