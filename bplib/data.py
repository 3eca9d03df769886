"""Small data sets: XOR, moons, spirals, and the handwritten digits that scikit-learn brings along.

Nothing is downloaded. Points are drawn from the generator that is passed in, so the same seed gives the same points.
Used from chapter 05 on.
"""

from typing import NamedTuple

import numpy as np


def xor():
    """The four corners of a square, labelled 1 where exactly one coordinate is 1. Returns x (4, 2) and y (4,).

    >>> x, y = xor()
    >>> y
    array([0, 1, 1, 0])

    No straight line separates them: Minsky and Papert, Perceptrons, 1969.
    """
    return np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def moons(n=200, noise=0.1, *, rng):
    """Two half circles that reach into each other. Returns x (n, 2) and labels (n,), in random order.

    >>> x, y = moons(6, rng=np.random.default_rng(0))
    >>> x.shape, sorted(y.tolist())
    ((6, 2), [0, 0, 0, 1, 1, 1])
    """
    y = _labels(n, 2, rng)
    angle = np.pi * rng.random(n)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x[y == 1] = [1.0, 0.5] - x[y == 1]
    return x + noise * rng.standard_normal((n, 2)), y


def spirals(n=300, classes=3, noise=0.1, turns=0.75, *, rng):
    """Arms that wind around the origin, one for each class. Returns x (n, 2) and labels (n,), in random order.

    >>> x, y = spirals(9, rng=np.random.default_rng(0))
    >>> x.shape, sorted(y.tolist())
    ((9, 2), [0, 0, 0, 1, 1, 1, 2, 2, 2])
    """
    y = _labels(n, classes, rng)
    radius = rng.uniform(0.05, 1.0, n)
    angle = 2 * np.pi * (y / classes + turns * radius) + noise * rng.standard_normal(n)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), y


def _labels(n, classes, rng):
    if not isinstance(rng, np.random.Generator) or n < classes:
        raise ValueError(f"expected n ≥ {classes} and rng=np.random.default_rng(seed); was given n={n}, rng={rng!r}")
    return rng.permutation(np.arange(n) % classes)


class Split(NamedTuple):
    """Data to fit on, data to choose by, and data to look at once."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def digits(dtype="float64"):
    """1,797 images of handwritten digits, 8 × 8 grey values from 0 to 1, in three parts with each digit in all.

    >>> data = digits()
    >>> data.x_train.shape, data.x_validation.shape, data.x_test.shape
    ((1010, 64), (337, 64), (450, 64))

    Tune on the validation part and look at the test part once: of 450 images, one is 0.22 percentage points. Needs
    scikit-learn, which brings the data (UCI, Alpaydin and Kaynak, 1998); raises ImportError without it.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(dtype)
    split = {"random_state": 0, "test_size": 0.25}
    x_rest, x_test, y_rest, y_test = train_test_split(x, y, stratify=y, **split)
    x_train, x_validation, y_train, y_validation = train_test_split(x_rest, y_rest, stratify=y_rest, **split)
    return Split(x_train, y_train, x_validation, y_validation, x_test, y_test)
