"""The Python half of chapter 03's figure: one input, two weights, two sigmoids, ½(ŷ − y)², and one update.

The numbers of the still picture and of the fixtures come from `bplib.scalar`; the figure's JavaScript computes its own
(src/worked_example.js), and the tests hold the two together to 1e-12.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from bplib.figures._display import Choice, Range
from bplib.figures._still import both, paint, svg
from bplib.scalar import Value

CAPTION = (
    "The gradient at <i>w</i><sub>1</sub> is a product of five numbers along one path, and one can see which of them "
    "shrink it. Values go forward (solid, blue); gradients come back (dashed, vermilion), each multiplied by one "
    "local derivative on the way."
)
STATE = {
    "x": Range(1, -3, 3),
    "y": Range(1, 0, 1),
    "w1": Range(0.5, -5, 5),
    "w2": Range(-0.3, -5, 5),
    "eta": Range(1, 0, 20),
    "step": Range(5, 0, 12),
    "ask": Choice("d_w1", ("d_w1", "d_w2", "d_z1", "d_h", "d_z2", "d_yhat")),
}


def _run(x: float, w1: float, w2: float, y: float) -> dict[str, Value]:
    """Forward and backward through the net, by the library."""
    nodes = {"x": Value(x), "w1": Value(w1), "w2": Value(w2)}
    nodes["z1"] = nodes["w1"] * nodes["x"]
    nodes["h"] = nodes["z1"].sigmoid()
    nodes["z2"] = nodes["w2"] * nodes["h"]
    nodes["yhat"] = nodes["z2"].sigmoid()
    nodes["loss"] = 0.5 * (nodes["yhat"] - y) ** 2
    nodes["loss"].backward()
    return nodes


def _slope(z: float) -> float:
    """The slope of the sigmoid at `z`, by the library."""
    at = Value(z)
    at.sigmoid().backward()
    return at.grad


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript.

    >>> values = numbers({"x": 1, "w1": 0.5, "w2": -0.3, "y": 1, "eta": 1})
    >>> round(values["d_w2"], 6), round(values["d_w1"], 7)
    (-0.084314, 0.0095496)
    """
    x, w1, w2, y, eta = (float(state[key]) for key in ("x", "w1", "w2", "y", "eta"))
    nodes = _run(x, w1, w2, y)
    values = {name: nodes[name].data for name in ("z1", "h", "z2", "yhat", "loss")}
    gradients = {f"d_{name}": nodes[name].grad for name in ("yhat", "z2", "w2", "h", "z1", "w1")}
    new_w1, new_w2 = w1 - eta * gradients["d_w1"], w2 - eta * gradients["d_w2"]
    return {
        **values,
        **gradients,
        "slope1": _slope(values["z1"]),
        "slope2": _slope(values["z2"]),
        "new_w1": new_w1,
        "new_w2": new_w2,
        "new_loss": _run(x, new_w1, new_w2, y)["loss"].data,
        "promised_loss": values["loss"] - eta * (gradients["d_w1"] ** 2 + gradients["d_w2"] ** 2),
    }


def fixtures(rng: Any, count: int = 300) -> list[dict[str, dict[str, float]]]:
    """Random states within their ranges, with the library's numbers for each; `rng` is a NumPy generator."""
    keys = ("x", "w1", "w2", "y", "eta")
    states = [{key: float(rng.uniform(STATE[key].low, STATE[key].high)) for key in keys} for _ in range(count)]
    return [{"state": state, "numbers": numbers(state)} for state in states]


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    n = {key: short(value) for key, value in ({**state, **numbers(state)}).items() if key != "ask"}
    return (
        f"The worked example as a net: x = {n['x']} and w1 = {n['w1']} give z1, a sigmoid gives h = {n['h']}; "
        f"h and w2 = {n['w2']} give z2, a sigmoid gives the prediction {n['yhat']}; with the target {n['y']} the loss "
        f"is {n['loss']}. Going back, each node multiplies the gradient by one local derivative: dL/dw2 = {n['d_w2']} "
        f"after three factors, and dL/dw1 = {n['d_w1']} after five. {_shrinking({**state, **numbers(state)})}"
    )


def _shrinking(n: dict[str, Any]) -> str:
    """Which of the five factors shrink the gradient at w1, the strongest first; the sigmoids' slopes always do."""
    path = {"yhat - y": "d_yhat", "sigma'(z2)": "slope2", "w2": "w2", "sigma'(z1)": "slope1", "x": "x"}
    below = sorted((sign for sign, key in path.items() if abs(n[key]) < 1), key=lambda sign: abs(n[path[sign]]))
    return f"Below 1 in size, the strongest first: {', '.join(f'{sign} = {short(n[path[sign]])}' for sign in below)}."


def short(value: float, digits: int = 4) -> str:
    """A number as the book prints it: four significant digits, a true minus sign, powers of ten where it is small.

    >>> short(-0.3), short(0.0000123), short(0.0000123, 2)
    ('−0.3', '1.23 × 10⁻⁵', '1.2·10⁻⁵')
    """
    if value and not 1e-3 <= abs(value) < 1e4:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{float(mantissa):g}{' × ' if digits > 3 else '·'}10{raised}".replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−")


def _factor(value: float, digits: int = 4) -> str:
    return f"({short(value, digits)})" if value < 0 else short(value, digits)


def _fit(room: float, write: Callable[[int], str]) -> str:
    """`write(digits)` with as many digits, four at most, as fit into `room` em; widths as in src/text.js."""
    wide = {**dict.fromkeys("×−", 0.78), **dict.fromkeys(". ·", 0.28), **dict.fromkeys("()", 0.39)}
    wide |= dict.fromkeys("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", 0.45)
    texts = [write(digits) for digits in (4, 3, 2, 1)]
    return next((text for text in texts if sum(wide.get(sign, 0.5) for sign in text) <= room), texts[-1])


def still(state: dict[str, Any]) -> str:
    """The finished picture, once as a row for wide pages and once as a column for narrow ones."""
    return both(_draw(state, narrow=False), _draw(state, narrow=True))


_CHAIN = ("x", "z1", "h", "z2", "yhat", "loss")
_ABOVE = {"w1": "z1", "w2": "z2", "y": "loss"}
_LOCAL = {("w1", "z1"): "x", ("z1", "h"): "slope1", ("h", "z2"): "w2", ("w2", "z2"): "h", ("z2", "yhat"): "slope2"}
_EDGES = [*pairwise(_CHAIN), *_ABOVE.items()]
_SIGN = {"yhat": "ŷ", "loss": "L"}


def _sign(name: str) -> str:
    letter, digit = (_SIGN.get(name, name)[:1], name[1:]) if name[1:].isdigit() else (_SIGN.get(name, name), "")
    lowered = f'<tspan font-size="72%" dy="0.26em">{digit}</tspan>' if digit else ""
    return f'<tspan font-style="italic">{letter}</tspan>{lowered}'


def _text(x: float, y: float, inside: str, colour: str = "ink", size: int = 16, anchor: str = "middle") -> str:
    style = f"fill:{paint(colour)};font-size:{size}px{';font-family:inherit' * (size == 13)}"
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" style="{style}">{inside}</text>'


def _draw(state: dict[str, Any], narrow: bool) -> str:
    n = {**numbers(state), **{key: state[key] for key in ("x", "w1", "w2", "y")}}
    width, height = (288, 506) if narrow else (720, 226)
    at = {name: (104, 50 + 82 * i) if narrow else (86 + 118.8 * i, 128) for i, name in enumerate(_CHAIN)}
    at |= {name: (34, at[child][1]) if narrow else (at[child][0], 34) for name, child in _ABOVE.items()}
    heads = ((132, 14, "value"), (206, 14, "gradient")) if narrow else ((0, 190, "value"), (0, 216, "gradient"))

    def number(value: float, room: int = 68) -> str:
        return _fit(room / 16, partial(short, value)) if narrow else short(value)

    parts = [_text(x, y, word, "muted", 13, "start") for x, y, word in heads]
    for start, end in _EDGES:
        parts += _edge(at[start], at[end], n.get(_LOCAL.get((start, end), "")), f"d_{start}" in n, narrow)
        if end in ("h", "yhat") and start in _CHAIN:
            (x, y), (u, v) = at[start], at[end]
            parts.append(_text((x + u) / 2 - 21 * narrow, (y + v) / 2 + (4 if narrow else -13), "σ", "muted", 17))
    for name, (x, y) in at.items():
        colour = "loss" if name == "loss" else "parameter" if name[0] == "w" else "forward"
        circle = f"fill:{paint('surface')};stroke:{paint(colour)};stroke-width:1.5"
        parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="20" style="{circle}"/>')
        parts.append(_text(x, y + 6, _sign(name), size=19))
        if name in _ABOVE:
            (a, b), (c, d) = ((36, y + 38), (36, y + 57)) if narrow else ((x + 28, y - 3), (x + 28, y + 16))
        else:
            (a, b), (c, d) = ((132, y + 5), (206, y + 5)) if narrow else ((x, y + 62), (x, y + 88))
        anchor = "start" if (name in _ABOVE) != narrow else "middle"
        if name == "y" and not narrow:
            (a, b), anchor = (x - 28, y + 5), "end"
        parts.append(_text(a, b, number(n[name]), colour, anchor=anchor))
        if f"d_{name}" in n:
            parts.append(
                _text(c, d, number(n[f"d_{name}"], 68 if name in _ABOVE else width - 206), "gradient", anchor=anchor)
            )
    return svg(width, height, alt(state), parts)


def _edge(a: tuple[float, float], b: tuple[float, float], local: float | None, back: bool, narrow: bool) -> list[str]:
    """An arrow forward, and where a gradient comes back a dashed arrow beside it with its local derivative."""
    length = ((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5
    ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length

    def arrow(p: tuple[float, float], q: tuple[float, float], side: int, way: int, colour: str, dash: str) -> str:
        x0, y0 = p[0] + way * 26 * ux + side * uy, p[1] + way * 26 * uy - side * ux
        x1, y1 = q[0] - way * 26 * ux + side * uy, q[1] - way * 26 * uy - side * ux
        wing = [(x1 - way * 9 * ux + w * 4 * uy, y1 - way * 9 * uy - w * 4 * ux) for w in (1, -1)]
        tip = " ".join(f"{x:.1f},{y:.1f}" for x, y in ((x1, y1), *wing))
        line = f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" style="stroke:{paint(colour)};stroke-width:1.5{dash}"/>'
        return f'{line}<polygon points="{tip}" style="fill:{paint(colour)}"/>'

    parts = [arrow(a, b, 5, 1, "forward", "")]
    if back:
        parts.append(arrow(b, a, -5, -1, "gradient", ";stroke-dasharray:5 3"))
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    if local is not None and ux > uy and not narrow:
        label = _fit((length - 40) / 14, lambda digits: f"× {_factor(local, digits)}")
        parts.append(_text(x, y + 23, label, "muted", 14))
    elif local is not None and uy > ux:
        parts.append(_text(x + 14, y + 4, f"× {_factor(local)}", "muted", 14, "start"))
    return parts
