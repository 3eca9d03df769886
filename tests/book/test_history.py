"""The page on history: dates are those of the sources, and its claims on what was the same method are computed."""

import re
from typing import Any

import numpy as np
import pytest
from prose import BIBLIOGRAPHY, CITED, identified, page

from bplib.functional import linear, mse, softmax_cross_entropy
from bplib.matrix import Tensor
from bplib.scalar import Value

TIMELINE = re.findall(r"^- \*\*(\d{4})\. (.+)$", page("history"), re.M)
YEAR = {key: int(entry.fields["year"]) for key, entry in BIBLIOGRAPHY.entries.items()}
# Theses, reports and proceedings from before there were DOIs, or without one.
UNIDENTIFIED = {
    "bryson1961gradient", "linnainmaa1970representation", "werbos1974beyond", "speelpenning1980compiling",
    "parker1985learning", "lecun1985procedure", "hochreiter1991untersuchungen", "krizhevsky2012imagenet",
    "abadi2016tensorflow", "frostig2018compiling",
}  # fmt: skip


def test_the_timeline_is_in_order() -> None:
    years = [int(year) for year, _ in TIMELINE]
    assert len(years) >= 20
    assert years == sorted(years)


@pytest.mark.parametrize(("year", "text"), TIMELINE, ids=[f"{year}-{text.split()[1]}" for year, text in TIMELINE])
def test_a_date_is_that_of_its_source(year: str, text: str) -> None:
    """Each name in bold stands directly before the work that it is dated by."""
    dated = re.findall(r"\*\* (?:[a-z ,]+)?\{cite:p\}`(\w+)`|\*\* describe \w+ \{cite:p\}`(\w+)`", "**" + text)
    keys = ["".join(pair) for pair in dated] or [CITED.findall(text)[0]]
    assert keys
    assert {YEAR[key] for key in keys} == {int(year)}


def test_sources_of_the_timeline_can_be_found() -> None:
    cited = {key for _, text in TIMELINE for key in CITED.findall(text)}
    assert {key for key in cited if not identified(BIBLIOGRAPHY.entries[key])} == UNIDENTIFIED


def test_automatic_differentiation_is_older_than_the_frameworks() -> None:
    order = ["wengert1964simple", "linnainmaa1970representation", "speelpenning1980compiling", "bergstra2010theano"]
    assert [YEAR[key] for key in order] == [1964, 1970, 1980, 2010]
    assert all(YEAR[key] > 2015 for key in ("abadi2016tensorflow", "bradbury2018jax", "paszke2019pytorch"))


# The nine works of the encyclopedia article, as it gives them.
LISTED = {
    "rumelhart1986learning": ("1986", "Nature", "323", "533--536"),
    "werbos1974beyond": ("1974", "Harvard University", None, None),
    "linnainmaa1970representation": ("1970", "University of Helsinki", None, None),
    "lecun1989backpropagation": ("1989", "Neural Computation", "1", "541--551"),
    "kingma2015adam": ("2015", "International Conference on Learning Representations", None, None),
    "loshchilov2019decoupled": ("2019", "International Conference on Learning Representations", None, None),
    "he2016deep": ("2016", "IEEE Conference on Computer Vision and Pattern Recognition", None, None),
    "lillicrap2016random": ("2016", "Nature Communications", "7", "13276"),
    "hinton2022forward": ("2022", "arXiv", None, None),
}


@pytest.mark.parametrize("key", LISTED)
def test_the_encyclopedia_cites_rightly(key: str) -> None:
    fields = BIBLIOGRAPHY.entries[key].fields
    year, place, volume, pages = LISTED[key]
    places = [fields[name] for name in ("journal", "school", "booktitle", "archiveprefix") if name in fields]
    assert fields["year"] == year
    assert place in places
    assert fields.get("volume") == volume or volume is None
    assert fields.get("pages") == pages or pages is None
    assert f"`{key}`" in page("history")


def test_the_recursion_of_control_is_the_backward_pass() -> None:
    """Twelve stages s' = tanh(A s + B u), a cost at the end: Dreyfus's λ gives the engine's gradient at every u."""
    rng = np.random.default_rng(0)
    stages = [(rng.normal(size=(3, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)) for _ in range(12)]
    states, s = [], np.array([1.0, -0.5, 0.2])
    for A, B, u in stages:
        s = np.tanh(A @ s + B @ u)
        states.append(s)
    adjoint, by_recursion = s, []  # the cost is ½|s|², so λ begins with s
    for (A, B, _), s in zip(reversed(stages), reversed(states), strict=True):
        slope = adjoint * (1 - s**2)
        by_recursion.append(B.T @ slope)
        adjoint = A.T @ slope
    controls = [Tensor(u, requires_grad=True) for _, _, u in stages]
    state: Any = Tensor(np.array([1.0, -0.5, 0.2]))
    for (A, B, _), u in zip(stages, controls, strict=True):
        state = (linear(state, A) + linear(u, B)).tanh()
    (0.5 * (state * state).sum()).backward()
    for u, expected in zip(controls, reversed(by_recursion), strict=True):
        np.testing.assert_allclose(u.grad, expected, rtol=1e-12)


def test_rounding_errors_accumulate_by_adjoints() -> None:
    """Linnainmaa's question: each step's rounding error times its adjoint, added up, is the error of the result."""
    rng = np.random.default_rng(1)
    exact: list[Any] = [Value(float(np.float32(v))) for v in rng.uniform(0.5, 1.5, 4)]
    rounded = [np.float32(v.data) for v in exact]
    local = [0.0] * 4
    for _ in range(40):
        i, j = rng.integers(len(exact), size=2)
        product = rng.random() < 0.5
        exact.append(0.6 * (exact[i] * exact[j]) if product else 0.6 * (exact[i] + exact[j]))
        a, b = float(rounded[i]), float(rounded[j])
        unrounded = 0.6 * (a * b) if product else 0.6 * (a + b)
        rounded.append(np.float32(unrounded))
        local.append(float(rounded[-1]) - unrounded)
    result = sum(exact[-10:], Value(0.0))
    result.backward()
    foretold = sum(node.grad * error for node, error in zip(exact, local, strict=True))
    error = sum(map(float, rounded[-10:])) - result.data
    assert abs(error) > 1e-9
    assert abs(foretold - error) < 1e-4 * abs(error)


def test_gradients_of_parts_add_up_to_that_of_the_batch() -> None:
    rng = np.random.default_rng(2)
    x, y, W = rng.normal(size=(12, 3)), rng.normal(size=(12, 2)), rng.normal(size=(2, 3))
    whole, parts = Tensor(W, requires_grad=True), Tensor(W, requires_grad=True)
    mse(linear(x, whole).tanh(), y).backward()
    for rows in np.split(np.arange(12), 3):
        (mse(linear(x[rows], parts).tanh(), y[rows]) / 3).backward(accumulate=True)
    np.testing.assert_allclose(parts.grad, whole.grad, rtol=1e-12)


def test_a_loss_composed_of_operations_fails_where_the_derived_one_does_not() -> None:
    logits = np.array([[1000.0, 0.0]])
    derived = Tensor(logits, requires_grad=True)
    softmax_cross_entropy(derived, [1]).backward()
    np.testing.assert_allclose(derived.grad, [[1.0, -1.0]])
    composed = Tensor(logits, requires_grad=True)
    with np.errstate(all="ignore"):
        powers = composed.exp()
        loss = -((powers[0, 0] / powers.sum()).log())
        loss.backward()
    assert np.isnan(loss.item())
    assert np.isnan(composed.grad).any()
