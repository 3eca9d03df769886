"""What a Tensor promises: gradients right in every way a value can be used, never computed from changed data."""

import copy
import gc
import pickle
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

from bplib import functional as F
from bplib.matrix import Tensor


def leaf(*shape, seed=0, dtype="float64"):
    return Tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype), requires_grad=True)


# Every path counts.


def test_aliases_and_fan_out():
    x = Tensor([3.0], requires_grad=True)
    for loss, slope in [(x * x, 6), (x + x, 2), (x - x, 0), (x / x, 0), (x * x * x + 2 * x, 29)]:
        loss.backward()
        assert x.grad == pytest.approx(slope)


def test_a_reused_expression_is_not_counted_again_and_again():
    """Twenty doublings are 2²⁰ paths; the walk sees each node once."""
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20):
        y = y + y
    y.backward()
    assert x.grad == 2.0**20


def test_every_held_result_has_its_gradient():
    x = Tensor([[1.0, -2.0]], requires_grad=True)
    h = x.tanh()
    z = h * h
    z.sum().backward()
    np.testing.assert_allclose(z.grad, [[1.0, 1.0]])
    np.testing.assert_allclose(h.grad, 2 * h.data)
    np.testing.assert_allclose(x.grad, 2 * h.data * (1 - h.data**2))


def test_no_gradient_where_none_is_asked():
    x, W = Tensor(np.ones((4, 3))), leaf(2, 3)
    F.linear(x, W).sum().backward()
    assert x.grad is None
    assert not x.requires_grad
    assert not (x * 2).requires_grad


def test_gradients_do_not_share_memory():
    a, b, c = leaf(3), leaf(3), leaf(3)
    (a + b - c.reshape(3)).sum().backward()
    grads = [a.grad, b.grad, c.grad]
    assert not any(np.shares_memory(g, h) for i, g in enumerate(grads) for h in grads[:i])
    a.grad[:] = 7.0
    np.testing.assert_allclose(b.grad, np.ones(3))
    seed = np.ones(3)
    a.backward(seed)
    seed[:] = 5.0
    np.testing.assert_allclose(a.grad, np.ones(3))


# A second time.


def test_a_second_backward_is_a_clear_error():
    x = leaf(3)
    loss = (x * x).sum()
    loss.backward()
    before = x.grad.copy()
    with pytest.raises(ValueError, match=r"freed.*compute the loss again"):
        loss.backward()
    np.testing.assert_array_equal(x.grad, before)


def test_a_shared_part_of_the_graph_is_freed_once():
    x = leaf(3)
    h = x.exp()
    one, two = h.sum(), (h * h).sum()
    one.backward()
    first = x.grad.copy()
    with pytest.raises(ValueError, match="freed"):
        two.backward()
    np.testing.assert_array_equal(x.grad, first)
    h = x.exp()
    (h.sum() + (h * h).sum()).backward()
    np.testing.assert_allclose(x.grad, np.exp(x.data) + 2 * np.exp(2 * x.data))


def test_gradients_accumulate_only_when_asked():
    x = leaf(3)
    (2 * x).sum().backward()
    (3 * x).sum().backward()
    np.testing.assert_allclose(x.grad, 3.0)
    kept = x.grad
    (2 * x).sum().backward(accumulate=True)
    np.testing.assert_allclose(x.grad, 5.0)
    np.testing.assert_allclose(kept, 3.0)


def test_a_gradient_to_start_from():
    x = leaf(2, 3)
    (x * x).backward(np.arange(6.0).reshape(2, 3))
    np.testing.assert_allclose(x.grad, 2 * x.data * np.arange(6.0).reshape(2, 3))
    (x * 1.0).sum().backward(gradient=2)
    np.testing.assert_allclose(x.grad, 2.0)
    (x * x).backward(Tensor(np.ones((2, 3))))
    np.testing.assert_allclose(x.grad, 2 * x.data)


def test_a_cut_ends_the_graph():
    x = leaf(3)
    h = x.exp()
    (h.detach() * x).sum().backward()
    np.testing.assert_allclose(x.grad, np.exp(x.data))


# Data that backward needs.


def test_data_is_read_only_while_a_graph_lives():
    x, c = leaf(3), Tensor([1.0, 2.0, 3.0])
    loss = (x * c).sum()
    for tensor in (x, c):
        with pytest.raises(ValueError, match="read-only"):
            tensor.data[0] = 9.0
        with pytest.raises(ValueError, match="read-only"):
            tensor.data -= 1.0
    loss.backward()
    x.data[0], c.data[0] = 9.0, 9.0
    assert x.data[0] == c.data[0] == 9.0
    x.data -= 1.0
    assert x.data[0] == 8.0


def test_a_dropped_graph_lets_go_of_the_data():
    x = leaf(3)
    loss = (x * x).sum()
    assert not x.data.flags.writeable
    del loss
    assert x.data.flags.writeable


def test_results_that_backward_reads_cannot_be_changed():
    x = leaf(3)
    y = x.exp()
    view = y.data
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 0.0
    flat = x.reshape(3, 1)
    with pytest.raises(ValueError, match="read-only"):
        flat.data[0] = 0.0


@pytest.mark.parametrize("take", [lambda t: t.data, lambda t: t.data[:2], lambda t: t.data.reshape(-1)[::2]])
def test_a_view_taken_before_cannot_reach_into_the_graph(take):
    x, c = leaf(3), Tensor([1.0, 2.0, 3.0])
    numbers, views = x.data.copy(), [take(x), take(c)]
    loss = (x * x * c).sum()
    for view in views:
        view[...] = 100.0
    loss.backward()
    np.testing.assert_allclose(x.grad, 2 * numbers * [1.0, 2.0, 3.0])


def test_the_users_own_arrays_cannot_reach_into_the_graph():
    array, weights, rows = np.ones(3), np.array([1.0, 2.0, 3.0]), np.array([0, 1, 1])
    mask, labels = np.array([True, False, True]), np.array([0, 1])
    x = Tensor(array, requires_grad=True)
    loss = (x[rows] * weights).sum() + F.where(mask, x, 0.0).sum()
    loss = loss + F.softmax_cross_entropy(F.stack([x, 2 * x]), labels)
    expected = F.grad(
        lambda x: (
            (x[rows] * weights).sum()
            + F.where(mask, x, 0.0).sum()
            + F.softmax_cross_entropy(F.stack([x, 2 * x]), labels)
        )
    )(array)
    for mine in (array, weights):
        mine[:] = 50.0
    rows[:], mask[:], labels[:] = 2, False, 2
    loss.backward()
    np.testing.assert_allclose(x.grad, expected)


def test_a_constant_and_its_view_do_not_share_memory():
    c = Tensor(np.arange(6.0))
    view = c.reshape(2, 3)[1]
    c.data[:] = 0.0
    np.testing.assert_allclose(view.data, [3.0, 4.0, 5.0])


def test_new_data_replaces_the_old_for_the_next_graph():
    x = leaf(3)
    before = x.data.copy()
    loss = (x * x).sum()
    x.data = np.zeros(3)
    loss.backward()
    np.testing.assert_allclose(x.grad, 2 * before)
    (x * x).sum().backward()
    np.testing.assert_allclose(x.grad, 0.0)
    x.data = x.data[::-1] + np.array([1.0, 2.0, 3.0])
    x.data = x.data[::-1]  # a view of its own memory, in another order
    np.testing.assert_allclose(x.data, [3.0, 2.0, 1.0])


# Memory.


def test_the_graph_is_freed_at_once():
    x = leaf(3)
    gc.collect()
    gc.disable()
    try:
        for discard in (False, True):
            h = x.exp()
            seen = weakref.ref(h)
            loss = (h * h).sum()
            if not discard:
                loss.backward()
            del h, loss
            assert seen() is None
    finally:
        gc.enable()


def test_backward_frees_as_it_walks():
    n = 400_000
    x = Tensor(np.ones(n), requires_grad=True)
    tracemalloc.start()
    y = x
    for _ in range(30):
        y = y * 1.01
    loss = y.sum()
    del y
    forward = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    loss.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < forward + 4 * 8 * n


def test_only_what_the_way_back_reads_is_kept():
    n = 100_000
    x = Tensor(np.ones(n), requires_grad=True)
    tracemalloc.start()
    y = ((((x + 1.0) - 2.0) * 3.0).relu() + 1.0).tanh()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    # relu and tanh keep their results, and the product keeps what it was given
    assert kept < 3.2 * 8 * n
    assert y.shape == (n,)


@pytest.mark.parametrize("walk", [True, False])
def test_a_deep_graph_needs_no_stack(walk):
    x = Tensor(0.0, requires_grad=True)
    y, depth = x, 30 * sys.getrecursionlimit()
    for _ in range(depth):
        y = y + 1.0
    if walk:
        y.backward()
        assert x.grad == 1.0
    del y


# NaN and inf.


@pytest.mark.filterwarnings("ignore:invalid value")
def test_nan_and_inf_are_not_hidden():
    for bad in (np.nan, np.inf):
        x = Tensor([1.0, 2.0], requires_grad=True)
        (x * Tensor([bad, 1.0])).sum().backward()
        np.testing.assert_array_equal(x.grad, [bad, 1.0])
        dead = Tensor([-1.0, 2.0], requires_grad=True)
        dead.relu().backward(np.array([bad, 1.0]))  # slope 0 times a gradient that is not finite
        assert np.isnan(dead.grad[0])
        assert dead.grad[1] == 1.0
    for f in (lambda x: x.max(), lambda x: x.relu().sum(), lambda x: x.sigmoid().sum(), lambda x: x.mean()):
        assert np.isnan(float(f(Tensor([1.0, np.nan]))))


def test_saturation_keeps_its_digits():
    x = Tensor([-800.0, -40.0, 0.0, 40.0, 800.0], requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        y = x.sigmoid()
        y.sum().backward()
        assert F.softplus(x).data[-1] == 800.0
    np.testing.assert_allclose(y.data, [0.0, 4.248354255291589e-18, 0.5, 1.0, 1.0], rtol=1e-14)
    np.testing.assert_allclose(x.grad[1], 4.248354255291589e-18, rtol=1e-14)


def test_powers_at_zero():
    x = Tensor([0.0, 2.0], requires_grad=True)
    for n, slope in [(0, [0, 0]), (1, [1, 1]), (2, [0, 4]), (3, [0, 12])]:
        (x**n).sum().backward()
        np.testing.assert_allclose(x.grad, slope)
    n = Tensor([0.0, 3.0], requires_grad=True)
    (x**n).sum().backward()
    np.testing.assert_allclose(x.grad, [0.0, 12.0])
    np.testing.assert_allclose(n.grad, [0.0, 8.0 * np.log(2.0)])
    (2.0**n).sum().backward()
    np.testing.assert_allclose(n.grad, 2.0**n.data * np.log(2.0))


def test_equal_largest_entries_share_the_gradient():
    x = Tensor([[1.0, 3.0, 3.0], [2.0, 0.0, 2.0]], requires_grad=True)
    x.max(axis=1).sum().backward()
    np.testing.assert_allclose(x.grad, [[0, 0.5, 0.5], [0.5, 0, 0.5]])
    x.max().backward()
    np.testing.assert_allclose(x.grad, [[0, 0.5, 0.5], [0, 0, 0]])


# The spelling.


def test_numbers_adopt_the_dtype_and_lists_become_float64():
    assert Tensor([1, 2]).dtype == Tensor(3).dtype == np.float64
    x = leaf(3, dtype="float32")
    for y in (
        2 * x,
        x * 2.5,
        x + np.float64(0.1),
        1 / x,
        x**2,
        2**x,
        x - True,
        x.mean(),
        x.sum(),
        x.max(),
        x.sigmoid(),
    ):
        assert y.dtype == np.float32
    (x * 0.1).sum().backward()
    assert x.grad.dtype == np.float32
    y = x.astype("float64")
    (y * y).sum().backward()
    assert y.dtype == np.float64
    assert x.grad.dtype == np.float32


def test_arrays_on_the_left_leave_the_operation_to_the_tensor():
    x = leaf(2, 2)
    a = np.arange(4.0).reshape(2, 2)
    for y, expected in [
        (a + x, a + x.data),
        (a - x, a - x.data),
        (a * x, a * x.data),
        (a @ x, a @ x.data),
        (a / x, a / x.data),
    ]:
        assert isinstance(y, Tensor)
        np.testing.assert_allclose(y.data, expected)
    assert isinstance([1.0, 2.0] * x, Tensor)


def test_looks_like_an_array():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert (x.shape, x.ndim, len(x)) == ((2, 2), 2, 2)
    assert (x > 2.0).tolist() == [[False, False], [True, True]]
    assert (x == Tensor([[1.0, 0.0], [3.0, 0.0]])).tolist() == [[True, False], [True, False]]
    assert float(x[0, 0]) == x[0, 0].item() == 1.0
    assert [row.shape for row in x] == [(2,), (2,)]
    np.testing.assert_array_equal(np.asarray(x), x.data)
    np.asarray(x)[0, 0] = 9.0
    assert x.data[0, 0] == 1.0
    assert repr(x[0]) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(Tensor(np.ones(1, "float32"))) == "Tensor([1.], dtype=float32)"
    assert x.T.shape == x.transpose(1, 0).shape == (2, 2)
    assert Tensor(np.ones((2, 3, 4))).T.shape == (4, 3, 2)
    assert Tensor([1.0]).T.shape == (1,)
    assert x.reshape(4).shape == x.reshape(-1).shape == x.reshape((4,)).shape == x.reshape([4]).shape == (4,)


def test_axes_and_shapes_of_every_kind():
    x = leaf(2, 3)
    for axis in (1, -1, np.int64(1), (1,), [1], (0, 1), [-2, -1], None, ()):
        expected = x.data.sum(axis=tuple(axis) if isinstance(axis, list) else axis)
        assert x.mean(axis).shape == x.max(axis).shape == expected.shape
        y = x.sum(axis)
        y.sum().backward()
        np.testing.assert_allclose(x.grad, 1.0)
    n = np.int64(6)
    assert x.reshape(n).shape == x.reshape([n]).shape == x.reshape((-1,)).shape == (6,)
    assert x[np.int64(1), np.array(2)].shape == ()
    with pytest.raises(TypeError, match="no length"):
        list(x.sum())


def test_copies_stand_alone():
    x = leaf(2)
    for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x)), Tensor(x, requires_grad=True)):
        assert other.requires_grad
        assert not np.shares_memory(other.data, x.data)
        np.testing.assert_array_equal(other.data, x.data)
        assert (other * x).requires_grad
