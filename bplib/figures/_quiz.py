"""Self-quizzes: read from quizzes/<chapter>.json, checked, and written out so that they work without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from bplib.figures._display import interactive

QUIZZES = Path(__file__).parent / "quizzes"
KINDS = ("predict", "check")
ALLOWED = {"i", "b", "em", "strong", "sub", "sup", "code", "br", "span"}


class _Markup(HTMLParser):
    """The tags of a fragment: which are open, and the first thing that is wrong."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problem = ""
        self.feed(fragment)
        self.close()
        if self.open and not self.problem:
            self.problem = f"<{self.open[-1]}> is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.problem = self.problem or f"<{tag}> is not one of {', '.join(sorted(ALLOWED))}"
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problem = self.problem or f"</{tag}> closes nothing"


def problems(data: Any) -> list[str]:
    """What is wrong with the data of a quiz, one line each; none when it is well made.

    A question has an id of its own, a kind, a concept, a prompt and two options or more, exactly one of them correct;
    every option says why, a wrong one names its misconception, and a link is an anchor or a page of the book.
    """
    if not isinstance(data, dict) or not isinstance(data.get("questions"), list) or not data["questions"]:
        return ['a quiz is {"id": …, "questions": [ … ]} with at least one question']
    found: list[str] = []
    seen: set[str] = set()
    for number, question in enumerate(data["questions"], start=1):
        where = f"question {question.get('id') or number}"
        for key in ("id", "concept", "prompt"):
            if not isinstance(question.get(key), str) or not question[key].strip():
                found.append(f"{where}: {key} is missing")
        if question.get("kind") not in KINDS:
            found.append(f"{where}: kind is {question.get('kind')!r}; expected one of {', '.join(KINDS)}")
        if question.get("inventory", True) is not True:
            found.append(f"{where}: inventory is {question['inventory']!r}; expected true, or nothing")
        if question.get("id") in seen:
            found.append(f"{where}: the id is used twice")
        seen.add(question.get("id"))
        found += [f"{where}: {line}" for line in _option_problems(question.get("options"))]
        found += _markup_problems(where, question.get("prompt"))
    return found


def _option_problems(options: Any) -> list[str]:
    if not isinstance(options, list) or len(options) < 2:
        return ["expected a list of at least two options"]
    found = []
    right = sum(option.get("correct") is True for option in options)
    if right != 1:
        found.append(f"{right} options are correct; expected exactly one")
    texts = [option.get("text") for option in options]
    if len(set(texts)) != len(texts):
        found.append("two options have the same text")
    for number, option in enumerate(options, start=1):
        where = f"option {number}"
        if not isinstance(option.get("correct"), bool):
            found.append(f"{where}: correct is {option.get('correct')!r}; expected true or false")
        for key in ("text", "why"):
            if not isinstance(option.get(key), str) or not option[key].strip():
                found.append(f"{where}: {key} is missing")
            found += _markup_problems(f"{where}, {key}", option.get(key))
        if option.get("correct") is False and not option.get("misconception"):
            found.append(f"{where}: a wrong option names its misconception")
        link = option.get("link")
        if link is not None and not (isinstance(link, str) and re.fullmatch(r"[\w./-]*#[\w.-]+|[\w./-]+\.html", link)):
            found.append(f"{where}: link is {link!r}; expected an anchor such as '#the-loss', or null")
    return found


def _markup_problems(where: str, fragment: Any) -> list[str]:
    problem = _Markup(fragment).problem if isinstance(fragment, str) else ""
    return [f"{where}: {problem}"] if problem else []


def load(name: str) -> dict[str, Any]:
    """Read a quiz; raises ValueError where there is none of that name or it is not well made."""
    known = sorted(path.stem for path in QUIZZES.glob("*.json"))
    if name not in known:
        raise ValueError(f"there is no quiz {name!r}; there are: {', '.join(known) or 'none yet'}")
    data = json.loads((QUIZZES / f"{name}.json").read_text("utf-8"))
    if found := problems(data):
        raise ValueError(f"quiz {name!r}: " + "; ".join(found))
    return data


def plain(fragment: str) -> str:
    """A fragment of HTML as text."""
    return unescape(re.sub(r"<[^>]+>", "", fragment))


def _option(option: dict[str, Any]) -> str:
    return f'<li class="bp-option"{" data-bp-correct" if option["correct"] else ""}>{option["text"]}</li>'


def _why(option: dict[str, Any]) -> str:
    link = option.get("link")
    more = f' <a href="{escape(link)}">Read on where this is shown.</a>' if link else ""
    verdict = "Right" if option["correct"] else "Wrong"
    return f'<li><b>{verdict}.</b> <span class="bp-why">{option["why"]}{more}</span></li>'


def question_html(question: dict[str, Any], why: Callable[[dict[str, Any]], str] = _why) -> str:
    """A question with its answers folded away; `why` writes the list item that explains an option."""
    options = question["options"]
    return (
        f'<div class="bp-question" data-bp-question="{escape(question["id"])}">'
        f'<div class="bp-prompt">{question["prompt"]}</div>'
        f'<ol type="A">{"".join(map(_option, options))}</ol>'
        f'<details><summary>Answer, and why</summary><ol type="A">{"".join(map(why, options))}</ol></details>'
        "</div>"
    )


def quiz_html(name: str, questions: list[dict[str, Any]], one_at_a_time: bool) -> tuple[str, str]:
    """The HTML of a quiz and its plain text (without the answers)."""
    lines = []
    for question in questions:
        options = enumerate(question["options"])
        lines += [plain(question["prompt"]), *(f"  {chr(65 + i)}. {plain(o['text'])}" for i, o in options)]
    attributes = {"data-bp-quiz": name} | ({"data-bp-paged": ""} if one_at_a_time else {})
    inside = "\n".join(map(question_html, questions))
    return interactive(attributes, inside, "The quiz that answers at once"), "\n".join(lines)
