"""The concept inventory in a browser: score, storage, keyboard and touch, and what is there without a script."""

from collections import Counter

import pytest
from browser import sideways, violations
from test_inventory import DATA, NAMES, QUESTIONS, right

from bplib.figures import inventory
from bplib.figures._display import DIST, assets

KEY = "bplib.quiz.inventory"


def anchor(label):
    return f'<a href="#{label}">{label}</a>'


@pytest.fixture(scope="module")
def html():
    sections = "\n".join(
        f'<section id="inventory-{concept["id"]}"><h2>{concept["name"]}</h2>'
        f"{inventory.questions_html(concept, NAMES, anchor)}</section>"
        for concept in DATA["concepts"]
    )
    labels = {inventory.label(option) for question in QUESTIONS for option in question["options"]}
    labels |= {each["mend"] for each in NAMES.values()}
    targets = "".join(f'<p id="{label}">{label}</p>' for label in sorted(labels))
    score = f'<section id="score"><h2>Your score</h2>{inventory.score_html()}</section>'
    score += f"<h2>By name</h2>{inventory.misconceptions_html(NAMES, anchor)}"
    return f"{inventory.progress_html()}{sections}{score}{targets}{assets('inventory')}"


def pick(page, question, option):
    """Choose an option (a number) of a question (its number on the page)."""
    page.locator("fieldset").nth(question).get_by_role("radio").nth(option).check()


def wrong(question, at=0):
    return [i for i, option in enumerate(question["options"]) if not option["correct"]][at]


def belief(question, option):
    return NAMES[question["options"][option]["misconception"]]["name"]


def rows(page):
    cells = page.locator(".bp-scores tbody tr")
    return {
        cells.nth(i).locator("th").inner_text(): cells.nth(i).locator("td").inner_text().splitlines()[0]
        for i in range(cells.count())
    }


def progress(page):
    return page.locator('[data-bp-part="progress"] .bp-lead span').inner_text()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (320, False), (320, True)])
def test_everyone_can_use_it(width, dark, html, show_page):
    page = show_page(html, width=width, dark=dark)
    assert page.locator("fieldset").count() == len(QUESTIONS)
    for number, question in list(enumerate(QUESTIONS))[::3]:  # right, wrong, and not answered
        pick(page, number, wrong(question) if number % 2 else right(question))
    page.get_by_role("button", name="Start again").click()
    page.locator(".bp-beliefs summary").click()
    assert violations(page) == []
    assert sideways(page) == []
    assert page.seen.errors == []
    assert page.seen.elsewhere() == []


def test_the_score_counts_first_choices(html, show_page):
    page = show_page(html)
    assert progress(page) == f"0 of {len(QUESTIONS)} answered."
    assert not page.get_by_role("button", name="Start again").is_visible()
    first, second = DATA["concepts"][:2]
    pick(page, 0, wrong(first["questions"][0]))
    pick(page, 0, right(first["questions"][0]))  # a second choice counts for nothing
    pick(page, 1, right(first["questions"][1]))
    assert rows(page)[first["name"]] == "1 of 2 right"
    assert rows(page)[second["name"]] == "3 to answer"
    assert (
        page.locator(".bp-score").inner_text() == f"1 of 2 right at the first choice, {len(QUESTIONS) - 2} to answer."
    )
    assert page.locator(".bp-scores .bp-ticks").first.inner_text().split() == ["✗", "✓"]
    found = page.locator('[data-bp-part="score"] li')
    assert found.count() == 1
    assert belief(first["questions"][0], wrong(first["questions"][0])) in found.inner_text()
    assert found.locator("a").get_attribute("href") == "#ch02-paths"
    assert f"2 of {len(QUESTIONS)} answered." in page.locator(".bp-said").inner_text()


def test_every_question_wrong_then_the_whole_score_is_zero(html, show_page):
    page = show_page(html)
    beliefs = Counter()
    for number, question in enumerate(QUESTIONS):
        pick(page, number, wrong(question, -1))
        beliefs[belief(question, wrong(question, -1))] += 1
    assert page.locator(".bp-score").inner_text() == f"0 of {len(QUESTIONS)} right at the first choice."
    assert set(rows(page).values()) == {f"0 of {n} right" for n in {len(c["questions"]) for c in DATA["concepts"]}}
    found = page.locator('[data-bp-part="score"] li').all_inner_texts()
    assert len(found) == len(beliefs)
    for name, times in beliefs.items():
        line = next(line for line in found if line.startswith(f"{name}."))
        assert line.endswith(f"({times} answers)") == (times > 1)


def test_a_reason_names_the_belief_and_leads_to_its_section(html, show_page):
    page = show_page(html)
    question = QUESTIONS[0]
    pick(page, 0, wrong(question))
    verdict = page.locator("fieldset").first.locator(".bp-verdict")
    assert verdict.inner_text().startswith("✗")
    assert f"“{belief(question, wrong(question))}.”" in verdict.inner_text()
    assert verdict.locator("a").get_attribute("href") == question["options"][wrong(question)]["link"]


def test_by_keyboard(html, show_page):
    page = show_page(html)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#score"
    page.keyboard.press("Tab")
    for _ in range(right(QUESTIONS[0])):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    if not right(QUESTIONS[0]):
        page.keyboard.press("Space")
    assert progress(page) == f"1 of {len(QUESTIONS)} answered."
    assert rows(page)[DATA["concepts"][0]["name"]] == "1 of 1 right, 1 to answer"
    again = page.get_by_role("button", name="Start again")
    again.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Keep them"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Start again"
    assert progress(page) == f"1 of {len(QUESTIONS)} answered."
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert progress(page) == f"0 of {len(QUESTIONS)} answered."
    assert page.evaluate("document.activeElement.type") == "radio"
    assert page.locator(".bp-said").inner_text() == "All answers are forgotten."
    assert page.locator(".bp-live .bp-verdict:visible").count() == 0
    page.reload()
    assert progress(page) == f"0 of {len(QUESTIONS)} answered."


def test_by_touch_and_answers_stay_but_not_among_the_chapters(html, show_page):
    page = show_page(html, touch=True, width=320)
    page.evaluate('localStorage.setItem(\'bplib.quiz.02_chain_rule\', \'{"02-square": {"first": 0, "choice": 0}}\')')
    page.reload()
    assert progress(page).startswith("0 of")
    page.locator("fieldset").nth(2).locator("label").nth(1).tap()
    page.reload()
    assert progress(page).startswith("1 of")
    assert page.locator("fieldset").nth(2).get_by_role("radio").nth(1).is_checked()
    page.get_by_role("button", name="Start again").tap()
    page.get_by_role("button", name="Forget them").tap()
    page.reload()
    assert progress(page).startswith("0 of")
    assert "02-square" in page.evaluate("localStorage.getItem('bplib.quiz.02_chain_rule')")


@pytest.mark.parametrize("kept", ["{", "7", "[]", '{"02-square": {"first": 9, "choice": 0}}', '{"02-square": null}'])
def test_spoiled_storage_is_survived(kept, html, show_page):
    page = show_page(html)
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [KEY, kept])
    page.reload()
    assert progress(page).startswith("0 of")
    pick(page, 0, 0)
    assert progress(page).startswith("1 of")
    assert page.seen.errors == []


def test_with_storage_off(html, show_page):
    page = show_page(html, storage=False)
    assert "keeps nothing for this page" in page.locator('[data-bp-part="progress"]').inner_text()
    pick(page, 0, right(QUESTIONS[0]))
    assert progress(page).startswith("1 of")
    page.get_by_role("button", name="Start again").click()
    page.get_by_role("button", name="Forget them").click()
    assert progress(page).startswith("0 of")
    assert page.seen.errors == []


def test_without_javascript(html, show_page):
    page = show_page(html, javascript=False, width=320)
    assert page.locator(".bp-question").count() == len(QUESTIONS)
    reason = page.locator(".bp-why").first
    assert not reason.is_visible()
    page.locator(".bp-question summary").first.click()
    assert reason.is_visible()
    assert page.get_by_text("The score needs JavaScript").is_visible()
    assert sideways(page) == []


def test_it_is_light():
    sizes = [(DIST / each).stat().st_size for each in ("figures.js", "figures.css", "figures/inventory.js")]
    assert sum(sizes) <= 85_000
    assert sizes[-1] <= 6_000
