"""Bad input: one error that says what was given and how to mend it, and never a wrong gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bplib import functional as F
from bplib import nn, optim
from bplib.matrix import Tensor
from bplib.scalar import Value

RNG = np.random.default_rng(0)


def leaf(*shape, dtype="float64"):
    return Tensor(np.ones(shape, dtype), requires_grad=True)


WRONG_SHAPES = {
    "add": (lambda: leaf(3) + leaf(4), r"add of shape \(3,\) and \(4,\)"),
    "matmul": (lambda: leaf(2, 3) @ leaf(2, 3), r"matmul of shape \(2, 3\) and \(2, 3\).*A @ W\.T"),
    "matmul of a number": (lambda: leaf() @ leaf(3), r"matmul of shape \(\) and \(3,\)"),
    "reshape": (lambda: leaf(2, 3).reshape(4), r"reshape of shape \(2, 3\).*4"),
    "sum": (lambda: leaf(2).sum(axis=1), r"sum of shape \(2,\).*axis 1"),
    "max of nothing": (lambda: leaf(0).max(), r"max of shape \(0,\)"),
    "linear": (lambda: F.linear(leaf(5, 3), leaf(2, 4)), r"linear of shape \(5, 3\) and \(2, 4\).*W \(n_out, n_in\)"),
    "linear, transposed": (lambda: F.linear_relu(leaf(5, 3), leaf(3, 2)), r"linear_relu of shape.*W \(n_out, n_in\)"),
    "linear, bias": (
        lambda: F.linear(leaf(5, 3), leaf(2, 3), leaf(1)),
        r"linear of shape \(5, 3\) and \(2, 3\) and \(1,\)",
    ),
    "linear, column bias": (lambda: F.linear(leaf(2, 3), leaf(2, 3), leaf(2, 1)), "linear of shape"),
    "linear, vector": (lambda: F.linear(leaf(3), leaf(3)), "W has two axes"),
    "mse, hidden broadcast": (lambda: F.mse(leaf(4, 1), np.ones(4)), r"mse of shape \(4, 1\) and \(4,\).*one shape"),
    "labels": (lambda: F.softmax_cross_entropy(leaf(3, 2), [0, 1]), r"labels of shape \(2,\).*expected \(3,\)"),
    "one-hot labels": (
        lambda: F.softmax_cross_entropy(leaf(3, 2), np.eye(3, 2, dtype=int)),
        r"labels of shape \(3, 2\)",
    ),
    "labels of a number": (lambda: F.softmax_cross_entropy(leaf(), 0), "labels of shape"),
    "label too large": (lambda: F.softmax_cross_entropy(leaf(2, 2), [0, 2]), r"outside 0 … 1"),
    "label negative": (lambda: F.softmax_cross_entropy(leaf(2, 2), [-1, 0]), r"outside 0 … 1"),
    "gradient": (lambda: leaf(2).backward(np.ones(3)), r"shape \(2,\) was given a gradient of shape \(3,\)"),
    "gradient that would spread": (lambda: leaf(2, 2).backward(np.ones(2)), "was given a gradient of shape"),
    "number for a gradient": (lambda: leaf(2).backward(1.0), r"was given a gradient of shape \(\)"),
    "no gradient": (lambda: (leaf(2, 3) * 2).backward(), r"shape \(2, 3\).*\.sum\(\), \.mean\(\) or gradient"),
    "constant": (lambda: Tensor(1.0).backward(), "requires_grad=True"),
    "data": (lambda: setattr(leaf(2), "data", np.ones(3)), r"\(3,\) of float64; expected \(2,\)"),
    "grad": (lambda: setattr(leaf(2), "grad", np.ones(3)), r"shape \(3,\).*\(2,\)"),
    "jvp": (lambda: F.jvp(lambda x: x, np.ones(2), np.ones(3)), r"tangent has shape \(3,\).*expected \(2,\)"),
    "vjp": (lambda: F.vjp(lambda x: x, np.ones(2))[1](np.ones(3)), r"gradient has shape \(3,\)"),
    "grad of a vector": (lambda: F.grad(lambda x: x * x)(np.ones(2)), r"returns shape \(2,\); expected one number"),
    "sequence": (lambda: nn.RNN(2, 3, rng=RNG)(np.ones((4, 2))), r"\(batch, time, n_in\)"),
    "segments": (lambda: nn.checkpoint([nn.Tanh()] * 4, np.ones(2), segments=[1, 2]), "add up to 4"),
    "too many segments": (lambda: nn.checkpoint([nn.Tanh()], np.ones(2), segments=3), "1 layers in 3"),
    "a batch of one": (lambda: nn.BatchNorm(2)(np.ones((1, 2))), "two rows"),
    "rate": (lambda: optim.SGD([leaf(1)], lr=-1.0), "lr"),
    "no parameters": (lambda: optim.SGD([], lr=1.0), "expected parameters"),
    "nesterov": (lambda: optim.SGD([leaf(1)], nesterov=True), "nesterov"),
    "betas": (lambda: optim.Adam([leaf(1)], betas=(0.9, 1.0)), "betas"),
    "max_norm": (lambda: optim.clip_grad_norm([leaf(1)], 0.0), "max_norm"),
    "scale": (lambda: optim.LossScaler(0.0), "scale"),
}

WRONG_TYPES = {
    "integers": (lambda: Tensor(np.arange(3), requires_grad=True), r"int64.*astype\('float64'\)"),
    "booleans": (lambda: Tensor(np.array([True]), requires_grad=True), "bool"),
    "complex": (lambda: Tensor(np.array([1j])), "real numbers.*complex128"),
    "text": (lambda: Tensor("3"), "expected an array.*str"),
    "a ragged list": (lambda: Tensor([[1.0], [1.0, 2.0]]), "rectangular"),
    "None": (lambda: Tensor(None), "NoneType"),
    "two dtypes": (lambda: leaf(2, dtype="float32") * leaf(2), r"float32 and float64.*\.astype"),
    "an array of another dtype": (lambda: leaf(2, dtype="float32") + np.ones(2), r"\.astype"),
    "integers beside floats": (lambda: leaf(2) * np.arange(2), r"\.astype"),
    "gradient of another dtype": (lambda: leaf(2).backward(np.ones(2, "float32")), r"\.astype"),
    "Value": (lambda: leaf(2) * Value(1.0), "Tensor and a Value do not mix"),
    "Value first": (lambda: Value(1.0) * leaf(2), "Tensor"),
    "a list of Values": (lambda: Tensor([Value(1.0)]), "."),
    "an object": (lambda: leaf(2) + object(), "expected an array"),
    "float labels": (lambda: F.softmax_cross_entropy(leaf(2, 2), np.zeros(2)), "labels of dtype float64"),
    "grad of integers": (lambda: F.grad(lambda x: x.sum())(np.arange(2)), "int64"),
    "grad of no tensor": (lambda: F.grad(lambda x: 3.0)(1.0), "returned a float; expected one Tensor"),
    "a matrix as parameter": (lambda: optim.SGD([np.ones(2)]), "a parameter is a Tensor"),
    "a result as parameter": (lambda: optim.SGD([leaf(2) * 2]), "a parameter is a Tensor"),
    "a seed for rng": (lambda: nn.Linear(2, 2, rng=0), "default_rng"),
    "bfloat16 of float64": (lambda: F.bfloat16(leaf(2)), "float32"),
    "no dtype": (lambda: leaf(2).astype("float23"), "float23"),
    "a gradient through integers": (lambda: leaf(2).astype("int64"), r"int64.*\.detach\(\)"),
    "length": (lambda: len(leaf()), "no length"),
    "writing into a tensor": (lambda: leaf(2).__setitem__(0, 1.0), "item"),
}


@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_wrong_values(name):
    act, message = WRONG_SHAPES[name]
    with pytest.raises(ValueError, match=f"(?s){message}"):
        act()


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_wrong_types(name):
    act, message = WRONG_TYPES[name]
    with pytest.raises((TypeError, AttributeError), match=f"(?s){message}") as caught:
        act()
    assert name == "writing into a tensor" or caught.type is TypeError


def test_an_index_that_does_not_exist():
    with pytest.raises(IndexError):
        leaf(2)[5]


SHAPE = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(SHAPE, SHAPE, st.sampled_from(["__add__", "__mul__", "__matmul__", "__truediv__"]))
def test_shapes_go_together_where_numpy_says_so(a, b, operator):
    """Either the result and both gradients have NumPy's shapes, or there is a ValueError that names both shapes."""
    x, y = leaf(*a), leaf(*b)
    try:
        expected = getattr(np.ones(a), operator)(np.ones(b)).shape
    except ValueError:
        with pytest.raises(ValueError, match="of shape") as caught:
            getattr(x, operator)(y)
        assert str(a) in str(caught.value)
        assert str(b) in str(caught.value)
        return
    result = getattr(x, operator)(y)
    assert result.shape == expected
    result.sum().backward()
    assert (x.grad.shape, y.grad.shape) == (a, b)
