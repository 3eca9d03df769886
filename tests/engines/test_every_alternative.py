"""What holds for every rule of `bplib.alternatives`: one interface, any array library, learning, and clear errors."""

from dataclasses import dataclass, field
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest
from alternative_nets import SIZES, batch, make

from bplib import alternatives, backend, optim
from bplib.alternatives import Backpropagation, EquilibriumPropagation, ForwardForward, accuracy, angles, compare, train
from bplib.data import moons


@dataclass
class Family:
    """Rules that learn at the same settings, and the run that makes them diverge."""

    rules: tuple[str, ...]
    rate: float | None  # of Adam; None: the optimiser that `train` takes by itself
    above: float  # per cent right on two moons
    sizes: tuple[int, ...] = (2, 16, 2)
    epochs: int = 15
    close: float = 2e-3  # single precision on two array libraries
    diverging: dict[str, Any] = field(default_factory=dict)
    too_fast: float = 1e6


FEEDBACK = ("Backpropagation", "FeedbackAlignment", "DirectFeedbackAlignment", "KolenPollack", "WeightMirror")
FAMILIES = [
    Family(
        (*FEEDBACK, "SignSymmetry", "Frozen"),
        rate=None,
        above=84,
        diverging={"activation": "linear", "loss": "mse"},
        too_fast=1e4,
    ),
    Family(("PredictiveCoding", "EquilibriumPropagation", "RecurrentBackpropagation"), rate=0.03, above=84, close=2e-2),
    Family(
        ("ForwardForward", "SyntheticGradients", "DifferenceTargetPropagation"),
        rate=0.01,
        above=86,
        sizes=(2, 24, 16, 2),
        epochs=25,
        diverging={"activation": "relu"},
        too_fast=1e60,
    ),
]
OF = {getattr(alternatives, name): family for family in FAMILIES for name in family.rules}
LIBRARIES = {"strict": (strict, strict.Device("CPU_DEVICE")), "device1": (strict, strict.Device("device1"))}
every_rule = pytest.mark.parametrize("rule", OF, ids=lambda rule: rule.__name__)


def test_every_rule_is_here():
    public = {name for name in alternatives.__all__ if isinstance(getattr(alternatives, name), type)}
    assert {rule.__name__ for rule in OF} == {
        name for name in public if issubclass(getattr(alternatives, name), alternatives.Rule)
    } - {"Rule"}


@every_rule
def test_updates_have_the_shapes_of_the_parameters_and_change_nothing(rule):
    net, (x, y) = make(rule), batch()
    before = [p.data.copy() for p in net.parameters]
    assert [update.shape for update in net.updates(x, y)] == [p.shape for p in net.parameters]
    for p, was in zip(net.parameters, before, strict=True):
        np.testing.assert_array_equal(p.data, was)


@pytest.mark.parametrize(
    ("rule", "settings"), [(rule, {}) for rule in OF] + [(ForwardForward, {"negatives": "hard", "classify": "softmax"})]
)
@pytest.mark.parametrize("where", list(LIBRARIES))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_backend(rule, settings, where, dtype):
    """The same numbers on another library and device, through a whole epoch."""
    xp, device = LIBRARIES[where]
    x, y = batch(n=12)
    x, found = x.astype(dtype), []
    for home in (np, xp):
        at = (x, y) if home is np else tuple(backend.to_device(a, xp, device) for a in (x, y))
        net = make(rule, like=at[0][:1, :], **settings)
        how = {} if OF[rule].rate is None else {"optimiser": optim.Adam(net.parameters, 1e-3)}
        watch = lambda rule, at=at: rule.loss(*at)
        said = train(net, *at, rng=np.random.default_rng(3), epochs=2, batch=4, watch=watch, **how)
        assert all(backend.backend_of(p.data) is backend.backend_of(at[0]) for p in net.parameters)
        assert str(net.weights[0].dtype).endswith(dtype)
        said += [] if rule is ForwardForward else angles(net, *at)[:2]
        said.append(backend.to_numpy(net.scores(at[0])) if hasattr(net, "scores") else 0)
        if isinstance(net, EquilibriumPropagation):
            said.append(net.energy(at[0], net.start(at[0])))
        found.append([*said, *(backend.to_numpy(p.data) for p in net.parameters)])
    near = 1e-9 if dtype == "float64" else OF[rule].close
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=near, atol=near)


@every_rule
def test_it_learns(rule):
    how, data = OF[rule], moons(300, rng=np.random.default_rng(0))
    optimiser = {} if how.rate is None else {"optimiser": lambda parameters: optim.Adam(parameters, how.rate)}
    rules = {"it": lambda rng: rule(how.sizes, rng=rng)}
    found = compare(rules, data, data, seeds=[0, 1], epochs=how.epochs, **optimiser)["it"]
    assert found.mean > how.above
    assert found.spread >= 0
    assert str(found).count("±") == 1
    assert 0 <= accuracy(make(rule, sizes=(2, 3, 2)), *data) <= 100


@every_rule
def test_bad_nets(rule):
    for sizes in [(3, 2), (3,), (), (3, 0, 2), (3, 4.5, 2)]:
        with pytest.raises(ValueError, match=rf"{rule.__name__} was given sizes .* expected at least"):
            make(rule, sizes=sizes)
    for key in ("activation", "loss"):
        with pytest.raises(ValueError, match=rf"{rule.__name__} does not support the {key} 'neither'; expected one of"):
            make(rule, **{key: "neither"})
    with pytest.raises(TypeError, match=r"expected np.random.default_rng"):
        rule(SIZES, rng=7)
    with pytest.raises(TypeError, match="expected an array of floats"):
        make(rule, like=np.zeros(3, dtype=int))


@every_rule
def test_bad_data(rule):
    net, (x, y) = make(rule), batch()
    for labels in (y + 1, y - 1):
        with pytest.raises(ValueError, match=r"a label lies outside 0 … 1"):
            net.updates(x, labels)
    with pytest.raises(TypeError, match=r"labels of dtype float64; expected the numbers of the classes"):
        net.updates(x, y + 0.0)
    with pytest.raises(ValueError, match=r"labels of shape \(5,\) for logits of shape \(6, 2\)"):
        net.updates(x, y[:5])
    with pytest.raises(ValueError, match=r"was given x of shape \(6, 2\); expected \(batch, 3\)"):
        net.updates(x[:, :2], y)
    with pytest.raises(ValueError, match=r"was given x of shape \(3,\); expected \(batch, 3\)"):
        net.predict(x[0])
    with pytest.raises(TypeError, match=r"was given x of float32: convert x first"):
        net.updates(x.astype("float32"), y)
    with pytest.raises(TypeError, match="move one of them first"):
        net.updates(strict.asarray(x), strict.asarray(y))
    with pytest.raises(ValueError, match="look for NaN in x"):
        net.updates(x * np.nan, y)


@every_rule
def test_a_diverging_run(rule):
    how = OF[rule]
    net, (x, y) = make(rule, **how.diverging), batch(n=12)
    optimiser = optim.SGD(net.parameters, lr=how.too_fast)
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match=rf"epoch \d+: {rule.__name__} has diverged.* Lower "),
    ):
        train(net, x, y, rng=np.random.default_rng(0), optimiser=optimiser, epochs=300, batch=4)


def test_backpropagation_stands_at_no_angle():
    net, (x, y) = make(Backpropagation), batch()
    assert max(angles(net, x, y)) < 1e-6
