"""The Python half of chapter 02's figure: a formula as a graph, its gradients, and those of a walk in the wrong order.

`read` turns a formula such as "a = x*x; a + w*a" into a graph of `bplib.scalar.Value`; values, slopes and gradients
are the library's. The figure's JavaScript has a parser and arithmetic of its own (src/graph_stepper*.js), and the tests
hold the two together to 1e-12.
"""

from __future__ import annotations

import ast
from typing import Any

from bplib.draw.graph import _ordered, graph, layout
from bplib.figures._display import Choice, Range, Words
from bplib.figures.worked_example import short
from bplib.scalar import Value

CAPTION = (
    "A gradient is a sum of messages, and a node may send only when all of its own have come. Each box holds a value "
    "and, below it, its gradient ∂; each edge holds its local derivative and the message that goes back along it."
)
VARIABLES = ("x", "w", "y")
FUNCTIONS = ("exp", "log", "tanh", "sigmoid", "relu")
MOST_NODES, MOST_SIGNS = 16, 80
_OPERATIONS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


def read(formula: str, at: dict[str, float]) -> tuple[Value, dict[Value, str]]:
    """The output of `formula` with the variables x, w, y at the numbers `at`, and the names of its nodes.

    Statements are separated by `;`. All but the last give a name to a result; the last is the output.

    Raises ValueError, in one line, for what is no such formula.

    >>> c, names = read("a = x*x; a + w*a", {"x": 3.0, "w": 2.0})
    >>> c.backward()
    >>> {name: node.grad for node, name in names.items()}
    {'x': 18.0, 'w': 9.0, 'a': 3.0}
    """
    if len(formula) > MOST_SIGNS:
        raise ValueError(f"the formula has {len(formula)} signs; expected at most {MOST_SIGNS}")
    known = {name: Value(float(at.get(name, 1.0))) for name in VARIABLES}
    inputs, result = dict(known), None
    for statement in filter(str.strip, formula.split(";")):
        name, equals, right = statement.rpartition("=")
        try:
            tree = ast.parse(right.strip().replace("^", "**"), mode="eval")
        except SyntaxError as error:
            raise ValueError(f"{statement.strip()!r} is no formula; expected one such as 'a = x*x; a + w*a'") from error
        result = _value(tree.body, known)
        if equals:
            name = name.strip()
            if not name.isidentifier() or name in known or name in FUNCTIONS:
                raise ValueError(f"{name!r} cannot be given to a result; expected a name not yet taken")
            if result in known.values():
                raise ValueError(f"{name!r} would be a second name; expected one name for each result")
            known[name] = result
    if result is None or not result.parents:
        raise ValueError(f"the formula {formula!r} has no operation; expected one such as 'x*x'")
    nodes = _ordered(result)
    if len(nodes) > MOST_NODES:
        raise ValueError(f"the formula makes {len(nodes)} nodes; expected at most {MOST_NODES}")
    if not any(node in nodes for node in inputs.values()):
        raise ValueError(f"the formula {formula!r} has no variable; expected one of {', '.join(VARIABLES)}")
    return result, {node: name for name, node in known.items() if node in nodes}


def _value(tree: ast.expr, known: dict[str, Value]) -> Value:
    match tree:
        case ast.Constant(value=int() | float() as number):
            return Value(number)
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return Value(-number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, known)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            sign, right = (-1, right.operand) if isinstance(right, ast.UnaryOp) else (1, right)
            if isinstance(right, ast.Constant) and isinstance(right.value, (int, float)):
                return _value(left, known) ** (sign * right.value)
            raise ValueError("an exponent is no number; expected one such as 2 in x^2")
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_value(left, known), _value(right, known))
        case ast.Call(func=ast.Name(id=name), args=[inside]) if name in FUNCTIONS:
            return getattr(_value(inside, known), name)()
    raise ValueError(f"{ast.unparse(tree)!r} cannot stand in a formula; expected x, w, y, names, numbers, + - * / ^")


STATE = {
    "x": Range(3, -5, 5),
    "w": Range(2, -5, 5),
    "y": Range(1, -5, 5),
    "step": Range(4, 0, 48),
    "order": Choice("counted", ("counted", "early")),
    "ask": Choice("x", VARIABLES),
    "formula": Words("a = x*x; b = w*a; c = a + b", lambda formula: read(formula, {})),
}


def _early(nodes: list[Value]) -> dict[Value, float]:
    """The gradients of the walk that enters each node once, depth first, and sends at once."""
    output = nodes[-1]
    grad = {**dict.fromkeys(nodes, 0.0), output: 1.0}
    visited, stack = set(), [output]
    while stack:
        node = stack.pop()
        if node not in visited:
            visited.add(node)
            for parent, slope in zip(node.parents, node.locals, strict=True):
                grad[parent] += grad[node] * slope
            stack += reversed(node.parents)
    return grad


def _paths(nodes: list[Value], names: dict[Value, str]) -> int:
    """How many paths lead from the variables to the output."""
    count = {**dict.fromkeys(nodes, 0), nodes[-1]: 1}
    for node in reversed(nodes):
        for parent in node.parents:
            count[parent] += count[node]
    return sum(count[node] for node, name in names.items() if name in VARIABLES)


def numbers(state: dict[str, Any]) -> dict[str, float]:
    """Every number that the figure shows, named as in its JavaScript: per node its value, gradient and place.

    >>> found = numbers({"x": 3, "y": 1, "w": 2, "formula": "a = x*x; a + w*a"})
    >>> found["value of node 0, x"], found["gradient 0"], found["early 0"], found["paths"], found["messages"]
    (3.0, 18.0, 6.0, 5, 6)
    """
    output, names = read(state["formula"], state)
    output.backward()
    nodes = _ordered(output)
    place = {node: i for i, node in enumerate(nodes)}
    early = _early(nodes)
    found: dict[str, float] = {}
    for i, (node, (column, row)) in enumerate(
        zip(nodes, layout([[place[p] for p in node.parents] for node in nodes]), strict=True)
    ):
        found[f"value of node {i}, {names.get(node) or node.op or 'number'}"] = node.data
        found |= {f"gradient {i}": node.grad, f"early {i}": early[node], f"column {i}": column, f"row {i}": row}
        found |= {f"slope {i}.{k}": slope for k, slope in enumerate(node.locals) if node.parents}
    return found | {"paths": _paths(nodes, names), "messages": sum(len(node.parents) for node in nodes)}


_FIXTURES = (
    "a = x*x; b = w*a; c = a + b",
    "a = x*x; a + w*a",
    "a = x*x; w*a + a",
    "b = x + x; c = b + b; c + c",
    "tanh(w*x + y)^2",
    "z = w*x; h = sigmoid(z); 0.5*(h - y)^2",
    "x*x*x - -2*y/(3 + w^2)",
    "p = exp(-x/4); q = p*w - p; q/(1 + p) + relu(q) - y",
    "log(x^2 + 1) * -(w - x)",
    "-x^2 + (y*w)^-1*0 + w**3",
    "1 - x - y*(w - 2.5e-1)/.5",
)


def fixtures(rng: Any, count: int = 200) -> list[dict[str, dict[str, Any]]]:
    """Random points for a list of formulas, with the library's numbers for each; `rng` is a NumPy generator."""
    found = []
    for i in range(count):
        state = {name: float(rng.uniform(0.2, 3) * rng.choice([-1, 1])) for name in VARIABLES}
        state |= {"formula": _FIXTURES[i % len(_FIXTURES)]}
        found.append({"state": state, "numbers": numbers(state)})
    return found


def alt(state: dict[str, Any]) -> str:
    """What is seen, and what it means."""
    output, names = read(state["formula"], state)
    output.backward()
    nodes = _ordered(output)
    given = ", ".join(f"{name} = {short(n.data)}" for n, name in names.items() if name in VARIABLES)
    found = ", ".join(f"{short(n.grad)} at {name}" for n, name in names.items() if name in VARIABLES)
    messages, paths = sum(len(node.parents) for node in nodes), _paths(nodes, names)
    return (
        f"The graph of {state['formula']} at {given}, from its leaves to the output {short(output.data)}. Going back, "
        f"each edge carries one message, {messages} in all, for {paths} path{'s' * (paths != 1)} from the variables "
        f"to the output; they add up to the gradients {found}."
    )


def still(state: dict[str, Any]) -> str:
    """The finished picture: every message sent."""
    output, names = read(state["formula"], state)
    output.backward()
    picture = graph(output, names, alt(state)).svg
    return f'<div class="bp-wider" tabindex="0" role="group" aria-label="Picture, may scroll sideways">{picture}</div>'
