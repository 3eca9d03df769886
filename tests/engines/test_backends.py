"""One source, several array libraries: the same numbers, on the same device, and nothing copied to the host unasked."""

import array_api_strict as strict
import numpy as np
import pytest

from bplib import backend, nn, optim
from bplib import functional as F
from bplib.matrix import Tensor
from bplib.namespaces import Namespace

torch_mark, gpu_mark = pytest.mark.torch, pytest.mark.gpu


def _strict(device):
    return lambda: (strict, strict.Device(device))


def _torch():
    return pytest.importorskip("torch"), "cpu"


def _cupy():
    return pytest.importorskip("cupy"), None


LIBRARIES = [
    pytest.param(lambda: (np, None), id="numpy"),
    pytest.param(_strict("CPU_DEVICE"), id="strict"),
    pytest.param(_strict("device1"), id="strict-device1"),
    pytest.param(_torch, id="torch", marks=torch_mark),
    pytest.param(_cupy, id="cupy", marks=gpu_mark),
]


@pytest.fixture(params=LIBRARIES)
def library(request):
    return request.param()


def send(x, library):
    return backend.to_device(np.asarray(x), *library)


def numbers(x):
    return backend.to_numpy(x.data if isinstance(x, Tensor) else x)


def check(f, arrays, library, dtype="float64"):
    """f gives the same value and gradients as on NumPy, and all of it stays where the data are."""
    found = []
    for where in ((np, None), library):
        leaves = [Tensor(send(np.asarray(a, dtype), where), requires_grad=True) for a in arrays]
        home = backend.backend_of(leaves[0].data)
        y = f(*leaves)
        seed = send(np.cos(np.arange(numbers(y).size, dtype=dtype)).reshape(y.shape), where)
        y.backward(seed)
        for tensor in (y, *leaves):
            assert backend.backend_of(tensor._data) is home or home is backend.NUMPY
            assert tensor.grad is None or backend.backend_of(tensor.grad) is home or home is backend.NUMPY
            assert str(tensor.dtype).endswith(dtype)
        found.append([numbers(y), *(numbers(leaf.grad) for leaf in leaves)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(
            a, b, rtol=1e-12 if dtype == "float64" else 2e-5, atol=1e-12 if dtype == "float64" else 1e-6
        )


A, B, W, V = (np.random.default_rng(0).uniform(0.5, 1.5, s) for s in ((3, 4), (3, 1), (2, 4), (4,)))
OPERATIONS = {
    "arithmetic": (lambda a, b: (a + b) * a - b / a + 2 * a - 1 / b, [A, B]),
    "power": (lambda a, b: a**2 + a**b + 2**a + a**0.5, [A, B]),
    "entries": (
        lambda a: a.exp() + a.log() + a.tanh() + a.sigmoid() + (a - 1).relu() + a.sqrt() + a.sin() + a.cos(),
        [A],
    ),
    "more entries": (lambda a: abs(a - 1) + F.softplus(a) + F.gelu(a), [A]),
    "reductions": (lambda a: a.sum(0) + a.mean(0) + a.max(0) + a.sum() + a.mean((0, 1)) + a.max(1, keepdims=True), [A]),
    "matmul": (lambda a, w: a @ w.T, [A, W]),
    "vectors": (lambda a, v: (a @ v) * (v @ v), [A, V]),
    "batched": (lambda a, w: a.reshape(3, 1, 4) @ w.reshape(1, 2, 4).transpose(0, 2, 1), [A, W]),
    "shapes": (lambda a: a.reshape(2, 6).T.reshape(-1)[2:10:3], [A]),
    "slices": (lambda a: a[1:, ::2] + a[0, :2] + a[None, 2, 1] + a[..., -1:][1], [A]),
    "rows": (lambda a: a[[0, 2, 2, 0]], [A]),
    "joined": (lambda a, b: F.concat([a, b, a], axis=1) + F.stack([b, b], axis=1).sum(), [A, B]),
    "where": (lambda a, b: F.where(a > 1.0, a, b) + F.where(a > 1.0, 2.0, a), [A, B]),
    "softmax": (lambda a: F.softmax(a) + F.log_softmax(a, axis=0), [A]),
    "linear": (lambda a, w, v: F.linear(a, w, v[:2]) + F.linear_relu(a - 1, w), [A, W, V]),
    "losses": (lambda a, b: F.softmax_cross_entropy(a, [0, 3, 1]) + F.mse(a, a * b) + F.mse(b, b * 2), [A, B]),
    "normalised": (lambda a: F.standardise(a) + F.standardise(a, axis=0), [A]),
}


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_operations(library, name, dtype):
    check(*OPERATIONS[name], library, dtype)


def test_masks(library):
    x, mask = Tensor(send(V, library), requires_grad=True), send(V > 1.0, library)
    (x[mask] * 2.0).sum().backward()
    np.testing.assert_array_equal(numbers(x.grad), 2.0 * (V > 1.0))


def test_second_derivatives(library):
    f = lambda x: (F.softmax(x @ x.T).log() * x.tanh().sum(1)).sum() + F.softmax_cross_entropy(x, [0, 1, 2])
    v = np.cos(A)
    expected = F.hvp(f, A, v)
    found = F.hvp(f, send(A, library), send(v, library))
    assert backend.backend_of(found) is backend.backend_of(send(A, library))
    np.testing.assert_allclose(numbers(found), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("optimiser", [lambda p: optim.SGD(p, 0.1, momentum=0.9), lambda p: optim.AdamW(p, 0.1)])
def test_training(library, optimiser):
    """Three steps of a net with everything in it end at the same weights as on NumPy."""
    ends = []
    for where in ((np, None), library):
        rng = np.random.default_rng(0)
        layers = [nn.Linear(4, 8, rng=rng), nn.ReLU(), nn.BatchNorm(8), nn.Linear(8, 8, rng=rng), nn.Tanh()]
        net = nn.Sequential(*layers, nn.Residual(nn.LayerNorm(8)), nn.Linear(8, 3, rng=rng)).to(*where)
        steps, x = optimiser(net.parameters()), send(rng.standard_normal((6, 4)), where)
        scaler = optim.LossScaler(8.0)
        for _ in range(3):
            loss = F.softmax_cross_entropy(net(Tensor(x)), send(np.array([0, 1, 2, 0, 1, 2]), where))
            scaler.scaled(loss).backward()
            optim.clip_grad_norm(net.parameters(), 4.0)
            assert scaler.step(steps)
        net.eval()
        ends.append([numbers(p) for p in net.parameters()] + [numbers(net(Tensor(x)))])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_recurrent_and_checkpoint(library):
    ends = []
    for where in ((np, None), library):
        rng = np.random.default_rng(0)
        cell, net = nn.LSTM(2, 3, rng=rng).to(*where), [nn.Linear(3, 3, rng=rng).to(*where) for _ in range(4)]
        states, _ = cell(Tensor(send(rng.standard_normal((5, 4, 2)), where)))
        nn.checkpoint(net, states[-1]).sum().backward()
        ends.append([numbers(p.grad) for layer in (cell, *net) for p in layer.parameters()])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def test_libraries_and_devices_do_not_mix(library):
    x = Tensor(send(A, library), requires_grad=True)
    other = strict.asarray(A, device=strict.Device("device1" if "CPU" in str(library[1]) else "CPU_DEVICE"))
    for act in (lambda: x * other, lambda: x * Tensor(other), lambda: Tensor(other) @ x.T, lambda: F.mse(other, x)):
        with pytest.raises(TypeError, match=r"move one of them first: bplib\.backend\.to_device"):
            act()
    with pytest.raises(TypeError, match="to_device"):
        x.backward(other)
    with pytest.raises(TypeError, match="to_device"):
        F.softmax_cross_entropy(x, strict.asarray([0, 1, 2], device=other.device))


def test_there_and_back(library):
    there = send(A, library)
    np.testing.assert_array_equal(backend.to_numpy(there), A)
    assert backend.backend_of(there).name == {np: "numpy", strict: "array_api_strict"}.get(
        library[0], library[0].__name__
    )


def test_the_host_is_never_asked_unasked():
    """array-api-strict refuses to be read by NumPy from its second device: a training step passes all the same."""
    device = strict.Device("device1")
    x = strict.asarray([1.0], device=device)
    with pytest.raises((RuntimeError, TypeError)):
        np.asarray(x)
    with pytest.raises(TypeError, match="to_numpy"):
        np.asarray(Tensor(x))


@torch_mark
def test_pytorch_counts_the_writes():
    torch = pytest.importorskip("torch")
    for write in (lambda x, c, y: x.data.add_(1.0), lambda x, c, y: c.data.mul_(2.0), lambda x, c, y: y.data.zero_()):
        x = Tensor(torch.ones(3, dtype=torch.float64), requires_grad=True)
        c = Tensor(torch.full((3,), 2.0, dtype=torch.float64))
        y = (x * c).exp()
        write(x, c, y)
        with pytest.raises(ValueError, match=r"(exp|mul) reads was changed in place"):
            y.sum().backward()
    x.data.add_(1.0)
    (x * c).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), c.data.numpy())


@torch_mark
def test_pytorch_tensors_with_their_own_graph_are_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"tensor\.detach\(\)"):
        Tensor(torch.ones(3, requires_grad=True))


def test_the_namespace_is_resolved_once(monkeypatch):
    """No operation looks up the library of its operands."""
    x = Tensor(strict.asarray(A), requires_grad=True)

    def refuse(array):
        raise AssertionError("array_namespace was called")

    monkeypatch.setattr(backend.compat, "array_namespace", refuse)
    (((x * x) @ x.T).exp().sum() / 2.0).backward()
    assert x.grad.shape == (3, 4)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_entries_named_twice(library, dtype):
    index = send(np.array([2, 0, 2, 2, 1]), library)
    x = Tensor(send(np.arange(3.0).astype(dtype), library), requires_grad=True)
    x[index].sum().backward()
    np.testing.assert_array_equal(numbers(x.grad), [1.0, 1.0, 3.0])


def test_bfloat16(library):
    """Rounding to 8 bits, ties to even; the namespaces have three ways to it."""
    x = np.random.default_rng(0).standard_normal(1000).astype("float32")
    bits = x.view(np.uint32)
    near = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    np.testing.assert_array_equal(numbers(F.bfloat16(Tensor(send(x, library)))), near)


def test_the_short_ways_of_numpy():
    """What `Namespace` says in the standard's terms and what NumPy's class does instead are the same numbers."""
    short, long = backend.NUMPY.xp, Namespace(backend.NUMPY.xp.module, "cpu")
    rng = np.random.default_rng(0)
    for dtype, rtol in (("float32", 1e-5), ("float64", 1e-12)):
        for shape in ((20, 300), (32, 784), (60, 200), (1, 784), (0, 3)):
            x, W = rng.standard_normal(shape).astype(dtype), rng.standard_normal((200, shape[1])).astype(dtype)
            labels = rng.integers(0, shape[1], shape[0])
            for act in (
                lambda xp, x=x, W=W: xp.times_transposed(x, W),
                lambda xp, x=x: xp.column_sums(x),
                lambda xp, x=x: xp.sum(x, axis=1, keepdims=True),
                lambda xp, x=x: xp.max(x, axis=1, keepdims=True),
                lambda xp, x=x: xp.rectify(x.copy()),
                lambda xp, x=x: x * xp.step(x),
                lambda xp, x=x: xp.masked(x, -x),
                lambda xp, x=x, W=W: xp.product(W, x.T),
                lambda xp, x=x, labels=labels: xp.less_one_hot(x.copy(), labels),
                lambda xp, x=x, labels=labels: xp.one_hot(labels, x.shape[1], x.dtype),
                lambda xp, x=x, labels=labels: xp.add_at((9,), (labels % 9,), x[:, 0]),
                lambda xp, x=x: xp.one_like(x),
            ):
                a, b = act(short), act(long)
                np.testing.assert_allclose(a, b, rtol=rtol, atol=100 * np.finfo(dtype).eps)
                assert a.dtype == b.dtype
    for shape in ((600, 300), (300, 600), (5, 4)):
        for order in "CF":
            w, g = (np.asarray(rng.standard_normal(shape), order=order) for _ in range(2))
            expected = w - 0.3 * g
            short.descend(w, g, 0.3)
            np.testing.assert_array_equal(w, expected)
    for labels, bad in (([0, 2], False), ([0, 3], True), ([-1, 0], True), ([-(2**63), 0], True), ([], False)):
        assert short.outside(np.array(labels, "int64"), 3) == long.outside(np.array(labels, "int64"), 3) == bad
