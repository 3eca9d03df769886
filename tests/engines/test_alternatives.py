"""The feedback alignment family against its equations, written out once more with loops over single numbers."""

import math

import array_api_strict as strict
import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from alternative_nets import SIZES, SLOPES, batch, make
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib import alternatives, optim
from bplib.alternatives import (
    Backpropagation,
    DirectFeedbackAlignment,
    FeedbackAlignment,
    Frozen,
    KolenPollack,
    SignSymmetry,
    WeightMirror,
    angle,
    angles,
    train,
)

RULES = [Backpropagation, FeedbackAlignment, DirectFeedbackAlignment, KolenPollack, WeightMirror, SignSymmetry, Frozen]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)


def one_example(rule, x, label, n, activation, loss):
    """δ(1) … δ(L) and the activations for one example, number by number; n is the size of the batch."""
    f, slope = SLOPES[activation]
    W = [w.data.tolist() for w in rule.weights]
    b = [v.data.tolist() for v in rule.biases]
    a, z = [list(x)], []
    for l in range(len(W)):
        z.append([sum(W[l][i][j] * a[l][j] for j in range(len(a[l]))) + b[l][i] for i in range(len(W[l]))])
        a.append([float(f(v)) for v in z[l]] if l < len(W) - 1 else z[l])
    out = a[-1]
    hot = [float(k == label) for k in range(len(out))]
    if loss == "mse":
        error = [2 * (o - t) / (n * len(out)) for o, t in zip(out, hot, strict=True)]
    else:
        total = sum(math.exp(o) for o in out)
        error = [(math.exp(o) / total - t) / n for o, t in zip(out, hot, strict=True)]
    deltas = [error]
    for l in range(len(W) - 1, 0, -1):  # hidden layer l, counted from 1
        above = deltas[0]
        if isinstance(rule, DirectFeedbackAlignment):
            B, above = rule.feedback[l - 1].data, error
        elif isinstance(rule, FeedbackAlignment):
            B = rule.feedback[l - 1].data
        elif isinstance(rule, SignSymmetry):
            size = sum(abs(w) for row in W[l] for w in row) / (len(W[l]) * len(W[l][0]))
            B = [[size * math.copysign(1, W[l][i][j]) for i in range(len(W[l]))] for j in range(len(W[l][0]))]
        else:
            B = [[W[l][i][j] for i in range(len(W[l]))] for j in range(len(W[l][0]))]
        message = [sum(B[j][i] * above[i] for i in range(len(above))) for j in range(len(z[l - 1]))]
        deltas.insert(0, [m * slope(v) for m, v in zip(message, z[l - 1], strict=True)])
    return deltas, a


def by_hand(rule, x, y, activation, loss):
    """The whole list of updates of the layers, summed over examples."""
    found = [np.zeros(p.shape) for pair in zip(rule.weights, rule.biases, strict=True) for p in pair]
    for row, label in zip(x, y, strict=True):
        deltas, a = one_example(rule, row, label, len(x), activation, loss)
        for l, delta in enumerate(deltas):
            for i, d in enumerate(delta):
                found[2 * l + 1][i] += d
                for j, v in enumerate(a[l]):
                    found[2 * l][i, j] += d * v
    return found


@every_rule
@pytest.mark.parametrize("activation", list(SLOPES))
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_equations(rule, activation, loss):
    net, (x, y) = make(rule, activation=activation, loss=loss), batch()
    for ours, theirs in zip(net.layer_updates(x, y), by_hand(net, x, y, activation, loss), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@every_rule
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_true_gradient_by_autograd_and_last_layer(rule, loss):
    net, (x, y) = make(rule, loss=loss), batch()

    def total(*parameters):
        a = x
        for W, b in zip(parameters[0:-2:2], parameters[1:-2:2], strict=True):
            a = anp.tanh(anp.dot(a, W.T) + b)
        z = anp.dot(a, parameters[-2].T) + parameters[-1]
        if loss == "mse":
            return anp.mean((z - np.eye(SIZES[-1])[y]) ** 2)
        return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - z[np.arange(len(y)), y])

    flat = [p.data.copy() for pair in zip(net.weights, net.biases, strict=True) for p in pair]
    truth = autograd.grad(total, tuple(range(len(flat))))(*flat)
    for ours, theirs in zip(net.gradient(x, y), truth, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    assert abs(net.loss(x, y) - total(*flat)) < 1e-14
    for ours, theirs in zip(net.layer_updates(x, y)[-2:], truth[-2:], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.torch
@every_rule
def test_angle_against_pytorchs_gradient(rule):
    torch = pytest.importorskip("torch")
    net, (x, y) = make(rule), batch()
    leaves = [torch.tensor(p.data.copy(), requires_grad=True) for p in net.weights + net.biases]
    a = torch.tensor(x)
    for l in range(3):
        a = a @ leaves[l].T + leaves[3 + l]
        a = torch.tanh(a) if l < 2 else a
    torch.nn.functional.cross_entropy(a, torch.tensor(y)).backward()
    for l, ours in enumerate(angles(net, x, y)):
        u, v = torch.tensor(net.layer_updates(x, y)[2 * l]).flatten(), leaves[l].grad.flatten()
        cosine = float(torch.dot(u, v) / (u.norm() * v.norm()))
        assert abs(math.cos(math.radians(ours)) - cosine) < 1e-12


@every_rule
def test_updates_fit_parameters(rule):
    net, (x, y) = make(rule), batch()
    before = [p.data.copy() for p in net.parameters]
    found = net.updates(x, y)
    assert [u.shape for u in found] == [p.shape for p in net.parameters]
    for p, was in zip(net.parameters, before, strict=True):
        np.testing.assert_array_equal(p.data, was)
        assert p.grad is None


def test_kolen_pollacks_feedback_is_updated_by_the_transpose():
    net, (x, y) = make(KolenPollack), batch()
    found = net.updates(x, y)
    assert len(found) == 8
    for l in (1, 2):
        np.testing.assert_array_equal(found[5 + l], found[2 * l].T)
    found[6][:] = 0  # its own memory
    assert found[2].any()


@given(st.floats(1e-3, 0.5), st.floats(1e-3, 0.5), st.integers(1, 20))
@settings(max_examples=25, deadline=None)
def test_kolen_pollacks_difference_decays_as_weight_decay_says(lr, decay, steps):
    net, (x, y) = make(KolenPollack), batch()
    optimiser = optim.SGD(net.parameters, lr=lr, weight_decay=decay)
    before = net.weights[2].data.T - net.feedback[1].data
    for _ in range(steps):
        alternatives.step(net, optimiser, x, y)
    after = net.weights[2].data.T - net.feedback[1].data
    np.testing.assert_allclose(after, before * (1 - lr * decay) ** steps, rtol=1e-9, atol=1e-12)


def test_mirror_is_a_running_mean_of_the_correlation():
    net = make(WeightMirror, rate=0.25, samples=7)
    old = [B.data.copy() for B in net.feedback]
    net._rng = np.random.default_rng(5)
    net.mirror()
    rng = np.random.default_rng(5)
    for l in (1, 2):
        seen = np.zeros(old[l - 1].shape)
        for xi in rng.standard_normal((7, SIZES[l])):
            seen += np.outer(xi, net.weights[l].data @ xi) / 7
        np.testing.assert_allclose(net.feedback[l - 1].data, 0.75 * old[l - 1] + 0.25 * seen, rtol=1e-12)


def test_mirror_converges_to_the_transpose():
    net = make(WeightMirror, rate=1.0, samples=200_000)
    net.mirror()
    for l in (1, 2):
        assert angle(net.feedback[l - 1].data, net.weights[l].data.T) < 2


def test_fixed_feedback_stays_and_frozen_layers_too():
    (x, y), rng = batch(n=40), np.random.default_rng(0)
    for rule in (FeedbackAlignment, DirectFeedbackAlignment, Frozen):
        net = make(rule)
        fixed = [B.data.copy() for B in net.feedback]
        hidden, readout = net.weights[0].data.copy(), net.weights[2].data.copy()
        train(net, x, y, rng=rng, epochs=2, batch=8)
        for B, was in zip(net.feedback, fixed, strict=True):
            np.testing.assert_array_equal(B.data, was)
        assert (net.weights[0].data == hidden).all() == (rule is Frozen)
        assert (net.weights[2].data != readout).any()


@pytest.mark.parametrize("rule", RULES[1:4])
def test_all_zero_weights(rule):
    """Backpropagation's gradient at zero moves the last bias alone; random feedback moves a hidden layer."""
    zeros = lambda shape, rng: np.zeros(shape)
    x, y = batch()
    y[:5] = 0
    stuck = make(Backpropagation, initial=zeros).updates(x, y)
    assert not any(u.any() for u in stuck[:-1])
    assert stuck[-1].any()
    moved = make(rule, initial=zeros).layer_updates(x, y)
    assert moved[0].any()


@given(st.integers(0, 1000), st.floats(0, 180))
def test_angle_of_two_vectors_turned_by_a_known_angle(seed, degrees):
    rng = np.random.default_rng(seed)
    e, f = np.linalg.qr(rng.standard_normal((12, 2)))[0].T
    turned = math.cos(math.radians(degrees)) * e + math.sin(math.radians(degrees)) * f
    found = angle((3 * e).reshape(3, 4), (0.01 * turned).reshape(3, 4))
    assert abs(found - degrees) < 1e-11


def test_angle_of_lists_is_that_of_one_long_vector():
    rng = np.random.default_rng(0)
    u, v = ([rng.standard_normal((2, 3)), rng.standard_normal(4)] for _ in range(2))
    whole = angle(*(np.concatenate([a.ravel() for a in side]) for side in (u, v)))
    assert abs(angle(u, v) - whole) < 1e-12
    assert angle(u, u) == 0.0
    assert math.isnan(angle(np.zeros(3), np.ones(3)))


@every_rule
def test_angles_of_the_layers(rule):
    net, (x, y) = make(rule), batch()
    found = angles(net, x, y)
    assert len(found) == 3
    assert found[-1] < 1e-6
    if rule is Backpropagation:
        assert max(found) < 1e-6


def test_rules_of_one_seed_start_from_the_same_weights():
    nets = [make(rule, seed=4) for rule in RULES]
    for net in nets[1:]:
        for ours, theirs in zip(net.weights, nets[0].weights, strict=True):
            np.testing.assert_array_equal(ours.data, theirs.data)


# Bad input: one clear error


def test_bad_settings():
    with pytest.raises(ValueError, match="scale 0; expected a positive number"):
        make(FeedbackAlignment, scale=0)
    with pytest.raises(ValueError, match="WeightMirror was given rate 2"):
        make(WeightMirror, rate=2)
    x, y = batch()
    for bad in ({"batch": 7}, {"batch": 0}, {"rng": 3}):
        with pytest.raises(ValueError, match="expected as many labels as rows"):
            train(make(FeedbackAlignment), x, y, **{"rng": np.random.default_rng(0), **bad})
    with pytest.raises(ValueError, match=r"expected the same shapes"):
        angle(np.zeros(3), np.zeros(4))
    with pytest.raises(TypeError, match=r"move one of them first"):
        angle(np.zeros(3), strict.zeros(3))
    with pytest.raises(NotImplementedError, match="Rule has no updates"):
        make(alternatives.Rule).updates(x, y)
