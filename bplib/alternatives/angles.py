"""How far an update points away from the gradient: angles in degrees. Chapter 16."""

import math

from ..backend import as_array, backend_of


def angle(update, gradient):
    """The angle between two arrays of one shape, or two lists of arrays taken as one long vector, in degrees.

    Equation (eq-16-angle).

    >>> angle([1.0, 0.0], [1.0, 1.0])
    45.0

    Below 90° a small step against the update lowers the loss. An array of zeros has no direction: the angle is nan.
    Computed as 2 atan2(‖u − v‖, ‖u + v‖) for the two brought to length 1, which stays exact where an arc cosine would
    not, near 0° (Kahan, 2006). Raises ValueError for two shapes, TypeError for arrays of two libraries.
    """
    pairs = _pairs(update, gradient)
    lengths = [math.sqrt(_squares(side)) for side in zip(*pairs, strict=True)]
    if not all(lengths):
        return math.nan
    a, b = lengths
    apart, along = (math.sqrt(_squares(u / a + sign * (v / b) for u, v in pairs)) for sign in (-1, 1))
    return math.degrees(2 * math.atan2(apart, along))


def _pairs(update, gradient):
    several = [
        isinstance(side, (list, tuple)) and any(hasattr(u, "shape") for u in side) for side in (update, gradient)
    ]
    sides = [
        list(map(as_array, side if many else [side])) for side, many in zip((update, gradient), several, strict=True)
    ]
    shapes = [[tuple(array.shape) for array in side] for side in sides]
    if shapes[0] != shapes[1]:
        raise ValueError(f"an angle between arrays of shapes {shapes[0]} and {shapes[1]}; expected the same shapes")
    for u, v in zip(*sides, strict=True):
        if backend_of(u) is not backend_of(v):
            raise TypeError(f"an angle between arrays of {backend_of(u)} and {backend_of(v)}; move one of them first")
    return list(zip(*sides, strict=True))


def _squares(arrays):
    return sum(float(backend_of(u).xp.sum(u * u)) for u in arrays)


def angles(rule, x, y):
    """For each layer, the angle between the update of its weights and their true gradient; the last one is 0.

    >>> import numpy as np
    >>> from .feedback import Backpropagation
    >>> rule = Backpropagation((2, 3, 2), rng=np.random.default_rng(0))
    >>> [round(a, 6) for a in angles(rule, np.array([[1.0, 2.0]]), np.array([0]))]
    [0.0, 0.0]
    """
    pairs = zip(rule.layer_updates(x, y)[::2], rule.gradient(x, y)[::2], strict=True)
    return [angle(update, gradient) for update, gradient in pairs]
