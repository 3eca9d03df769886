"""An array library as the rules call it, `xp`: the array API's functions, and the few that the standard leaves out.

`Namespace` says these few in the standard's own terms, for any library. NumPy, CuPy and PyTorch have shorter ways to
some, and those stand in the classes below it; this is the only file that treats one library unlike another.
"""

import math
from functools import lru_cache

import numpy as np


class Namespace:
    """Any library of the array API, on one device."""

    def __init__(self, module, device):
        self.module, self.device = module, device

    def __getattr__(self, name):
        function = getattr(self.module, name)
        setattr(self, name, function)  # found at once the next time
        return function

    def numbers(self, n):
        """0, 1, …, n − 1."""
        return self.arange(n, device=self.device)

    def one_like(self, x):
        """What a gradient starts from, ∂L/∂L = 1, in the shape and dtype of x."""
        return self.ones_like(x)

    def step(self, y):
        """The slope of relu: 1 where y > 0, else 0."""
        return self.astype(y > 0, y.dtype)

    def masked(self, g, y):
        """g times the slope of relu, given its result y."""
        return g * self.step(y)

    def rectify(self, z):
        """max(z, 0), if the library can in the memory of z, which must be the caller's own."""
        return self.maximum(z, self.zeros_like(z))

    def product(self, a, b):
        """The product of two matrices."""
        return a @ b

    def times_transposed(self, x, W):
        """X Wᵀ."""
        return x @ W.T

    def column_sums(self, matrix):
        """The sum of each column."""
        return self.sum(matrix, axis=0)

    def descend(self, w, g, rate):
        """w − rate · g, in the memory of w."""
        w -= rate * g

    def one_hot(self, labels, classes, dtype):
        """Labels (n,) as rows (n, classes) of zeros with a one at the label."""
        return self.astype(self.reshape(labels, (-1, 1)) == self.numbers(classes), dtype)

    def at_labels(self, z, labels):
        """The entry of each row of z that its label names."""
        return z[self.numbers(z.shape[0]), labels]

    def less_one_hot(self, p, labels):
        """p less one at each row's label, if the library can in the memory of p, which must be the caller's own."""
        return p - self.one_hot(labels, p.shape[1], p.dtype)

    def outside(self, labels, n):
        """Whether a label is none of 0 … n − 1; waits for the device."""
        return bool(self.any((labels < 0) | (labels >= n)))

    def to_bfloat16(self, x):
        """float32 rounded to 8 significant bits, by Veltkamp's splitting."""
        if x.dtype != self.float32:
            raise TypeError(f"bfloat16 rounds float32, but was given {x.dtype}: convert with .astype('float32')")
        c = x * (2.0**16 + 1)
        return c - (c - x)

    def pick(self, x, index):
        """x[index]; array-api-strict does not index rows by an array of integers, and takes them."""
        try:
            return x[index]
        except IndexError:
            if not hasattr(index, "dtype"):
                raise
        return self.reshape(self.take(x, self.reshape(index, (-1,)), axis=0), (*index.shape, *x.shape[1:]))

    def add_at(self, shape, index, values):
        """Zeros of `shape` with `values` added at `index`, to an entry as often as the index names it."""
        out = self.zeros(shape, dtype=values.dtype, device=self.device)
        parts = index if isinstance(index, tuple) else (index,)
        if not any(hasattr(part, "dtype") for part in parts):  # slices and numbers name no entry twice
            index = tuple(part for part in parts if part is not None)
            out[index] = self.reshape(values, out[index].shape)
            return out
        return self._add_repeated(out, index, values)

    def _add_repeated(self, out, index, values):
        places = self.numbers(math.prod(out.shape))
        where = self.reshape(self.pick(self.reshape(places, out.shape), index), (1, -1))
        hits = self.astype(self.reshape(places, (-1, 1)) == where, values.dtype)
        return self.reshape(self.matmul(hits, self.reshape(values, (-1,))), out.shape)


class CuPy(Namespace):
    """CuPy, which writes results where it is told."""

    def rectify(self, z):
        """max(z, 0) in the memory of z."""
        return self.maximum(z, 0, out=z)

    def to_bfloat16(self, x):
        """float32 without the last 16 of its 32 bits, rounded to nearest, ties to even."""
        if x.dtype != self.float32:
            return super().to_bfloat16(x)
        bits = self.asarray(x).view(self.uint32)
        rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
        return self.where(self.isnan(x), x, rounded.view(self.float32))

    def _add_repeated(self, out, index, values):
        self.add.at(out, index, values)
        return out


class Torch(Namespace):
    """PyTorch."""

    def to_bfloat16(self, x):
        """PyTorch's own."""
        return super().to_bfloat16(x) if x.dtype != self.float32 else x.to(self.bfloat16).to(self.float32)

    def rectify(self, z):
        """max(z, 0) in the memory of z."""
        return z.clamp_(min=0)

    def _add_repeated(self, out, index, values):
        where = self.reshape(self.reshape(self.numbers(math.prod(out.shape)), out.shape)[index], (-1,))
        return self.reshape(self.reshape(out, (-1,)).index_add_(0, where, self.reshape(values, (-1,))), out.shape)


@lru_cache(maxsize=256)
def _shared(make, what, dtype):
    """An array that is made once: make(what), read-only."""
    array = make(what, dtype=dtype)
    array.flags.writeable = False
    return array


class NumPy(CuPy):
    """NumPy, with the shorter of several ways, for on small arrays every detour is felt.

    A number beside an array costs more than an array without axes, which is why 0 and the rate come as such.
    """

    def sum(self, x, axis=None, keepdims=False):
        """np.sum without its wrapper."""
        return np.add.reduce(x, axis=axis, keepdims=keepdims)

    def max(self, x, axis=None, keepdims=False):
        """np.max without its wrapper."""
        return np.maximum.reduce(x, axis=axis, keepdims=keepdims)

    def astype(self, x, dtype):
        """A copy in another dtype."""
        return x.astype(dtype)

    def masked(self, g, y):
        """g times the slope of relu, in the memory of the slope."""
        slope = (y > _shared(np.zeros, (), y.dtype)).astype(y.dtype)
        slope *= g
        return slope

    def rectify(self, z):
        """max(z, 0) in the memory of z."""
        return np.maximum(z, _shared(np.zeros, (), z.dtype), out=z)

    def numbers(self, n):
        """0, 1, …, n − 1, made once."""
        return _shared(np.arange, n, np.intp)

    def descend(self, w, g, rate, block=32768):
        """Large arrays in blocks that stay in the processor's cache between the product and the difference."""
        rate = _shared(np.asarray, float(rate), w.dtype)
        if w.size <= 4 * block or not (w.flags.c_contiguous and g.flags.c_contiguous):
            w -= rate * g
            return
        w, g = w.reshape(-1), g.reshape(-1)
        for i in range(0, w.size, block):
            part = w[i : i + block]
            part -= rate * g[i : i + block]

    def one_like(self, x):
        """1, as the scalar that NumPy makes of an array without axes."""
        return x.dtype.type(1) if x.shape == () else np.ones_like(x)

    def product(self, a, b):
        """A B; small ones by np.dot, which is sooner under way than matmul but fills its result with zeros first."""
        return a.dot(b) if len(a) * b.shape[1] <= 4096 else a @ b

    def times_transposed(self, x, W):
        """X Wᵀ; as (W Xᵀ)ᵀ for which OpenBLAS takes up to half the time, in float32 with few rows and a large W."""
        if x.ndim != 2:
            return x @ W.T
        if W.size > 32768 and 1 < len(x) <= 48 and x.dtype == np.float32:
            return np.ascontiguousarray((W @ x.T).T)
        return x.dot(W.T) if len(x) * len(W) <= 4096 else x @ W.T

    def column_sums(self, matrix):
        """A product with a vector of ones, which takes half the time of a sum."""
        return _shared(np.ones, matrix.shape[0], matrix.dtype).dot(matrix)

    def less_one_hot(self, p, labels):
        """p less one at each row's label, in the memory of p."""
        p[self.numbers(p.shape[0]), labels] -= 1
        return p

    def outside(self, labels, n):
        """Read without its sign, a negative number is a large one."""
        return labels.size > 0 and int(labels.view(np.uint64).max()) >= n
