"""Notebooks run once, in parallel on the machine's cores; their results are kept until the library changes.

The cache of jupyter-cache looks at a notebook's code alone. So its folder is named after a digest of everything else
that an output depends on: when bplib changes, old results are dropped and every chapter runs again.
"""

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
from myst_nb.core import render
from myst_nb.core.utils import coalesce_streams
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

ROOT = Path(__file__).resolve().parents[2]
CACHES = ROOT / "_build"
log = logging.getLogger(__name__)


def digest() -> str:
    """A digest of the library and of the pinned packages."""
    seen = hashlib.sha256()
    sources = [p for p in (ROOT / "bplib").rglob("*") if p.suffix in {".py", ".css", ".json"} and "dist" not in p.parts]
    for path in [*sorted(sources), ROOT / "requirements.lock"]:
        seen.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()[:16]


def chapters() -> list[Path]:
    """The chapter notebooks, in order."""
    return sorted((ROOT / "chapters").glob("*.ipynb"))


def fill(cache_path: Path, timeout: int = 600) -> None:
    """Run the notebooks that the cache does not hold, on all cores; raises ExtensionError naming cell and error."""
    os.environ["BPLIB_FIGURES_EXTERNAL"] = "1"
    cache = get_cache(str(cache_path))
    for path in chapters():
        cache.add_nb_to_project(str(path))
    missing = cache.list_unexecuted()
    if not missing:
        return
    log.info("running %d notebook(s): %s", len(missing), ", ".join(Path(r.uri).name for r in missing))
    result = load_executor("local-parallel", cache).run_and_cache(timeout=timeout, allow_errors=False)
    for uri in [*result.errored, *result.excepted]:
        traceback = cache.get_project_record(uri).traceback or "it gave no reason"
        log.info(traceback)
        reason = re.sub(r"\x1b\[[0-9;]*m", "", traceback).strip().splitlines()[-1]
        raise ExtensionError(f"{Path(uri).name} failed, the book was not built: {reason}")


def joined(outputs: list[Any]) -> list[Any]:
    """Put the pieces of a printed text together as they came: a busy kernel cuts it anywhere.

    myst-nb would end each piece with a new line, and a line of the book would break where the kernel took a breath.
    """
    whole: list[Any] = []
    for output in outputs:
        if output["output_type"] == "stream" and whole and whole[-1].get("name") == output["name"]:
            whole[-1]["text"] += output["text"]
        else:
            whole.append(output.copy())
    return coalesce_streams(whole)


def prepare(app: Sphinx, config: Config) -> None:
    """Point myst-nb at the cache of this digest, drop older ones, and fill it."""
    path = CACHES / f".cache-{digest()}"
    for old in CACHES.glob(".cache-*"):
        if old != path:
            shutil.rmtree(old)
    path.mkdir(parents=True, exist_ok=True)
    config.nb_execution_cache_path = str(path)
    fill(path)


def setup(app: Sphinx) -> dict[str, bool]:
    """Run before myst-nb opens its cache."""
    render.coalesce_streams = joined
    app.connect("config-inited", prepare, priority=100)
    return {"parallel_read_safe": True}
