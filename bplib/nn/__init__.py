"""Layers and what holds them together. Derived in chapters 05 (layers), 07 to 09 (depth, time) and 10 (memory)."""

from . import init
from .modules import GELU, Linear, Module, ReLU, Residual, Sequential, Sigmoid, Tanh
from .norm import BatchNorm, LayerNorm
from .recurrent import LSTM, RNN
from .segments import checkpoint

__all__ = [
    "GELU", "LSTM", "RNN", "BatchNorm", "LayerNorm", "Linear", "Module", "ReLU", "Residual", "Sequential", "Sigmoid",
    "Tanh", "checkpoint", "init",
]  # fmt: skip
