"""The Python half of chapter 07's figure: how long the gradient is at each layer, measured and by theory.

Five nets for each choice, their weights from a generator that counts instead of remembering, so that JavaScript
(src/vanishing_explorer.js) draws the same ones. The norms are `bplib.depth`'s and backward's; the tests hold the two
together to 1e-12.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor
from typing import Any

import numpy as np

from bplib import nn
from bplib.depth import Block, mean_field
from bplib.figures._display import Choice, Range
from bplib.figures._still import both, paint, svg, text
from bplib.matrix import Tensor

CAPTION = (
    "On a log axis the gradient falls or rises along a straight line, and two averages predict the slope. Solid with "
    "dots: mean of five nets of 64 units, 16 random inputs and random gradients at the top; the band spans the five. "
    "Dashed: the mean-field theory, which knows no net."
)
F = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU}
VARIANCES = {"naive": 64 * 0.01**2, "xavier": 1.0, "he": 2.0, "orthogonal": 1.0}  # n · Var W, before the gain
STATE = {
    "gain": Range(1, 0.1, 1.5),
    "keep": Range(0, 0, 1),
    "depth": Range(30, 2, 30),
    "f": Choice("relu", tuple(F)),
    "start": Choice("xavier", tuple(VARIANCES)),
    "norm": Choice("none", ("none", "batch", "layer")),
    "branch": Choice("full", ("full", "shared")),
    "guess": Choice("shown", ("shown", "asked", "fades", "level", "explodes")),
}
UNITS, BATCH, NETS, LAYERS = 64, 16, 5, 30
RED, GREY, LINE = paint("gradient"), paint("reference"), paint("line")


def draws(net: int, layer: int, count: int) -> np.ndarray:
    """`count` numbers even between −√3 and √3 (mean 0, variance 1): MurmurHash3's last steps, on a counter.

    >>> draws(0, 1, 3).round(3).tolist()
    [-0.073, -1.573, -0.585]
    """
    k = (np.uint32((net * 32 + layer) * 4096) + np.arange(count, dtype=np.uint32)).astype(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        k = (k ^ (k >> np.uint32(shift))) * np.uint32(factor)
    return ((k + 0.5) / 2**31 - 1) * np.sqrt(3.0)


@lru_cache(maxsize=2 * NETS * LAYERS)
def weights(net: int, layer: int, orthogonal: bool) -> np.ndarray:
    """A matrix of entries with variance 1; or 64 mirrors, one after the other, which keep every length."""
    table = draws(net, layer, UNITS * UNITS).reshape(UNITS, UNITS)
    if not orthogonal:
        return table
    Q = np.eye(UNITS)
    for v in table:
        Q -= np.outer(Q @ v, v * (2 / (v @ v)))
    return Q


def norms(state: dict[str, Any], net: int) -> np.ndarray:
    """log10 ‖δ(l)‖/‖δ(K)‖ of one net, by blocks of the library and their backward pass."""
    K, orthogonal = int(state["depth"]), state["start"] == "orthogonal"
    norm = {"none": None, "batch": nn.BatchNorm, "layer": nn.LayerNorm}[state["norm"]]
    size = state["gain"] * (1 if orthogonal else np.sqrt(VARIANCES[state["start"]] / UNITS))
    scale = K**-0.5 if state["branch"] == "shared" else 1.0
    h, zs = Tensor(draws(net, 30, BATCH * UNITS).reshape(BATCH, UNITS)), []
    for layer in range(K):
        W = size * weights(net, layer, orthogonal)
        given = lambda shape, rng, dtype, W=W: W
        block = Block(UNITS, UNITS, F[state["f"]](), rng=None, init=given, norm=norm, keep=state["keep"], scale=scale)
        z, h = block.steps(h)
        zs.append(z)
    h.backward(draws(net, 31, BATCH * UNITS).reshape(BATCH, UNITS))
    logs = np.log10([np.linalg.norm(z.grad) for z in zs])
    return logs - logs[-1]


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript: at layer l the mean m, low and high a and b over
    the nets, the theory t; and the drifts of mean and theory in decades per layer.

    >>> start = {key: setting.value for key, setting in STATE.items()}
    >>> shown = numbers(start)
    >>> round(shown["drift"], 3), round(shown["theory"], 4)
    (-0.155, -0.1505)
    """
    K = int(state["depth"])
    logs = np.array([norms(state, net) for net in range(NETS)])
    scale = K**-0.5 if state["branch"] == "shared" else 1.0
    norm = None if state["norm"] == "none" else state["norm"]
    s = VARIANCES[state["start"]] * state["gain"] ** 2
    theory = mean_field(F[state["f"]](), s, K, norm=norm, keep=state["keep"], scale=scale)
    curves = {"m": logs.mean(0), "a": logs.min(0), "b": logs.max(0), "t": theory}
    named = {f"{name}{l + 1}": float(curve[l]) for name, curve in curves.items() for l in range(K)}
    return named | {"drift": float(logs.mean(0)[0] / (K - 1)), "theory": float(theory[0] / (K - 1))}


def fixtures(rng: Any, count: int = 120) -> list[dict[str, Any]]:
    """Random states within their ranges, with the library's numbers for each; `rng` is a NumPy generator."""
    made = []
    for _ in range(count):
        state = {
            key: float(rng.uniform(setting.low, setting.high))
            if isinstance(setting, Range)
            else str(rng.choice(setting.options))
            for key, setting in STATE.items()
        }
        state["keep"] = state["keep"] if rng.random() < 0.6 else 0.0
        state["depth"] = int(rng.integers(2, LAYERS + 1))
        made.append({"state": state, "numbers": numbers(state)})
    return made


def verdict(values: dict[str, float]) -> str:
    """What becomes of the gradient: beyond a factor of 100 it fades or explodes, else it stays level."""
    return "fades" if values["m1"] < -2 else "explodes" if values["m1"] > 2 else "level"


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    n = numbers(state)
    fate = {"fades": "fades", "explodes": "explodes", "level": "stays within a factor of 100"}[verdict(n)]
    return (
        f"The gradient's length on a log axis, over {state['depth']:g} layers of {state['f']} units with "
        f"{state['start']} weights times {state['gain']:g}, shortcut {state['keep']:g}, normalisation {state['norm']}. "
        f"From the last layer to the first it {fate}: {n['drift']:+.3f} decades per layer, where the theory's dashed "
        f"line has {n['theory']:+.3f}. The band over five nets is narrow."
    ).replace("-", "−")


def still(state: dict[str, Any]) -> str:
    """The finished picture, once for wide pages and once for narrow ones."""
    return both(_draw(state, 680, 320), _draw(state, 288, 270))


def _draw(state: dict[str, Any], width: int, height: int) -> str:
    n, K = numbers(state), int(state["depth"])
    m, a, b, t = ([n[f"{name}{l}"] for l in range(1, K + 1)] for name in "mabt")
    least, most = floor(min(-2.2, *a, *t)), ceil(max(2.2, *b, *t))
    left, bottom = 46, height - 48
    x = lambda l: left + 10 + (width - 22 - left) * (l - 1) / (K - 1)
    y = lambda v: bottom - (bottom - 12) * (v - least) / (most - least)
    run = lambda values: " ".join(f"{x(l):.1f},{y(v):.1f}" for l, v in enumerate(values, 1))
    back = " ".join(f"{x(l):.1f},{y(v):.1f}" for l, v in reversed(list(enumerate(b, 1))))
    parts = []
    for v in range(least, most + 1, ceil((most - least) / 6)):
        parts.append(
            _line(left, y(v), width - 12, y(v))
            + text(left - 8, y(v) + 4, f"{v}".replace("-", "−"), anchor="end", size=13)
        )
    for l in (1, *range(5, K, 5), K):
        parts.append(
            text(x(l), bottom + 18, str(l), anchor="middle", size=13) if l in (1, K) or x(K) - x(l) > 24 else ""
        )
    parts.append(text(width - 12, height - 8, "layer l; upwards: log₁₀ ‖δ(l)‖/‖δ(K)‖", anchor="end", size=13))
    parts.append(f'<polygon points="{run(a)} {back}" style="fill:{RED};opacity:.25"/>')
    for values, look in ((t, f"stroke:{GREY};stroke-dasharray:6 4"), (m, f"stroke:{RED}")):
        parts.append(f'<polyline points="{run(values)}" style="fill:none;stroke-width:1.5;{look}"/>')
    return svg(width, height, alt(state), parts)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f},{y1:.1f}L{x2:.1f},{y2:.1f}" style="stroke:{LINE}"/>'
