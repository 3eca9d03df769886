"""The Python half of chapter 17's figure: a net of three units that settles, and the update it leaves behind.

The library settles it (`bplib.alternatives`); the figure's JavaScript does the same in plain numbers
(src/settling.js), and the tests hold the two together to 1e-12.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from bplib.figures._display import Choice, Range
from bplib.figures._still import both, paint, svg, text

CAPTION = (
    "What a settled network leaves behind is the gradient in some ways of settling, and in others it is not. Above: "
    "the two hidden states and the output, step by step, with the target (dotted). Below: the step that each weight "
    "would take now (filled), and minus the gradient of ½(output − target)² (dashed outline). Set <i>γ</i>, the size "
    "of a step; <i>β</i>, the strength of the pull; <i>x</i>, the input."
)
LAST, EACH, WEIGHTS, NEAR = 30, 2, (1.2, -0.6, 0.6), 0.05
RULES = {
    "plain": "predictive coding",
    "fixed": "predictive coding, predictions held fixed",
    "one": "equilibrium propagation, one-sided",
    "both": "equilibrium propagation, symmetric",
}
STATE = {
    "gamma": Range(0.3, 0.05, 0.6),
    "beta": Range(1, 0.05, 1),
    "x": Range(1, 0.2, 2),
    "step": Range(0, 0, LAST),
    "rule": Choice("plain", tuple(RULES)),
    "guess": Choice("yes", ("yes", "no")),
}


def _net(state: dict[str, Any]) -> Any:
    import numpy as np

    from bplib import alternatives

    how = {"rng": np.random.default_rng(0), "rate": state["gamma"]}
    if state["rule"] in ("one", "both"):
        net = alternatives.EquilibriumPropagation((1, 1, 1, 1), symmetric=False, **how)
    elif state["rule"] == "fixed":
        net = alternatives.PredictiveCoding((1, 1, 1, 1), mode="fixed", steps=LAST * EACH, **how)
    else:
        net = alternatives.PredictiveCoding((1, 1, 1, 1), steps=LAST * EACH, beta=state["beta"], **how)
    for tensor, w in zip(net.weights, WEIGHTS, strict=True):
        tensor.data = np.array([[w]])
    return net


@lru_cache(maxsize=16)
def path(gamma: float, beta: float, x: float, rule: str) -> dict[str, Any]:
    """`lines`, (z1, z2, output) at each step under the pull; `away`, the same under −β; `updates`; `gradient`."""
    import numpy as np

    net, inputs, label = _net({"gamma": gamma, "beta": beta, "rule": rule}), np.array([[x]]), np.array([0])
    descent = lambda arrays: [-float(a[0, 0]) / 2 for a in arrays[::2]]  # of ½ e², not of e²
    found: dict[str, Any] = {"lines": [], "away": [], "updates": []}
    swift = _net({"gamma": 0.5, "beta": beta, "rule": rule})  # comes to rest soonest
    found["gradient"] = descent(swift.gradient(inputs, label))
    if rule in ("plain", "fixed"):
        for t, (a, errors) in enumerate(net.settling(inputs, label)):
            if t % EACH == 0:
                states = [guess.item() + e.item() for guess, e in zip(net.predictions(a)[:2], errors[:2], strict=True)]
                found["lines"].append((*states, WEIGHTS[2] * math.tanh(states[1])))
                found["updates"].append(descent(net.learn(a, errors)))
        return found
    target, up = np.array([[1.0]]), net.start(inputs)
    down, rest = up, up
    for step in range(LAST + 1):
        if step > LAST // 2:
            up = net.settle(inputs, up, EACH, beta, target)
            down = net.settle(inputs, down, EACH, -beta, target)
        elif step:
            up = down = rest = net.settle(inputs, rest, EACH)
        found["lines"].append(tuple(s.item() for s in up))
        found["away"].append(tuple(s.item() for s in down))
        other, apart = (down, 2 * beta) if rule == "both" else (rest, beta)
        pairs = zip(net.correlations(inputs, up)[::2], net.correlations(inputs, other)[::2], strict=True)
        found["updates"].append([float((u - v)[0, 0]) / apart for u, v in pairs])
    return found


def _path(state: dict[str, Any]) -> dict[str, Any]:
    return path(float(state["gamma"]), float(state["beta"]), float(state["x"]), state["rule"])


def _compared(u: list[float], g: list[float]) -> tuple[float, float]:
    """(distance from g, angle to g in radians), the angle −1 where there is no update yet."""
    from bplib.alternatives import angle

    distance = math.dist(u, g) / math.hypot(*g)
    return distance, math.radians(angle(u, g)) if any(u) else -1.0


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript.

    >>> found = numbers({"gamma": 0.3, "beta": 1.0, "x": 1.0, "step": 30, "rule": "fixed"})
    >>> found["distance"] < 1e-6
    True
    """
    found, step = _path(state), int(state["step"])
    u, g, z = found["updates"][step], found["gradient"], found["lines"][step]
    distance, turned = _compared(u, g)
    end, _ = _compared(found["updates"][LAST], g)
    named = {f"{letter}{i + 1}": value[i] for letter, value in (("u", u), ("g", g), ("z", z)) for i in range(3)}
    return named | {"distance": distance, "angle": turned, "end": end}


def fixtures(rng: Any, settings: int = 32, count: int = 4) -> list[dict[str, dict[str, Any]]]:
    """Random states within their ranges, `count` steps of each of `settings` runs, with the library's numbers."""
    made = []
    for i in range(settings):
        state: dict[str, Any] = {k: float(rng.uniform(STATE[k].low, STATE[k].high)) for k in ("gamma", "beta", "x")}
        state["rule"] = list(RULES)[i % 4]
        for step in rng.integers(0, LAST + 1, count):
            each = {**state, "step": int(step)}
            made.append({"state": each, "numbers": numbers(each)})
    return made


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    found = _path(state)
    u, g = found["updates"][LAST], found["gradient"]
    distance, turned = _compared(u, g)
    said = lambda v: ", ".join(f"{each:.3f}" for each in v).replace("-", "−")
    return (
        f"A net of one unit a layer settles by {RULES[state['rule']]} with a pull of {state['beta']:g}. In the end the "
        f"three weights would step by {said(u)}; minus the gradient is {said(g)}. The distance is {distance:.2g} and "
        f"the angle {math.degrees(turned):.0f} degrees."
    )


def still(state: dict[str, Any]) -> str:
    """The whole settling, once for wide pages and once for narrow ones."""
    return both(_draw(state, 640), _draw(state, 288))


def _draw(state: dict[str, Any], width: int) -> str:
    found, left, right, top, low = _path(state), 34, 62, 12, 190
    lines = found["lines"]
    values = [1.0, 0.0, *(v for each in lines for v in each)]
    floor, roof = min(values), max(values)
    across = lambda step: left + (width - left - right) * step / LAST
    up = lambda v: low - (low - top) * (v - floor) / (roof - floor)
    parts = [
        f'<path d="M{left} {up(v):.1f}H{width - right}" style="stroke:{paint(colour)};stroke-dasharray:{dash}"/>'
        for v, colour, dash in ((0.0, "line", "none"), (1.0, "reference", "2 3"))
    ]
    parts += [text(left - 6, up(v) + 5, f"{v:g}", anchor="end") for v in (0.0, 1.0)]
    ends = sorted((up(lines[-1][i]), i) for i in range(3))
    places = [each for each, _ in ends]
    for k in (1, 2):
        places[k] = max(places[k], places[k - 1] + 17)
    names, dashes = ("hidden 1", "hidden 2", "output"), ("7 4", "2 3", "none")
    for place, (_, i) in zip(places, ends, strict=True):
        points = "L".join(f"{across(step):.1f} {up(each[i]):.1f}" for step, each in enumerate(lines))
        style = f"fill:none;stroke:{paint('forward')};stroke-width:2.5;stroke-dasharray:{dashes[i]}"
        parts.append(f'<path d="M{points}" style="{style}"/>')
        parts.append(text(width - right + 6, place + 5, names[i], "forward"))
    parts.append(text(width - right, low + 22, f"{LAST} steps", anchor="end"))
    u, g = found["updates"][LAST], found["gradient"]
    reach = max(map(abs, [*u, *g]))
    middle, half = left + (width - left - right) / 2, (width - left - right) / 2
    for i in range(3):
        y = low + 44 + 34 * i
        parts.append(text(0, y + 16, f"w{'₁₂₃'[i]}", "parameter"))
        for value, style in (
            (u[i], f"fill:{paint('gradient')}"),
            (g[i], f"fill:none;stroke:{paint('reference')};stroke-width:2;stroke-dasharray:4 3"),
        ):
            size = half * abs(value) / reach
            start, inset = (middle if value > 0 else middle - size), 5 if style.startswith("fill:var") else 0
            box = f'x="{start:.1f}" y="{y + inset}" width="{size:.1f}" height="{22 - 2 * inset}"'
            parts.append(f'<rect {box} style="{style}"/>')
        parts.append(text(width - right + 8, y + 16, f"{u[i]:.2f}".replace("-", "−"), "gradient"))
    parts.append(f'<path d="M{middle} {low + 40}V{low + 140}" style="stroke:{paint("muted")}"/>')
    return svg(width, low + 146, alt(state), parts)
