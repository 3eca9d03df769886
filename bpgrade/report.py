"""A result as people read it: the feedback page, the table on the screen, and what a class found hard."""

import html
import json
from collections import Counter
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
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
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
    state = f" Status: {safe(result['status'])}. {safe(result['message'])}"
    if result["status"] == "graded":
        state = f" Note: {safe(result['message'])}." if result["message"] else ""
    return PAGE.format(
        title=safe(f"{result['assignment']}: {result['student']}"),
        summary=f"{result['score']:g} of {result['max_score']:g} points.{state}",
        rows="\n".join(rows),
    )


MOST_ROWS = 60


def show(results: list[dict[str, Any]], console: Console) -> None:
    """Print the table: a line for each submission with the first thing found wrong; of a large class a summary."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("student", overflow="fold", max_width=40)
    table.add_column("status")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("first finding", no_wrap=True, overflow="ellipsis", ratio=1)
    rows = results if len(results) <= MOST_ROWS else [one for one in results if one["status"] != "graded"]
    for result in rows[:MOST_ROWS]:
        score = f"{result['score']:g} of {result['max_score']:g}"
        cells = [result["student"], result["status"], score, first_finding(result)]
        table.add_row(*(Text(printable(cell)) for cell in cells))
    if rows:
        console.print(table)
    if (more := len(rows) - MOST_ROWS) > 0:
        console.print(f"and {more} more that are not graded", markup=False)
    if len(results) > MOST_ROWS:
        states = Counter(result["status"] for result in results)
        console.print(", ".join(f"{n} {state}" for state, n in states.most_common()), markup=False)


def show_questions(results: list[dict[str, Any]], console: Console) -> None:
    """Print what the class found hard: for each question how many are right, and the commonest mistake."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for name in ("question", "right", "not attempted", "wrong"):
        table.add_column(name, justify="left" if name == "question" else "right", no_wrap=True)
    table.add_column("commonest mistake", no_wrap=True, overflow="ellipsis", ratio=1)
    found: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        for one in result["questions"]:
            found.setdefault(one["id"], []).append(one)
    for name, all_ in found.items():
        kinds = Counter(one["diagnosis"] for one in all_)
        wrong = [one for one in all_ if one["diagnosis"] not in ("correct", "not-attempted", "missing")]
        said = Counter((one["diagnosis"], one["message"].split(" Yours is ")[0]) for one in wrong).most_common(1)
        commonest = f"{said[0][1]} × {said[0][0][0]}: {said[0][0][1]}" if said else ""
        numbers = [kinds["correct"], kinds["not-attempted"] + kinds["missing"], len(wrong)]
        table.add_row(*(Text(printable(cell)) for cell in [name, *numbers, commonest]))
    console.print(table)


def first_finding(result: dict[str, Any]) -> str:
    """The first mistake with its message; with none, the first gap; with none, what is said of the whole submission."""
    left = [one for one in result["questions"] if one["diagnosis"] != "correct"]
    wrong = [one for one in left if one["diagnosis"] != "not-attempted"] or left
    return f"{wrong[0]['id']}: {wrong[0]['message']}" if wrong else str(result["message"])
