"""`bplib.scalar` against oracles that are not ours: mpmath, the complex step, autograd, NumPy's IEEE arithmetic."""

import cmath
import math
from types import SimpleNamespace

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scalar_programs import ANALYTIC, AUTOGRAD, UNARY, methods, programs, run

from bplib.dual import Dual
from bplib.matrix import Tensor
from bplib.scalar import Value, dot, total

COMPLEX = SimpleNamespace(exp=cmath.exp, log=cmath.log, tanh=cmath.tanh, sigmoid=lambda x: 1 / (1 + cmath.exp(-x)))


def gradient(f, *numbers):
    inputs = [Value(x) for x in numbers]
    y = f(*inputs)
    y.backward()
    return y.data, [x.grad for x in inputs]


# What learners believe, and what breaks it.


def test_a_shared_expression_counts_once_for_each_path():
    x = Value(3.0)
    a = x * x
    c = a + 2 * a
    c.backward()
    assert (c.data, a.grad, x.grad) == (27.0, 3.0, 18.0)
    x = Value(3.0)
    a = x * x
    c = 2 * a + a
    c.backward()
    assert x.grad == 18.0


def test_a_node_used_twice_by_its_child_passes_on_once():
    a = Value(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert (a.grad, b.grad) == (4.0, 2.0)


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: x * x, 6.0),
        (lambda x: x + x, 2.0),
        (lambda x: x - x, 0.0),
        (lambda x: x / x, 0.0),
        (lambda x: x * x * x, 27.0),
        (lambda x: dot([x, x], [x, x]), 12.0),
        (lambda x: dot([x], [x], x), 7.0),
        (lambda x: total([x, x, x]), 3.0),
        (lambda x: x, 1.0),
        (lambda x: x**x, 27 * (math.log(3) + 1)),
    ],
)
def test_aliases(f, slope):
    assert gradient(f, 3.0)[1][0] == pytest.approx(slope, rel=1e-15, abs=1e-15)


@pytest.mark.parametrize("times", [2, 3])
def test_a_second_backward_gives_the_same(times):
    x, w = Value(0.3), Value(-2.0)
    h = (x * w).tanh()
    loss = h * h + dot([h, x], [w, h])
    loss.backward()
    first = x.grad, w.grad, h.grad, loss.grad
    for _ in range(times - 1):
        loss.backward()
    assert (x.grad, w.grad, h.grad, loss.grad) == first


def test_a_new_graph_starts_from_zero_and_adds_only_when_asked():
    x = Value(2.0)
    (x * x).backward()
    (3 * x).backward()
    assert x.grad == 3.0
    (x * x).backward(accumulate=True)
    assert x.grad == 7.0


@given(programs(), programs())
@settings(max_examples=40, deadline=None)
def test_accumulating_two_losses_is_the_gradient_of_their_sum(one, other):
    n = min(len(one[0]), len(other[0]))
    inputs = [Value(x) for x in one[0]]
    shared = inputs[:n] + [Value(x) for x in other[0][n:]]
    first, second = run(one[1], inputs, methods(Value)), run(other[1], shared, methods(Value))
    first.backward()
    second.backward(accumulate=True)
    apart = [x.grad for x in inputs[:n]]
    (first + second).backward()
    assert apart == pytest.approx([x.grad for x in inputs[:n]], rel=1e-12, abs=1e-12)


# Oracles.


@pytest.mark.parametrize("name", ANALYTIC)
@pytest.mark.parametrize("x", [-20.0, -3.7, -1.0, -1e-3, 1e-8, 0.3, 1.0, 2.5, 19.0])
def test_values_and_slopes_against_mpmath(name, x):
    if name == "log":
        x = abs(x)
    with mpmath.workdps(60):
        function = mpmath.mp.sigmoid if name == "sigmoid" else getattr(mpmath.mp, name)
        value, slope = float(function(x)), float(mpmath.diff(function, x))
    data, (grad,) = gradient(lambda v: getattr(v, name)(), x)
    assert data == pytest.approx(value, rel=4e-16, abs=0)
    assert grad == pytest.approx(slope, rel=1e-15, abs=2.3e-16)  # 1 − y² has the absolute error of y


mpmath.mp.sigmoid = lambda x: 1 / (1 + mpmath.exp(-x))


@given(programs())
@settings(max_examples=150, deadline=None)
def test_random_programs_against_autograd(program):
    inputs, operations = program
    f = lambda xs: run(operations, list(xs), AUTOGRAD)
    assume(all(abs(x) > 1e-3 for x in inputs))  # relu's corner: autograd takes a half there
    value, grad = gradient(lambda *xs: run(operations, xs, methods(Value)), *inputs)
    assume(all(abs(x) > 1e-12 for x in grad))
    with np.errstate(all="ignore"):
        expected = autograd.grad(f)(anp.array(inputs))
        assert value == pytest.approx(float(f(anp.array(inputs))), rel=1e-12)
    assert grad == pytest.approx(list(expected), rel=1e-9, abs=1e-12)


@given(programs(unary=ANALYTIC))
@settings(max_examples=150, deadline=None)
def test_random_programs_against_the_complex_step(program):
    inputs, operations = program
    _, grad = gradient(lambda *xs: run(operations, xs, methods(Value)), *inputs)
    for i, g in enumerate(grad):
        moved = [complex(x, 1e-30 if i == j else 0.0) for j, x in enumerate(inputs)]
        exact = run(operations, moved, COMPLEX).imag / 1e-30
        assert g == pytest.approx(exact, rel=1e-10, abs=1e-12)


FLOATS = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e308, -1e308, 1e-308, math.inf, -math.inf, math.nan]
NUMPY = {
    "exp": np.exp, "log": np.log, "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0.0),
}  # fmt: skip


def same(a, b):
    return a == pytest.approx(b, rel=1e-15, abs=0, nan_ok=True)


@pytest.mark.parametrize("x", FLOATS)
def test_infinities_and_nan_pass_as_in_ieee_754(x):
    with np.errstate(all="ignore"):
        for name in UNARY:
            assert same(getattr(Value(x), name)().data, float(NUMPY[name](x))), name
        for y in FLOATS:
            a, b = np.float64(x), np.float64(y)
            pairs = {
                "+": (Value(x) + Value(y), a + b),
                "-": (Value(x) - y, a - b),
                "*": (Value(x) * Value(y), a * b),
                "/": (x / Value(y), a / b),
                "**": (Value(x) ** Value(y), a**b),
                "** number": (Value(x) ** y, a**b),
            }
            for op, (ours, theirs) in pairs.items():
                assert same(ours.data, float(theirs)), (x, op, y)


def test_a_zero_slope_hides_no_nan():
    x = Value(-1.0)
    (x.relu() * math.inf).backward()
    assert math.isnan(x.grad)
    x, w = Value(-1.0), Value(0.0)
    dot([x.relu(), w], [math.nan, 1.0]).backward()
    assert math.isnan(x.grad)
    x = Value(math.nan)
    assert math.isnan(x.relu().data)


def test_slopes_where_there_is_none():
    assert gradient(lambda x: x.relu(), 0.0)[1] == [0.0]
    assert gradient(lambda x: x**0, 0.0) == (1.0, [0.0])
    assert gradient(lambda x: x**1, 0.0) == (0.0, [1.0])
    assert gradient(lambda x: x.log(), 0.0) == (-math.inf, [math.inf])
    assert gradient(lambda x, y: x / y, 1.0, 0.0) == (math.inf, [math.inf, -math.inf])
    assert gradient(lambda x, k: x**k, 0.0, 2.0) == (0.0, [0.0, 0.0])
    assert gradient(lambda x, k: x**k, -2.0, 3.0)[1][0] == 12.0


# dot and total.

numbers = st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), max_size=8)


@given(numbers, st.one_of(st.none(), st.floats(-3, 3)))
@settings(max_examples=60, deadline=None)
def test_dot_is_the_sum_of_products(pairs, bias):
    ws, xs, b = [Value(w) for w, _ in pairs], [Value(x) for _, x in pairs], None if bias is None else Value(bias)
    y = dot(ws, xs, b).tanh()
    y.backward()
    slope = 1 - y.data**2
    exact = math.fsum([w * x for w, x in pairs] + [bias or 0.0])
    assert y.data == pytest.approx(math.tanh(exact), abs=1e-14)
    assert [w.grad for w in ws] == pytest.approx([slope * x for _, x in pairs], abs=1e-14)
    assert [x.grad for x in xs] == pytest.approx([slope * w for w, _ in pairs], abs=1e-14)
    assert bias is None or b.grad == pytest.approx(slope, abs=1e-14)


def test_dot_and_total_take_plain_numbers_and_iterators():
    w = [Value(2.0), Value(3.0)]
    y = dot(iter(w), (x for x in (4.0, 5)), bias=1)
    y.backward()
    assert (y.data, w[0].grad, w[1].grad) == (24.0, 4.0, 5.0)
    assert total([w[0], 1, 2.5]).data == 5.5
    assert (dot([], []).data, total([]).data, dot([], [], 2).data) == (0.0, 0.0, 2.0)
    assert type(dot([], []).data) is float
    assert dot([], []).parents == total([]).parents == ()
    w[0].data = 10.0  # a later change of a number does not change what backward needs
    y.backward()
    assert w[0].grad == 4.0


def test_dot_names_both_lengths():
    with pytest.raises(ValueError, match=r"2 weights .* 3 inputs"):
        dot([1, 2], [1, 2, 3])


# What a node tells.


def test_a_node_tells_its_parents_slopes_and_operation():
    x, y = Value(3.0), Value(2.0)
    for node, op, parents, slopes in [
        (x + y, "+", (x, y), (1, 1)),
        (x - y, "−", (x, y), (1, -1)),
        (x * y, "×", (x, y), (2, 3)),
        (x / y, "÷", (x, y), (0.5, -0.75)),
        (x**y, "**", (x, y), (6.0, 9 * math.log(3))),
        (x**2, "**2", (x,), (6,)),
        (x**-0.5, "**-0.5", (x,), (-0.5 * 3**-1.5,)),
        (-x, "−", (x,), (-1,)),
        (x.exp(), "exp", (x,), (math.exp(3),)),
        (x.relu(), "relu", (x,), (1,)),
        (dot([x], [y], x), "dot", (x, y, x), (2, 3, 1)),
        (total([x, y]), "total", (x, y), (1, 1)),
        (x, "", (), ()),
    ]:
        assert (node.op, node.parents) == (op, parents)
        assert node.locals == pytest.approx(slopes, rel=1e-15)
        assert isinstance(node.locals, tuple)
    one = Value(1.0)
    assert [n.op for n in (one * one, one + one, one - one, Value(-1.0) * one)] == ["×", "+", "−", "×"]
    assert repr(x) == "Value(data=3, grad=0)"


@pytest.mark.parametrize(
    "foreign", ["3", None, [1.0], 1j, np.ones(2), np.array(2.0), object()], ids=lambda foreign: type(foreign).__name__
)
def test_what_is_no_number_is_refused_by_name(foreign):
    x = Value(1.0)
    uses = [
        lambda: Value(foreign), lambda: x + foreign, lambda: foreign + x, lambda: x - foreign, lambda: foreign - x,
        lambda: x * foreign, lambda: foreign * x, lambda: x / foreign, lambda: foreign / x, lambda: x**foreign,
        lambda: foreign**x, lambda: dot([x], [foreign]), lambda: dot([foreign], [x]), lambda: total([x, foreign]),
        lambda: dot([x], [x], foreign) if foreign is not None else Value(None),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(TypeError, match=type(foreign).__name__):
            use()
    with pytest.raises(TypeError, match="Value"):
        Value(x)


@pytest.mark.parametrize("other", [Tensor([1.0]), Tensor(1.0), Dual(1.0, 1.0)], ids=repr)
def test_other_engines_are_refused(other):
    for use in (lambda: Value(1.0) * other, lambda: other * Value(1.0), lambda: dot([Value(1.0)], [other])):
        with pytest.raises(TypeError, match=r"Tensor|Dual|Value"):
            use()


@pytest.mark.parametrize("number", [3, True, np.float32(0.5), np.float64(2), np.int64(-4)], ids=repr)
def test_numbers_of_every_kind_become_floats(number):
    x = Value(2.0)
    for node in (Value(number), x * number, number * x, number - x, number / x, dot([x], [number])):
        assert isinstance(node, Value)
        assert type(node.data) is float
    assert (number - x).data == float(number) - 2
