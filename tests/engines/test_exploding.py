"""What chapter 08 stands on: weight normalisation, clipping, recurrent layers, against oracles that are not ours."""

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest

from bplib import functional as F
from bplib import nn, optim
from bplib.matrix import Tensor

RNG = np.random.default_rng(0)


def leaf(x):
    return Tensor(x, requires_grad=True)


def close(ours, exact, limit=1e-13):
    """The distance is at most `limit` of the length."""
    assert np.linalg.norm(ours - exact) <= limit * np.linalg.norm(exact)


# Weight normalisation.


def test_weight_norm_to_forty_digits():
    """Its gradients are slopes that mpmath measures with 60 digits."""
    v, g, C = RNG.standard_normal((3, 4)), RNG.uniform(0.5, 3, 3), RNG.standard_normal((3, 4))
    a, b = leaf(v), leaf(g)
    (nn.weight_norm(a, b) * C).sum().backward()

    def loss(row, at_v, at_g):
        length = mpmath.sqrt(mpmath.fsum(x * x for x in at_v))
        return mpmath.fsum(at_g * x / length * c for x, c in zip(at_v, C[row].tolist(), strict=True))

    exact_v, exact_g = np.zeros((3, 4)), np.zeros(3)
    with mpmath.workdps(60):
        for row in range(3):
            at = [mpmath.mpf(x) for x in v[row].tolist()]
            exact_g[row] = float(mpmath.diff(lambda s, row=row, at=at: loss(row, at, s), mpmath.mpf(float(g[row]))))
            for k in range(4):
                moved = lambda s, row=row, at=at, k=k: loss(row, [*at[:k], s, *at[k + 1 :]], float(g[row]))
                exact_v[row, k] = float(mpmath.diff(moved, at[k]))
    close(a.grad, exact_v)
    close(b.grad, exact_g)
    assert np.abs((a.grad * v).sum(axis=1)).max() <= 1e-14  # orthogonal to v


def test_a_normed_layer_against_autograd():
    layer = nn.Linear(5, 3, rng=RNG)
    normed = nn.WeightNorm(layer)
    x, C = RNG.standard_normal((7, 5)), RNG.standard_normal((7, 3))
    normed.g.data, normed.b.data = normed.g.data * [0.1, 1.0, 10.0], RNG.standard_normal(3)
    (normed(x).tanh() * C).sum().backward()

    def loss(g, v, b):
        W = g[:, None] * v / anp.sqrt(anp.sum(v * v, axis=1, keepdims=True))
        return anp.sum(anp.tanh(anp.dot(x, W.T) + b) * C)

    at = [p.data for p in (normed.g, normed.v, normed.b)]
    for i, p in enumerate((normed.g, normed.v, normed.b)):
        close(p.grad, autograd.grad(loss, i)(*at))


def test_a_normed_layer_begins_as_the_layer():
    layer = nn.Linear(5, 3, rng=RNG, bias=False)
    normed = nn.WeightNorm(layer)
    x = RNG.standard_normal((7, 5))
    np.testing.assert_allclose(normed(x).data, layer(x).data, rtol=1e-14)
    assert [p.shape for p in normed.parameters()] == [(3,), (3, 5)]
    float32 = nn.WeightNorm(nn.Linear(5, 3, rng=RNG, dtype="float32"))
    assert {p.dtype for p in float32.parameters()} == {np.dtype("float32")}


def test_weight_norm_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"v has shape \(2, 3\) and g \(3,\)"):
        nn.weight_norm(np.ones((2, 3)), np.ones(3))
    with pytest.raises(TypeError, match="expected a Linear"):
        nn.WeightNorm(nn.ReLU())
    layer = nn.Linear(3, 2, rng=RNG)
    layer.W.data = np.zeros((2, 3))
    with pytest.raises(ValueError, match="row of W is zero"):
        nn.WeightNorm(layer)


@pytest.mark.torch
def test_weight_norm_is_pytorchs():
    torch = pytest.importorskip("torch")
    layer = nn.Linear(6, 4, rng=RNG)
    ours, theirs = nn.WeightNorm(layer), torch.nn.Linear(6, 4, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(layer.W.data))
        theirs.bias.copy_(torch.tensor(layer.b.data))
    torch.nn.utils.parametrizations.weight_norm(theirs)
    x = RNG.standard_normal((5, 6))
    ours(x).tanh().sum().backward()
    theirs(torch.tensor(x)).tanh().sum().backward()
    g, v = theirs.parametrizations.weight.original0, theirs.parametrizations.weight.original1
    for mine, other in ((ours.g, g), (ours.v, v), (ours.b, theirs.bias)):
        close(mine.grad.ravel(), other.grad.numpy().ravel())


# Clipping.


def test_clipping_by_value():
    a, b = leaf([3.0, -0.5]), leaf([[-4.0]])
    ((a * a).sum() / 2 + (b * b).sum() / 2).backward()
    optim.clip_grad_value([a, b, a], 1.0)
    np.testing.assert_array_equal(a.grad, [1.0, -0.5])
    np.testing.assert_array_equal(b.grad, [[-1.0]])
    optim.clip_grad_value([leaf([1.0])], 1.0)  # without a gradient there is nothing to do
    for limit in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="expected a positive number"):
            optim.clip_grad_value([a], limit)


def test_clipping_by_value_shows_nan_and_keeps_the_dtype():
    x = leaf(np.ones(3, "float32"))
    x.backward(np.array([np.nan, np.inf, -np.inf], "float32"))
    optim.clip_grad_value([x], 2.0)
    np.testing.assert_array_equal(x.grad, np.array([np.nan, 2.0, -2.0], "float32"))
    assert x.grad.dtype == np.float32


def test_no_way_of_clipping_turns_uphill():
    """Against random gradients of every size: the norm keeps the direction, the value keeps every sign."""
    for _ in range(200):
        g = RNG.standard_normal(8) * 10.0 ** RNG.uniform(-6, 6, 8)
        x, y = leaf(np.ones(8)), leaf(np.ones(8))
        x.backward(g), y.backward(g)
        optim.clip_grad_norm([x], 1.0)
        optim.clip_grad_value([y], 1.0)
        assert x.grad @ g == pytest.approx(np.linalg.norm(x.grad) * np.linalg.norm(g), rel=1e-12)
        assert y.grad @ g > 0
        assert np.linalg.norm(x.grad) <= 1 + 1e-12
        assert np.abs(y.grad).max() <= 1


# Recurrent layers.


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_backpropagation_through_fifty_steps_against_autograd(activation):
    rnn = nn.RNN(3, 6, rng=RNG, activation=activation)
    rnn.b.data = 0.1 * RNG.standard_normal(6)
    x, h0, C = RNG.standard_normal((4, 50, 3)), RNG.standard_normal((4, 6)), RNG.standard_normal((4, 6))
    start = leaf(h0)
    states = rnn(x, start)
    ((states[-1] + states[7]) * C).sum().backward()
    f = {"tanh": anp.tanh, "relu": lambda z: anp.maximum(z, 0.0), "linear": lambda z: z}[activation]

    def loss(W_in, W, b, h):
        kept = []
        for t in range(50):
            h = f(anp.dot(x[:, t], W_in.T) + anp.dot(h, W.T) + b)
            kept.append(h)
        return anp.sum((kept[-1] + kept[7]) * C)

    at = [rnn.W_in.data, rnn.W.data, rnn.b.data, h0]
    for i, p in enumerate((rnn.W_in, rnn.W, rnn.b, start)):
        close(p.grad, autograd.grad(loss, i)(*at))


def test_an_lstm_through_fifty_steps_against_autograd():
    n, lstm = 5, nn.LSTM(3, 5, rng=RNG, forget_bias=2.0)
    x, C = RNG.standard_normal((4, 50, 3)), RNG.standard_normal((4, n))
    h0, c0 = RNG.standard_normal((2, 4, n))
    h, c = leaf(h0), leaf(c0)
    states, memories = lstm(x, (h, c))
    ((states[-1] + memories[9]) * C).sum().backward()
    squash = lambda z: 0.5 * (1 + anp.tanh(z / 2))

    def loss(W_in, W, b, h, c):
        kept = []
        for t in range(50):
            z = anp.dot(x[:, t], W_in.T) + anp.dot(h, W.T) + b
            i, f, o = (squash(z[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
            c = f * c + i * anp.tanh(z[:, 2 * n : 3 * n])
            h = o * anp.tanh(c)
            kept.append(c)
        return anp.sum((h + kept[9]) * C)

    at = [lstm.W_in.data, lstm.W.data, lstm.b.data, h0, c0]
    for i, p in enumerate((lstm.W_in, lstm.W, lstm.b, h, c)):
        close(p.grad, autograd.grad(loss, i)(*at))


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["tanh", "relu", "LSTM"])
def test_fifty_steps_are_pytorchs(kind):
    torch = pytest.importorskip("torch")
    if kind == "LSTM":
        ours, theirs = nn.LSTM(4, 6, rng=RNG), torch.nn.LSTM(4, 6, batch_first=True, dtype=torch.float64)
    else:
        ours = nn.RNN(4, 6, rng=RNG, activation=kind)
        theirs = torch.nn.RNN(4, 6, nonlinearity=kind, batch_first=True, dtype=torch.float64)
    pairs = ((ours.W_in, "weight_ih_l0"), (ours.W, "weight_hh_l0"), (ours.b, "bias_ih_l0"))
    with torch.no_grad():
        for mine, name in pairs:
            getattr(theirs, name).copy_(torch.tensor(mine.data))
        theirs.bias_hh_l0.zero_()
    x = RNG.standard_normal((3, 50, 4))
    a, b = leaf(x), torch.tensor(x, requires_grad=True)
    found = ours(a)
    states, (outputs, _) = found[0] if kind == "LSTM" else found, theirs(b)
    (states[-1] * states[20]).sum().backward()
    (outputs[:, -1] * outputs[:, 20]).sum().backward()
    close(states[-1].data, outputs[:, -1].detach().numpy())
    close(a.grad, b.grad.numpy())
    for mine, name in pairs:
        close(mine.grad, getattr(theirs, name).grad.numpy())


def test_an_activation_that_is_none():
    with pytest.raises(ValueError, match="expected 'tanh', 'relu' or 'linear'"):
        nn.RNN(1, 1, rng=RNG, activation="sine")


def test_the_gradient_of_a_linear_net_is_a_power():
    """h(T) = Wᵀ… : the gradient at the first state is (Wᵀ)ᵀ u, by plain NumPy."""
    rnn = nn.RNN(1, 8, rng=RNG, activation="linear")
    rnn.W.data = 1.1 * rnn.W.data
    h0, u = leaf(RNG.standard_normal((1, 8))), RNG.standard_normal((1, 8))
    rnn(np.zeros((1, 200, 1)), h0)[-1].backward(u)
    close(h0.grad, u @ np.linalg.matrix_power(rnn.W.data, 200), 1e-12)
    assert np.linalg.norm(h0.grad) == pytest.approx(1.1**200 * np.linalg.norm(u), rel=1e-11)


def test_standardising_then_relu_grows_by_the_predicted_factor():
    """½ log10(π/(π − 1)) decades a layer, chapter 08; layer norm instead keeps the size."""
    rng = np.random.default_rng(0)
    slopes = {}
    for axis in (0, 1):
        a, kept = Tensor(rng.standard_normal((256, 128))), []
        for _ in range(12):
            z = F.linear(a, leaf(nn.init.he((128, 128), rng)))
            kept.append(z)
            a = F.standardise(z, axis).relu()
        a.backward(rng.standard_normal((256, 128)))
        slopes[axis] = -np.polyfit(range(12), np.log10([np.linalg.norm(z.grad) for z in kept]), 1)[0]
    assert slopes[0] == pytest.approx(0.5 * np.log10(np.pi / (np.pi - 1)), abs=0.02)
    assert slopes[1] == pytest.approx(0.0, abs=0.02)
