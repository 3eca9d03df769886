"""Counts of runs and of multiplications, against counts by hand and against NumPy's own hook for matrix products."""

import numpy as np
import pytest

from bplib.counting import count_products, count_runs
from bplib.dual import Dual
from bplib.functional import grad, jvp, linear, linear_relu, mse, vjp
from bplib.gradcheck import complex_step, numerical_gradient
from bplib.matrix import Tensor


def ones(*shape, grad=False):
    return Tensor(np.ones(shape), requires_grad=grad)


def test_runs_of_the_rulers():
    for ruler, expected in ((numerical_gradient, 2 * 7), (complex_step, 7)):
        f = count_runs(lambda x: (x * x).sum())
        ruler(f, np.ones(7))
        assert f.runs == expected


def test_runs_of_the_transforms():
    f = count_runs(lambda x: (x * x).sum())
    grad(f)(np.ones(7))
    jvp(f, np.ones(7), np.ones(7))
    _, pullback = vjp(f, np.ones(7))
    pullback(1.0), pullback(1.0)
    assert f.runs == 3


@pytest.mark.parametrize("layer", [linear, linear_relu, lambda x, W: x @ W.T])
def test_a_layer_forward_and_backward(layer):
    x, W = ones(5, 3, grad=True), ones(2, 3, grad=True)
    with count_products() as products:
        loss = mse(layer(x, W), np.zeros((5, 2)))
        assert products == [5 * 3 * 2]
        loss.backward()
    assert products == [30, 30, 30]
    assert products.multiplications == 90


def test_no_product_for_what_needs_no_gradient():
    with count_products() as products:
        mse(linear(ones(5, 3), ones(2, 3, grad=True)), np.zeros((5, 2))).backward()
    assert products == [30, 30]


def test_forward_mode_does_each_product_twice():
    with count_products() as products:
        np.ones((5, 3)) @ Dual(np.ones((2, 3)), np.ones((2, 3))).T
    assert products == [30, 30]


def test_what_it_counts_is_what_numpy_is_asked_for():
    seen = []

    class Watched(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
            plain = [x.view(np.ndarray) if isinstance(x, Watched) else x for x in inputs]
            result = getattr(ufunc, method)(*plain, **keywords)
            if ufunc is np.matmul:
                seen.append(result.size * plain[0].shape[-1])
            return result

    a, b = np.ones((4, 6)).view(Watched), np.ones((6, 3)).view(Watched)
    a @ b
    with count_products() as products:
        ones(4, 6) @ ones(6, 3)
    assert products == seen == [72]


def test_counts_end_with_the_block_even_after_an_error():
    with pytest.raises(ZeroDivisionError), count_products() as products:
        1 / 0  # noqa: B018
    ones(2, 2) @ ones(2, 2)
    linear(ones(2, 2), ones(2, 2))
    assert products == []


def test_blocks_inside_blocks():
    with count_products() as outer:
        ones(2, 2) @ ones(2, 2)
        with count_products() as inner:
            ones(1, 2) @ ones(2, 1)
        ones(1, 1) @ ones(1, 1)
    assert (outer, inner) == ([8, 2, 1], [2])
