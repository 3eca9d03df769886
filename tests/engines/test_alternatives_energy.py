"""Predictive coding and equilibrium propagation against their equations, written out once more over single numbers."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from alternative_nets import SIZES, SLOPES, batch
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib.alternatives import (
    EquilibriumPropagation,
    PredictiveCoding,
    RecurrentBackpropagation,
    angle,
    angles,
)

RULES = [PredictiveCoding, EquilibriumPropagation, RecurrentBackpropagation]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
MODES = [{"mode": "zil"}, {"mode": "fixed"}, {"mode": "inference"}]


def make(rule, seed=0, sizes=SIZES, **how):
    net = rule(sizes, rng=np.random.default_rng(seed), **how)
    rng = np.random.default_rng(seed + 100)
    for b in net.biases:
        b.data = 0.1 * rng.standard_normal(b.shape)
    return net


def numbers(net):
    return [W.data.tolist() for W in net.weights], [b.data.tolist() for b in net.biases]


def summed(net, contributions, factor):
    """Σ over examples of factor · (outer product, vector) for each layer, in the order of the parameters."""
    found = [np.zeros(p.shape) for pair in zip(net.weights, net.biases, strict=True) for p in pair]
    for layers in contributions:
        for l, (left, right) in enumerate(layers):
            for i, u in enumerate(left):
                found[2 * l + 1][i] += factor * u
                for j, v in enumerate(right):
                    found[2 * l][i, j] += factor * u * v
    return found


def relative(ours, truth):
    apart = sum(((u - v) ** 2).sum() for u, v in zip(ours, truth, strict=True))
    return np.sqrt(apart / sum((v**2).sum() for v in truth))


def ordinary_gradient(net, x, y):
    """∂ mse/∂(W(1), b(1), …) of the forward pass, by autograd."""
    f = {"tanh": anp.tanh, "sigmoid": lambda z: 1 / (1 + anp.exp(-z)), "relu": lambda z: anp.maximum(z, 0)}

    def loss(*flat):
        a = x
        for W, b in zip(flat[0:-2:2], flat[1:-2:2], strict=True):
            z = anp.dot(a, W.T) + b
            a = f[net.activation](z) if net.activation != "linear" else z
        return anp.mean((anp.dot(a, flat[-2].T) + flat[-1] - np.eye(net.sizes[-1])[y]) ** 2)

    flat = [p.data.copy() for pair in zip(net.weights, net.biases, strict=True) for p in pair]
    return autograd.grad(loss, tuple(range(len(flat))))(*flat)


# Predictive coding


def coded(net, x, label, steps, rate, beta, fixed):
    """One example, unit by unit: at each step, for each layer, its errors and what W(l) sees below."""
    (W, b), (f, slope) = numbers(net), SLOPES[net.activation]
    L = len(W)
    target = [float(k == label) for k in range(net.sizes[-1])]
    guess = lambda l, a: [sum(w * v for w, v in zip(W[l][i], a, strict=True)) + b[l][i] for i in range(len(W[l]))]
    states, a = [], list(x)
    for l in range(L - 1):
        states.append(guess(l, a))
        a = [float(f(v)) for v in states[-1]]
    first, story = [list(s) for s in states], []
    for _ in range(steps + 1):
        seen = first if fixed else states
        below = [list(x), *([float(f(v)) for v in s] for s in seen)]
        guesses = [guess(l, below[l]) for l in range(L)]
        errors = [[s - g for s, g in zip(states[l], guesses[l], strict=True)] for l in range(L - 1)]
        errors.append([beta * (t - g) for t, g in zip(target, guesses[-1], strict=True)])
        story.append([(errors[l], below[l]) for l in range(L)])
        moved = []
        for l in range(L - 1):
            pull = [sum(W[l + 1][k][i] * e for k, e in enumerate(errors[l + 1])) for i in range(len(states[l]))]
            step = [slope(seen[l][i]) * pull[i] - errors[l][i] for i in range(len(states[l]))]
            moved.append([s + rate * m for s, m in zip(states[l], step, strict=True)])
        states = moved
    return story


@pytest.mark.parametrize("activation", list(SLOPES))
@pytest.mark.parametrize(
    "how", [*MODES, {"steps": 7, "rate": 0.3, "beta": 0.4}, {"mode": "fixed", "rate": 0.2}], ids=str
)
def test_predictive_coding_follows_its_equations(activation, how):
    net, (x, y) = make(PredictiveCoding, activation=activation, **how), batch()
    L, given_ = len(net.weights), []
    for row, label in zip(x, y, strict=True):
        story = coded(net, row, label, net.steps, net.rate, net.beta, net.mode == "fixed")
        given_.append([story[L - 1 - l][l] for l in range(L)] if net.mode == "zil" else story[-1])
    factor = -2 / (len(x) * SIZES[-1] * net.beta)
    for ours, theirs in zip(net.updates(x, y), summed(net, given_, factor), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-14)


@given(st.integers(0, 1000), st.sampled_from(list(SLOPES)), st.sampled_from(["zil", "fixed"]), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_zil_and_fixed_prediction_are_backpropagation(seed, activation, mode, depth):
    sizes = (3, *(4,) * depth, 2)
    net, (x, y) = make(PredictiveCoding, seed, sizes, activation=activation, mode=mode), batch(seed)
    truth = ordinary_gradient(net, x, y)
    assert relative(net.updates(x, y), truth) < 1e-14
    assert relative(net.gradient(x, y), truth) < 1e-14


def test_too_few_steps_leave_the_lower_layers_without_an_error():
    net, (x, y) = make(PredictiveCoding, mode="fixed", steps=1), batch()
    found = net.updates(x, y)
    assert not found[0].any()
    assert angle(found[2], net.gradient(x, y)[2]) < 1e-6


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_settled_linear_net_divides_the_error_by_one_plus_w_wt(seed):
    """Two linear layers have their equilibrium in closed form: ε(2) = (1 + W(2) W(2)ᵀ)⁻¹ (t − ŷ), ε(1) = W(2)ᵀ ε(2)."""
    net, (x, y) = make(PredictiveCoding, seed, (3, 4, 2), activation="linear", steps=3000, rate=0.05), batch(seed)
    *_, (_, (first, second)) = net.settling(x, y)
    W = net.weights[1].data
    left = np.eye(2)[y] - net.forward(x)[-1]
    expected = np.linalg.solve(np.eye(2) + W @ W.T, left.T).T
    np.testing.assert_allclose(second, expected, atol=1e-9)
    np.testing.assert_allclose(first, expected @ W, atol=1e-9)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_inference_and_learning_go_downhill_on_one_energy(activation, beta):
    """−∂F/∂x is the step of the states, and ∂F/∂W (with the factor of mse) is the update, by autograd."""
    net = make(PredictiveCoding, activation=activation, steps=1, rate=1e-3, beta=beta)
    x, y = batch()
    (before, errors), (after, _) = net.settling(x, y)
    f = anp.tanh if activation == "tanh" else lambda z: 1 / (1 + anp.exp(-z))
    back = np.arctanh if activation == "tanh" else lambda a: np.log(a / (1 - a))

    def energy(states, flat):
        total, a = 0.0, x
        for s, W, b in zip([*states, None], flat[::2], flat[1::2], strict=True):
            z = anp.dot(a, W.T) + b
            total += anp.sum((s - z) ** 2) / 2 if s is not None else beta * anp.sum((np.eye(2)[y] - z) ** 2) / 2
            a = f(s) if s is not None else None
        return total

    states = [back(a) for a in before[1:]]
    flat = [p.data.copy() for pair in zip(net.weights, net.biases, strict=True) for p in pair]
    assert abs(net.energy(errors) - energy(states, flat)) < 1e-12
    for s, a, slope in zip(states, after[1:], autograd.grad(energy, 0)(states, flat), strict=True):
        np.testing.assert_allclose(back(a) - s, -1e-3 * slope, atol=1e-12)
    learnt = net.learn(before, errors)
    for ours, theirs in zip(learnt, autograd.grad(energy, 1)(states, flat), strict=True):
        np.testing.assert_allclose(ours, theirs * 2 / (len(x) * 2 * beta), atol=1e-13)


def test_settled_predictive_coding_is_not_the_gradient_unless_the_pull_is_weak():
    x, y = batch(n=20)
    truth = make(PredictiveCoding).gradient(x, y)
    apart = [
        relative(make(PredictiveCoding, steps=3000, beta=beta).updates(x, y), truth) for beta in (1, 1e-2, 1e-3, 1e-4)
    ]
    assert apart[0] > 0.2
    orders = np.diff(np.log10(apart[1:]))
    np.testing.assert_allclose(orders, -1, atol=0.05)


# Equilibrium propagation


def settled(net, x, steps, beta=0.0, target=None, start=None):
    """One example, unit by unit: the states after `steps` steps."""
    (W, b), (f, _) = numbers(net), SLOPES[net.activation]
    L, states, a = len(W), [], list(x)
    for l in range(L):
        states.append([sum(w * v for w, v in zip(W[l][i], a, strict=True)) + b[l][i] for i in range(len(W[l]))])
        a = [float(f(v)) for v in states[-1]]
    states = states if start is None else start
    for _ in range(steps):
        a = [list(x), *([float(f(v)) for v in s] for s in states[:-1]), states[-1]]
        moved = []
        for l in range(L):
            row = []
            for i, s in enumerate(states[l]):
                drive = sum(w * v for w, v in zip(W[l][i], a[l], strict=True)) + b[l][i]
                if l < L - 1:
                    drive += sum(W[l + 1][k][i] * v for k, v in enumerate(a[l + 2]))
                elif beta:
                    drive -= beta * (s - target[i])
                row.append(s + net.rate * (drive - s))
            moved.append(row)
        states = moved
    return states


def ends(net, x, states):
    a = [list(x), *([float(SLOPES[net.activation][0](v)) for v in s] for s in states[:-1]), states[-1]]
    return [(a[l + 1], a[l]) for l in range(len(states))]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_equilibrium_propagation_follows_its_equations(activation, symmetric):
    net = make(EquilibriumPropagation, activation=activation, symmetric=symmetric, beta=0.2, free=9, nudged=4, rate=0.4)
    x, y = batch()
    up, other = [], []
    for row, label in zip(x, y, strict=True):
        target = [float(k == label) for k in range(SIZES[-1])]
        rest = settled(net, row, 9)
        up.append(ends(net, row, settled(net, row, 4, 0.2, target, rest)))
        other.append(ends(net, row, settled(net, row, 4, -0.2, target, rest) if symmetric else rest))
    factor = -2 / (len(x) * SIZES[-1] * (0.4 if symmetric else 0.2))
    expected = [u - v for u, v in zip(summed(net, up, factor), summed(net, other, factor), strict=True)]
    for ours, theirs in zip(net.updates(x, y), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_states_roll_downhill_on_the_energy(activation):
    """The step of the states is −∂E/∂a times the rate, by autograd, with Φ written by another formula."""
    net, (x, y) = make(EquilibriumPropagation, activation=activation, rate=0.3), batch()
    f = anp.tanh if activation == "tanh" else lambda z: 1 / (1 + anp.exp(-z))
    W, b = [p.data for p in net.weights], [p.data for p in net.biases]
    target = np.eye(2)[y]

    def energy(a, beta):
        total = anp.sum(a[-1] ** 2) / 2 + beta / 2 * anp.sum((a[-1] - target) ** 2)
        for here in a[:-1]:
            if activation == "tanh":
                total += anp.sum(here * anp.arctanh(here) + anp.log(1 - here**2) / 2)
            else:
                total += anp.sum(here * anp.log(here) + (1 - here) * anp.log(1 - here))
        for l, here in enumerate(a):
            total -= anp.sum(here * (anp.dot(([x, *a])[l], W[l].T) + b[l]))
        return total

    rng = np.random.default_rng(5)
    states = [rng.standard_normal((len(x), n)) for n in SIZES[1:]]
    a = [*(f(s) for s in states[:-1]), states[-1]]
    for beta in (0.0, 0.7):
        assert abs(net.energy(x, states, beta, target) - energy(a, beta)) < 1e-11
        moved = net.settle(x, states, 1, beta, target)
        for s, m, slope in zip(states, moved, autograd.grad(energy)(a, beta), strict=True):
            np.testing.assert_allclose(m - s, -0.3 * slope, atol=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_true_gradient_of_the_settled_net_by_differences(activation):
    net, (x, y) = make(EquilibriumPropagation, activation=activation), batch(n=2)

    def loss():
        outs = [settled(net, row, 500)[-1] for row in x]
        return np.mean((np.array(outs) - np.eye(2)[y]) ** 2)

    assert abs(net.loss(x, y) - loss()) < 1e-12
    h = 1e-5
    for p, slope in zip(net.parameters, net.gradient(x, y), strict=True):
        where = (0,) * p.data.ndim
        found = []
        for sign in (1, -1):
            changed = p.data.copy()
            changed[where] += sign * h
            kept, p.data = p.data, changed
            found.append(loss())
            p.data = kept
        assert abs((found[0] - found[1]) / (2 * h) - slope[where]) < 1e-9


@pytest.mark.parametrize(("symmetric", "order"), [(False, 1), (True, 2)])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_order_of_the_error_in_beta(symmetric, order, activation):
    x, y = batch(n=10)
    betas, apart = [1e-3, 3e-3, 1e-2], []
    for beta in betas:
        how = {"beta": beta, "symmetric": symmetric, "free": 400, "nudged": 400}
        net = make(EquilibriumPropagation, activation=activation, **how)
        apart.append(relative(net.updates(x, y), net.gradient(x, y)))
    assert abs(np.polyfit(np.log(betas), np.log(apart), 1)[0] - order) < 0.1


def test_recurrent_backpropagation_tends_to_the_gradient():
    x, y = batch()
    net = make(RecurrentBackpropagation, free=600)
    assert relative(net.updates(x, y), net.gradient(x, y)) < 1e-12
    rough = make(RecurrentBackpropagation, free=5)
    assert 0.1 < relative(rough.updates(x, y), rough.gradient(x, y)) < 1


# What all rules hold


def test_default_settings_of_the_modes():
    zil, fixed, plain = (make(PredictiveCoding, **how) for how in MODES)
    assert (zil.steps, zil.rate) == (fixed.steps, fixed.rate) == (2, 1.0)
    assert (plain.steps, plain.rate, plain.beta) == (20, 0.1, 1.0)


@every_rule
def test_angles_to_the_gradient_are_small(rule):
    net, (x, y) = make(rule), batch()
    assert angle(net.updates(x, y), net.gradient(x, y)) < 60
    assert len(angles(net, x, y)) == 3


# Bad input: one clear error


@every_rule
def test_the_loss_is_the_squared_error(rule):
    with pytest.raises(
        ValueError, match=rf"{rule.__name__} does not support the loss 'cross_entropy'; expected one of mse"
    ):
        make(rule, loss="cross_entropy")


def test_inference_and_settling_that_diverge():
    x, y = batch()
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match=r"PredictiveCoding has diverged during inference. Lower rate"),
    ):
        make(PredictiveCoding, activation="linear", rate=50.0, steps=400).updates(x, y)
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match=r"EquilibriumPropagation has diverged while settling. Lower beta"),
    ):
        make(EquilibriumPropagation, beta=400.0, symmetric=False, nudged=400).updates(x, y)
    with pytest.raises(ValueError, match="does not come to rest in 5000 steps"):
        make(
            EquilibriumPropagation, seed=4, initial=lambda shape, rng: 2 * rng.standard_normal(shape), rate=1.0
        ).gradient(x, y)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"mode": "exact"}, "no mode 'exact'; expected one of zil, fixed, inference"),
        ({"mode": "zil", "steps": 5}, "mode 'zil' was given steps=5, rate=None; it has K − 1 = 2 steps of rate 1"),
        ({"mode": "zil", "rate": 1.0}, "it has K − 1 = 2 steps of rate 1"),
        ({"mode": "fixed", "beta": 0.5}, "beta=0.5; only 'inference' depends on it"),
        ({"steps": -1}, "expected a number of steps"),
        ({"rate": 0}, "a positive rate"),
        ({"beta": 0}, "a positive beta"),
    ],
)
def test_bad_settings_of_predictive_coding(how, said):
    with pytest.raises(ValueError, match=said):
        make(PredictiveCoding, **how)


@pytest.mark.parametrize(
    "how", [{"beta": 0}, {"beta": 1}, {"rate": 0}, {"rate": 1.5}, {"free": -1}, {"nudged": 0}], ids=str
)
def test_bad_settings_of_equilibrium_propagation(how):
    with pytest.raises(ValueError, match="expected a positive beta"):
        make(EquilibriumPropagation, **how)
    with pytest.raises(ValueError, match="does not support the activation 'relu'; expected one of tanh, sigmoid"):
        make(EquilibriumPropagation, activation="relu")
