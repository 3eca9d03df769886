"""Matplotlib figures in the one house style, shown as inline SVG that follows the page's light or dark theme.

Used by every chapter. Colours mean something and mean the same everywhere: see `COLOURS`.
"""

from __future__ import annotations

import io
import os
import re
import zlib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    "forward": "#0072b2",
    "gradient": "#c44e00",
    "parameter": "#007a5a",
    "loss": "#9b4f7e",
    "reference": "#5f6368",
    "ink": "#1f2328",
    "muted": "#57606a",
    "surface": "#ffffff",
    "line": "#d0d7de",
}

STYLE = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.titlecolor": COLOURS["ink"],
    "axes.titleweight": "normal",
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": COLOURS["line"],
    "grid.linewidth": 0.7,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "font.size": 11,
    "font.family": "sans-serif",
    "lines.linewidth": 2,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "backprop-book",
}


def house_style() -> str:
    """The palette as a style element for a notebook; empty in the book, whose pages carry the palette themselves."""
    if os.environ.get("BPLIB_FIGURES_EXTERNAL"):
        return ""
    return f"<style>{(Path(__file__).parents[1] / 'house.css').read_text('utf-8')}</style>"


class Picture:
    """A drawn figure: inline SVG in a notebook or the book, its alternative text everywhere else."""

    def __init__(self, svg: str, alt: str, caption: str = "") -> None:
        self.svg, self.alt, self.caption = svg, alt, caption

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{self.caption}</figcaption>" if self.caption else ""
        box = '<div class="bp-scroll" tabindex="0" role="group" aria-label="Figure, may scroll sideways">'
        return f'{house_style()}<figure class="bp-figure">{box}{self.svg}</div>{caption}</figure>'

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"


def axes(width: float = 6.4, height: float = 3.6, columns: int = 1) -> tuple[Figure, Axes]:
    """A new figure in the house style: `width` × `height` inches, `columns` plots side by side.

    Returns Matplotlib's figure and its axes (an array of them where `columns` is more than 1). The figure belongs
    to no window and no global state, so nothing is shown twice.

    Raises ValueError if the figure is wider than a page (7 inches) or taller than half of one (4.5 inches).

    >>> fig, ax = axes()
    >>> _ = ax.plot([0, 1], [0, 1], color=COLOURS["forward"])
    """
    if not (0 < width <= 7 and 0 < height <= 4.5):
        raise ValueError(f"a figure of {width} × {height} inches was asked for; expected at most 7 × 4.5")
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(1, columns)


def show(figure: Figure, *, alt: str, caption: str = "") -> Picture:
    """Turn a Matplotlib figure into a `Picture`: themed SVG, with `alt` for those who do not see it.

    `alt` says in one or two sentences what is seen and what it means; `caption` (HTML) opens with the one message.

    Raises ValueError if `alt` is empty.

    >>> fig, ax = axes()
    >>> show(fig, alt="An empty frame, waiting for a curve.")
    Figure: An empty frame, waiting for a curve.
    """
    if not alt.strip():
        raise ValueError("a figure without alt text was given; expected one or two sentences that say what is seen")
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return Picture(themed(buffer.getvalue(), alt), alt, caption)


def themed(svg: str, alt: str) -> str:
    """Make Matplotlib's SVG part of a page: theme colours, page font, no clashing ids, its own accessible name."""
    width = round(float(re.search(r'viewBox="0 0 ([\d.]+) ', svg)[1]) * 4 / 3)
    view = re.search(r'viewBox="[^"]*"', svg)[0]
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    for pattern, replacement in (
        (r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", ""),
        (r"font-family: [^;\"]*; ?|transform=\"rotate\(-?0 [^\"]*\"", ""),
        (r"\s+", " "),
        (r"> <", "><"),
    ):
        body = re.sub(pattern, replacement, body, flags=re.S)
    body = re.sub(r"<[^>]+>", lambda tag: re.sub(r"(\d\.\d)\d+", r"\1", tag[0]), body)  # in tags, not in labels
    for name, colour in COLOURS.items():
        body = re.sub(rf"(?<=: ){colour}\b", f"var(--bp-{name},{colour})", body, flags=re.I)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    prefix = f"f{zlib.crc32(body.encode()):08x}-"
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", body)
    head = f'<svg role="img" aria-label="{escape(alt, quote=True)}" {view} '
    size = f'style="width:{width}px;fill:var(--bp-ink,{COLOURS["ink"]})" '  # what has no colour of its own is ink
    look = 'font-family="sans-serif" stroke-linejoin="round"'
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{head}{size}{look} {spaces}>{body.strip()}"
