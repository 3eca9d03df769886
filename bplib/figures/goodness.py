"""The Python half of chapter 18's figure: a small forward-forward net, and the goodness of both its layers.

The library trains it (`bplib.alternatives`); the figure's JavaScript trains its own (src/goodness.js), from the same
random numbers, and the tests hold the two together to 1e-12.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from bplib.figures._display import Choice, Range
from bplib.figures._draws import Draws
from bplib.figures._still import both, paint, svg, text

CAPTION = (
    "A layer that sees the length of what is below can copy its verdict without learning anything. Each column is one "
    "of 24 examples, with its right label (filled) and with the wrong one (hollow); a dashed line marks the threshold. "
    "Goodness above the scale stands at its upper edge. Set <i>η</i>, the learning rate; <i>θ</i>, the threshold; "
    "<i>n</i>, which random numbers are drawn."
)
LAST, EACH, EXAMPLES, INPUTS, UNITS, MOST = 60, 5, 24, 4, 8, 18
STATE = {
    "eta": Range(0.3, 0.05, 0.5),
    "theta": Range(1, 0.25, 1.5),
    "draw": Range(4, 1, 99),
    "step": Range(0, 0, LAST),
    "lengths": Choice("pass", ("pass", "normalised")),
    "learns": Choice("first", ("first", "both")),
    "guess": Choice("half", ("half", "most")),
}


@lru_cache(maxsize=16)
def path(eta: float, theta: float, draw: int, lengths: str, learns: str) -> tuple[Any, ...]:
    """Before training and after every fifth update: (goodness with right labels, with wrong ones), each (24, 2)."""
    import numpy as np

    from bplib.alternatives import ForwardForward

    draws = Draws(draw)
    x = 2 * draws.table(EXAMPLES, INPUTS)
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(int)
    sizes, rng = (INPUTS, UNITS, UNITS, 2), np.random.default_rng(0)
    net = ForwardForward(sizes, rng=rng, theta=theta, normalise=lengths == "normalised")
    for W in net.weights[:2]:
        W.data = draws.table(*W.shape, math.sqrt(2 / W.shape[1]))
    found = []
    for update in range(LAST * EACH + 1):
        if update % EACH == 0:
            found.append((net.goodness(x, y), net.goodness(x, 1 - y)))
        changes = list(zip(net.parameters, net.updates(x, y), strict=True))
        for parameter, change in changes[: 4 if learns == "both" else 2]:
            parameter.data = parameter.data - eta * change
    return tuple(found)


def _path(state: dict[str, Any]) -> tuple[Any, ...]:
    whole = math.floor(state["draw"] + 0.5)
    return path(float(state["eta"]), float(state["theta"]), whole, state["lengths"], state["learns"])


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript.

    >>> state = {"eta": 0.3, "theta": 1, "draw": 2, "step": 60, "learns": "first"}
    >>> numbers({**state, "lengths": "pass"})["told2"] > numbers({**state, "lengths": "normalised"})["told2"]
    True
    """
    right, wrong = _path(state)[int(state["step"])]
    named = {
        f"{word}{l + 1}": float(g[:, l].mean()) for l in (0, 1) for word, g in (("right", right), ("wrong", wrong))
    }
    told = (right > wrong).sum(axis=0)
    return {**named, "told1": int(told[0]), "told2": int(told[1])}


def fixtures(rng: Any, settings: int = 24, count: int = 5) -> list[dict[str, dict[str, Any]]]:
    """Random states within their ranges, `count` steps of each of `settings` runs, with the library's numbers."""
    made = []
    for i in range(settings):
        state = {key: float(rng.uniform(STATE[key].low, STATE[key].high)) for key in ("eta", "theta", "draw")}
        state["lengths"] = STATE["lengths"].options[i % 2]
        state["learns"] = STATE["learns"].options[i // 2 % 2]
        for step in rng.integers(0, LAST + 1, count):
            each = {**state, "step": int(step)}
            made.append({"state": each, "numbers": numbers(each)})
    return made


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    n = numbers({**state, "step": LAST})
    passing = "the length of its activations passed on" if state["lengths"] == "pass" else "normalised activations"
    second = "layer 2 left untrained" if state["learns"] == "first" else "both layers trained"
    return (
        f"Goodness of two layers after {LAST * EACH} updates of forward-forward, with {passing} and {second}. With the "
        f"right label it is above that with the wrong one for {n['told1']} of {EXAMPLES} examples in layer 1, and for "
        f"{n['told2']} in layer 2."
    )


def still(state: dict[str, Any]) -> str:
    """The end of training, once for wide pages and once for narrow ones."""
    return both(_draw(state, 640), _draw(state, 288))


def _draw(state: dict[str, Any], width: int) -> str:
    across = width >= 600
    wide = (width - 40 - 24) / 2 if across else width - 40
    height = 250 if across else 495
    right, wrong = _path(state)[-1]
    parts = []
    for l in (0, 1):
        left, low = (40 + l * (wide + 24), 212.0) if across else (40.0, 212 + l * 250.0)
        parts.append(_panel(right[:, l], wrong[:, l], float(state["theta"]), left, low, wide, l))
    return svg(width, height, alt(state), parts)


def _panel(right: Any, wrong: Any, theta: float, left: float, low: float, wide: float, l: int) -> str:
    up = lambda g: low - 176 * min(g / (6 * theta), 1)
    parts = [text(left + wide / 2, low - 190, f"layer {l + 1}", anchor="middle")]
    for k in (0, 1, 2, 4, 6):
        dash = ";stroke-dasharray:6 4" if k == 1 else ""
        look = f"stroke:{paint('reference' if k == 1 else 'line')}{dash}"
        parts.append(f'<path d="M{left:.1f} {low - 176 * k / 6:.1f}h{wide:.1f}" style="{look}"/>')
        if left < 50:
            name = "θ" if k == 1 else f"{k}θ" if k else "0"
            parts.append(text(left - 8, low - 176 * k / 6 + 5, name, anchor="end"))
    for i, (g, h) in enumerate(zip(right, wrong, strict=True)):
        x = left + wide * (i + 0.5) / EXAMPLES
        parts.append(f'<path d="M{x:.1f} {up(g):.1f}V{up(h):.1f}" style="stroke:{paint("line")}"/>')
        look = f"fill:{paint('surface')};stroke:{paint('gradient')};stroke-width:1.5"
        parts.append(f'<circle cx="{x:.1f}" cy="{up(h):.1f}" r="3.5" style="{look}"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{up(g):.1f}" r="3.5" style="fill:{paint("forward")}"/>')
    parts.append(
        text(left + wide / 2, low + 22, f"{int((right > wrong).sum())} of {EXAMPLES} told apart", anchor="middle")
    )
    return "".join(parts)
