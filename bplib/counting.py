"""Counting instead of timing: how often a function runs, and how many multiplications its products of matrices take.

Counts are the same on every machine and in every run, so a chapter can state them and a test can hold them; wall time
is neither. Chapter 01 derives the ratios that they show.
"""

from contextlib import contextmanager
from functools import wraps

from bplib.backend import backend_of

_PRODUCTS = ("matmul", "product", "times_transposed")


class Products(list):
    """The products of matrices that were done: for each, its number of multiplications."""

    @property
    def multiplications(self):
        """All of them together."""
        return sum(self)


def count_runs(f):
    """`f` with a counter: the function that comes back adds one to its `.runs` at every call.

    >>> square = count_runs(lambda x: x * x)
    >>> square(3.0) + square(4.0), square.runs
    (25.0, 2)
    """

    @wraps(f)
    def counted(*args, **keywords):
        counted.runs += 1
        return f(*args, **keywords)

    counted.runs = 0
    return counted


@contextmanager
def count_products(like=(0.0,)):
    """Count the products of matrices that the engines do inside a `with` block: a `Products`, filled as they happen.

    A product of shapes (m, k) and (k, n) takes m·k·n multiplications. Only what the engines do counts, `Tensor`, `Dual`
    and the transforms, forward and backward, on the array library of `like` (NumPy); products of bare arrays do not.

    >>> from bplib.matrix import Tensor
    >>> W = Tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    >>> with count_products() as products:
    ...     loss = (Tensor([[4.0, 5.0, 6.0]]) @ W.T).sum()
    ...     loss.backward()
    >>> products, products.multiplications
    ([3, 3], 6)
    """
    from bplib.backend import as_array

    xp, products = backend_of(as_array(like)).xp, Products()
    before = {name: vars(xp).get(name) for name in _PRODUCTS}

    def counting(function):
        def counted(a, b):
            result = function(a, b)
            products.append(int(getattr(result, "size", 1)) * int(a.shape[-1]))
            return result

        return counted

    for name in _PRODUCTS:
        setattr(xp, name, counting(getattr(xp, name)))
    try:
        yield products
    finally:
        for name, function in before.items():
            if function is None:
                delattr(xp, name)
            else:
                setattr(xp, name, function)
