"""Forward-forward, synthetic gradients and target propagation against their losses, differentiated by autograd."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from alternative_nets import batch, make

from bplib import alternatives, optim
from bplib.alternatives import (
    Backpropagation,
    DifferenceTargetPropagation,
    ForwardForward,
    SyntheticGradients,
    angles,
)

RULES = [ForwardForward, SyntheticGradients, DifferenceTargetPropagation]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
PLAIN = {"tanh": anp.tanh, "relu": lambda z: anp.maximum(z, 0.0), "sigmoid": lambda z: 1 / (1 + anp.exp(-z))}


def shaken(net, seed=2):
    """Give every parameter, the biases and zeros too, numbers of its own."""
    rng = np.random.default_rng(seed)
    for p in net.parameters:
        p.data = p.data + 0.3 * rng.standard_normal(p.shape)
    return net


def near(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-14)


def cross_entropy(z, y):
    return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - z[np.arange(len(y)), y])


def plain_layers(net, x, activation="tanh"):
    a = [x]
    for W, b in zip(net.weights[:-1], net.biases[:-1], strict=True):
        a.append(PLAIN[activation](a[-1] @ W.data.T + b.data))
    return [*a, a[-1] @ net.weights[-1].data.T + net.biases[-1].data]


# Forward-forward


def unit_rms(a):
    return np.stack([row / np.sqrt(sum(v * v for v in row) / len(row) + 1e-8) for row in a])


def inputs_of_layers(net, x, hot, activation, normalise):
    enters, found = np.concatenate([x, hot], axis=1), []
    for W, b in zip(net.weights[:-1], net.biases[:-1], strict=True):
        found.append(enters)
        a = PLAIN[activation](enters @ W.data.T + b.data)
        enters = unit_rms(a) if normalise else a
    return found, enters


@pytest.mark.parametrize("activation", ForwardForward.activations)
@pytest.mark.parametrize("normalise", [True, False])
def test_forward_forward_updates_are_the_gradients_of_the_layers_own_losses(activation, normalise):
    net = shaken(make(ForwardForward, activation=activation, normalise=normalise, theta=1.5))
    x, y = batch()
    ours, f = net.updates(x, y), PLAIN[activation]
    right, _ = inputs_of_layers(net, x, np.eye(2)[y], activation, normalise)
    wrong, _ = inputs_of_layers(net, x, np.eye(2)[1 - y], activation, normalise)  # two classes: only one is wrong
    for l in range(2):

        def loss(W, b, l=l):
            g = [anp.sum(f(anp.dot(enters, W.T) + b) ** 2, axis=1) for enters in (right[l], wrong[l])]
            return anp.mean(anp.log(1 + anp.exp(1.5 - g[0]))) / 2 + anp.mean(anp.log(1 + anp.exp(g[1] - 1.5))) / 2

        near(ours[2 * l], autograd.grad(loss, 0)(net.weights[l].data, net.biases[l].data))
        near(ours[2 * l + 1], autograd.grad(loss, 1)(net.weights[l].data, net.biases[l].data))
    _, last = inputs_of_layers(net, x, np.full((6, 2), 0.5), activation, normalise)
    head = lambda W, b: cross_entropy(anp.dot(last, W.T) + b, y)
    near(ours[4], autograd.grad(head, 0)(net.weights[2].data, net.biases[2].data))
    near(ours[5], autograd.grad(head, 1)(net.weights[2].data, net.biases[2].data))


@pytest.mark.parametrize("normalise", [True, False])
def test_forward_forwards_true_gradient_is_that_of_its_head(normalise):
    net, (x, y) = shaken(make(ForwardForward, activation="tanh", normalise=normalise)), batch()

    def total(*p):
        a = anp.concatenate([x, np.full((6, 2), 0.5)], axis=1)
        for W, b in zip(p[0:-2:2], p[1:-2:2], strict=True):
            a = anp.tanh(anp.dot(a, W.T) + b)
            a = a / anp.sqrt(anp.mean(a * a, axis=1, keepdims=True) + 1e-8) if normalise else a
        return cross_entropy(anp.dot(a, p[-2].T) + p[-1], y)

    flat = [p.data.copy() for p in net.parameters]
    for ours, theirs in zip(net.gradient(x, y), autograd.grad(total, tuple(range(6)))(*flat), strict=True):
        near(ours, theirs)
    assert abs(net.loss(x, y) - total(*flat)) < 1e-14


def test_goodness_and_the_two_ways_to_classify():
    net, (x, _) = shaken(make(ForwardForward, sizes=(3, 4, 5, 3))), batch()
    table = np.zeros((6, 3))
    for k in range(3):
        enters, last = inputs_of_layers(net, x, np.tile(np.eye(3)[k], (6, 1)), "relu", True)
        for l in range(2):
            a = np.maximum(enters[l] @ net.weights[l].data.T + net.biases[l].data, 0)
            near(net.goodness(x, np.full(6, k))[:, l], (a**2).sum(axis=1))
            table[:, k] += (a**2).sum(axis=1)
    near(net.scores(x), table)
    np.testing.assert_array_equal(net.predict(x), table.argmax(axis=1))
    net.classify = "softmax"
    _, last = inputs_of_layers(net, x, np.full((6, 3), 1 / 3), "relu", True)
    near(net.scores(x), last @ net.weights[2].data.T + net.biases[2].data)


@pytest.mark.parametrize("negatives", ["random", "hard"])
def test_wrong_labels_are_wrong_and_as_likely_as_they_should_be(negatives):
    net = make(ForwardForward, sizes=(3, 4, 5, 4), negatives=negatives)
    n, outputs = 40_000, np.log([0.1, 0.5, 0.1, 0.3])
    labels = np.full(n, 1)
    drawn = net.wrong_labels(labels, np.tile(outputs, (n, 1)))
    assert (drawn != labels).all()
    expected = {"random": [1 / 3, 0, 1 / 3, 1 / 3], "hard": [0.2, 0, 0.2, 0.6]}[negatives]
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / n, expected, atol=0.012)


def test_no_layer_of_forward_forward_hears_from_above():
    net, (x, y) = make(ForwardForward), batch()
    before = net.updates(x, y)
    for p in net.parameters[2:]:
        p.data = np.random.default_rng(9).standard_normal(p.shape)
    after = net.updates(x, y)
    np.testing.assert_array_equal(after[0], before[0])
    assert not np.allclose(after[2], before[2])


# Synthetic gradients


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_synthetic_gradients_by_their_equations(labels, activation):
    net = shaken(make(SyntheticGradients, labels=labels, activation=activation))
    x, y = batch()
    ours, a, hot = net.updates(x, y), plain_layers(net, x, activation), np.eye(2)[y] * labels
    slope = {"tanh": lambda a: 1 - a**2, "sigmoid": lambda a: a * (1 - a)}[activation]
    p = np.exp(a[3]) / np.exp(a[3]).sum(axis=1, keepdims=True)
    last = p - np.eye(2)[y]  # of single examples, without 1/n
    guess = [a[l] @ A.data.T + hot @ C.data.T + c.data for l, (A, C, c) in enumerate(net.models, start=1)]
    delta = [g * slope(a[l]) for l, g in enumerate(guess, start=1)] + [last]
    for l in range(3):
        near(ours[2 * l], sum(np.outer(d, h) for d, h in zip(delta[l], a[l], strict=True)) / 6)
        near(ours[2 * l + 1], delta[l].mean(axis=0))
    for l in (1, 2):
        target = np.stack([net.weights[l].data.T @ d for d in delta[l]])

        def loss(A, C, c, l=l, target=target):
            miss = anp.dot(a[l], A.T) + anp.dot(hot, C.T) + c - target
            return anp.sum(miss**2) / 2 / 6

        at = [p.data for p in net.models[l - 1]]
        for k in range(3):
            near(ours[6 + 3 * (l - 1) + k], autograd.grad(loss, k)(*at))


def test_synthetic_gradients_start_silent_and_end_useful():
    (x, y), net = batch(n=40), make(SyntheticGradients)
    assert not any(u.any() for u in net.layer_updates(x, y)[:4])
    steps = optim.Adam(net.parameters[6:], 0.02)  # the layers stay, the models learn
    for _ in range(600):
        for p, update in zip(net.parameters[6:], net.updates(x, y)[6:], strict=True):
            p.grad = update
        steps.step()
    assert max(angles(net, x, y)) < 45


def test_a_hidden_layer_does_not_wait_for_the_layers_above():
    net, (x, y) = shaken(make(SyntheticGradients)), batch()
    before = net.layer_updates(x, y)
    for p in (*net.weights[1:], *net.biases[1:]):
        p.data = np.random.default_rng(9).standard_normal(p.shape)
    np.testing.assert_array_equal(net.layer_updates(x, y)[0], before[0])
    assert np.any(net.layer_updates(x, y)[2] != before[2])


# Difference target propagation


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("loss_name", ["cross_entropy", "mse"])
def test_target_propagation_by_its_equations(activation, loss_name):
    sizes, f = (3, 4, 5, 4, 2), PLAIN[activation]
    net = shaken(make(DifferenceTargetPropagation, sizes=sizes, activation=activation, loss=loss_name, rate=0.7))
    x, y = batch(sizes=sizes)
    net._rng = np.random.default_rng(7)
    ours, a = net.updates(x, y), plain_layers(net, x, activation)

    def top(h, W, b):
        z = anp.dot(h, W.T) + b
        return cross_entropy(z, y) if loss_name == "cross_entropy" else anp.mean((z - np.eye(2)[y]) ** 2)

    readout = net.weights[3].data, net.biases[3].data
    near(ours[6], autograd.grad(top, 1)(a[3], *readout))
    near(ours[7], autograd.grad(top, 2)(a[3], *readout))
    back = lambda l, h: f(h @ net.inverses[l - 1][0].data.T + net.inverses[l - 1][1].data)
    target = {3: a[3] - 0.7 * 6 * autograd.grad(top, 0)(a[3], *readout)}
    for l in (2, 1):
        target[l] = a[l] + back(l, target[l + 1]) - back(l, a[l + 1])
    for l in (1, 2, 3):

        def local(W, b, l=l):
            return anp.sum((f(anp.dot(a[l - 1], W.T) + b) - target[l]) ** 2) / 2 / 6

        at = net.weights[l - 1].data, net.biases[l - 1].data
        near(ours[2 * l - 2], autograd.grad(local, 0)(*at))
        near(ours[2 * l - 1], autograd.grad(local, 1)(*at))
    rng = np.random.default_rng(7)
    for l in (1, 2):
        moved = a[l] + 0.1 * rng.standard_normal(a[l].shape)
        up = f(moved @ net.weights[l].data.T + net.biases[l].data)

        def undo(V, v, moved=moved, up=up):
            return anp.sum((f(anp.dot(up, V.T) + v) - moved) ** 2) / 2 / 6

        at = [p.data for p in net.inverses[l - 1]]
        near(ours[8 + 2 * (l - 1)], autograd.grad(undo, 0)(*at))
        near(ours[9 + 2 * (l - 1)], autograd.grad(undo, 1)(*at))


def test_a_perfect_inverse_reaches_the_target():
    """With square linear layers and g the inverse map, one layer's target leads exactly to the next one's."""
    net, (x, y) = make(DifferenceTargetPropagation, sizes=(3, 4, 4, 2), activation="linear"), batch()
    net.inverses[0][0].data = np.linalg.inv(net.weights[1].data)
    layers = net.forward(x)
    below, above = net.targets(layers, net.error(layers[-1], y))
    near(below @ net.weights[1].data.T, above)


def test_the_last_hidden_layer_follows_the_gradient_and_a_deeper_one_does_not():
    net, (x, y) = make(DifferenceTargetPropagation), batch()
    first, second, last = angles(net, x, y)
    assert second < 1e-6 > last
    assert first > 5


# All three


@every_rule
def test_updates_fit_parameters(rule):
    net, (x, y) = make(rule), batch()
    before = [p.data.copy() for p in net.parameters]
    found = net.updates(x, y)
    assert [u.shape for u in found] == [p.shape for p in net.parameters]
    assert [u.shape for u in net.layer_updates(x, y)] == [g.shape for g in net.gradient(x, y)]
    for p, was in zip(net.parameters, before, strict=True):
        np.testing.assert_array_equal(p.data, was)
        assert p.grad is None


@every_rule
def test_same_weights_as_backpropagation_from_one_seed(rule):
    ours, theirs = make(rule, seed=4), make(Backpropagation, seed=4)
    if rule is not ForwardForward:
        for a, b in zip(ours.weights, theirs.weights, strict=True):
            np.testing.assert_array_equal(a.data, b.data)


# Bad input: one clear error


def test_bad_settings():
    for bad in ({"theta": 0}, {"negatives": "easy"}, {"classify": "vote"}):
        with pytest.raises(
            ValueError, match=r"expected theta > 0, negatives random or hard, classify goodness or soft"
        ):
            make(ForwardForward, **bad)
    with pytest.raises(ValueError, match="1 class; expected at least 2"):
        make(ForwardForward, sizes=(3, 4, 5, 1))
    with pytest.raises(ValueError, match="does not support the loss 'mse'"):
        make(ForwardForward, loss="mse")
    net, (x, y) = make(ForwardForward), batch()
    with pytest.raises(ValueError, match="a label lies outside 0 … 1"):
        net.goodness(x, y + 1)
    for bad in ({"rate": 0}, {"noise": -1}):
        with pytest.raises(ValueError, match=r"expected rate > 0 and noise ≥ 0"):
            make(DifferenceTargetPropagation, **bad)
    assert alternatives.ForwardForward is ForwardForward
