"""The concept inventory: questions of the chapters' quizzes by concept, and the misconceptions that wrong answers show.

A question of quizzes/<chapter>.json joins by `"inventory": true` and a `concept` of inventory.json; each of its wrong
options then names a misconception of that list, which says in which section it is mended. Python writes the questions
out with their answers folded away; src/inventory.js brings them to life and keeps score.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

from bplib.figures import _quiz
from bplib.figures._quiz import QUIZZES, question_html

DATA = QUIZZES.with_name("inventory.json")
Link = Callable[[str], str]


def problems(data: dict[str, Any], questions: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the inventory, one line each; none when it is well made."""
    found: list[str] = []
    for kind, keys in (("concepts", ("id", "name")), ("misconceptions", ("id", "name", "mend"))):
        for number, entry in enumerate(data[kind], start=1):
            found += [f"{kind}, {number}: {key} is missing" for key in keys if not entry.get(key)]
        ids = [entry.get("id") for entry in data[kind]]
        found += [f"{kind}: {each!r} stands there twice" for each in sorted({i for i in ids if ids.count(i) > 1})]
    beliefs = {entry.get("id") for entry in data["misconceptions"]}
    concepts = [entry.get("id") for entry in data["concepts"]]
    used = {option["misconception"] for question in questions for option in question["options"]}
    for question in questions:
        if question["concept"] not in concepts:
            found.append(f"question {question['id']}: concept {question['concept']!r} is not in {DATA.name}")
        for option in question["options"]:
            if not option["correct"] and option["misconception"] not in beliefs:
                found.append(f"question {question['id']}: {option['misconception']!r} is not in {DATA.name}")
            if not label(option):
                found.append(f"question {question['id']}: an option has no link to a section")
    found += [f"misconception {belief!r}: no question finds it" for belief in sorted(beliefs - used, key=str)]
    asked = [question["concept"] for question in questions]
    return found + [f"concept {each!r}: fewer than two questions" for each in concepts if asked.count(each) < 2]


def load() -> dict[str, Any]:
    """The concepts, each with its questions, and the misconceptions by id; raises ValueError for ill-made data."""
    data = json.loads(DATA.read_text("utf-8"))
    chapters = [_quiz.load(path.stem)["questions"] for path in sorted(QUIZZES.glob("*.json"))]
    questions = [question for chapter in chapters for question in chapter if question.get("inventory")]
    if found := problems(data, questions):
        raise ValueError("the inventory: " + "; ".join(found))
    concepts = [
        {**concept, "questions": [q for q in questions if q["concept"] == concept["id"]]}
        for concept in data["concepts"]
    ]
    return {"concepts": concepts, "misconceptions": {entry["id"]: entry for entry in data["misconceptions"]}}


def label(option: dict[str, Any]) -> str:
    """The section to which an option links, 'ch02-paths'."""
    return (option["link"] or "").partition("#")[2]


def _why(names: dict[str, dict[str, Any]], link: Link, option: dict[str, Any]) -> str:
    more = f"{option['why']} {link(label(option))}"
    if option["correct"]:
        return f'<li><b>Right.</b> <span class="bp-why">{more}</span></li>'
    belief = names[option["misconception"]]
    return (
        f'<li><b>Wrong.</b> <span class="bp-why" data-bp-belief="{escape(belief["id"])}">'
        f"<em>“{escape(belief['name'])}.”</em> {more}</span></li>"
    )


def _box(inside: str, **attributes: str) -> str:
    """An element that src/inventory.js looks for; the page loads that script where it finds its name."""
    listed = "".join(f' data-bp-{name}="{escape(value)}"' for name, value in attributes.items())
    return f'<div class="bp-interactive" data-bp-script="inventory"{listed}>\n{inside}\n</div>'


def questions_html(concept: dict[str, Any], names: dict[str, dict[str, Any]], link: Link) -> str:
    """The questions of one concept; `link` makes of a section's label the element that leads there."""
    inside = "\n".join(question_html(question, partial(_why, names, link)) for question in concept["questions"])
    return _box(inside, concept=concept["id"], name=concept["name"])


def progress_html() -> str:
    """Where the script says how many questions are answered."""
    return _box("", part="progress")


def score_html() -> str:
    """Where the script shows the score by concept."""
    line = "The score needs JavaScript. Without it, each question has its answers folded away below it."
    return _box(f'<p class="bp-nojs">{line}</p>', part="score")


def misconceptions_html(names: dict[str, dict[str, Any]], link: Link) -> str:
    """Every misconception with the section that mends it, folded away."""
    entries = "\n".join(
        f'<li data-bp-belief="{escape(each["id"])}"><em>{escape(each["name"])}.</em> {link(each["mend"])}</li>'
        for each in names.values()
    )
    inside = f'<details class="bp-beliefs"><summary>All {len(names)} of them</summary><ul>{entries}</ul></details>'
    return _box(inside, part="beliefs")
