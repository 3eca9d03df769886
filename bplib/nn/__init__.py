"""Layers and what holds them together. Derived in chapters 05 (layers), 07 (depth) and 08 (time)."""

from . import init
from .modules import GELU, LeakyReLU, Linear, Module, ReLU, Residual, Sequential, Sigmoid, Tanh
from .norm import BatchNorm, LayerNorm
from .recurrent import LSTM, RNN
from .segments import checkpoint
from .weight_norm import WeightNorm, weight_norm

__all__ = [
    "GELU", "LSTM", "RNN", "BatchNorm", "LayerNorm", "LeakyReLU", "Linear", "Module", "ReLU", "Residual", "Sequential",
    "Sigmoid", "Tanh", "WeightNorm", "checkpoint", "init", "weight_norm",
]  # fmt: skip
