"""Python in the page: which cells of a notebook run in the reader's browser, and what the page needs for it.

On pages named in `bp_python_pages` a cell runs if the standard library and the modules of bplib in `LIBRARY` are all
that it needs, itself and through the names it takes from cells above. What a page loads on the first Run is built from
`book/play` by `tools/bundle_python.mjs`.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from pages import ROOT, node
from sphinx.application import Sphinx

# Modules of bplib that need nothing but the standard library, and the files that the browser gets for them.
LIBRARY = [
    "argument",
    "diagnosis",
    "draw",
    "dual",
    "elementary",
    "feedback",
    "gradcheck",
    "notebook",
    "plain",
    "scalar",
]
FILES = [*(f"bplib/{name}.py" for name in LIBRARY if name != "draw"), "bplib/__init__.py", "bplib/house.css"]
FILES += ["bplib/draw/__init__.py", "bplib/draw/graph.py", "bplib/draw/plot.py"]
LOADED = ("worker.js", "pyodide.asm.wasm", "python_stdlib.zip", "library.json")
NEEDS_MATPLOTLIB = {"axes", "show", "COLOURS"}  # of bplib.draw


def brought(alias: str, module: str | None = None) -> bool:
    """Whether the browser has what `import alias` or `from module import alias` asks for."""
    if module == "bplib":
        return alias in LIBRARY
    if (module or alias).startswith("bplib."):
        return (module or alias).split(".")[1] in LIBRARY and not (module == "bplib.draw" and alias in NEEDS_MATPLOTLIB)
    return (module or alias).split(".")[0] in sys.stdlib_module_names


def names(tree: ast.AST) -> tuple[set[str], set[str], set[str]]:
    """The names that a piece of code binds, those that it reads, and those that it imports in vain."""
    bound: set[str] = set()
    read: set[str] = set()
    missing: set[str] = set()
    for each in ast.walk(tree):
        match each:
            case ast.Name(name, ctx):
                (read if isinstance(ctx, ast.Load) else bound).add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                bound.add(name)
            case ast.Import() | ast.ImportFrom():
                for alias in each.names:
                    there = brought(alias.name, getattr(each, "module", None))
                    (bound if there else missing).add(alias.asname or alias.name.split(".")[0])
            case ast.Attribute(ast.Name("draw"), attribute) if attribute in NEEDS_MATPLOTLIB:
                read.add("draw.plot")
    return bound, read, missing


def in_the_browser(cells: list[str]) -> list[str | None]:
    """What of each cell runs in the browser: its code, less the imports that are not there, or None.

    >>> in_the_browser(["import math\\nimport numpy as np", "y = math.pi", "z = np.sin(y)", "w = z", "y + 1"])
    ['import math', 'y = math.pi', None, None, 'y + 1']
    """
    gone, found = {"draw.plot", "get_ipython"}, []
    for code in cells:
        try:
            tree = ast.parse(code)
        except SyntaxError:  # a magic of IPython
            found.append(None)
            continue
        bound, read, missing = names(tree)
        if read & ((gone | missing) - bound):
            gone |= bound | missing
            found.append(None)
        else:
            gone = (gone | missing) - bound
            found.append(without_missing_imports(tree, code) if missing else code)
    return found


def without_missing_imports(tree: ast.Module, code: str) -> str:
    """The code without those import statements that bring only what the browser lacks."""
    lines = code.splitlines()
    for statement in reversed(tree.body):
        if isinstance(statement, (ast.Import, ast.ImportFrom)) and names(statement)[2]:
            here = [a for a in statement.names if brought(a.name, getattr(statement, "module", None))]
            kept = [ast.unparse(type(statement)(**{**vars(statement), "names": here}))] if here else []
            lines[statement.lineno - 1 : statement.end_lineno] = kept
    return "\n".join(lines).strip("\n")


def cells_of(path: Path) -> list[dict[str, Any]]:
    """One entry for each code cell of the notebook: is it shown, does it run, and its code where the page lacks it."""
    code_cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code" and c.source.strip()]
    entries = []
    for cell, code in zip(code_cells, in_the_browser([c.source for c in code_cells]), strict=True):
        tags = cell.metadata.get("tags", [])
        entry: dict[str, Any] = {"shown": "remove-cell" not in tags, "run": bool(code)}
        if code and (not entry["shown"] or code != cell.source):
            entry["code"] = code
        if "practice" in tags:
            entry["practice"] = True
        entries.append(entry)
    return entries


def build(app: Sphinx) -> None:
    """Bundle the worker, the editor and the library, if some page wants them."""
    if app.builder.name != "html" or not app.config.bp_python_pages:
        return
    subprocess.run([node(), str(ROOT / "tools" / "bundle_python.mjs"), str(app.outdir)], cwd=ROOT, check=True)
    library = {name: (ROOT / name).read_text("utf-8") for name in FILES}
    library["runner.py"] = (ROOT / "book" / "play" / "runner.py").read_text("utf-8")
    (Path(app.outdir) / "_static" / "python" / "library.json").write_text(json.dumps(library), "utf-8")


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Tell a page that runs Python which of its cells do."""
    if page not in app.config.bp_python_pages or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "_static" / "python"
    sizes = {name: (folder / name).stat().st_size for name in LOADED}
    told = json.dumps({"cells": cells_of(Path(app.srcdir) / f"{page}.ipynb"), "sizes": sizes})
    context["python_cells"] = told.replace("</", "<\\/")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect."""
    app.add_config_value("bp_python_pages", [], "env")
    app.connect("builder-inited", build)
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
