"""The page of exam traps: every trap has its two halves and a link, and what it computes itself is computed here."""

import re

import numpy as np
import pytest
from prose import page, sections

from bplib import nn
from bplib.counting import count_products
from bplib.functional import linear, mse
from bplib.matrix import Tensor
from bplib.optim import Adam
from bplib.scalar import Value

TRAPS = re.findall(r"^\((trap-[\w-]+)\)=\n### ([^\n]+)\n\n(.+?)(?=\n\(|\Z)", page("exam_traps"), re.M | re.S)


@pytest.mark.parametrize(("anchor", "title", "text"), TRAPS, ids=[anchor for anchor, _, _ in TRAPS])
def test_a_trap_is_whole(anchor: str, title: str, text: str) -> None:
    assert title.startswith('"')
    assert text.startswith("**Why it tempts.** ")
    assert "\n\n**The mend.** " in text
    shown = re.findall(r"\{ref\}`[^<`]*<(ch\d\d-[\w-]+)>`", text)
    assert shown or anchor == "trap-reinforce"  # what that one says is shown by the test below
    assert set(shown) <= set(sections())


def test_there_are_traps() -> None:
    assert len(TRAPS) >= 20


def forward(x, Ws, f):
    """The inputs of all layers, and the result, of a net without biases."""
    inputs = [x]
    for W in Ws:
        inputs.append(f(inputs[-1] @ W.T))
    return inputs


def back(Delta, Ws, inputs, slopes):
    """∂L/∂W of each layer and ∂L/∂x, from what was kept: the layers' inputs and the slopes of their activations."""
    gradients = []
    for W, a, slope in zip(reversed(Ws), reversed(inputs), reversed(slopes), strict=True):
        Delta = Delta * slope
        gradients.insert(0, Delta.T @ a)
        Delta = Delta @ W
    return gradients, Delta


def engine(x, Ws, relu):
    """The same gradients of the sum of all outputs, by the library."""
    x, Ws = Tensor(x, requires_grad=True), [Tensor(W, requires_grad=True) for W in Ws]
    a = x
    for W in Ws:
        a = linear(a, W).relu() if relu else linear(a, W)
    a.sum().backward()
    return [W.grad for W in Ws], x.grad


def test_a_linear_net_needs_its_inputs_for_weights_and_nothing_for_messages() -> None:
    rng = np.random.default_rng(0)
    x, Ws = rng.normal(size=(5, 4)), [rng.normal(size=s) for s in ((6, 4), (3, 6), (2, 3))]
    inputs = forward(x, Ws, lambda z: z)[:-1]
    ones, start = [1.0] * 3, np.ones((5, 2))
    true_W, true_x = engine(x, Ws, relu=False)
    kept, message = back(start, Ws, inputs, ones)
    for ours, theirs in zip(kept, true_W, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    spoiled, same = back(start, Ws, [a + 1 for a in inputs], ones)
    assert all(np.abs(bad - true).max() > 0.1 for bad, true in zip(spoiled, true_W, strict=True))
    np.testing.assert_allclose(same, true_x, rtol=1e-12)  # frozen weights: the messages never looked at the inputs
    np.testing.assert_allclose(message, true_x, rtol=1e-12)


def test_a_relu_needs_one_bit() -> None:
    rng = np.random.default_rng(1)
    x, Ws = rng.normal(size=(5, 4)), [rng.normal(size=s) for s in ((6, 4), (3, 6))]
    activations = forward(x, Ws, lambda z: np.maximum(z, 0))[1:]
    bits = [np.packbits(a > 0) for a in activations]
    slopes = [np.unpackbits(b, count=a.size).reshape(a.shape) for b, a in zip(bits, activations, strict=True)]
    unused = [np.full((5, W.shape[1]), np.nan) for W in Ws]
    _, message = back(np.ones((5, 3)), Ws, unused, slopes)
    _, true = engine(x, Ws, relu=True)
    np.testing.assert_allclose(message, true, rtol=1e-12)
    flipped = [1 - slopes[0], slopes[1]]
    assert np.abs(back(np.ones((5, 3)), Ws, unused, flipped)[1] - true).max() > 0.1


def square_net(layers, width, seed=2):
    rng = np.random.default_rng(seed)
    return nn.Sequential(*(nn.Sequential(nn.Linear(width, width, rng=rng), nn.Tanh()) for _ in range(layers)))


@pytest.mark.parametrize(("layers", "saved"), [(4, 0.0), (25, 0.6), (100, 0.8)])
def test_recomputing_saves_by_depth_and_costs_a_third(layers: int, saved: float) -> None:
    net, x = square_net(layers, 4), Tensor(np.ones((3, 4)), requires_grad=True)
    root = round(layers**0.5)
    assert 1 - (root + root) / layers == pytest.approx(saved)
    with count_products() as plain:
        net(x).sum().backward()
    with count_products() as again:
        nn.checkpoint(net, x).sum().backward()
    assert again.multiplications / plain.multiplications == pytest.approx(4 / 3)


def test_where_activations_lead() -> None:
    """One layer with Adam: B n activations against n² each of weights, gradients and two running means."""
    net, leads = square_net(1, 16), {}
    adam = Adam(net.parameters())
    for batch in (16, 64, 256):
        x = Tensor(np.ones((batch, 16)))
        a = net(x)
        mse(a, np.zeros(a.shape)).backward()
        adam.step()
        W = net[0][0].W
        held = W.data.size + W.grad.size + sum(np.size(mean) for mean in adam._state[W][:2])
        assert held == 4 * 16**2
        leads[batch] = a.data.size / held
    assert leads == {16: 0.25, 64: 1.0, 256: 4.0}


def sigma(u):
    return 0.5 + 0.5 * np.tanh(0.5 * u)


def cost(s, t):
    return (s - t) ** 2


@pytest.mark.parametrize(("w", "t"), [(0.7, 0.2), (-1.1, 0.9), (0.0, 0.4)])
def test_three_ways_around_a_draw(w: float, t: float) -> None:
    p = float(sigma(w))
    true = (cost(1, t) - cost(0, t)) * p * (1 - p)

    def reinforced(s):
        weight = Value(w)
        chance = weight.sigmoid()
        (chance if s else 1 - chance).log().backward()
        return cost(s, t) * weight.grad

    assert abs(p * reinforced(1) + (1 - p) * reinforced(0) - true) < 1e-14

    straight = p * 2 * (1 - t) * p * (1 - p) + (1 - p) * 2 * (0 - t) * p * (1 - p)
    assert abs(straight - 2 * (p - t) * p * (1 - p)) < 1e-14
    assert (abs(straight - true) < 1e-14) == (p == 0.5)

    def softened(temperature):
        """Mean and spread, over the noise of two Gumbels, which is logistic, of the slope through the softened draw."""
        quantile = (np.arange(400_000) + 0.5) / 400_000
        s = sigma((w + np.log(quantile / (1 - quantile))) / temperature)
        slope = 2 * (s - t) * s * (1 - s) / temperature
        return slope.mean(), slope.std()

    (warm, warm_spread), (cool, cool_spread) = softened(0.1), softened(0.02)
    assert abs(warm - true) > 2 * abs(cool - true) > 0
    assert cool_spread > 2 * warm_spread
