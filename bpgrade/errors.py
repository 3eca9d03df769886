"""The exceptions that end a run: something the instructor has to mend, said in one line, or a stop on request."""


class GradeError(Exception):
    """What is wrong and how to mend it; printed without a traceback."""


class Stopped(Exception):
    """The run was stopped while a submission was being graded; there is no result to record."""


def printable(text: object, most: int = 300) -> str:
    """`text` on one line, without control characters or half characters, cut to `most`: safe for a terminal.

    >>> printable("a\\x1b[31mb\\n c")
    'a [31mb c'
    """
    kept = "".join(c if c.isprintable() else " " for c in str(text)[: 4 * most])
    line = " ".join(kept.split())
    return line if len(line) <= most else line[: most - 1] + "…"
