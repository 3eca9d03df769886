"""The Python half of chapter 08's figure: two units in a row, a gradient through T steps, and two ways to clip.

The net is h(t) = W h(t−1) with W = [[ρ, κ], [0, ρ]] and h(0) = (1, 1); the loss is the first unit's last state. All
numbers come from `bplib.nn.RNN` and `bplib.optim`; the figure's JavaScript (src/recurrent_clipping.js) walks the same
way in plain numbers, and the tests hold the two together to 1e-12.
"""

from __future__ import annotations

import math
from html import escape
from typing import Any

from bplib.figures._display import Range
from bplib.figures._still import both, paint, svg, text

CAPTION = (
    "A gradient through <i>T</i> steps grows or fades by a power, and a feed between the units bends the line. Above: "
    "its length, step by step on the way back, and what the gain <i>ρ</i> alone would give (dashed). Below: the "
    "gradient with respect to <i>ρ</i> and <i>κ</i>, clipped by norm, which keeps its direction, and by value, which "
    "may turn it."
)
LAST = 10
STATE = {
    "rho": Range(1.1, 0.4, 1.5),
    "kappa": Range(0.5, 0, 2),
    "T": Range(40, 1, 200),
    "limit": Range(1, 0.1, 10),
    "step": Range(LAST, 0, LAST),
}


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript; `back3` is the length three steps back.

    >>> shown = numbers({"rho": 1.1, "kappa": 0.0, "T": 200, "limit": 1.0})
    >>> round(shown["decades"], 2), round(shown["turn"], 6)
    (8.28, 0.0)
    """
    import numpy as np

    from bplib.matrix import Tensor
    from bplib.nn import RNN
    from bplib.optim import clip_grad_norm, clip_grad_value

    rho, kappa = (Tensor([[float(state[key])]], requires_grad=True) for key in ("rho", "kappa"))
    steps, limit = round(state["T"]), float(state["limit"])
    net = RNN(1, 2, rng=np.random.default_rng(0), activation="linear")
    net.W = rho * np.eye(2) + kappa * np.array([[0.0, 1.0], [0.0, 0.0]])
    start = Tensor([[1.0, 1.0]], requires_grad=True)
    states = [start, *net(np.zeros((1, steps, 1)), start)]
    states[-1][0, 0].backward()
    lengths = [float(np.hypot(*h.grad[0])) for h in reversed(states)]
    gradient = [rho.grad.copy(), kappa.grad.copy()]
    found = {"d_rho": rho.grad.item(), "d_kappa": kappa.grad.item()}
    for name, clip in (("norm", clip_grad_norm), ("value", clip_grad_value)):
        rho.grad, kappa.grad = (each.copy() for each in gradient)
        clip([rho, kappa], limit)
        found |= {f"{name}_rho": rho.grad.item(), f"{name}_kappa": kappa.grad.item()}
    a, b = (found["norm_rho"], found["norm_kappa"]), (found["value_rho"], found["value_kappa"])
    found["turn"] = math.degrees(math.atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]))
    found["decades"] = math.log10(lengths[-1])
    found["eigen"] = steps * math.log10(float(state["rho"]))
    return found | {f"back{k}": length for k, length in enumerate(lengths)}


def fixtures(rng: Any, count: int = 120) -> list[dict[str, dict[str, float]]]:
    """Random states within their ranges, with the library's numbers for each; `rng` is a NumPy generator."""
    keys = ("rho", "kappa", "limit")
    states = [{key: float(rng.uniform(STATE[key].low, STATE[key].high)) for key in keys} for _ in range(count)]
    states = [{**state, "T": int(rng.integers(1, 201)), "step": LAST} for state in states]
    return [{"state": state, "numbers": numbers(state)} for state in states]


def short(value: float) -> str:
    """A number of about three digits, with a true minus sign and powers of ten where they are needed.

    >>> short(-0.5), short(29213.0), short(0.0)
    ('−0.5', '2.92 × 10⁴', '0')
    """
    if value and not 1e-3 <= abs(value) < 1e4:
        mantissa, _, power = f"{value:.2e}".partition("e")
        raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{float(mantissa):g} × 10{raised}".replace("-", "−")
    return f"{value:.{4 if abs(value) >= 1000 else 3}g}".replace("-", "−")


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    n, T = numbers(state), round(state["T"])
    signed = lambda x: f"{x:+.2f}".replace("-", "−")
    return (
        f"A linear recurrent net of two units with gain {short(state['rho'])} and feed {short(state['kappa'])}. Going "
        f"back {T} steps the gradient's length changes by {signed(n['decades'])} decades; the gain alone would give "
        f"{signed(n['eigen'])}. The gradient with respect to gain and feed is ({short(n['d_rho'])}, "
        f"{short(n['d_kappa'])}); clipped at {short(state['limit'])} by norm it is ({short(n['norm_rho'])}, "
        f"{short(n['norm_kappa'])}), by value ({short(n['value_rho'])}, {short(n['value_kappa'])}), turned by "
        f"{short(n['turn'])} degrees."
    )


def still(state: dict[str, Any]) -> str:
    """The curve and the clipped gradient, once for wide pages and once for narrow ones."""
    return both(_draw(state, 640), _draw(state, 288))


def _draw(state: dict[str, Any], width: int) -> str:
    n, T = numbers(state), round(state["T"])
    curve = [math.log10(n[f"back{k}"]) for k in range(T + 1)]
    low, high = min(0.0, n["eigen"], *curve), max(0.0, n["eigen"], *curve)
    x = lambda k: 44 + (width - 52) * k / T
    y = lambda v: 24 + 170 * (high - v) / max(1e-9, high - low)
    points = " ".join(f"{x(k):.1f},{y(v):.1f}" for k, v in enumerate(curve))
    norm, value = (f"({short(n[f'{by}_rho'])}, {short(n[f'{by}_kappa'])})" for by in ("norm", "value"))
    lines = [f"∂L/∂(ρ, κ) = ({short(n['d_rho'])}, {short(n['d_kappa'])})", f"by norm: {norm}"]
    lines += [f"by value: {value}, turned {short(n['turn'])}°"]
    parts = [
        text(0, 12, "log₁₀ of the gradient’s length"),
        f'<line x1="44" x2="{width - 8}" y1="{y(0):.1f}" y2="{y(0):.1f}" style="stroke:{paint("muted")}"/>',
        f'<line x1="44" x2="{width - 8}" y1="{y(0):.1f}" y2="{y(n["eigen"]):.1f}" style="stroke:{paint("reference")};'
        'stroke-width:2;stroke-dasharray:6 4"/>',
        f'<polyline points="{points}" style="fill:none;stroke:{paint("gradient")};stroke-width:2.5"/>',
        text(0, y(0) + 5, "0"),
        text(0, y(curve[-1]) + 5, f"{curve[-1]:+.1f}".replace("-", "−"), "gradient")
        if abs(y(curve[-1]) - y(0)) > 14
        else "",
        text(44, 216, f"from the end back to step 0: {T} steps"),
        *(text(0, 246 + 22 * i, escape(line), "ink") for i, line in enumerate(lines)),
    ]
    return svg(width, 300, alt(state), parts)
