"""Parsons problems of chapters 02 to 04: the lines of a backward pass, to be put in order; some of them are wrong.

The program that the reader builds is run on numbers that the reader can move, and its gradients are held against the
engines' own. parsons.json holds the lines for both halves; Python runs their very text, src/parsons.js the same
arithmetic, and the tests hold the two together to 1e-12.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from bplib.figures._display import Choice, Range, Words
from bplib.figures._still import both, svg, text
from bplib.figures.worked_example import short
from bplib.functional import linear
from bplib.matrix import Tensor
from bplib.scalar import Value

CAPTION = (
    "A backward pass is a program, and most of its orders are wrong. Put lines in, leave the wrong ones out, and run "
    "it: its gradients (bars) are held against the true ones (frames)."
)
PROGRAMS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))


def lines(order: str) -> str:
    """The order as it stands; raises ValueError unless it holds letters from A to H, none twice.

    >>> lines("DAFC")
    'DAFC'
    """
    if not re.fullmatch("[A-H]*", order) or len(set(order)) < len(order):
        raise ValueError(f"order is {order!r}; expected letters from A to H, none of them twice")
    return order


STATE = {
    "x": Range(1, -2, 2),
    "w1": Range(0.5, -2, 2),
    "w2": Range(-0.3, -2, 2),
    "y": Range(1, -2, 2),
    "program": Choice("chain", tuple(PROGRAMS)),
    "order": Words("", lines),
    "run": Choice("no", ("no", "yes")),
}


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def _chain(x: float, w1: float, w2: float, y: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the program is given, and the truth by the scalar engine."""
    u, v = Value(w1), Value(w2)
    h = (u * x).sigmoid()
    yhat = (v * h).sigmoid()
    ((yhat - y) ** 2 / 2).backward()
    given = {"x": x, "w1": w1, "w2": w2, "y": y, "h": h.data, "yhat": yhat.data}
    return given, {"dw1": u.grad, "dw2": v.grad, "w1": w1 - 0.5 * u.grad, "w2": w2 - 0.5 * v.grad}


def _paths(x: float, w1: float, w2: float, y: float) -> tuple[dict[str, Any], dict[str, Any]]:
    leaf, u, v = Value(x), Value(w1), Value(w2)
    a, b = leaf * u, leaf * v
    (a * (b + 1)).backward()
    given = {"x": x, "w1": w1, "w2": w2, "a": a.data, "b": b.data}
    return given, {"dx": leaf.grad, "dw1": u.grad, "dw2": v.grad}


def _batch(x: float, w1: float, w2: float, y: float) -> tuple[dict[str, Any], dict[str, Any]]:
    X, Y = np.array([[x, 1.0], [-0.5, x], [1.5, -1.0]]), np.array([[y, 0.0], [0.5, y], [-1.0, 1.0]])
    W1 = Tensor([[w1, 0.8], [-0.4, 1.0]], requires_grad=True)
    W2 = Tensor([[w2, 1.0], [-0.7, 0.6]], requires_grad=True)
    H = linear(Tensor(X), W1).sigmoid()
    Yhat = linear(H, W2)
    (((Yhat - Y) ** 2).sum() / (2 * len(X))).backward()
    given = {"X": X, "W2": W2.data, "H": H.data, "Yhat": Yhat.data, "Y": Y, "n": len(X)}
    return given, {"dW1": W1.grad, "dW2": W2.grad}


SET: dict[str, Callable[..., tuple[dict[str, Any], dict[str, Any]]]] = {
    "chain": _chain,
    "paths": _paths,
    "batch": _batch,
}


def ran(program: str, order: str, given: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """What the lines leave behind when they are run in this order, and where a name was missing (-1: nowhere).

    >>> made, stopped = ran("paths", "DE", {"b": 2.0, "w1": 3.0})
    >>> made["dx"], stopped
    (9.0, -1)
    """
    names = dict(given)
    for at, letter in enumerate(order):
        try:
            exec(PROGRAMS[program]["lines"][letter], {"__builtins__": {}}, names)
        except NameError:
            return names, at
    return names, -1


def _flat(name: str, value: Any) -> dict[str, float]:
    """A number by its name, a matrix by the name and place of each entry."""
    if np.ndim(value) == 0:
        return {name: float(value)}
    return {f"{name} {i + 1}{j + 1}": float(v) for (i, j), v in np.ndenumerate(value)}


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript: the program's results and the true ones.

    >>> start = {"x": 1, "w1": 0.5, "w2": -0.3, "y": 1, "program": "paths", "order": "DE"}
    >>> found = numbers(start)
    >>> found["dx"], round(found["true dx"], 12), found["stopped"]
    (0.35, 0.2, -1.0)
    """
    given, truth = SET[state["program"]](*(float(state[key]) for key in ("x", "w1", "w2", "y")))
    names, stopped = ran(state["program"], state["order"], given)
    made = [PROGRAMS[state["program"]]["lines"][letter].split(" = ")[0] for letter in state["order"]]
    if stopped >= 0:
        made = made[:stopped]
    found = {"stopped": float(stopped)}
    for name, value in truth.items():
        found |= _flat(f"true {name}", value)
        if name in made:
            found |= _flat(name, names[name])
    return found


def fixtures(rng: Any, count: int = 240) -> list[dict[str, dict[str, Any]]]:
    """Random numbers and random orders, with the right one of each program among them."""
    made = []
    for i in range(count):
        program = list(PROGRAMS)[i % 3]
        order = "".join(rng.permutation(list("ABCDEFGH"))[: rng.integers(0, 9)])
        state = {key: float(rng.uniform(-2, 2)) for key in ("x", "w1", "w2", "y")}
        state |= {"program": program, "order": PROGRAMS[program]["right"] if i % 4 == 0 else order, "run": "yes"}
        made.append({"state": state, "numbers": numbers(state)})
    return made


def solved(state: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The lines of a right order, and what they compute, as words."""
    program = PROGRAMS[state["program"]]
    whole = numbers({**state, "order": program["right"]})
    found = [f"{name} = {short(v)}" for name, v in whole.items() if not name.startswith(("true", "stopped"))]
    return [program["lines"][letter] for letter in program["right"]], found


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    code, found = solved(state)
    return (
        f"Eight lines of code to choose from and to put in order. {PROGRAMS[state['program']]['task']} "
        f"One right order: {'; '.join(code)}. It gives {', '.join(found)}."
    )


def still(state: dict[str, Any]) -> str:
    """A right order, with what it computes."""
    code, found = solved(state)

    def drawn(width: int, size: int) -> str:
        parts = [text(0, 20 + 24 * i, escape(line), "ink", size=size) for i, line in enumerate(code)]
        below = 20 + 24 * len(code) + 8
        columns = 4 if width > 400 else 2
        for i, one in enumerate(found):
            x, y = width / columns * (i % columns), below + 24 * (i // columns)
            parts.append(text(x, y, one, "gradient", size=size))
        return svg(width, below + 24 * ((len(found) - 1) // columns) + 10, alt(state), parts)

    return both(drawn(640, 15), drawn(288, 13))
