"""The Python half of chapter 04's figure: which order of Wᵀ, δ and D is δ of the layer below, and which only fits.

Below stand tanh units with pre-activations z; above them is one linear layer with ½ Σ (W tanh z − t)² as the loss. All
numbers come from `bplib.matrix` and `bplib.functional`; the figure's JavaScript computes its own (src/shapes.js), and
the tests hold the two together to 1e-12.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Any

import numpy as np

from bplib.figures._display import Choice, Range
from bplib.figures.worked_example import short
from bplib.functional import linear
from bplib.matrix import Tensor

CAPTION = (
    "Fitting shapes are necessary, not sufficient. With three units below and two above, one order fits. "
    "With two and two several fit, and only the values tell which of them is the gradient."
)
ORDERS = ("WdD", "WDd", "dWD", "dDW", "DWd", "DdW")
STATE = {
    "w12": Range(1.5, -2, 2),
    "w21": Range(-0.5, -2, 2),
    "net": Choice("3 to 2", ("3 to 2", "2 to 2")),
    "order": Choice("WdD", ORDERS),
    "turned": Choice("no", ("no", "yes")),
    "guess": Choice("none", ("none", "yes", "no")),
}
_Z, _TARGET, _NUDGE = (0.5, -1.0, 1.5), (0.5, -2.0), 0.01


def parts(state: dict[str, Any]) -> dict[str, np.ndarray]:
    """W, z, δ above and the slopes of the layer below, and δ below: once by the engine, once by nudging z.

    >>> found = parts({"w12": 1.5, "w21": -0.5, "net": "3 to 2"})
    >>> found["W"].shape, bool(np.abs(found["below"] - found["nudged"]).max() < 1e-6)
    ((2, 3), True)
    """
    n = int(state["net"][0])
    W = np.array([[0.5, state["w12"], -1.0], [state["w21"], 1.0, 0.5]])[:, :n]
    z = Tensor(_Z[:n], requires_grad=True)
    a = z.tanh()
    above = linear(a, W) - np.array(_TARGET)
    loss = 0.5 * (above * above).sum()
    loss.backward()

    def at(step: np.ndarray) -> float:
        rest = linear(Tensor(z.data + step).tanh(), W) - np.array(_TARGET)
        return 0.5 * (rest * rest).sum().item()

    one, two = (
        np.array([at(k * _NUDGE * unit) - at(-k * _NUDGE * unit) for unit in np.eye(n)]) for k in (1, 2)
    )  # differences over one nudge and over two, joined so that their largest errors cancel
    nudged = (8 * one - two) / (12 * _NUDGE)
    return {"W": W, "above": above.data, "slopes": 1 - a.data**2, "below": z.grad, "nudged": nudged}


def factors(state: dict[str, Any]) -> list[np.ndarray]:
    """The three factors as matrices, in the order of the state."""
    found = parts(state)
    W = found["W"].T if state["turned"] == "yes" else found["W"]
    by_sign = {"W": W, "d": found["above"][:, None], "D": np.diag(found["slopes"])}
    return [by_sign[sign] for sign in state["order"]]


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows; the product only where the shapes fit."""
    found, row = parts(state), factors(state)
    fits = all(left.shape[1] == right.shape[0] for left, right in pairwise(row))
    values = {"fits": float(fits)}
    names = {"d": found["above"], "s": found["slopes"], "n": found["nudged"]}
    if fits:
        names["p"] = (row[0] @ row[1] @ row[2]).ravel()
        values["off"] = float(np.abs(names["p"] - found["nudged"]).max())
    return values | {f"{name}{i}": float(v) for name, vector in names.items() for i, v in enumerate(vector, 1)}


def fixtures(rng: Any, count: int = 200) -> list[dict[str, dict[str, Any]]]:
    """Random states, with the library's numbers for each; `rng` is a NumPy generator."""
    states = [
        {key: float(rng.uniform(STATE[key].low, STATE[key].high)) for key in ("w12", "w21")}
        | {key: str(rng.choice(STATE[key].options)) for key in ("net", "order", "turned", "guess")}
        for _ in range(count)
    ]
    return [{"state": state, "numbers": numbers(state)} for state in states]


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    n, below = state["net"][0], parts(state)["below"]
    many = "no other order of these factors fits" if n == "3" else "three other orders fit as well and are wrong"
    return (
        f"Three tables of numbers side by side: D, {n} by {n}, with slopes on its diagonal; the transposed weights, "
        f"{n} by 2; and delta above, 2 by 1. Their product is delta below, {', '.join(map(short, below))}, "
        f"which nudging z confirms; {many}."
    )


def still(state: dict[str, Any]) -> str:
    """The right order, with its product."""
    found = parts(state)
    tables = [
        ("D", "forward", np.diag(found["slopes"]), "·"),
        ("Wᵀ", "parameter", found["W"].T, "·"),
        ("δ above", "gradient", found["above"][:, None], "="),
        ("δ below", "gradient", found["below"][:, None], ""),
    ]
    out, x, cell, top = [], 4.0, 33, 26
    for name, colour, table, sign in tables:
        rows, columns = table.shape
        middle = x + columns * cell / 2
        out.append(_text(middle, 16, name, 13))
        out.append(_text(middle, top + 3 * cell + 18, f"{rows} × {columns}", 12))
        y = top + (3 - rows) * cell / 2
        out += [
            _cell(x + j * cell, y + i * cell, cell, table[i, j], colour) for i in range(rows) for j in range(columns)
        ]
        x += columns * cell + 17
        out.append(_text(x - 8.5, top + 1.5 * cell + 5, sign, 16))
    label = escape(alt(state), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {x - 10:g} {top + 3 * cell + 26}" role="img" '
        f'aria-label="{label}" style="width:30em;max-width:100%;height:auto">{"".join(out)}</svg>'
    )


def _text(x: float, y: float, text: str, size: int) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" style="font-size:{size}px">{text}</text>'


def _cell(x: float, y: float, size: int, value: float, colour: str) -> str:
    style = f"fill:none;stroke:var(--bp-{colour},#57606a)"
    box = f'<rect x="{x:g}" y="{y:g}" width="{size}" height="{size}" style="{style}"/>'
    return box + _text(x + size / 2, y + size / 2 + 4, short(value, 2) if value else "0", 12)
