"""Losses and layers against their formulas, PyTorch and long double: values, gradients, and numbers at the edge."""

import array_api_strict as strict
import mpmath
import numpy as np
import pytest

from bplib import functional as F
from bplib import nn
from bplib.matrix import Tensor

RNG = np.random.default_rng(0)


def leaf(x):
    return Tensor(x, requires_grad=True)


# Cross-entropy.


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_cross_entropy_of_large_logits(dtype):
    z = leaf(np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [1e4, 1e4, 1e4], [0.0, 0.0, -1e4]], dtype))
    with np.errstate(all="raise", under="ignore"):
        loss = F.softmax_cross_entropy(z, [1, 1, 2, 0])
        loss.backward()
    expected = (20000.0 + np.log(2.0) + np.log(3.0) + np.log(2.0)) / 4
    np.testing.assert_allclose(loss.data, expected, rtol=1e-6)
    p = np.array([[1, 0, 0], [0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0]])
    np.testing.assert_allclose(z.grad, (p - np.eye(3)[[1, 1, 2, 0]]) / 4, atol=1e-7)
    assert loss.dtype == z.grad.dtype == dtype


def test_cross_entropy_to_forty_digits():
    mpmath.mp.dps = 40
    z = RNG.uniform(-30, 30, (6, 5))
    labels = RNG.integers(0, 5, 6)
    x = leaf(z)
    loss = F.softmax_cross_entropy(x, labels)
    loss.backward()
    exact, slope = mpmath.mpf(0), []
    for row, label in zip(z.tolist(), labels.tolist(), strict=True):
        total = mpmath.fsum(mpmath.exp(v) for v in row)
        exact += (mpmath.log(total) - row[label]) / 6
        slope.append([float((mpmath.exp(v) / total - (i == label)) / 6) for i, v in enumerate(row)])
    assert float(loss) == pytest.approx(float(exact), rel=1e-15)
    np.testing.assert_allclose(x.grad, slope, rtol=1e-12, atol=1e-16)


def test_a_class_that_was_ruled_out():
    """A logit of −inf is a probability of 0, no nan, unless it is the label's."""
    z = leaf([[0.0, -np.inf, 0.0]])
    loss = F.softmax_cross_entropy(z, [0])
    loss.backward()
    assert float(loss) == pytest.approx(np.log(2.0))
    np.testing.assert_allclose(z.grad, [[-0.5, 0.0, 0.5]])
    assert F.softmax_cross_entropy(z, [1]).item() == np.inf
    assert np.isnan(F.softmax_cross_entropy([[0.0, np.nan]], [0]).item())


def test_cross_entropy_takes_vectors_and_sequences():
    z = RNG.standard_normal((2, 3, 4))
    labels = RNG.integers(0, 4, (2, 3))
    flat = F.softmax_cross_entropy(z.reshape(6, 4), labels.reshape(6))
    for kind in ("int64", "int32", "uint8"):
        assert F.softmax_cross_entropy(z, labels.astype(kind)).item() == flat.item()
    assert F.softmax_cross_entropy(z[0, 0], 2).item() == F.softmax_cross_entropy(z[:1, 0], Tensor(np.array([2]))).item()


def test_a_fused_operation_is_the_sum_of_its_parts():
    x, W, b = (RNG.standard_normal(s) for s in ((5, 3), (4, 3), (4,)))
    pairs = [
        (lambda x, W, b: F.linear(x, W, b), lambda x, W, b: x @ W.T + b),
        (lambda x, W, b: F.linear_relu(x, W, b), lambda x, W, b: (x @ W.T + b).relu()),
        (lambda x, W, b: F.linear(x[0], W, b), lambda x, W, b: W @ x[0] + b),
        (lambda x, W, b: F.linear(x.reshape(5, 1, 3), W), lambda x, W, b: (x @ W.T).reshape(5, 1, 4)),
        (lambda x, W, b: F.mse(x, 2 * x), lambda x, W, b: ((x - 2 * x) ** 2).mean()),
        (lambda x, W, b: F.softmax(x), lambda x, W, b: x.exp() / x.exp().sum(1, keepdims=True)),
        (lambda x, W, b: F.log_softmax(x, 0), lambda x, W, b: F.softmax(x, 0).log()),
    ]
    for fused, parts in pairs:
        found = []
        for f in (fused, parts):
            leaves = [leaf(a) for a in (x, W, b)]
            y = f(*leaves)
            y.backward(np.cos(np.arange(y.data.size)).reshape(y.shape))
            found.append([y.data] + [np.zeros(1) if v.grad is None else v.grad for v in leaves])
        for a, b_ in zip(*found, strict=True):
            np.testing.assert_allclose(a, b_, rtol=1e-12, atol=1e-14)


# Against PyTorch.


def same(ours, theirs, rtol=1e-12):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=rtol, atol=1e-13)


@pytest.mark.torch
def test_recurrent_layers():
    torch = pytest.importorskip("torch")
    x = RNG.standard_normal((3, 6, 4))
    for make, reference in ((nn.RNN, torch.nn.RNN), (nn.LSTM, torch.nn.LSTM)):
        ours, theirs = make(4, 5, rng=RNG), reference(4, 5, batch_first=True, dtype=torch.float64)
        with torch.no_grad():
            for mine, name in ((ours.W_in, "weight_ih_l0"), (ours.W, "weight_hh_l0"), (ours.b, "bias_ih_l0")):
                getattr(theirs, name).copy_(torch.tensor(mine.data))
            theirs.bias_hh_l0.zero_()
        a, b = leaf(x), torch.tensor(x, requires_grad=True)
        states = ours(a) if make is nn.RNN else ours(a)[0]
        outputs, _ = theirs(b)
        F.stack(states, axis=1).sum().backward() if make is nn.RNN else (states[-1] * states[2]).sum().backward()
        outputs.sum().backward() if make is nn.RNN else (outputs[:, -1] * outputs[:, 2]).sum().backward()
        same(np.stack([h.data for h in states], 1), outputs)
        same(a.grad, b.grad)
        for mine, name in ((ours.W_in, "weight_ih_l0"), (ours.W, "weight_hh_l0"), (ours.b, "bias_ih_l0")):
            same(mine.grad, getattr(theirs, name).grad)


@pytest.mark.torch
def test_norms():
    torch = pytest.importorskip("torch")
    for shape in ((8, 5), (4, 6, 5)):
        for ours, theirs in (
            (nn.BatchNorm(5), torch.nn.BatchNorm1d(5, dtype=torch.float64)),
            (nn.LayerNorm(5), torch.nn.LayerNorm(5, dtype=torch.float64)),
        ):
            swap = (lambda t: t.transpose(1, 2)) if len(shape) == 3 and "Batch" in str(theirs) else (lambda t: t)
            for _ in range(3):
                x, g = RNG.standard_normal(shape) * 3 + 1, RNG.standard_normal(shape)
                a, b = leaf(x), torch.tensor(x, requires_grad=True)
                y, z = ours(a), swap(theirs(swap(b)))
                y.backward(g)
                z.backward(torch.tensor(g))
                same(y.data, z)
                same(a.grad, b.grad, 1e-10)
                same(ours.gamma.grad, theirs.weight.grad)
                same(ours.beta.grad, theirs.bias.grad)
                theirs.zero_grad()
            ours.eval(), theirs.eval()
            same(ours(Tensor(x)).data, swap(theirs(swap(torch.tensor(x)))))


# Initialisation.


@pytest.mark.parametrize(("init", "variance"), [("xavier", 2 / 500), ("he", 2 / 300), ("lecun", 1 / 300)])
def test_initial_variance(init, variance):
    W = getattr(nn.init, init)((200, 300), np.random.default_rng(0))
    assert W.shape == (200, 300)
    assert W.var() == pytest.approx(variance, rel=0.03)
    assert W.mean() == pytest.approx(0.0, abs=4 * np.sqrt(variance / W.size))


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3)])
def test_orthogonal(shape):
    W = nn.init.orthogonal(shape, np.random.default_rng(0))
    n = min(shape)
    np.testing.assert_allclose(W @ W.T if shape[0] == n else W.T @ W, np.eye(n), atol=1e-14)
    signs = [nn.init.orthogonal((2, 2), np.random.default_rng(s))[0, 0] > 0 for s in range(200)]
    assert 60 < sum(signs) < 140


# Modules.


def test_a_net_finds_its_parameters():
    rng = np.random.default_rng(0)
    shared = nn.Linear(4, 4, rng=rng)
    net = nn.Sequential(nn.Linear(3, 4, rng=rng, bias=False), nn.Residual(shared), shared, nn.BatchNorm(4), nn.GELU())
    assert [p.shape for p in net.parameters()] == [(4, 3), (4, 4), (4,), (4,), (4,)]
    assert len(net) == 5
    assert net[1].module is shared
    assert net[:2](np.ones((2, 3))).shape == (2, 4)
    moved = net.to(strict)
    assert moved[1].module.W is moved[2].W
    assert [p.shape for p in moved.parameters()] == [(4, 3), (4, 4), (4,), (4,), (4,)]
    assert "strict" in repr(moved[0].W._backend)
    assert all(not m.training for m in net.eval().modules())
    assert all(m.training for m in net.train().modules())


def test_a_fused_pair_in_a_row_is_the_pair():
    rng = np.random.default_rng(0)
    layers = [nn.Linear(3, 4, rng=rng), nn.ReLU(), nn.ReLU(), nn.Linear(4, 4, rng=rng), nn.Tanh(), nn.Sigmoid()]
    x = y = Tensor(RNG.standard_normal((5, 3)))
    for layer in layers:
        y = layer(y)
    np.testing.assert_array_equal(nn.Sequential(*layers)(x).data, y.data)


def test_batch_norm_in_use_is_the_average_of_training():
    norm = nn.BatchNorm(2, momentum=0.5)
    norm(np.array([[0.0, 1.0], [2.0, 3.0]]))
    np.testing.assert_allclose(norm.mean.data, [0.5, 1.0])
    np.testing.assert_allclose(norm.var.data, [1.5, 1.5])
    y = norm.eval()(np.array([[0.5, 1.0]]))
    np.testing.assert_allclose(y.data, 0.0)
    np.testing.assert_allclose(norm.mean.data, [0.5, 1.0])


def test_a_layer_learns_in_float32_alone():
    net = nn.Sequential(nn.Linear(3, 4, rng=RNG, dtype="float32"), nn.ReLU(), nn.LayerNorm(4, dtype="float32"))
    y = net(np.ones((2, 3), "float32"))
    y.sum().backward()
    assert {y.dtype, *(p.grad.dtype for p in net.parameters())} == {np.dtype("float32")}


def test_the_forget_bias_sets_how_long_a_memory_lasts():
    """σ(b) per step, where the state does not reach the gates."""
    for bias in (0.0, 2.0):
        cell = nn.LSTM(1, 1, rng=RNG, forget_bias=bias)
        cell.W.data, cell.W_in.data = np.zeros((4, 1)), np.zeros((4, 1))
        c = leaf([[1.0]])
        _, memories = cell([np.zeros((1, 1))] * 5, (np.zeros((1, 1)), c))
        memories[-1].sum().backward()
        np.testing.assert_allclose(c.grad, (1 / (1 + np.exp(-bias))) ** 5)
