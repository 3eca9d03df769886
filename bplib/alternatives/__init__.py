"""Learning rules that do without backpropagation, or without part of it, under one interface. Chapters 16 to 18.

A rule is built as `Rule(sizes, rng=rng, activation="tanh", ...)` and answers `updates(x, y)` with one array for each of
its `parameters`, in the place of the gradient; any optimiser of `bplib.optim` can apply them. `train` and `compare` are
the loop that all of them share, `angle` says how far an update points away from the gradient.
"""

from .angles import angle, angles
from .compare import Result, accuracy, compare, step, train
from .equilibrium import EquilibriumPropagation, RecurrentBackpropagation
from .feedback import (
    Backpropagation,
    DirectFeedbackAlignment,
    FeedbackAlignment,
    Frozen,
    KolenPollack,
    SignSymmetry,
    WeightMirror,
)
from .forward_forward import ForwardForward
from .predictive import PredictiveCoding
from .rule import Rule
from .synthetic import SyntheticGradients
from .target_propagation import DifferenceTargetPropagation

__all__ = [
    "Backpropagation", "DifferenceTargetPropagation", "DirectFeedbackAlignment", "EquilibriumPropagation",
    "FeedbackAlignment", "ForwardForward", "Frozen", "KolenPollack", "PredictiveCoding", "RecurrentBackpropagation",
    "Result", "Rule", "SignSymmetry", "SyntheticGradients", "WeightMirror", "accuracy", "angle", "angles", "compare",
    "step", "train",
]  # fmt: skip
