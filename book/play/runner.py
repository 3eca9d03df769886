"""Runs a cell in the reader's browser as a notebook would: prints, the value of the last line, a short error.

Loaded by worker.mjs into Pyodide. `post(kind, text)` hands to the page what a cell says: "out", "html" or "error".
"""

import ast
import linecache
import sys
import traceback

LIMIT = 20_000  # characters that one cell may print: a page is no log file
SPACE = {"__name__": "__main__"}


class Stream:
    """Standard output that ends up under the cell; silent after LIMIT characters, and says so."""

    def __init__(self, post):
        self.post, self.left = post, LIMIT

    def write(self, text):
        """Post `text`, as far as it still fits."""
        if self.left > 0:
            cut = "\n… the rest is left out: a cell prints at most 20,000 characters here\n"
            self.post("out", text if len(text) <= self.left else text[: self.left] + cut)
        self.left -= len(text)
        return len(text)

    def flush(self):
        """Nothing waits."""


def run(source, name, post):
    """Run `source` in the page's one namespace; returns whether it came to its end."""
    sys.stdout = sys.stderr = Stream(post)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for inspect and tracebacks
    try:
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), SPACE)
        if last is not None:
            show(eval(compile(ast.Expression(last.value), name, "eval"), SPACE), post)
    except BaseException as error:
        post("error", said(error, name))
        return False
    return True


def show(value, post):
    """The value of the last line: as HTML if it can, or as text."""
    if value is None:
        return
    bundle = value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {}
    html = bundle.get("text/html") or (value._repr_html_() if hasattr(value, "_repr_html_") else None)
    post("html" if html else "out", html or repr(value))


def said(error, name):
    """The lines of the reader's own code that led to the error, and the error."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("cell ")]
    where = [f"line {f.lineno}{'' if f.filename == name else f' of {f.filename}'}: {f.line}\n" for f in own[-3:]]
    return "".join(where) + "".join(traceback.format_exception_only(error)[-4:])
