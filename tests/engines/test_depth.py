"""Deep nets measured and predicted: norms against autograd (the package), averages against adaptive quadrature."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from scipy.integrate import quad

from bplib import depth, nn
from bplib.depth import Block, bell, decades, deep_net, layer_norms, mean_field, moments
from bplib.matrix import Tensor
from bplib.nn import init

RNG = np.random.default_rng(0)
PLAIN = {
    nn.Sigmoid: lambda z: 1 / (1 + anp.exp(-z)),
    nn.Tanh: anp.tanh,
    nn.ReLU: lambda z: anp.maximum(z, 0),
    nn.LeakyReLU: lambda z: anp.where(z > 0, z, 0.01 * z),
    nn.GELU: lambda z: 0.5 * z * (1 + anp.tanh(anp.sqrt(2 / anp.pi) * (z + 0.044715 * z**3))),
}


def normed(u, norm):
    if norm is None:
        return u
    axis = 0 if norm is nn.BatchNorm else 1
    centred = u - anp.mean(u, axis=axis, keepdims=True)
    return centred / anp.sqrt(anp.mean(centred**2, axis=axis, keepdims=True) + 1e-5)


@pytest.mark.parametrize("norm", [None, nn.BatchNorm, nn.LayerNorm])
@pytest.mark.parametrize("f", PLAIN)
def test_norms_are_those_of_autograd(f, norm):
    """δ is the gradient at a number added to z; the net is written again without the library."""
    net = deep_net(4, f, init.he, rng=np.random.default_rng(1), width=7, n_in=7, norm=norm, keep=0.7, scale=0.5)
    x, y = RNG.standard_normal((6, 7)), RNG.integers(0, 10, 6)
    *blocks, last = net.layers

    def loss(nudges, Ws):
        h = x
        for nudge, W in zip(nudges, Ws, strict=True):
            h = 0.7 * h + 0.5 * PLAIN[f](normed(h @ W.T + nudge, norm))
        logits = h @ last.W.data.T
        return anp.mean(anp.log(anp.sum(anp.exp(logits), axis=1)) - logits[anp.arange(6), y])

    nudges, Ws = [np.zeros((6, 7))] * 4, [block.linear.W.data for block in blocks]
    delta, dL_dW = autograd.grad(loss, 0)(nudges, Ws), autograd.grad(loss, 1)(nudges, Ws)
    ours = layer_norms(net, x, y)
    np.testing.assert_allclose(ours[0], [np.linalg.norm(d) for d in delta], rtol=1e-11)
    np.testing.assert_allclose(ours[1], [np.linalg.norm(d) for d in dL_dW], rtol=1e-11)


@pytest.mark.parametrize("variance", [0.01, 1.0, 4.0, 60.0])
@pytest.mark.parametrize("f", PLAIN)
def test_moments_are_the_integrals(f, variance):
    density = lambda z: np.exp(-z * z / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    value, slope = (lambda z: float(PLAIN[f](z))), autograd.grad(lambda z: PLAIN[f](z))
    far = 9 * variance**0.5
    integral = lambda g: sum(quad(lambda z: g(z) * density(z), a, b, limit=400)[0] for a, b in ((-far, 0), (0, far)))
    exact = [integral(value), integral(lambda z: value(z) ** 2), integral(lambda z: slope(z) ** 2)]
    np.testing.assert_allclose(moments(f(), variance), exact, rtol=2e-4, atol=1e-12)


def test_the_bell_is_even_and_misses_the_kink():
    z, weight = bell()
    assert np.all(z != 0)
    np.testing.assert_allclose(z, -z[::-1], atol=1e-14)
    assert weight.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("f", "variance", "how", "drift"),
    [
        (nn.ReLU, 2.0, {}, 0.0),
        (nn.ReLU, 1.0, {}, 0.5 * np.log10(0.5)),
        (nn.LeakyReLU, 1.0, {}, 0.5 * np.log10(0.5 * (1 + 0.01**2))),
        (nn.ReLU, 2.0, {"norm": "layer"}, 0.0),
        (nn.ReLU, 7.0, {"norm": "batch"}, 0.5 * np.log10(np.pi / (np.pi - 1))),
        (nn.ReLU, 2.0, {"keep": 1.0}, 0.5 * np.log10(2.0)),
        (nn.ReLU, 2.0, {"keep": 1.0, "scale": 0.5}, 0.5 * np.log10(1.25)),
    ],
)
def test_drifts_in_closed_form(f, variance, how, drift):
    logs = mean_field(f(), variance, 30, **how)
    assert decades(10**logs, skip=1) == pytest.approx(drift, abs=1e-4)


@pytest.mark.parametrize("keep", [0.0, 1.0])
@pytest.mark.parametrize(("f", "start", "s"), [(nn.Tanh, init.orthogonal, 1), (nn.Tanh, init.he, 2)])
def test_wide_nets_follow_the_theory(f, start, s, keep):
    x, y = RNG.standard_normal((16, 64)), RNG.integers(0, 10, 16)
    nets = (deep_net(12, f, start, rng=np.random.default_rng(seed), width=64, keep=keep) for seed in range(4))
    found = decades(np.array([layer_norms(net, x, y)[0] for net in nets])).mean()
    assert found == pytest.approx(decades(10 ** mean_field(f(), s, 12, x=x, keep=keep)), abs=0.01)


def test_a_block_is_what_it_says():
    h = RNG.standard_normal((3, 4))
    block = Block(4, 4, nn.ReLU(), rng=np.random.default_rng(0), keep=0.5, scale=2.0)
    expected = 0.5 * h + 2 * np.maximum(h @ block.linear.W.data.T, 0)
    np.testing.assert_allclose(block(Tensor(h)).data, expected, atol=1e-14)
    bare = Block(4, 5, nn.ReLU(), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(bare(Tensor(h)).data, bare.steps(Tensor(h))[1].data)
    with pytest.raises(ValueError, match="a shortcut from 4 to 5 units"):
        Block(4, 5, nn.ReLU(), rng=np.random.default_rng(0), keep=1.0)


def test_the_naive_initialisation_knows_no_shape():
    for shape in ((50, 400), (400, 50)):
        assert init.normal(0.3)(shape, np.random.default_rng(0)).std() == pytest.approx(0.3, rel=0.02)
    with pytest.raises(TypeError, match="expected a shape"):
        init.normal(0.3)((3, 2), 0)


def test_leaky_relu():
    x = Tensor([-2.0, 0.0, 3.0], requires_grad=True)
    y = nn.LeakyReLU(0.1)(x)
    y.sum().backward()
    np.testing.assert_allclose(y.data, [-0.2, 0.0, 3.0], atol=1e-15)
    np.testing.assert_allclose(x.grad, [0.1, 0.1, 1.0], atol=1e-15)


@pytest.mark.torch
def test_leaky_relu_is_pytorchs():
    torch = pytest.importorskip("torch")
    x = RNG.standard_normal((5, 4))
    ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    (nn.LeakyReLU(0.2)(ours) ** 2).sum().backward()
    (torch.nn.LeakyReLU(0.2)(theirs) ** 2).sum().backward()
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-13)


@pytest.mark.torch
@pytest.mark.parametrize("norm", ["BatchNorm1d", "LayerNorm", None])
def test_a_deep_nets_norms_are_pytorchs(norm):
    torch = pytest.importorskip("torch")
    ours = {"BatchNorm1d": nn.BatchNorm, "LayerNorm": nn.LayerNorm, None: None}[norm]
    net = depth.deep_net(6, nn.Tanh, init.he, rng=np.random.default_rng(2), norm=ours, keep=1.0, scale=0.3)
    x, y = RNG.standard_normal((8, 64)), RNG.integers(0, 10, 8)
    h, zs = torch.tensor(x), []
    for block in net.layers[:-1]:
        zs.append(h @ torch.tensor(block.linear.W.data).T)
        zs[-1].requires_grad_(True).retain_grad()
        u = zs[-1] if norm is None else getattr(torch.nn, norm)(64, dtype=torch.float64)(zs[-1])
        h = h + 0.3 * torch.tanh(u)
    logits = h @ torch.tensor(net.layers[-1].W.data).T
    torch.nn.functional.cross_entropy(logits, torch.tensor(y)).backward()
    expected = [z.grad.norm().item() for z in zs]
    np.testing.assert_allclose(layer_norms(net, x, y)[0], expected, rtol=1e-11)
