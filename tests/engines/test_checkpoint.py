"""Checkpointing: the same gradients bit for bit, for less memory and a little time; and no wrong ones."""

import tracemalloc

import numpy as np
import pytest

from bplib import functional as F
from bplib import nn, optim
from bplib.matrix import Tensor
from bplib.nn import checkpoint


def deep(n, width, seed=0, activation=nn.ReLU):
    rng = np.random.default_rng(seed)
    pairs = [(nn.Linear(width, width, rng=rng, init=nn.init.he), activation()) for _ in range(n)]
    return nn.Sequential(*(nn.Sequential(*pair) for pair in pairs))


def gradients(net, x, run):
    x = Tensor(x, requires_grad=True)
    F.mse(run(net, x), np.ones(x.shape)).backward()
    return [x.grad, *(p.grad for p in net.parameters())]


@pytest.mark.parametrize("segments", [None, 1, 2, 5, 10, [1, 6, 3], (10,)])
def test_gradients_are_bit_identical(segments):
    net, x = deep(10, 16, activation=nn.Tanh), np.random.default_rng(1).standard_normal((8, 16))
    plain = gradients(net, x, lambda net, x: net(x))
    again = gradients(net, x, lambda net, x: checkpoint(net, x, segments))
    for a, b in zip(plain, again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_used_in_several_segments():
    """Shared weights add up in the same order as without checkpoints."""
    rng = np.random.default_rng(0)
    cell, x = nn.Linear(8, 8, rng=rng), rng.standard_normal((4, 8))
    layers = [cell, nn.Tanh()] * 9
    plain = gradients(nn.Sequential(*layers), x, lambda net, x: net(x))
    again = gradients(nn.Sequential(*layers), x, lambda net, x: checkpoint(layers, x, 4))
    for a, b in zip(plain, again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_segment_may_read_tensors_from_outside():
    x, w = (Tensor([v, 1.0], requires_grad=True) for v in (2.0, 3.0))
    found = []
    for run in (lambda fs, x: fs[1](fs[0](x)), lambda fs, x: checkpoint(fs, x, 2)):
        h = w.tanh()  # a result, with a graph of its own
        run([lambda t, h=h: t * h, lambda t, h=h: (t + h) * t], x).sum().backward()
        found.append((x.grad, w.grad, h.grad))
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_identity_and_a_constant():
    x = Tensor([1.0, 2.0], requires_grad=True)
    checkpoint([lambda t: t, lambda t: t * t], x, 2).sum().backward()
    np.testing.assert_allclose(x.grad, [2.0, 4.0])
    assert not checkpoint([nn.Tanh()] * 4, np.ones(3)).requires_grad
    net = deep(4, 3)
    checkpoint(net, np.ones((2, 3))).sum().backward()  # an input without a gradient
    assert all(p.grad is not None for p in net.parameters())


def test_second_derivatives_through_checkpoints():
    net, x = deep(4, 3, activation=nn.Tanh), np.random.default_rng(0).standard_normal((2, 3))
    plain = F.hvp(lambda x: (net(x) ** 2).sum(), x, x)
    np.testing.assert_array_equal(F.hvp(lambda x: (checkpoint(net, x) ** 2).sum(), x, x), plain)


def peak(run):
    """The most memory in use beyond what was there before, in bytes."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - before


def test_memory_of_64_layers():
    """The peak of forward and backward, less the gradients of the weights, which both need."""
    net, x = deep(64, 32), np.random.default_rng(0).standard_normal((512, 32))
    weights = sum(p.data.nbytes for p in net.parameters())
    for p in net.parameters():
        p.grad = np.zeros(p.shape)
    step = lambda run: F.mse(run(net, Tensor(x)), np.zeros(x.shape)).backward()
    plain = peak(lambda: step(lambda net, x: net(x))) - weights
    saved = peak(lambda: step(checkpoint)) - weights
    assert saved <= 0.35 * plain, f"{1 - saved / plain:.1%} less"


def test_no_layer_of_64_runs_more_than_twice():
    """One forward pass more than a plain step; what that costs in time stands in benchmarks/."""
    net, runs = deep(64, 4), [0] * 64

    def counted(i, layer):
        def run(x):
            runs[i] += 1
            return layer(x)

        return run

    layers = [counted(i, layer) for i, layer in enumerate(net.layers)]
    F.mse(checkpoint(layers, np.ones((2, 4))), np.zeros((2, 4))).backward()
    assert runs == [2] * 64


def test_a_weight_changed_before_backward_is_found_out():
    net, x = deep(4, 8), np.random.default_rng(0).standard_normal((4, 8))
    loss = (checkpoint(net, Tensor(x)) ** 2).sum()
    with pytest.raises(ValueError, match="read-only"):
        net[0][0].W.data -= 1.0
    net[0][0].W.data = net[0][0].W.data * 2.0
    with pytest.raises(ValueError, match="other numbers the second time"):
        loss.backward()
    loss = (checkpoint(net, Tensor(x)) ** 2).sum()
    for p in net.parameters():
        p.grad = np.ones(p.shape)
    optim.SGD(net.parameters(), lr=0.1).step()
    with pytest.raises(ValueError, match="other numbers the second time"):
        loss.backward()


def test_a_random_layer_is_found_out():
    rng = np.random.default_rng(0)
    drop = lambda t: t * (rng.random(t.shape) > 0.5).astype(float)
    x = Tensor(np.ones((4, 4)), requires_grad=True)
    loss = checkpoint([drop, drop], x).sum()
    with pytest.raises(ValueError, match="random"):
        loss.backward()


def test_nan_is_the_same_number_twice():
    x = Tensor([np.nan, 1.0], requires_grad=True)
    checkpoint([lambda t: t * t, lambda t: t + 1.0], x).sum().backward()
    assert np.isnan(x.grad[0])
    assert x.grad[1] == 2.0


def test_a_second_backward_is_an_error_here_too():
    x = Tensor([1.0], requires_grad=True)
    loss = checkpoint([lambda t: t * t, lambda t: t * t], x).sum()
    loss.backward()
    with pytest.raises(ValueError, match="freed"):
        loss.backward()
