"""Which array library an array belongs to, asked once for each tensor and never for each operation.

The rules of differentiation (`bplib.rules`) are written once, against the Python array API standard. This file finds
the namespace that goes with an array (through array-api-compat), so that the same rules run on NumPy, CuPy, PyTorch and
array-api-strict, and it holds the few things the standard leaves out. Nothing here copies an array from a device to
the host, except `to_numpy`, which is asked to.

Standard: https://data-apis.org/array-api/2024.12/
"""

import array_api_compat as compat
import numpy as np

from .namespaces import CuPy, Namespace, NumPy, Torch


class Backend:
    """An array library on one device: `xp`, its namespace, and `device`.

    There is one object for each pair, so two arrays can be combined when their backends are the same object.
    `level` is 0 for arrays; `bplib.levels` builds others above it, for derivatives of derivatives.
    """

    __slots__ = ("counts_writes", "device", "level", "locks", "name", "xp")

    def __init__(self, module, device):
        self.name, self.device, self.level = module.__name__.removeprefix("array_api_compat."), device, 0
        kind = {"numpy": NumPy, "cupy": CuPy, "torch": Torch}.get(self.name, Namespace)
        self.xp = kind(module, device)
        self.locks = kind is NumPy  # arrays can be handed out as read-only views
        self.counts_writes = kind is Torch  # arrays know how often they were written into

    def __repr__(self):
        return self.name if self.locks else f"{self.name} on {self.device}"


def _module(array):
    try:
        return compat.array_namespace(array)
    except TypeError:
        raise TypeError(
            f"expected an array (NumPy, CuPy, PyTorch or another library of the array API), a number or a list, but "
            f"was given a {type(array).__name__}"
        ) from None


_numpy = _module(np.empty(0))
NUMPY = Backend(_numpy, "cpu")
_backends = {}


def backend_of(array):
    """The `Backend` of an array: one object for each library and device.

    >>> backend_of(np.zeros(3)) is backend_of(np.ones((2, 2)))
    True

    Raises TypeError for what is no array.
    """
    if type(array) is np.ndarray:
        return NUMPY
    module = _module(array)
    if module is _numpy:
        return NUMPY
    device = compat.device(array)
    key = module.__name__, str(device)  # CuPy's devices cannot be keys
    if key not in _backends:
        _backends[key] = Backend(module, device)
    return _backends[key]


def as_array(data, copy=False):
    """`data` as an array of its own library; lists and Python numbers become float64 NumPy arrays.

    >>> as_array([1, 2]).dtype
    dtype('float64')

    Raises TypeError for what is neither, for complex numbers and for arrays of text or objects.
    """
    if isinstance(data, (int, float, list, tuple, range)):
        try:
            return np.asarray(data, dtype=np.float64)
        except (TypeError, ValueError):
            raise TypeError(
                "a list becomes an array of float64 when it is rectangular and holds numbers only; "
                f"was given {data!r:.80}"
            ) from None
    backend = backend_of(data)
    xp = backend.xp
    if backend.locks:
        data = np.asarray(data)
    elif getattr(data, "requires_grad", False):
        raise TypeError("was given a PyTorch tensor that requires grad; expected plain data: pass tensor.detach()")
    if not (data.dtype == xp.bool or xp.isdtype(data.dtype, ("real floating", "integral"))):
        raise TypeError(
            f"the engines work with real numbers, but were given dtype {data.dtype}; convert the array first"
        )
    return xp.asarray(data, copy=True) if copy else data


def is_float(array):
    """Whether the array's dtype is a real floating one, so that a gradient can be asked of it."""
    return array.dtype.kind == "f" if type(array) is np.ndarray else _is_float(array)


def _is_float(array):
    return backend_of(array).xp.isdtype(array.dtype, "real floating")


def to_device(array, xp, device=None):
    """A copy of `array` in the library `xp` (its module), on `device` (that library's default when None).

    >>> import array_api_strict as strict
    >>> to_device([1.0, 2.0], strict, strict.Device("device1")).device
    array_api_strict.Device('device1')
    """
    xp = _module(xp.empty(0))
    return xp.asarray(to_numpy(array), device=device, copy=True)


def to_numpy(array):
    """The array as a NumPy array in the host's memory: the one function here that copies from a device.

    >>> to_numpy([1, 2.5])
    array([1. , 2.5])
    """
    array = as_array(array)
    if backend_of(array).locks:
        return array
    return np.asarray(compat.to_device(array, "cpu") if compat.is_cupy_array(array) else _on_host(array))


def _on_host(array):
    if compat.is_torch_array(array):
        return array.cpu().numpy()
    host = type(array.device)("CPU_DEVICE") if hasattr(array, "device") else "cpu"
    return np.from_dlpack(compat.to_device(array, host))


def upper(a, b):
    """The higher of two backends' levels. Raises TypeError for two libraries or devices on the same level."""
    if a.level == b.level:
        raise TypeError(f"an operation on arrays of {a} and {b}; move one of them first: bplib.backend.to_device")
    return a if a.level > b.level else b


def operand(x, backend):
    """What stands beside a tensor in an operation: a Python number as it is, an array or a list as a copy."""
    if isinstance(x, (int, float)):
        return float(x) if isinstance(x, float) else int(x)
    if type(x).__module__ == "bplib.scalar":
        raise TypeError("a Tensor and a Value do not mix: use Tensor(value.data), or Tensors throughout")
    array = as_array(x, copy=True)
    if not backend.level and backend_of(array) is not backend:
        upper(backend, backend_of(array))
    return array


def own_index(index, x):
    """An index that nobody else can write into, spelled as the array API asks."""
    xp, parts = backend_of(x).xp, index if isinstance(index, tuple) else (index,)
    parts = [getattr(part, "_ground", part) for part in parts]
    arrays = [hasattr(part, "dtype") or isinstance(part, list) for part in parts]
    parts = [xp.asarray(p, device=xp.device, copy=True) if a else p for p, a in zip(parts, arrays, strict=True)]
    if any(arrays):
        return tuple(parts) if len(parts) > 1 else parts[0]
    return tuple(parts) if Ellipsis in parts else (*parts, ...)


def class_labels(labels, logits):
    """Labels as an integer array that nobody else writes into, beside the array of logits that they belong to.

    Raises TypeError for labels that are no integers or live elsewhere, ValueError for another shape than that of the
    logits without their last axis, and for a label outside 0 … classes − 1. That last check waits once for a device.
    """
    backend, shape = backend_of(logits), tuple(logits.shape)
    if type(labels) is not np.ndarray or backend is not NUMPY:
        labels = getattr(labels, "_ground", labels)
        labels = labels if hasattr(labels, "dtype") else backend.xp.asarray(labels, device=backend.device)
        if backend_of(labels) is not backend:
            upper(backend, backend_of(labels))
    xp = backend.xp
    if not (labels.dtype.kind in "iu" if backend is NUMPY else xp.isdtype(labels.dtype, "integral")):
        raise TypeError(f"labels of dtype {labels.dtype}; expected the numbers of the classes, as integers")
    if labels.shape != shape[:-1] or not shape:
        raise ValueError(f"labels of shape {tuple(labels.shape)} for logits of shape {shape}; expected {shape[:-1]}")
    labels = xp.astype(labels, xp.int64)  # a copy
    if xp.outside(labels, shape[-1]):
        raise ValueError(f"a label lies outside 0 … {shape[-1] - 1}: there are {shape[-1]} classes")
    return labels
