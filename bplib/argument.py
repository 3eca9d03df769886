"""A function's argument, whatever it is (a number, a list, an array, a `Value`, a `Tensor`), seen as a list of numbers.

`bplib.gradcheck` moves these numbers one at a time or along a direction. Standard library only: arrays are handled
through their own methods.
"""

import sys
from inspect import signature
from itertools import product

EPSILON = sys.float_info.epsilon


class Argument:
    """One argument as a list of numbers, `entries`, and the way back to an argument of the same kind, `rebuilt`.

    >>> Argument([[1, 2], 3]).rebuilt([4.0, 5.0, 6.0])
    [[4.0, 5.0], 6.0]

    Raises TypeError for integer arrays, which cannot be moved by a small step.
    """

    def __init__(self, x, position=0):
        self.position = position
        self.engine = type(x) if type(x).__module__.startswith("bplib.") else None  # a Value or a Tensor
        self.like = x = x.data if self.engine else x
        self.shape = tuple(x.shape) if hasattr(x, "shape") else None
        self.parts = [Argument(part, position) for part in x] if isinstance(x, (list, tuple)) else None
        dtype = str(getattr(x, "dtype", "float64"))
        self.epsilon = 2.0**-23 if "32" in dtype else 2.0**-10 if "16" in dtype else EPSILON
        if self.shape is not None and ("int" in dtype or "bool" in dtype):
            raise TypeError(f"argument {position} is an array of {dtype}; expected floats: use .astype('float64')")
        if self.parts is not None:
            self.entries = [entry for part in self.parts for entry in part.entries]
        else:
            self.entries = [float(x[i]) for i in self.indices()] if self.shape else [float(x)]

    def indices(self):
        """The index of every number of an array; one empty index for a number."""
        return list(product(*map(range, self.shape or ())))

    def step(self, i):
        """By how much entry `i` is moved for a central difference: h = ε^(1/3) · max(1, |x|)."""
        return self.epsilon ** (1 / 3) * max(1.0, abs(self.entries[i]))

    def rebuilt(self, entries, wrap=True):
        """The argument with these numbers in it; arrays are copied and become complex where a number is."""
        if self.parts is not None:
            entries = iter(entries)
            return [part.rebuilt([next(entries) for _ in part.entries], wrap) for part in self.parts]
        if self.shape:
            x = self.like.astype(complex) if complex in map(type, entries) else self.like * 1
            for i, entry in zip(self.indices(), entries, strict=True):
                x[i] = entry
        else:
            x = entries[0] if self.shape is None else self.like * 0 + entries[0]
        return self.engine(x) if self.engine and wrap else x

    def places(self):
        """Where each entry stands, as a tuple of indices."""
        if self.parts is None:
            return self.indices()
        return [(n, *place) for n, part in enumerate(self.parts) for place in part.places()]

    def outer(self):
        """The length of the first axis, which may be a batch."""
        return (self.shape[:1] if self.shape else ()) if self.parts is None else (len(self.parts),)

    def name(self, f):
        """What `f` calls this argument."""
        try:
            return f"argument {self.position} ({list(signature(f).parameters)[self.position]})"
        except (TypeError, ValueError, IndexError):
            return f"argument {self.position}"
