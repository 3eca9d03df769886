"""An array and its gradient, and who may write into them: the part of a `Tensor` that is no operation.

A gradient is never computed from data that was changed behind its back. On NumPy `data` is a read-only view as long as
a live graph may read it, and a graph that meets a view handed out earlier keeps a copy. PyTorch counts the writes into
an array, and `backward` compares. Other libraries offer neither: there, write into `data` only after `backward`.
"""

from sys import getrefcount

import numpy as np

from .backend import as_array, backend_of


class Stored:
    """The array, the backend it belongs to, and its node in the graph if it has one."""

    __slots__ = ("__weakref__", "_backend", "_data", "_lent", "_node")

    shape = property(lambda self: tuple(self._data.shape), doc="The lengths of the axes.")
    ndim = property(lambda self: len(self._data.shape), doc="The number of axes.")
    dtype = property(lambda self: self._data.dtype, doc="The type of the numbers.")
    requires_grad = property(lambda self: self._node is not None and self._node.wanted, doc="Is a gradient possible?")

    @property
    def data(self):
        """The array. On NumPy a view, read-only while a live graph may read it; assigning replaces the numbers."""
        if not self._backend.locks:
            return self._data
        if type(self._data) is not np.ndarray:
            self._data = np.asarray(self._data)
        view = self._data.view()
        if self._in_use() or self._data.base is not None:
            view.flags.writeable = False
        else:
            self._lent = True
        return view

    @data.setter
    def data(self, value):
        mine = self._data
        if value is mine or (
            getattr(value, "base", None) is mine and (value.shape, value.strides) == (mine.shape, mine.strides)
        ):
            return  # our own memory, as after t.data -= step
        value = as_array(value, copy=True)
        if tuple(value.shape) != self.shape or value.dtype != self.dtype or backend_of(value) is not self._backend:
            given, expected = f"{tuple(value.shape)} of {value.dtype}", f"{self.shape} of {self.dtype}"
            raise ValueError(f"the new data has shape {given}; expected {expected} on {self._backend}")
        self._data = value

    def _in_use(self):
        """Whether a live graph may read the data: its nodes refer to ours, or ours has operands yet."""
        return self._node is not None and (self._node.saved is not None or getrefcount(self._node) > 2)

    def _settled(self):
        """The data for a graph to keep: a copy while somebody holds a view that can be written through."""
        if getrefcount(self._data) > 2:
            return self._data.copy()
        self._lent = False
        return self._data

    @property
    def _ground(self):
        return self._data._ground if isinstance(self._data, Stored) else self._data

    @property
    def grad(self):
        """The gradient that the last `backward` through this tensor found, an array, or None."""
        g = None if self._node is None else self._node.grad
        return np.asarray(g) if isinstance(g, np.generic) else g

    @grad.setter
    def grad(self, value):
        if not self.requires_grad or (value is not None and tuple(value.shape) != self.shape):
            raise ValueError(f"a gradient of shape {getattr(value, 'shape', None)} for a tensor of shape {self.shape}")
        self._node.grad = value
