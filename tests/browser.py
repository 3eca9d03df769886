"""Chromium for tests: fixtures that open pages in any width, theme and mood, and what every page must keep.

tests/conftest.py takes the fixtures over, and no other conftest may: one browser serves a worker's whole session. Each
page has a context of its own, and what it logs and asks for is kept in `page.seen`.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
STORAGE_OFF = (
    "Object.defineProperty(window, 'localStorage', "
    "{configurable: true, get() { throw new DOMException('off', 'SecurityError'); }})"
)
LEAKS = """() => [...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect();
    return box.width && box.right > document.documentElement.clientWidth + 1 && getComputedStyle(e).clipPath === 'none';
}).slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""


def without(what: str, mend: str) -> None:
    """Skip, saying what to install; in CI, where everything is installed, fail."""
    line = f"{what} was not found; {mend}"
    if os.environ.get("CI") == "true":
        pytest.fail(line)
    pytest.skip(line)


@dataclass
class Seen:
    """What a page logged and asked for."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def elsewhere(self, *own: str) -> list[str]:
        """Requests that left: neither inline, nor a file, nor one of the `own` addresses."""
        return [url for url in self.requests if not url.startswith(("data:", "blob:", "file:", *own))]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless Chromium for this worker."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        without("Chromium", "install the system package chromium")
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed; run make setup")
    with sync.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """open_page(url, width=1280, dark=False, touch=False, javascript=True, storage=True, still=False) -> page."""
    contexts = []

    def go(
        url: str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        touch: bool = False,
        javascript: bool = True,
        storage: bool = True,
        still: bool = False,
        offline: bool = False,
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            java_script_enabled=javascript,
            reduced_motion="reduce" if still else "no-preference",
            offline=offline,
        )
        contexts.append(context)
        context.set_default_timeout(40_000)
        if dark:
            context.add_init_script(
                "const dark = () => document.documentElement && (document.documentElement.dataset.theme = 'dark');"
                "dark(); document.addEventListener('DOMContentLoaded', dark)"
            )
        if not storage:
            context.add_init_script(STORAGE_OFF)
        page = context.new_page()
        page.seen = Seen()
        page.on("console", lambda said: said.type in ("error", "warning") and page.seen.errors.append(said.text))
        page.on("pageerror", lambda error: page.seen.errors.append(str(error)))
        page.on("request", lambda request: page.seen.requests.append(request.url))
        page.goto(url)
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def served() -> Iterator[Callable[[Path], str]]:
    """served(folder) -> the address at which the folder is served, until the session ends."""
    running: dict[Path, ThreadingHTTPServer] = {}

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    def serve(folder: Path) -> str:
        if folder not in running:
            running[folder] = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
            threading.Thread(target=running[folder].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{running[folder].server_port}"

    yield serve
    for server in running.values():
        server.shutdown()
        server.server_close()


def violations(page: Any, within: str | None = None) -> list[str]:
    """What axe-core finds wrong on the page, or inside a selector: one line per rule and element."""
    if not AXE.exists():
        without("axe-core", "run npm ci")
    if not page.evaluate("Boolean(window.axe)"):
        page.add_script_tag(path=str(AXE))
    found = page.evaluate("within => axe.run(within ?? document).then(result => result.violations)", within)
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def sideways(page: Any) -> list[str]:
    """Elements that stick out on the right, where the page scrolls sideways; empty when it does not."""
    if page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
        return []
    return page.evaluate(LEAKS) or ["the page scrolls sideways"]
