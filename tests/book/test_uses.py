"""What the page on uses says of flows, inverses, forces and contrasts, each in its smallest case."""

import numpy as np
import pytest

from bplib.counting import count_products
from bplib.functional import linear, softmax_cross_entropy
from bplib.gradcheck import numerical_gradient
from bplib.matrix import Tensor
from bplib.scalar import Value


def fading(steps, theta=10.0):
    """z′ = −θ z from z = 1 in Euler steps, and back: where it ends, and the adjoint's dz/dθ over the true one."""
    h, rate = 1 / steps, Value(theta)
    z = Value(1.0)
    for _ in range(steps):
        z = z - h * rate * z
    z.backward()
    state, adjoint, by_adjoint = z.data, 1.0, 0.0
    for _ in range(steps):
        by_adjoint -= h * adjoint * state
        state, adjoint = state + h * theta * state, adjoint - h * theta * adjoint
    return state, by_adjoint / rate.grad


def test_a_flow_integrated_backward_does_not_come_home() -> None:
    start, ratio = fading(steps=20)
    assert round(start, 3) == 0.003  # it began at 1
    assert round(ratio, 1) == 0.1
    start, ratio = fading(steps=20_000)
    assert abs(start - 1) < 0.01
    assert abs(ratio - 1) < 0.01


def learn(loss, x, rate=0.05, steps=2000):
    """Plain gradient descent on one number."""
    for _ in range(steps):
        at = Value(x)
        loss(at).backward()
        x -= rate * at.grad
    return x


def test_an_inverse_with_two_answers_learns_their_mean() -> None:
    """y = x² at y = 0.64: the actions 0.8 and −0.8 both lead there, and swapped data teach 0."""
    swapped = learn(lambda x: (x - 0.8) ** 2 + (x + 0.8) ** 2, x=0.3)
    assert abs(swapped) < 1e-6
    through = learn(lambda x: (x * x - 0.64) ** 2, x=0.3)  # the error goes back through the forward model
    assert abs(through - 0.8) < 1e-6


def energy(positions, W1, w2, activation):
    """A learnt energy of four atoms on a line; only their distances along it enter."""
    distances = positions[1:] - positions[:-1]
    return (getattr(linear(distances, W1), activation)() * w2).sum()


def test_forces_are_one_walk_back() -> None:
    rng = np.random.default_rng(0)
    W1, w2, at = rng.normal(size=(8, 3)), rng.normal(size=8), rng.normal(size=4)
    positions = Tensor(at, requires_grad=True)
    energy(positions, W1, w2, "tanh").backward()
    measured = numerical_gradient(lambda p: energy(Tensor(p), W1, w2, "tanh").item(), at)
    np.testing.assert_allclose(-positions.grad, -measured, atol=1e-8)
    assert abs(positions.grad.sum()) < 1e-12  # moved all together, the energy stays: the forces sum to zero


def test_forces_are_not_for_free() -> None:
    """Back to the positions alone, with the weights held, takes as many multiplications as forward."""
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=(32, 32)) for _ in range(4)]

    def run(a):
        for W in weights:
            a = linear(a, W).tanh()
        return a.sum()

    with count_products() as forward:
        loss = run(Tensor(rng.normal(size=32), requires_grad=True))
    with count_products() as backward:
        loss.backward()
    assert backward.multiplications == forward.multiplications > 0


def test_the_forces_of_a_relu_energy_jump() -> None:
    rng = np.random.default_rng(2)
    W1, w2 = rng.normal(size=(8, 3)), rng.normal(size=8)
    start, way = np.array([0.3, -0.2, 0.1, 0.4]), np.array([1.0, -0.5, 0.2, 0.7])

    def largest_jump(activation, points):
        forces = []
        for step in np.linspace(-1, 1, points):
            positions = Tensor(start + step * way, requires_grad=True)
            energy(positions, W1, w2, activation).backward()
            forces.append(positions.grad)
        return np.abs(np.diff(forces, axis=0)).max()

    relu, tanh = ([largest_jump(name, points) for points in (100, 1000)] for name in ("relu", "tanh"))
    assert relu[1] > 0.5 * relu[0] > 0.1  # looked at ten times as closely, the jump is still there
    assert tanh[1] < 0.11 * tanh[0]


@pytest.mark.parametrize("alike", [0, 1])
def test_who_calls_what_alike_decides_what_is_learnt(alike: int) -> None:
    """Things have two features. Positives agree in one of them, and that one's weight is what grows."""
    rng = np.random.default_rng(3)
    w = np.array([1.0, 1.0])
    for _ in range(200):
        things, partners = rng.choice([-1.0, 1.0], size=(2, 16, 2))
        partners[:, alike] = things[:, alike]
        weights = Tensor(w, requires_grad=True)
        softmax_cross_entropy((weights * things) @ (weights * partners).T, np.arange(16)).backward()
        w = w - 0.1 * weights.grad
    assert w[alike] > 1
    assert abs(w[1 - alike]) < 0.5


@pytest.mark.parametrize("candidates", [2, 8, 64])
def test_the_bound_cannot_exceed_the_logarithm_of_the_number_of_candidates(candidates: int) -> None:
    """Pairs that share one of 1024 states, known exactly, share ln 1024. The loss, perfect, tells ln N of it."""
    states = np.random.default_rng(4).choice(1024, size=candidates, replace=False)
    codes = np.eye(1024)[states]
    estimate = np.log(candidates) - softmax_cross_entropy(100.0 * codes @ codes.T, np.arange(candidates)).item()
    assert estimate == pytest.approx(np.log(candidates))
    assert estimate < np.log(1024)
