"""Optimisers against PyTorch over 500 steps, clipping, loss scaling, and what they may write into."""

import numpy as np
import pytest

from bplib import functional as F
from bplib import nn, optim
from bplib.matrix import Tensor


def net(seed=0, dtype="float64"):
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(6, 8, rng=rng, dtype=dtype), nn.Tanh(), nn.Linear(8, 3, rng=rng, dtype=dtype))


OPTIMISERS = {
    "SGD": ({"lr": 0.1}, "SGD"),
    "SGD decay": ({"lr": 0.1, "weight_decay": 0.01}, "SGD"),
    "momentum": ({"lr": 0.05, "momentum": 0.9}, "SGD"),
    "momentum decay": ({"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}, "SGD"),
    "Nesterov": ({"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, "SGD"),
    "Adam": ({"lr": 0.01}, "Adam"),
    "Adam decay": ({"lr": 0.01, "weight_decay": 0.1, "betas": (0.8, 0.99)}, "Adam"),
    "AdamW": ({"lr": 0.01, "weight_decay": 0.1}, "AdamW"),
}


@pytest.mark.torch
@pytest.mark.parametrize("name", OPTIMISERS)
def test_five_hundred_steps(name):
    """A smooth problem with gradients of both signs, the same on both sides: what differs is the optimiser."""
    torch = pytest.importorskip("torch")
    settings, kind = OPTIMISERS[name]
    rng = np.random.default_rng(1)
    starts = [rng.standard_normal((4, 3)), rng.standard_normal(4)]
    A, c = rng.standard_normal((7, 3)), rng.standard_normal((7, 4))
    ours = [Tensor(x, requires_grad=True) for x in starts]
    theirs = [torch.tensor(x, requires_grad=True) for x in starts]
    mine = getattr(optim, kind)(ours, **settings)
    reference = getattr(torch.optim, kind)(theirs, **settings)
    worst = 0.0
    for _ in range(500):
        F.mse((Tensor(A) @ ours[0].T + ours[1]).tanh(), c).backward()
        mine.step()
        reference.zero_grad()
        torch.nn.functional.mse_loss((torch.tensor(A) @ theirs[0].T + theirs[1]).tanh(), torch.tensor(c)).backward()
        reference.step()
        worst = max(*(np.abs(a.data - b.detach().numpy()).max() for a, b in zip(ours, theirs, strict=True)), worst)
    assert worst <= 1e-13
    assert np.abs(ours[0].data - starts[0]).max() > 0.1


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_a_live_graph_keeps_the_old_numbers(name):
    """Between a forward and its backward, a step of another loss must not reach into the graph."""
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    optimiser = getattr(optim, name)([x], lr=0.1)
    (x * x).sum().backward()
    late = (x * x * x).sum()
    held = x.data
    optimiser.step()
    late.backward()
    np.testing.assert_allclose(x.grad, 3 * np.array([1.0, 2.0, 3.0]) ** 2)
    assert (x.data < held).all()


def test_steps_are_in_place_where_nobody_reads():
    x = Tensor(np.ones(3), requires_grad=True)
    address = x._data.ctypes.data
    x.backward(np.ones(3))
    optim.SGD([x], lr=0.5).step()
    assert x._data.ctypes.data == address
    np.testing.assert_allclose(x.data, 0.5)


def test_a_parameter_without_a_gradient_stays():
    a, b = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    for optimiser in (optim.SGD([a, b], 0.1, momentum=0.9), optim.AdamW([a, b], 0.1)):
        optimiser.zero_grad()
        (2 * a).sum().backward()
        before = a.data.copy()
        optimiser.step()
        assert b.data == 1.0
        assert a.data != before


def test_a_shared_parameter_is_stepped_once():
    w = Tensor([1.0], requires_grad=True)
    (w * 1.0).sum().backward()
    optim.SGD([w, w], lr=0.1).step()
    np.testing.assert_allclose(w.data, 0.9)


def test_a_velocity_is_no_view_of_the_gradient():
    w = Tensor([0.0], requires_grad=True)
    optimiser = optim.SGD([w], lr=1.0, momentum=1.0)
    (w * 1.0).sum().backward()
    optimiser.step()
    w.grad *= 0.0
    optimiser.step()
    np.testing.assert_allclose(w.data, -2.0)


def test_clipping():
    a, b = Tensor([3.0, 0.0], requires_grad=True), Tensor([[4.0]], requires_grad=True)
    loss = lambda: (a * a).sum() / 2 + (b * b).sum() / 2
    loss().backward()
    assert optim.clip_grad_norm([a, b, a], 10.0) == pytest.approx(5.0)
    np.testing.assert_allclose(a.grad, [3.0, 0.0])
    assert optim.clip_grad_norm([a, b], 1.0) == pytest.approx(5.0)
    np.testing.assert_allclose(np.concatenate([a.grad, b.grad.ravel()]), [0.6, 0.0, 0.8])
    assert optim.clip_grad_norm([Tensor([1.0], requires_grad=True)], 1.0) == 0.0


@pytest.mark.filterwarnings("ignore:invalid value")
def test_clipping_does_not_hide_what_is_not_finite():
    for bad in (np.nan, np.inf):
        x = Tensor([1.0, 1.0], requires_grad=True)
        x.backward(np.array([bad, 1.0]))
        assert not np.isfinite(optim.clip_grad_norm([x], 1.0))
        assert np.isnan(x.grad[0])


def test_clipping_a_large_float32_gradient():
    x = Tensor(np.ones(2, "float32"), requires_grad=True)
    x.backward(np.array([3e30, 4e30], "float32"))
    assert optim.clip_grad_norm([x], 1.0) == pytest.approx(5e30)
    np.testing.assert_allclose(x.grad, [0.6, 0.8], rtol=1e-6)
    assert x.grad.dtype == np.float32


# Half precision.


def half(net, x):
    """The net in float16: its weights' masters stay in float32, everything that is stored has 16 bits."""
    h = x.astype("float16")
    for layer in net.layers:
        h = (
            F.linear(h, layer.W.astype("float16"), layer.b.astype("float16"))
            if isinstance(layer, nn.Linear)
            else layer(h)
        )
    return h


def test_loss_scaling_saves_what_float16_loses():
    """At 2⁻²⁰ of the loss, gradients in float16 vanish; scaled up and down again they are those of float32."""
    rng = np.random.default_rng(0)
    x, labels = Tensor(rng.standard_normal((16, 6)).astype("float32")), rng.integers(0, 3, 16)
    small = 2.0**-20

    def gradients(scaler, run):
        model = net(dtype="float32")
        loss = F.softmax_cross_entropy(run(model, x).astype("float32"), labels) * small
        (scaler.scaled(loss) if scaler else loss).backward()
        if scaler:
            assert scaler.step(optim.SGD(model.parameters(), lr=0.0))
        return np.concatenate([p.grad.ravel() for p in model.parameters()])

    exact = gradients(None, lambda model, x: model(x))
    plain, scaled = gradients(None, half), gradients(optim.LossScaler(2.0**20), half)
    assert plain.dtype == scaled.dtype == np.float32
    assert (plain == 0).mean() > 0.2
    assert (scaled == 0).mean() < 0.02
    assert np.linalg.norm(scaled - exact) < 5e-3 * np.linalg.norm(exact)
    assert np.linalg.norm(plain - exact) > 0.05 * np.linalg.norm(exact)


def test_float16_is_stored_in_sixteen_bits():
    model, x = net(dtype="float32"), Tensor(np.ones((4, 6), "float32"))
    h = half(model, x)
    seen, stack = [], [h._node]
    while stack:
        node = stack.pop()
        stack += [parent for parent in node.parents if parent is not None]
        if node.saved:
            seen += [a for a in (*node.saved[1], node.saved[2]) if hasattr(a, "dtype")]
    assert seen
    assert {a.dtype for a in seen} == {np.dtype("float16")}


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_scale_that_overflows_is_halved_and_the_step_left_out():
    w = Tensor(np.ones(2, "float32"), requires_grad=True)
    scaler, optimiser = optim.LossScaler(2.0**16, interval=2), optim.SGD([w], lr=0.1)
    loss = lambda: (w.astype("float16") * Tensor(np.full(2, 4.0, "float16"))).astype("float32").sum()
    scaler.scaled(loss()).backward()
    assert not scaler.step(optimiser)
    np.testing.assert_array_equal(w.data, 1.0)
    assert scaler.scale == 2.0**15
    scaler.scale = 4.0
    for expected in (4.0, 8.0):
        scaler.scaled(loss()).backward()
        assert scaler.step(optimiser)
        assert scaler.scale == expected
    np.testing.assert_allclose(w.data, 1.0 - 2 * 0.4, rtol=1e-3)


@pytest.mark.torch
def test_bfloat16_is_pytorchs():
    torch = pytest.importorskip("torch")
    bits = np.random.default_rng(0).integers(0, 2**32, 20000, dtype=np.uint64).astype(np.uint32)
    x = np.concatenate([bits.view(np.float32), np.array([0.0, -0.0, np.inf, np.nan, 1e-45, 3.39e38], "float32")])
    expected = torch.tensor(x).bfloat16().float().numpy()
    np.testing.assert_array_equal(F.bfloat16(Tensor(x)).data, expected)


def test_gradients_through_bfloat16_are_rounded_too():
    x = Tensor(np.ones(1, "float32"), requires_grad=True)
    F.bfloat16(x).backward(np.array([1.0 + 2.0**-9], "float32"))
    assert x.grad == 1.0
