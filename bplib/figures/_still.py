"""What still twins share: words and a frame in SVG, in the house's colours, once for wide and once for narrow pages."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from bplib.draw.plot import COLOURS


def both(wide: str, narrow: str) -> str:
    """The two drawings of a still; house style shows the one that fits."""
    return f'<div class="bp-wide">{wide}</div><div class="bp-narrow" hidden>{narrow}</div>'


def paint(name: str) -> str:
    """A colour of the house for a style, with its light value where no style sheet sets it.

    >>> paint("gradient")
    'var(--bp-gradient,#c44e00)'
    """
    return f"var(--bp-{name},{COLOURS[name]})"


def text(x: float, y: float, inside: str, colour: str = "muted", anchor: str = "start", size: int = 14) -> str:
    """Words in the type of the page; `inside` is SVG and keeps its marks."""
    style = f"fill:{paint(colour)};font-size:{size}px;font-family:inherit"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{style}">{inside}</text>'


def svg(width: float, height: float, alt: str, parts: Iterable[str]) -> str:
    """A picture of `width` by `height` pixels that shrinks with its page, and what it says to who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{escape(alt)}" style="max-width:100%;height:auto">'
        f"{''.join(parts)}</svg>"
    )
