"""The Python half of chapter 16's figure: a small net with random feedback, and its angles over training.

The library trains it (`bplib.alternatives`); the figure's JavaScript trains its own (src/alignment.js), from the same
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
    "The forward weights come to agree with random feedback, the layer next to the output usually first. Each line is "
    "the angle between a hidden layer's update and the true gradient; 24 examples, 4 inputs, two hidden layers of 8 "
    "tanh units. Set <i>η</i>, the learning rate; <i>s</i>, the size of the starting weights; <i>n</i>, which random "
    "numbers are drawn."
)
LAST, EACH, EXAMPLES, SIZES, BELOW = 60, 5, 24, (4, 8, 8, 2), 60
RULES = {"fa": "FeedbackAlignment", "frozen": "Frozen", "backprop": "Backpropagation"}
STATE = {
    "eta": Range(0.3, 0.05, 0.5),
    "size": Range(1, 0.1, 1.5),
    "draw": Range(2, 1, 99),
    "step": Range(0, 0, LAST),
    "rule": Choice("fa", tuple(RULES)),
    "guess": Choice("two", ("two", "one", "both")),
}


@lru_cache(maxsize=8)
def path(eta: float, size: float, draw: int, rule: str) -> tuple[tuple[float, float, float], ...]:
    """(angle of layer 1, angle of layer 2, loss) before training and after every fifth update, by the library."""
    import numpy as np

    from bplib import alternatives

    draws, scale = Draws(draw), lambda inputs: math.sqrt(3 / inputs)
    x = 2 * draws.table(EXAMPLES, 4)
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(int)
    net = getattr(alternatives, RULES[rule])(SIZES, rng=np.random.default_rng(0))
    for W, n_in in zip(net.weights, SIZES, strict=False):
        W.data = draws.table(*W.shape, size * scale(n_in))
    for l, B in enumerate(getattr(net, "feedback", ())):
        B.data = draws.table(SIZES[l + 1], SIZES[l + 2], scale(8))
    found = []
    for update in range(LAST * EACH + 1):
        if update % EACH == 0:
            one, two, _ = alternatives.angles(net, x, y)
            found.append((one, two, net.loss(x, y)))
        for parameter, change in zip(net.parameters, net.updates(x, y), strict=True):
            parameter.data = parameter.data - eta * change
    return tuple(found)


def _path(state: dict[str, Any]) -> tuple[tuple[float, float, float], ...]:
    return path(float(state["eta"]), float(state["size"]), math.floor(state["draw"] + 0.5), state["rule"])


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript.

    >>> found = numbers({"eta": 0.3, "size": 0.5, "draw": 2, "step": 60, "rule": "fa"})
    >>> found["angle2"] < found["angle1"] < 90
    True
    """
    all_steps = _path(state)
    above = [max((i for i, each in enumerate(all_steps) if each[layer] >= BELOW), default=-1) for layer in (0, 1)]
    since = [last + 1 if last < LAST else -1 for last in above]  # below for good from here on; -1 for not at all
    one, two, loss = all_steps[int(state["step"])]
    return {"angle1": one, "angle2": two, "loss": loss, "from1": since[0], "from2": since[1]}


def fixtures(rng: Any, settings: int = 24, count: int = 5) -> list[dict[str, dict[str, Any]]]:
    """Random states within their ranges, `count` steps of each of `settings` runs, with the library's numbers."""
    made = []
    for i in range(settings):
        state = {key: float(rng.uniform(STATE[key].low, STATE[key].high)) for key in ("eta", "size", "draw")}
        state["rule"] = list(RULES)[i % 3]
        for step in rng.integers(0, LAST + 1, count):
            each = {**state, "step": int(step)}
            made.append({"state": each, "numbers": numbers(each)})
    return made


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    start, end = _path(state)[0], _path(state)[-1]
    told = {"fa": "feedback alignment", "frozen": "frozen hidden layers", "backprop": "backpropagation"}[state["rule"]]
    return (
        f"The angle between update and gradient over {LAST * EACH} updates of a small net with {told}. Layer 1 goes "
        f"from {start[0]:.0f} to {end[0]:.0f} degrees, layer 2 from {start[1]:.0f} to {end[1]:.0f}; at 90 degrees, "
        f"a dotted line, an update is of no use. The loss goes from {start[2]:.2f} to {end[2]:.3f}."
    )


def still(state: dict[str, Any]) -> str:
    """The whole training, once for wide pages and once for narrow ones."""
    return both(_draw(state, 640), _draw(state, 288))


def _draw(state: dict[str, Any], width: int) -> str:
    left, right, top, low, height = 40, 62, 12, 252, 300
    across = lambda step: left + (width - left - right) * step / LAST
    up = lambda angle: low - (low - top) * min(150.0, angle) / 150
    parts = []
    for angle in (0, 30, 60, 90, 120, 150):
        dash = ";stroke-dasharray:2 3" if angle == 90 else ""
        colour = "reference" if angle == 90 else "line"
        place = f"M{left} {up(angle):.1f}H{width - right}"
        parts.append(f'<path d="{place}" style="stroke:{paint(colour)}{dash}"/>')
        parts.append(text(left - 7, up(angle) + 5, f"{angle}°", anchor="end"))
    for step in (0, 20, 40, 60):
        parts.append(text(across(step), low + 20, f"{step * EACH}", anchor="middle"))
    parts.append(text(width - right, height - 6, "updates", anchor="end"))
    lines, ends = _path(state), [up(angle) for angle in _path(state)[-1][:2]]
    apart = max(0.0, 17 - abs(ends[0] - ends[1])) / 2 * (-1 if ends[0] < ends[1] else 1)
    looks = (("gradient", "", apart), ("parameter", ";stroke-dasharray:7 4", -apart))
    for layer, (colour, dash, shift) in enumerate(looks):
        points = "L".join(f"{across(i):.1f} {up(each[layer]):.1f}" for i, each in enumerate(lines))
        style = f"fill:none;stroke:{paint(colour)};stroke-width:2.5{dash}"
        parts.append(f'<path d="M{points}" style="{style}"/>')
        parts.append(text(width - right + 6, ends[layer] + 5 + shift, f"layer {layer + 1}", colour))
    return svg(width, height, alt(state), parts)
