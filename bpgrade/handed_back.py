"""The notebook that a person marks in nbgrader: as released, with a student's answers and the verdicts.

Nothing else of what was handed in is kept: no outputs, no metadata, no other cells. In a text answer, HTML and
links are written as text.
"""

import json
import re
from typing import Any

from bpgrade.assignment import Assignment
from bpgrade.grade import Result


def marked_notebook(assignment: Assignment, result: Result) -> bytes | None:
    """The notebook's bytes, or None where no person marks anything or nothing could be read.

    It goes to `RESULTS/autograded/STUDENT/NAME/NAME.ipynb`, where nbgrader's formgrader finds it.
    """
    if not assignment.by_hand or not result.questions:
        return None
    verdicts = {f"{one.id}-marks": one for one in result.questions}
    whole = json.loads(assignment.release)
    for cell in whole["cells"]:
        about = cell.get("metadata", {}).get("nbgrader", {})
        name = about.get("grade_id", "")
        if about.get("solution"):
            answer = result.answers.get(name, "*The answer cell is missing.*")
            cell["source"] = answer if cell["cell_type"] == "code" else harmless(answer)
        if cell["cell_type"] == "code":
            verdict = verdicts.get(name)
            cell["outputs"] = (
                [output(f"{verdict.score:g} of {verdict.max_score:g}: {verdict.message}\n")] if verdict else []
            )
    return (json.dumps(whole, indent=1) + "\n").encode()


def output(text: str) -> dict[str, Any]:
    """Text as a notebook's output."""
    return {"name": "stdout", "output_type": "stream", "text": text}


def harmless(markdown: str) -> str:
    """Markdown without HTML tags and links, which could run something: they show as they were written.

    >>> harmless("a < b <b>c</b> [d](javascript:e)")
    'a < b &lt;b>c&lt;/b> [d] (javascript:e)'
    """
    return re.sub(r"\](?=[(\[:])", "] ", re.sub(r"<(?=[A-Za-z/!?])", "&lt;", markdown))
