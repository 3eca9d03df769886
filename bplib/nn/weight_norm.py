"""Weight normalisation: a row of weights as a length times a direction, learnt apart. Derived in chapter 08.

It changes what the parameters are, not what the layer can compute: every W has such a form, however large W is.
"""

from ..functional import linear
from ..matrix import Tensor
from .modules import Linear, Module


def weight_norm(v, g):
    """W with the rows g v/‖v‖, the norm taken of each row. Shapes: v (n_out, n_in), g (n_out,), result as v.

    Equation (eq-08-weight-norm).

    >>> weight_norm([[3.0, 4.0]], [10.0])
    Tensor([[6., 8.]])

    Backward, row by row, with û = v/‖v‖: ∂L/∂g = ∂L/∂w · û and ∂L/∂v = g/‖v‖ (∂L/∂w − ∂L/∂g û), which is orthogonal to
    v: (eq-08-dg) and (eq-08-dv). A row of zeros has no direction and gives nan. Raises ValueError for shapes that do
    not fit. Source: Salimans and Kingma, 2016.
    """
    v, g = (x if isinstance(x, Tensor) else Tensor(x) for x in (v, g))
    if v.ndim != 2 or g.shape != v.shape[:1]:
        raise ValueError(f"v has shape {v.shape} and g {g.shape}; expected (n_out, n_in) and (n_out,)")
    return v * (g * (v * v).sum(axis=1) ** -0.5).reshape(-1, 1)


class WeightNorm(Module):
    """A Linear layer whose parameters are g, v and b, where W is `weight_norm(v, g)`.

    >>> import numpy as np
    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> normed = WeightNorm(layer)
    >>> [p.shape for p in normed.parameters()]
    [(2,), (2, 3), (2,)]
    >>> bool(np.allclose(normed(np.ones((4, 3))).data, layer(np.ones((4, 3))).data))
    True

    It takes over the layer's weights, so that it starts as the same function: v = W, and g the lengths of W's rows.
    Raises TypeError for what is no Linear, ValueError where a row of W is zero. Equation (eq-08-weight-norm).
    """

    def __init__(self, layer):
        if not isinstance(layer, Linear):
            raise TypeError(f"WeightNorm was given {layer!r:.60}; expected a Linear layer")
        lengths = (layer.W * layer.W).sum(axis=1).data ** 0.5
        if not (lengths > 0).all():
            raise ValueError("a row of W is zero and has no direction; start from random weights")
        self.g, self.v = Tensor(lengths, requires_grad=True), Tensor(layer.W.data, requires_grad=True)
        self.b = layer.b

    def __call__(self, x):
        """What the layer makes of x."""
        return linear(x, weight_norm(self.v, self.g), self.b)
