"""What a run leaves behind: one JSON and one feedback page a submission, a CSV, and a table on the screen."""

import csv
import html
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bpgrade.errors import printable

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;
  color-scheme: light dark }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8888 }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{summary}</p>
<table>
<thead><tr><th scope="col">Question</th><th scope="col">Points</th><th scope="col">What was found</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def write(path: Path, text: str) -> None:
    """Write `text` to `path` whole or not at all: into a file beside it that then takes its place."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def as_json(result: dict[str, Any]) -> str:
    """The result as it is read by programs."""
    return json.dumps(result, indent=1) + "\n"


def safe(value: object) -> str:
    """Text as HTML that shows it and runs nothing."""
    return html.escape(printable(value))


def as_html(result: dict[str, Any]) -> str:
    """The feedback page; everything that a student could have written is escaped."""
    rows = []
    for one in result["questions"]:
        points = f"{one['score']:g} of {one['max_score']:g}"
        rows.append(f"<tr><td>{safe(one['id'])}</td><td>{points}</td><td>{safe(one['message'])}</td></tr>")
    for name, most in result["by_hand"].items():
        rows.append(f"<tr><td>{safe(name)}</td><td>of {most:g}</td><td>marked by a person</td></tr>")
    state = "" if result["status"] == "graded" else f" Status: {safe(result['status'])}. {safe(result['message'])}"
    return PAGE.format(
        title=safe(f"{result['assignment']}: {result['student']}"),
        summary=f"{result['score']:g} of {result['max_score']:g} points.{state}",
        rows="\n".join(rows),
    )


def as_csv(results: list[dict[str, Any]]) -> str:
    """One line a submission; a name that a spreadsheet would run as a formula is kept as text."""
    text = io.StringIO()
    names = next(([one["id"] for one in result["questions"]] for result in results if result["questions"]), [])
    writer = csv.writer(text)
    writer.writerow(["student_id", "assignment", "status", "score", "max_score", *names])
    for result in results:
        scores = {one["id"]: one["score"] for one in result["questions"]}
        student = printable(result["student"])
        student = f"'{student}" if student.startswith(("=", "+", "-", "@")) else student
        row = [student, result["assignment"], result["status"], result["score"], result["max_score"]]
        writer.writerow([*row, *(scores.get(name, 0.0) for name in names)])
    return text.getvalue()


def show(results: list[dict[str, Any]], console: Console) -> None:
    """Print the table: a line for each submission with the first thing found wrong."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("student", overflow="fold", max_width=40)
    table.add_column("status")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("first finding", no_wrap=True, overflow="ellipsis", ratio=1)
    for result in results:
        score = f"{result['score']:g} of {result['max_score']:g}"
        cells = [result["student"], result["status"], score, first_finding(result)]
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console.print(table)


def first_finding(result: dict[str, Any]) -> str:
    """The first mistake with its message; with none, the first gap; with none, what is said of the whole submission."""
    left = [one for one in result["questions"] if one["diagnosis"] != "correct"]
    wrong = [one for one in left if one["diagnosis"] != "not-attempted"] or left
    return f"{wrong[0]['id']}: {wrong[0]['message']}" if wrong else str(result["message"])
