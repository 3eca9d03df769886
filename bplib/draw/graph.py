"""A computational graph as a picture: each node with its value and gradient, each edge with its local derivative.

Read it from left to right for the forward pass and from right to left for the backward pass: what goes back along an
edge is its right node's gradient times its local derivative, and what arrives at a node adds up to the node's gradient.
Chapter 02 explains every part of it.
Standard library only. `layout` gives plain numbers, so that the browser's stepper can draw the same picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from bplib.draw.plot import Picture

COLUMN, ROW, WIDTH, HEIGHT, MARGIN = 120, 96, 62, 42, 14


def layout(parents: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    """Column and row of every node of a graph whose last node is the output; `parents[i]` holds the parents of node i.

    Nodes come in an order in which parents stand before children. A node stands one column to the left of its leftmost
    child, so that a weight stands beside the operation that uses it. In a column, the first node stands level with its
    children, so that a chain is a straight line; the others follow below it, leaves last.

    >>> layout([[], [], [0, 1]])
    [(0, 0.0), (0, 1.0), (1, 0.0)]
    """
    children: list[list[int]] = [[] for _ in parents]
    for node, above in enumerate(parents):
        for parent in above:
            children[parent].append(node)
    far = [0] * len(parents)
    for node in reversed(range(len(parents))):
        far[node] = max((far[child] + 1 for child in children[node]), default=0)
    row = [0.0] * len(parents)
    for distance in range(max(far) + 1):
        column = [node for node in range(len(parents)) if far[node] == distance]
        level = {node: _mean([row[child] for child in children[node]]) for node in column}
        column.sort(key=lambda node: (not parents[node], level[node], node))
        for place, node in enumerate(column):
            row[node] = level[column[0]] + place
    return [(max(far) - far[node], row[node]) for node in range(len(parents))]


def graph(value: Any, names: Mapping[Any, str] | None = None, alt: str | None = None) -> Picture:
    """Draw the graph that ends in `value`, a `bplib.scalar.Value`; `names` maps nodes to what they are called.

    Each node shows its name (or its operation) and its value; its gradient, set by `backward()`, stands below it. Each
    edge shows the local derivative above and the gradient that goes back along it below; `x * x` has two edges from x.
    `alt` is the text for those who do not see the picture; without it one is made.

    Raises TypeError if `value` is no node of a graph, ValueError if the graph has more than 60 nodes.

    >>> from bplib.scalar import Value
    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> graph(y, names={x: "x", y: "y"})
    Figure: A graph of 2 nodes. x = 3, gradient 6; y = 9, gradient 1.
    """
    if not hasattr(value, "parents"):
        raise TypeError(f"graph was given a {type(value).__name__}; expected a bplib.scalar.Value, such as a loss")
    nodes = _ordered(value)
    if len(nodes) > 60:
        raise ValueError(f"the graph has {len(nodes)} nodes; expected at most 60 to be readable: draw a part of it")
    place = {id(node): i for i, node in enumerate(nodes)}
    called = [(names or {}).get(node) or _operation(node) for node in nodes]
    if alt is None:
        parts = [
            f"{name} = {node.data:.4g}, gradient {node.grad:.4g}" for name, node in zip(called, nodes, strict=True)
        ]
        alt = f"A graph of {len(nodes)} nodes. {'; '.join(parts)}."
    positions = layout([[place[id(parent)] for parent in node.parents] for node in nodes])
    return Picture(_svg(nodes, called, positions, place, alt), alt)


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _ordered(output: Any) -> list[Any]:
    """All nodes, parents before children, without recursion."""
    order, state, stack = [], {}, [output]
    while stack:
        node = stack[-1]
        if state.get(id(node)) is None:
            state[id(node)] = "open"
            stack += [parent for parent in reversed(node.parents) if id(parent) not in state]
        else:
            stack.pop()
            if state[id(node)] == "open":
                state[id(node)] = "done"
                order.append(node)
    return order


def _operation(node: Any) -> str:
    return (getattr(node, "op", "") or f"{node.data:.4g}").replace("-", "−")


def _number(x: float) -> str:
    return f"{x:.4g}".replace("-", "−")


def _text(x: float, y: float, words: str, colour: str, size: int = 13, style: str = "") -> str:
    look = f"fill:{colour};font-size:{size}px;{style}"
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" style="{look}">{escape(words)}</text>'


def _svg(
    nodes: list[Any], called: list[str], positions: list[tuple[int, float]], place: dict[int, int], alt: str
) -> str:
    top = min(row for _, row in positions) - 0.45
    centre = [(MARGIN + WIDTH / 2 + c * COLUMN, MARGIN + HEIGHT / 2 + (r - top) * ROW) for c, r in positions]
    width = max(x for x, _ in centre) + WIDTH / 2 + MARGIN
    height = max(y for _, y in centre) + HEIGHT / 2 + 34
    edges = [_edge(centre[place[id(p)]], centre[i], *rest) for i, n in enumerate(nodes) for p, *rest in _edges(n)]
    parts = [part for kind in zip(*edges, strict=True) for part in kind]  # the labels stand above all the lines
    for node, name, (x, y) in zip(nodes, called, centre, strict=True):
        colour = "var(--bp-forward,#0072b2)" if node.parents else "var(--bp-parameter,#007a5a)"
        box = f'x="{x - WIDTH / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="9"'
        parts.append(f'<rect {box} style="fill:var(--bp-surface,#fff);stroke:{colour};stroke-width:1.6"/>')
        if name == _number(node.data):  # a constant has no other name
            parts.append(_text(x, y + 5, name, colour))
        else:
            parts.append(_text(x, y - 3, name, "var(--bp-ink,#1f2328)", 15, "font-style:italic"))
            parts.append(_text(x, y + 14, _number(node.data), colour))
        parts.append(_text(x, y + HEIGHT / 2 + 16, f"∂ {_number(node.grad)}", "var(--bp-gradient,#c44e00)"))
    head = f'<svg role="img" aria-label="{escape(alt, quote=True)}" viewBox="0 0 {width:.0f} {height:.0f}"'
    look = (
        f'style="min-width:{width:.0f}px;max-width:{width:.0f}px" font-family="sans-serif"'  # the type keeps its 9 pt
    )
    return f'{head} {look} xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'


def _edges(node: Any) -> list[tuple[Any, float, float, float]]:
    """For every use of a parent: the parent, the slope, the gradient that goes back, and how far to bend the edge."""
    parents, edges = node.parents, []
    for i, (parent, slope) in enumerate(zip(parents, node.locals, strict=True)):
        same = [j for j, other in enumerate(parents) if other is parent]
        edges.append((parent, slope, node.grad * slope, same.index(i) - (len(same) - 1) / 2))
    return edges


def _edge(
    start: tuple[float, float], end: tuple[float, float], slope: float, back: float, bend: float
) -> tuple[str, str]:
    """The line and its labels; these stand level with the left node, where the lines of other nodes do not pass."""
    (x1, y1), (x2, y2) = (start[0] + WIDTH / 2, start[1]), (end[0] - WIDTH / 2 - 2, end[1])
    half = (x2 - x1) / 2
    lift = ROW * 0.62 if x2 - x1 > COLUMN else 0  # an edge that passes over a column goes above its nodes
    lift -= bend * ROW * 0.9
    line = f"M{x1:.0f} {y1:.0f}C{x1 + half:.0f} {y1 - lift:.0f} {x2 - half:.0f} {y2 - lift:.0f} {x2 - 5:.0f} {y2:.0f}"
    colour = "var(--bp-reference,#5f6368)"
    tip = f"M{x2:.0f} {y2:.0f}l-7 -4v8z"
    arrow = f'<path d="{line}" style="fill:none;stroke:{colour};stroke-width:1.4"/>'
    x, y = (x1 + x2) / 2, ((y1 + y2) / 2 if lift else y1) - 0.75 * lift
    labels = _text(x, y - 6, f"×({_number(slope)})" if slope < 0 else f"×{_number(slope)}", colour, 12, _HALO)
    labels += _text(x, y + 16, _number(back), "var(--bp-gradient,#c44e00)", 12, _HALO)
    return f'{arrow}<path d="{tip}" style="fill:{colour}"/>', labels


_HALO = "paint-order:stroke;stroke:var(--bp-surface,#fff);stroke-width:4px"
