"""Random programs: straight-line code over a table of operations, run by our engine and by oracles that are not ours.

A program is data: input arrays, and steps (operation, operand numbers, settings). Operands are drawn with replacement
from everything computed so far, so that aliases (x * x, x + x), fan-out and reused sub-expressions come by themselves.
The operations exist in three spellings: ours, NumPy's (which autograd differentiates), and PyTorch's.
"""

from copy import copy

import autograd
import autograd.numpy as anp
import numpy as np

from bplib import functional as F
from bplib.matrix import Tensor

SHAPES = [(), (1,), (4,), (3, 1), (1, 4), (3, 4), (4, 4), (2, 3, 4), (2, 1, 4)]
EMPTY = [(0,), (0, 4), (3, 0), (2, 0, 4)]


def _numpy_ops(np):
    """The operations in NumPy's spelling, for NumPy and for autograd."""

    def log_softmax(x, axis):
        z = x - np.max(x, axis=axis, keepdims=True)
        return z - np.log(np.sum(np.exp(z), axis=axis, keepdims=True))

    def standardise(x, axis, eps):
        d = x - np.mean(x, axis=axis, keepdims=True)
        return d / np.sqrt(np.mean(d * d, axis=axis, keepdims=True) + eps)

    def linear(x, W, b):
        return np.matmul(x, W.T) + b

    def cross_entropy(z, labels):
        rows = np.reshape(log_softmax(z, -1), (-1, z.shape[-1]))
        return -np.mean(rows[np.arange(rows.shape[0]), labels.reshape(-1)])

    return {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "pow": lambda a, b: a**b,
        "power": lambda a, n: a**n,
        "scale": lambda a, c: c - a * c,
        "over": lambda a, c: c / a,
        "neg": lambda a: -a,
        "exp": lambda a: np.exp(a),
        "log": lambda a: np.log(a),
        "tanh": lambda a: np.tanh(a),
        "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
        "relu": lambda a: np.where(a > 0, a, 0.0 * a),
        "softplus": lambda a: np.logaddexp(a, 0.0),
        "sqrt": lambda a: np.sqrt(a),
        "sin": lambda a: np.sin(a),
        "cos": lambda a: np.cos(a),
        "abs": lambda a: np.abs(a),
        "sum": lambda a, axis, keepdims: np.sum(a, axis=axis, keepdims=keepdims),
        "mean": lambda a, axis, keepdims: np.mean(a, axis=axis, keepdims=keepdims),
        "max": lambda a, axis, keepdims: np.max(a, axis=axis, keepdims=keepdims),
        "reshape": lambda a, shape: np.reshape(a, shape),
        "transpose": lambda a, axes: np.transpose(a, axes),
        "index": lambda a, index: a[index],
        "matmul": lambda a, b: np.matmul(a, b),
        "concat": lambda a, b, axis: np.concatenate([a, b, a], axis=axis),
        "stack": lambda a, b, axis: np.stack([a, b], axis=axis),
        "where": lambda a, b, condition: np.where(condition, a, b),
        "softmax": lambda a, axis: np.exp(log_softmax(a, axis)),
        "log_softmax": log_softmax,
        "standardise": standardise,
        "linear": linear,
        "linear_relu": lambda x, W, b: (lambda z: np.where(z > 0, z, 0.0 * z))(linear(x, W, b)),
        "mse": lambda a, b: np.mean((a - b) ** 2),
        "cross_entropy": cross_entropy,
    }


OURS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "power": lambda a, n: a**n,
    "scale": lambda a, c: c - a * c,
    "over": lambda a, c: c / a,
    "neg": lambda a: -a,
    "exp": lambda a: a.exp(),
    "log": lambda a: a.log(),
    "tanh": lambda a: a.tanh(),
    "sigmoid": lambda a: a.sigmoid(),
    "relu": lambda a: a.relu(),
    "softplus": F.softplus,
    "sqrt": lambda a: a.sqrt(),
    "sin": lambda a: a.sin(),
    "cos": lambda a: a.cos(),
    "abs": abs,
    "sum": lambda a, axis, keepdims: a.sum(axis, keepdims),
    "mean": lambda a, axis, keepdims: a.mean(axis, keepdims),
    "max": lambda a, axis, keepdims: a.max(axis, keepdims),
    "reshape": lambda a, shape: a.reshape(shape),
    "transpose": lambda a, axes: a.transpose(*axes),
    "index": lambda a, index: a[index],
    "matmul": lambda a, b: a @ b,
    "concat": lambda a, b, axis: F.concat([a, b, a], axis),
    "stack": lambda a, b, axis: F.stack([a, b], axis),
    "where": lambda a, b, condition: F.where(condition, a, b),
    "softmax": F.softmax,
    "log_softmax": F.log_softmax,
    "standardise": F.standardise,
    "linear": F.linear,
    "linear_relu": F.linear_relu,
    "mse": F.mse,
    "cross_entropy": F.softmax_cross_entropy,
}
NUMPY, AUTOGRAD = _numpy_ops(np), _numpy_ops(anp)


def torch_ops(torch):
    """The operations in PyTorch's spelling."""
    functional = torch.nn.functional

    def axes(f):
        return lambda a, axis, keepdims: f(a, tuple(range(a.ndim)) if axis is None else axis, keepdims)

    def standardise(a, axis, eps):
        d = a - a.mean(axis, keepdim=True)
        return d / (d * d).mean(axis, keepdim=True).add(eps).sqrt()

    return OURS | {
        "softplus": lambda a: functional.softplus(a, threshold=1e9),
        "sum": axes(lambda a, axis, keepdims: a.sum(axis, keepdims) if a.ndim else a),
        "mean": axes(lambda a, axis, keepdims: a.mean(axis, keepdims) if a.ndim else a),
        "max": axes(lambda a, axis, keepdims: a.amax(axis, keepdims) if a.ndim else a),
        "transpose": lambda a, axes: a.permute(axes),
        "index": lambda a, index: a[tuple(torch.as_tensor(i) if isinstance(i, np.ndarray) else i for i in index)],
        "concat": lambda a, b, axis: torch.cat([a, b, a], axis),
        "stack": lambda a, b, axis: torch.stack([a, b], axis),
        "where": lambda a, b, condition: torch.where(torch.as_tensor(condition), a, b),
        "softmax": lambda a, axis: functional.softmax(a, axis),
        "log_softmax": lambda a, axis: functional.log_softmax(a, axis),
        "standardise": standardise,
        "linear": functional.linear,
        "linear_relu": lambda x, W, b: functional.linear(x, W, b).relu(),
        "mse": functional.mse_loss,
        "cross_entropy": lambda a, labels: functional.cross_entropy(
            a.reshape(-1, a.shape[-1]), torch.as_tensor(labels).reshape(-1)
        ),
    }


class Program:
    """Nodes that are input arrays or (operation, operand numbers, settings), and a loss that reads the loose ends."""

    def __init__(self, rng, operations, length, shapes=SHAPES):
        self.rng, self.shapes, self.nodes, self.values = rng, shapes, [], []
        for _ in range(2):
            self._input(shapes[rng.integers(len(shapes))])
        done = tries = 0
        while done < length:
            done += self._extend(operations[rng.integers(len(operations))])
            tries += 1
            if tries % 20 == 0:  # nothing here fits: something new may
                self._input(shapes[rng.integers(len(shapes))])
        used = {i for node in self.nodes if isinstance(node, tuple) for i in node[1]}
        self.ends = [i for i, node in enumerate(self.nodes) if isinstance(node, tuple) and i not in used]
        self.weights = [np.asarray(rng.uniform(0.5, 1.5, self.values[i].shape)) for i in self.ends]

    def _input(self, shape, positive=False):
        array = self.rng.uniform(0.5, 2.0, shape)
        self.nodes.append(np.asarray(array if positive else array * self.rng.choice([-1.0, 1.0], shape)))
        self.values.append(self.nodes[-1])
        return len(self.nodes) - 1

    def _one(self, fits=lambda value: True):
        """The number of a value that fits, or None."""
        found = [i for i, value in enumerate(self.values) if fits(value)]
        return found[self.rng.integers(len(found))] if found else None

    def _extend(self, name):
        """Add a step of that operation, if its value is finite and of moderate size: how many were added."""
        step = getattr(self, f"_draw_{name}", self._draw_unary)(name)
        if step is None:
            return 0
        operands, settings = step
        with np.errstate(all="ignore"):
            value = np.asarray(NUMPY[name](*(self.values[i] for i in operands), **settings))
        if value.size and not (np.isfinite(value).all() and np.abs(value).max() < 30):
            return 0
        self.nodes.append((name, operands, settings))
        self.values.append(value)
        return 1

    def _draw_unary(self, name):
        return (self._one(),), {}

    def _draw_tanh(self, name):
        """Where tanh and sigmoid are flat, 1 − y is all cancellation: stay where they bend."""
        a = self._one(lambda v: (np.abs(v) < 3).all())
        return None if a is None else ((a,), {})

    _draw_sigmoid = _draw_tanh

    def _away_from_zero(self):
        i = self._one(lambda v: (v > 0.3).all())
        return self._input(self.shapes[self.rng.integers(len(self.shapes))], positive=True) if i is None else i

    def _draw_log(self, name):
        return (self._away_from_zero(),), {}

    _draw_sqrt = _draw_log

    def _draw_over(self, name):
        return (self._away_from_zero(),), {"c": float(self.rng.normal())}

    def _draw_scale(self, name):
        return (self._one(),), {"c": self.rng.choice([2, -3, 0.5]).item()}

    def _draw_power(self, name):
        n = [0, 1, 2, 3, -1, 0.5, -1.5][self.rng.integers(7)]
        return (self._one() if n in (0, 1, 2, 3) else self._away_from_zero(),), {"n": n}

    def _partner(self, a):
        def fits(v):
            try:
                return np.broadcast_shapes(v.shape, self.values[a].shape) is not None
            except ValueError:
                return False

        return self._one(fits)

    def _draw_add(self, name):
        a = self._one()
        return (a, self._partner(a)), {}

    _draw_sub = _draw_mul = _draw_add

    def _draw_div(self, name):
        b = self._away_from_zero()
        a = self._partner(b)
        return None if a == b else ((a, b), {})  # x/x is 1: its gradient is a rounding error, and no oracle for it

    def _draw_pow(self, name):
        a = self._away_from_zero()
        return (a, self._partner(a)), {}

    def _draw_where(self, name):
        a = self._one()
        b = self._partner(a)
        shape = np.broadcast_shapes(self.values[a].shape, self.values[b].shape)
        return (a, b), {"condition": self.rng.random(shape) < 0.5}

    def _axis(self, shape):
        """An axis, several or all."""
        axes = [None, *range(-len(shape), len(shape)), tuple(range(len(shape)))[:2]]
        return axes[self.rng.integers(len(axes) - (len(shape) < 2))]

    def _draw_sum(self, name):
        a = self._one()
        return (a,), {"axis": self._axis(self.values[a].shape), "keepdims": bool(self.rng.integers(2))}

    def _draw_mean(self, name):
        a, settings = self._draw_sum(name)
        v = self.values[a[0]]
        empty = np.sum(np.ones(v.shape), axis=settings["axis"], keepdims=True)
        return None if (empty == 0).any() else (a, settings)

    _draw_max = _draw_mean

    def _draw_reshape(self, name):
        a = self._one()
        shape = self.values[a].shape
        options = [(*shape, 1), (1, *shape), tuple(reversed(shape)), (int(np.prod(shape)),)]
        return (a,), {"shape": options[self.rng.integers(4)]}

    def _draw_transpose(self, name):
        a = self._one()
        return (a,), {"axes": tuple(int(i) for i in self.rng.permutation(self.values[a].ndim))}

    def _draw_index(self, name):
        a = self._one(lambda v: v.ndim)
        if a is None:
            return None
        shape = self.values[a].shape
        n = shape[0]
        last = slice(None, None, 2)
        options = [
            (slice(1, None),),
            (Ellipsis, last),
            (None, Ellipsis),
            (slice(None), None),
            (self.rng.random(n) < 0.5,),
        ]
        if n:
            rows = self.rng.integers(-n, n, 5)
            options += [(0,), (-1, Ellipsis, None), (rows,), (rows, Ellipsis), (rows[:4].reshape(2, 2),)]
            options += [(rows, *(self.rng.integers(0, m, 5) for m in shape[1:]))] if 0 not in shape else []
        return (a,), {"index": options[self.rng.integers(len(options))]}

    def _draw_matmul(self, name):
        a = self._one(lambda v: v.ndim)
        if a is None:
            return None
        n = self.values[a].shape[-1]
        ours = self.values[a].shape[:-2]

        def fits(v):
            if v.ndim == 0 or v.shape[-min(v.ndim, 2)] != n:
                return False
            return not ours or v.shape[:-2] in ((), ours, (*ours[:-1], 1))

        b = self._one(fits)
        return (a, self._input([(n,), (n, 2), (2, n, 3)][self.rng.integers(2 if ours else 3)]) if b is None else b), {}

    def _draw_linear(self, name):
        x = self._one(lambda v: v.ndim)
        if x is None:
            return None
        W = self._one(lambda v: v.ndim == 2 and v.shape[1] == self.values[x].shape[-1])
        W = self._input((3, self.values[x].shape[-1])) if W is None else W
        b = self._one(lambda v: v.shape == self.values[W].shape[:1])
        return (x, W, self._input(self.values[W].shape[:1]) if b is None else b), {}

    _draw_linear_relu = _draw_linear

    def _draw_concat(self, name):
        a = self._one(lambda v: v.ndim)
        if a is None:
            return None
        shape = self.values[a].shape
        axis = int(self.rng.integers(-len(shape), len(shape)))
        k = axis % len(shape)
        rest = shape[:k] + shape[k + 1 :]
        b = self._one(lambda v: v.ndim == len(shape) and v.shape[:k] + v.shape[k + 1 :] == rest)
        return (a, b), {"axis": axis}

    def _draw_stack(self, name):
        a = self._one()
        b = self._one(lambda v: v.shape == self.values[a].shape)
        return (a, b), {"axis": int(self.rng.integers(-self.values[a].ndim - 1, self.values[a].ndim + 1))}

    def _draw_softmax(self, name):
        a = self._one(lambda v: v.ndim and v.size and max(v.shape) > 1 and np.ptp(v) < 5)  # flat beyond, as tanh
        if a is None:
            return None
        axes = [i for i, n in enumerate(self.values[a].shape) if n > 1]
        return (a,), {"axis": axes[self.rng.integers(len(axes))] - self.values[a].ndim * int(self.rng.integers(2))}

    _draw_log_softmax = _draw_softmax

    def _draw_standardise(self, name):
        a = self._one(lambda v: v.ndim and v.size and v.var(axis=-1).min() > 0.1)
        return None if a is None else ((a,), {"axis": -1, "eps": 1e-5})

    def _draw_mse(self, name):
        a = self._one(lambda v: v.size)
        return None if a is None else ((a, self._one(lambda v: v.shape == self.values[a].shape)), {})

    def _draw_cross_entropy(self, name):
        a = self._one(lambda v: v.ndim and v.size)
        if a is None:
            return None
        return (a,), {"labels": self.rng.integers(0, self.values[a].shape[-1], self.values[a].shape[:-1])}

    @property
    def inputs(self):
        return [node for node in self.nodes if isinstance(node, np.ndarray)]

    def jittered(self, rng):
        """The same program with every number of it moved by one unit in the last place, up or down."""
        move = lambda x: np.asarray(np.nextafter(x, np.where(rng.random(x.shape) < 0.5, -np.inf, np.inf)))
        other = copy(self)
        other.nodes = [move(node) if isinstance(node, np.ndarray) else node for node in self.nodes]
        other.weights = [move(weights) for weights in self.weights]
        return other

    def loss(self, operations, leaves, weigh):
        """The program's loss from leaves in the place of the inputs; `weigh(value, weights)` sums a weighted end."""
        leaves, values = iter(leaves), []
        for node in self.nodes:
            if isinstance(node, tuple):
                name, operands, settings = node
                values.append(operations[name](*(values[i] for i in operands), **settings))
            else:
                values.append(next(leaves))
        total = None
        for i, weights in zip(self.ends, self.weights, strict=True):
            part = weigh(values[i], weights)
            total = part if total is None else total + part
        return total


def ours(program):
    """The gradients of a program's loss, by our engine."""
    leaves = [Tensor(x, requires_grad=True) for x in program.inputs]
    program.loss(OURS, leaves, lambda v, w: (v * w).sum()).backward()
    return [np.zeros(leaf.shape) if leaf.grad is None else leaf.grad for leaf in leaves]


def by_autograd(program):
    """The same by autograd."""
    f = lambda *leaves: program.loss(AUTOGRAD, leaves, lambda v, w: anp.sum(v * w))
    return [np.asarray(g) for g in autograd.grad(f, tuple(range(len(program.inputs))))(*program.inputs)]


def by_torch(torch, operations, program):
    """The same by PyTorch."""
    leaves = [torch.tensor(x, requires_grad=True) for x in program.inputs]
    program.loss(operations, leaves, lambda v, w: (v * torch.as_tensor(w)).sum()).backward()
    return [np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]


def distance(ours, theirs):
    """How far two lists of gradients are apart: relative to the norm of all, and entry by entry at the worst.

    An entry that is exactly 0 in the second list has no relative error: there the gap counts against the norm.
    """
    a, b = (np.concatenate([np.ravel(g) for g in gradients]) for gradients in (ours, theirs))
    if not a.size:
        return 0.0, 0.0
    gap, norm = np.abs(a - b), np.linalg.norm(b) or 1.0
    return float(np.linalg.norm(gap) / norm), float(np.max(gap / np.where(b == 0, norm, np.abs(b))))
