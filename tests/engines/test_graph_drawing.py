"""`bplib.draw.graph`: where nodes stand, and that values, slopes and gradients are in the picture."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bplib.draw.graph import graph, layout
from bplib.scalar import Value, dot


@st.composite
def graphs(draw):
    """The parents of each node of a graph in which every node but the last has a child."""
    n = draw(st.integers(1, 12))
    parents = [sorted(draw(st.sets(st.integers(0, i - 1), max_size=3))) if i else [] for i in range(n)]
    used = {p for above in parents for p in above}
    parents[-1] = sorted({*parents[-1], *(set(range(n - 1)) - used)})
    return parents


@given(graphs())
def test_parents_stand_to_the_left_and_no_two_nodes_at_one_place(parents):
    places = layout(parents)
    assert len(set(places)) == len(parents)
    assert min(column for column, _ in places) == 0
    for node, above in enumerate(parents):
        for parent in above:
            assert places[parent][0] < places[node][0]
        if node < len(parents) - 1:  # a node stands next to the first that uses it
            assert min(places[i][0] for i, up in enumerate(parents) if node in up) == places[node][0] + 1
    assert layout(parents) == places


def test_a_chain_is_a_straight_line():
    assert layout([[], [0], [1], [2]]) == [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0)]


def worked_example():
    x, w1, w2, y = Value(1.0), Value(0.5), Value(-0.3), Value(1.0)
    z1 = w1 * x
    h = z1.sigmoid()
    z2 = w2 * h
    yhat = z2.sigmoid()
    L = 0.5 * (yhat - y) ** 2
    L.backward()
    return L, {x: "x", w1: "w₁", z1: "z₁", h: "h", w2: "w₂", z2: "z₂", yhat: "ŷ", y: "y", L: "L"}


def texts(picture):
    return [node.text for node in ElementTree.fromstring(picture.svg).iter("{http://www.w3.org/2000/svg}text")]


def number(x):
    return f"{x:.4g}".replace("-", "−")


def test_the_picture_holds_names_values_slopes_and_gradients():
    L, names = worked_example()
    seen = texts(graph(L, names))
    for node, name in names.items():
        assert name in seen
        assert number(node.data) in seen
        assert f"∂ {number(node.grad)}" in seen
        for slope in node.locals:
            assert (f"×({number(slope)})" if slope < 0 else f"×{number(slope)}") in seen
            assert number(node.grad * slope) in seen
    assert {"−", "**2", "0.5"} <= set(seen)


def test_two_uses_are_two_edges_whose_gradients_add_up():
    x = Value(3.0)
    y = x * x
    y.backward()
    seen = texts(graph(y, {x: "x", y: "y"}))
    assert (seen.count("×3"), seen.count("3"), seen.count("∂ 6")) == (2, 3, 1)


def test_the_picture_can_be_read_in_words_in_any_theme_and_size():
    L, names = worked_example()
    picture = graph(L, names, alt='A "loss" < 1 & its graph.')
    svg = ElementTree.fromstring(picture.svg)
    assert (svg.get("role"), svg.get("aria-label")) == ("img", 'A "loss" < 1 & its graph.')
    assert svg.get("viewBox").startswith("0 0 ")
    assert min(int(size) for size in re.findall(r"font-size:(\d+)px", picture.svg)) >= 12  # 9 pt
    colours = re.findall(r"(?:fill|stroke):([^;\"]+)", picture.svg)
    assert all(colour == "none" or colour.startswith("var(--bp-") for colour in colours)
    assert picture.svg in picture._repr_html_()
    said = graph(L, names).alt
    assert "w₁ = 0.5, gradient 0.00955" in said
    assert repr(graph(L, names)) == f"Figure: {said}"
    x, y, width, height = map(float, svg.get("viewBox").split())
    for rect in svg.iter("{http://www.w3.org/2000/svg}rect"):
        assert x <= float(rect.get("x")) <= width - float(rect.get("width"))
        assert y <= float(rect.get("y")) <= height - float(rect.get("height"))


def test_nodes_without_names_show_what_they_do():
    a, b = Value(2.0), Value(-1.0)
    seen = texts(graph(dot([a, b], [b, a], 1).relu() / a))
    assert {"dot", "relu", "÷", "2", "−1", "1"} <= set(seen)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(TypeError, match=r"float; expected a bplib\.scalar\.Value"):
        graph(0.5)
    v = Value(1.0)
    for _ in range(5000):
        v = v.tanh()
    with pytest.raises(ValueError, match="5001 nodes; expected at most 60"):
        graph(v)
