"""The Python half of chapter 05's figure: XOR with two hidden units, trained by gradient descent from a chosen start.

The numbers of the still picture and of the fixtures come from `bplib.matrix`; the figure's JavaScript computes its own
(src/xor_training.js), and the tests hold the two together to 1e-12.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np

from bplib import functional as F
from bplib.data import xor
from bplib.figures._display import Choice, Range
from bplib.figures._still import both
from bplib.matrix import Tensor

CAPTION = (
    "Nothing bends until the hidden units differ. The square of the inputs, the same four corners as the two hidden "
    "units see them, the loss, and the gradient at each of the nine weights and biases, at epoch <i>t</i> of training. "
    "Circles have the target 1, crosses 0."
)
EPOCHS = 400
STATE = {
    "start": Choice("A", ("A", "B", "constant", "zero")),
    "eta": Range(2, 0.1, 5),
    "scale": Range(1, 0, 2),
    "epoch": Range(80, 0, EPOCHS),
}
STARTS = {
    "A": ([[0.1, -1.1], [0.6, 0.1]], [[0.2, -0.9]]),
    "B": ([[-0.1, 0.9], [-0.9, -0.2]], [[1.0, -0.6]]),
    "constant": ([[0.5, 0.5], [0.5, 0.5]], [[0.5, 0.5]]),
    "zero": ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0]]),
}
X, LABELS = xor()
Y = LABELS[:, None].astype(float)
_SERIAL = count()


@lru_cache(maxsize=16)
def _run(start: str, eta: float, scale: float, epochs: int = EPOCHS) -> list[dict[str, float]]:
    """Every epoch's loss, predictions, hidden activations, weights and gradients, by the library."""
    W1, W2 = (scale * np.array(W) for W in STARTS[start])
    net = [Tensor(w, requires_grad=True) for w in (W1, np.zeros(2), W2, np.zeros(1))]
    seen = []
    for _ in range(epochs + 1):
        hidden = F.linear(X, net[0], net[1]).tanh()
        yhat = F.linear(hidden, net[2], net[3]).sigmoid()
        loss = 0.5 * F.mse(yhat, Y)
        loss.backward()
        named = {"loss": float(loss.data)}
        groups = {
            "p": yhat.data,
            "a": hidden.data,
            "w": np.concatenate([w.data.ravel() for w in net]),
            "g": np.concatenate([w.grad.ravel() for w in net]),
        }
        for letter, values in groups.items():
            named |= {f"{letter}{i}": float(value) for i, value in enumerate(values.ravel())}
        seen.append(named)
        net = [Tensor(w.data - eta * w.grad, requires_grad=True) for w in net]
    return seen


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript: p predictions, a hidden, w weights, g gradients.

    The nine w and g are W1 row by row, b1, W2, b2.

    >>> values = numbers({"start": "zero", "eta": 2, "scale": 1, "epoch": 400})
    >>> values["loss"], max(abs(values[f"g{i}"]) for i in range(9))
    (0.125, 0.0)
    """
    return _run(state["start"], float(state["eta"]), float(state["scale"]))[int(state["epoch"])]


def outcome(state: dict[str, Any]) -> str:
    """What 400 epochs do from this start: "solves", "stuck" or "nothing".

    >>> [outcome({"start": start, "eta": 2, "scale": 1}) for start in STARTS]
    ['solves', 'stuck', 'stuck', 'nothing']
    """
    first, last = (numbers({**state, "epoch": epoch}) for epoch in (0, EPOCHS))
    if all((last[f"p{i}"] > 0.5) == bool(LABELS[i]) for i in range(4)):
        return "solves"
    return "nothing" if all(first[f"w{i}"] == last[f"w{i}"] for i in range(9)) else "stuck"


def fixtures(rng: Any, runs: int = 10, each: int = 12) -> list[dict[str, Any]]:
    """Random states within their ranges, with the library's numbers for each; `rng` is a NumPy generator."""
    states = []
    for run in range(runs):
        start = list(STARTS)[run % len(STARTS)]
        eta, scale = (float(rng.uniform(STATE[key].low, STATE[key].high)) for key in ("eta", "scale"))
        epochs = rng.integers(0, EPOCHS + 1, each).tolist()
        states += [{"start": start, "eta": eta, "scale": scale, "epoch": epoch} for epoch in epochs]
    return [{"state": state, "numbers": numbers(state)} for state in states]


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    n = numbers(state)
    right = sum((n[f"p{i}"] > 0.5) == bool(LABELS[i]) for i in range(4))
    largest = max(abs(n[f"g{i}"]) for i in range(9))
    return (
        f"XOR with two hidden units, start {state['start']}, learning rate {state['eta']:g}, epoch {state['epoch']:g}: "
        f"the loss is {n['loss']:.3f}, {right} of the four corners are on the right side of the boundary, and the "
        f"largest of the nine gradients is {largest:.1g}. Beside it the four corners as the hidden units see them, "
        "where the boundary is one straight line, and the loss up to this epoch."
    )


def still(state: dict[str, Any]) -> str:
    """The finished picture, three panels for wide pages and two for narrow ones."""
    return both(_draw(state, narrow=False), _draw(state, narrow=True))


def _draw(state: dict[str, Any], narrow: bool) -> str:
    import matplotlib

    from bplib.draw import axes, show
    from bplib.draw.plot import STYLE

    figure, panels = axes(3, 4.5) if narrow else axes(7, 2.7, columns=3)
    if narrow:
        with matplotlib.rc_context(STYLE):
            figure.clear()
            panels = figure.subplots(2, 1, height_ratios=[3, 2])
    n = numbers(state)
    _draw_inputs(panels[0], n)
    if not narrow:
        _draw_hidden(panels[1], n)
    _draw_loss(panels[-1], state)
    svg = show(figure, alt=alt(state)).svg
    return re.sub(r"\bf[0-9a-f]{8}-", f"xor{next(_SERIAL)}-", svg)  # the same picture may stand on a page twice


def _corners(ax: Any, points: np.ndarray) -> None:
    from bplib.draw import COLOURS

    ax.plot(*points[LABELS == 1].T, "o", color=COLOURS["forward"], markersize=8)
    ax.plot(*points[LABELS == 0].T, "x", color=COLOURS["ink"], markersize=8, markeredgewidth=2)


def _draw_inputs(ax: Any, n: dict[str, float]) -> None:
    from bplib.draw import COLOURS

    w = np.array([n[f"w{i}"] for i in range(9)])
    side = np.linspace(-0.3, 1.3, 49)
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    z = np.tanh(grid @ w[:4].reshape(2, 2).T + w[4:6]) @ w[6:8] + w[8]
    if z.min() < 0 < z.max():
        ax.contourf(side, side, z, levels=[0, 1e9], colors=[COLOURS["forward"]], alpha=0.2)
        ax.contour(side, side, z, levels=[0], colors=[COLOURS["forward"]], linewidths=2)
    _corners(ax, X)
    ax.set(xlabel="x₁", ylabel="x₂", xticks=[0, 1], yticks=[0, 1], title="inputs", xlim=(-0.3, 1.3), ylim=(-0.3, 1.3))


def _draw_hidden(ax: Any, n: dict[str, float]) -> None:
    from bplib.draw import COLOURS

    across, up, bias = n["w6"], n["w7"], n["w8"]
    if across or up:
        scale = -bias / (across**2 + up**2)
        far = 4 / (across**2 + up**2) ** 0.5
        ends = [(scale * across - t * up, scale * up + t * across) for t in (-far, far)]
        ax.plot(*np.array(ends).T, color=COLOURS["forward"])
    _corners(ax, np.array([n[f"a{i}"] for i in range(8)]).reshape(4, 2))
    ax.set(xlabel="h₁", ylabel="h₂", xticks=[-1, 0, 1], yticks=[-1, 0, 1], title="hidden units")
    ax.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))


def _draw_loss(ax: Any, state: dict[str, Any]) -> None:
    from bplib.draw import COLOURS

    epoch = int(state["epoch"])
    losses = [numbers({**state, "epoch": t})["loss"] for t in range(epoch + 1)]
    ax.semilogy(losses, color=COLOURS["loss"])
    ax.plot(epoch, losses[-1], "o", color=COLOURS["loss"])
    ax.set(xlabel="epoch", title="loss", xlim=(0, EPOCHS), ylim=(1e-4, 1))
