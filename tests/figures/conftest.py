"""A small page around a figure or a quiz, opened in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bplib.figures import FIGURES, _display
from hatch_build import build_figures

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A figure</title><style>
body {{ margin: 0; font-family: sans-serif; }} main {{ max-width: 46rem; margin: 0 auto; padding: 16px; }}
html[data-theme="dark"] body {{ background: #14181e; color: #e6edf3; }}
</style></head><body><main><h1>A figure</h1>
{inside}
</main></body></html>"""


@pytest.fixture(scope="session", autouse=True)
def bundle() -> None:
    """What is tested is built from the sources as they are."""
    built = [
        _display.DIST / name for name in ("figures.js", "figures.css", *(f"figures/{name}.js" for name in FIGURES))
    ]
    sources = [*(_display.DIST.parent / "src").iterdir(), _display.DIST.parents[1] / "house.css"]
    newest = max(path.stat().st_mtime for path in sources)
    if not all(path.exists() and path.stat().st_mtime > newest for path in built):
        build_figures()


@pytest.fixture
def show_page(open_page: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """show_page(html, fragment="", **how) -> an open page that holds this HTML."""

    def go(inside: str, fragment: str = "", **how: Any) -> Any:
        path = tmp_path / "page.html"
        path.write_text(PAGE.format(inside=inside), "utf-8")
        return open_page(path.as_uri() + fragment, **how)

    return go
