"""What figures and quizzes share: an object that displays as HTML with a plain-text twin, and checked state."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any

DIST = Path(__file__).parent / "dist"


@dataclass(frozen=True)
class Range:
    """A number that the reader may set, from `low` to `high`."""

    value: float
    low: float
    high: float

    def check(self, key: str, value: object) -> None:
        """Raises TypeError for what is no number, ValueError outside the range (NaN included)."""
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"{key} is {value!r}; expected a number from {self.low} to {self.high}")
        if not self.low <= value <= self.high:
            raise ValueError(f"{key} is {value!r}; expected a number from {self.low} to {self.high}")


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    value: str
    options: tuple[str, ...]

    def check(self, key: str, value: object) -> None:
        """Raises ValueError for what is not among the options."""
        if value not in self.options:
            raise ValueError(f"{key} is {value!r}; expected one of: {', '.join(self.options)}")


@dataclass(frozen=True)
class Words:
    """Words that the reader types, such as a formula; `parse` raises ValueError for what it cannot read."""

    value: str
    parse: Callable[[str], object]

    def check(self, key: str, value: object) -> None:
        """Raises TypeError for what is no text, ValueError for what cannot be read."""
        if not isinstance(value, str):
            raise TypeError(f"{key} is {value!r}; expected text such as {self.value!r}")
        self.parse(value)


@dataclass(frozen=True)
class Display:
    """HTML with a plain-text twin, shown by Jupyter and by the book."""

    html: str
    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def external() -> bool:
    """Whether the page around the output loads the scripts and figures.css itself."""
    return os.environ.get("BPLIB_FIGURES_EXTERNAL") == "1"


def assets(figure: str | None = None) -> str | None:
    """The bundled style and scripts as elements; empty where the page loads them, None where they were not built."""
    if external():
        return ""
    scripts = ["figures.js", *([f"figures/{figure}.js"] if figure else [])]
    try:
        script = "\n".join((DIST / name).read_text("utf-8") for name in scripts).replace("</script", "<\\/script")
        style = (DIST / "figures.css").read_text("utf-8")
    except OSError:
        return None
    return f"<style>{style}</style>\n<script>{script}\nbplibFigures.upgrade();</script>"


def interactive(attributes: dict[str, Any], inside: str, missing: str) -> str:
    """The element that the script looks for, with its still twin, and the script where it must travel along."""
    brought = assets(attributes.get("data-bp-figure"))
    note = "Still picture: the interactive one needs JavaScript." if "data-bp-figure" in attributes else ""
    if brought is None:
        note = f"{missing} was not bundled; <code>python hatch_build.py</code> in the project's folder bundles it."
    listed = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items())
    line = f'\n<p class="bp-nojs">{note}</p>' if note else ""
    return f'<div class="bp-interactive"{listed}>\n{inside}{line}\n</div>\n{brought or ""}'


def figure_html(name: str, figure: ModuleType, full: dict[str, Any], given: dict[str, Any]) -> str:
    """The HTML of a figure: its still with caption, and the state that was asked for."""
    inside = (
        f'<figure class="bp-figure"><div class="bp-still">{figure.still(full)}</div>'
        f"<figcaption>{figure.CAPTION}</figcaption></figure>"
    )
    attributes = {"data-bp-figure": name, "data-bp-state": json.dumps(given)}
    return interactive(attributes, inside, "Still picture: the interactive one")
