"""`bplib.draw.show`: what is drawn without a colour follows the theme."""

import re

from bplib import draw


def test_text_without_a_colour_is_ink_in_either_theme():
    fig, ax = draw.axes()
    ax.text(0.5, 0.5, "a bare word")
    svg = draw.show(fig, alt="A frame with a word in its middle.").svg
    assert "fill" not in re.search(r"<text[^>]*>a bare word", svg)[0]
    assert "fill:var(--bp-ink,#1f2328)" in svg[: svg.index(">")]
