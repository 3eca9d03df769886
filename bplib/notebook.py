"""What a chapter says beside its code: a claim that must hold, and a number glued into the prose.

Used by every chapter. A claim prints one line, which the tests compare strictly, and the ledger of claims names it
as evidence. Gluing hands a rounded string to the book; in a notebook opened on its own it does nothing.
"""

import re
from linecache import getlines
from types import TracebackType
from typing import Any


def claim(name: str, holds: bool, statement: str) -> None:
    """Print `statement` as a claim that was checked in this run, or stop the notebook if it does not hold.

    `name` is the claim's name in the ledger, such as ``"M5.loss"``; `holds` is the result of the check.

    Raises AssertionError if the claim does not hold, TypeError if `holds` is no truth value.

    >>> claim("demo.square", 3 * 3 == 9, "three squared is nine")
    ✓ demo.square: three squared is nine
    """
    if not isinstance(holds, bool) and type(holds).__name__ not in ("bool", "bool_"):
        raise TypeError(
            f"claim {name!r} was given {holds!r} of type {type(holds).__name__}; expected True or False: "
            "compare first, for example abs(a - b) < 1e-12"
        )
    if not holds:
        raise AssertionError(f"✗ {name}: {statement}")
    print(f"✓ {name}: {statement}")


def glue(name: str, text: str) -> None:
    """Hand `text`, a number already rounded for the reader, to the book under `name`.

    Prose then names it in the glue:text role. Outside the book's environment nothing happens.

    Raises TypeError if `text` is not a string: an unrounded float would print differently on another machine.

    >>> glue("demo", f"{1 / 3:.3f}")
    """
    if not isinstance(text, str):
        raise TypeError(f"glue {name!r} was given {text!r}; expected a rounded string such as f'{{value:.4f}}'")
    try:
        from IPython import get_ipython
        from myst_nb import glue as book_glue
    except ImportError:
        return
    if get_ipython() is not None:
        book_glue(name, text, display=False)


def tell_missing_names(shell: Any) -> None:
    """Have an IPython shell say in one line what a cell with a `check` misses: a function renamed, or not yet run.

    Any other error, and a missing name anywhere else, is shown as ever.
    """

    def missing(shell: Any, kind: type, error: NameError, trace: TracebackType, tb_offset: int | None = None) -> None:
        while trace.tb_next:
            trace = trace.tb_next
        code = trace.tb_frame.f_code
        in_the_cell = code.co_name == "<module>" or code.co_name.startswith("<cell line")  # as old IPythons name it
        if in_the_cell and re.search(r"^check\(", "".join(getlines(code.co_filename)), re.MULTILINE):
            print(f"✗ {error.name} is not there: run the cell that defines it, and keep the name that it came with.")
        else:
            shell.showtraceback((kind, error, error.__traceback__), tb_offset=tb_offset)

    shell.set_custom_exc((NameError,), missing)
