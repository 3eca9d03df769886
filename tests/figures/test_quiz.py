"""Quizzes: the rules their data keeps, and the component in a browser, with a small quiz made up here."""

import copy
import json

import pytest
from browser import sideways, violations

from bplib.figures import _quiz, quiz


def choice(text, why, misconception=None, link=None):
    return {"text": text, "correct": not misconception, "misconception": misconception, "why": why, "link": link}


SMALL = {
    "id": "small",
    "questions": [
        {
            "id": "s-sign",
            "kind": "predict",
            "concept": "sign",
            "prompt": "Which is the gradient at <i>ŷ</i>?",
            "options": [
                choice("<i>y</i> &minus; <i>ŷ</i>", "That way the loss falls.", "sign", "#loss"),
                choice("<i>ŷ</i> &minus; <i>y</i>", "The ½ cancels the 2."),
                choice("2(<i>ŷ</i> &minus; <i>y</i>)", "The loss has a ½.", "factor-2"),
            ],
        },
        {
            "id": "s-order",
            "kind": "check",
            "concept": "order",
            "prompt": "When do the weights move?",
            "options": [
                choice("Together, at the end", "All gradients belong to one point.", link="#loss"),
                choice("Each when its gradient is known", "<i>w</i><sub>1</sub> would see a new one.", "updated"),
            ],
        },
    ],
}


@pytest.fixture
def small(tmp_path, monkeypatch):
    (tmp_path / "small.json").write_text(json.dumps(SMALL), "utf-8")
    monkeypatch.setattr(_quiz, "QUIZZES", tmp_path)
    return tmp_path


def spoil(change):
    data = copy.deepcopy(SMALL)
    change(data["questions"][0])
    return data


def option(number, **values):
    return lambda question: question["options"][number].update(values)


def test_a_good_quiz_has_no_problems():
    assert _quiz.problems(SMALL) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "at least one question"),
        ({"questions": []}, "at least one question"),
        (spoil(option(0, correct=True)), "2 options are correct; expected exactly one"),
        (spoil(option(1, correct=False, misconception="none")), "0 options are correct"),
        (spoil(option(0, correct="no")), "expected true or false"),
        (spoil(option(2, why=" ")), "option 3: why is missing"),
        (spoil(option(0, text="")), "option 1: text is missing"),
        (spoil(option(0, misconception=None)), "names its misconception"),
        (spoil(option(0, text=SMALL["questions"][0]["options"][1]["text"])), "the same text"),
        (spoil(option(0, link="https://example.org")), "expected an anchor"),
        (spoil(option(0, why="<b>bold")), "<b> is not closed"),
        (spoil(option(0, why="bold</b>")), "</b> closes nothing"),
        (spoil(option(0, why="<script>1</script>")), "<script> is not one of"),
        (spoil(lambda question: question.update(prompt="<p>What?</p>")), "<p> is not one of"),
        (spoil(lambda question: question.update(kind="exam")), "expected one of predict, check"),
        (spoil(lambda question: question.pop("concept")), "concept is missing"),
        (spoil(lambda question: question.update(id="s-order")), "the id is used twice"),
        (spoil(lambda question: question.update(options=question["options"][1:2])), "at least two options"),
    ],
)
def test_each_fault_is_named(data, words):
    assert words in "; ".join(_quiz.problems(data))


def test_every_quiz_of_the_book_is_well_made():
    for path in sorted(_quiz.QUIZZES.glob("*.json")):
        data = _quiz.load(path.stem)
        assert data["id"] == path.stem


def test_refusals(small):
    with pytest.raises(ValueError, match=r"there is no quiz 'other'; there are: small"):
        quiz("other")
    with pytest.raises(ValueError, match=r"no question 's-x'; it has: s-sign, s-order"):
        quiz("small", "s-x")
    (small / "bad.json").write_text(json.dumps(spoil(option(0, correct=True))), "utf-8")
    with pytest.raises(ValueError, match=r"quiz 'bad': question s-sign: 2 options are correct"):
        quiz("bad")


def test_text_twin_has_no_answers(small):
    text = str(quiz("small", "s-sign"))
    assert text.splitlines() == ["Which is the gradient at ŷ?", "  A. y − ŷ", "  B. ŷ − y", "  C. 2(ŷ − y)"]


def test_without_javascript_answers_unfold(small, show_page):
    page = show_page(quiz("small").html, javascript=False, width=320)
    assert page.locator(".bp-option").count() == 5
    reason = page.get_by_text("The ½ cancels the 2.")
    assert not reason.is_visible()
    page.locator("summary").first.click()
    assert reason.is_visible()
    assert sideways(page) == []


def verdicts(page):
    return page.locator(".bp-live .bp-verdict:visible").all_inner_texts()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (320, False), (320, True)])
def test_everyone_can_use_it(width, dark, small, show_page):
    page = show_page('<h2 id="loss">The loss</h2>' + quiz("small").html, width=width, dark=dark)
    assert violations(page) == []
    page.get_by_label("y − ŷ", exact=True).check()
    page.get_by_label("Together, at the end").check()
    assert violations(page) == []
    assert sideways(page) == []
    assert page.seen.errors == []
    assert page.seen.elsewhere() == []


def test_a_choice_is_answered_with_its_own_reason(small, show_page):
    page = show_page(quiz("small").html)
    assert page.get_by_role("group", name="Which is the gradient at ŷ?").get_by_role("radio").count() == 3
    page.get_by_label("2(ŷ − y)").click()
    assert "Not this one. The loss has a ½." in verdicts(page)[0]
    assert page.locator(".bp-said").inner_text().startswith("Not this one. The loss has a ½.")
    page.get_by_label("y − ŷ", exact=True).click()
    assert "That way the loss falls." in verdicts(page)[0]
    assert page.locator(".bp-live a").get_attribute("href") == "#loss"
    page.get_by_label("ŷ − y", exact=True).click()
    assert "Right. The ½ cancels the 2." in verdicts(page)[0]
    page.get_by_label("Together, at the end").click()
    assert page.locator(".bp-score").inner_text() == "1 of 2 right at the first choice."
    assert "1 of 2 right" in page.locator(".bp-said").inner_text()


def test_by_keyboard_passing_over_is_not_choosing(small, show_page):
    page = show_page(quiz("small", "s-sign").html)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert verdicts(page) == []
    assert "Press Enter" in page.locator(".bp-said").inner_text()
    page.keyboard.press("Enter")
    assert "Right." in verdicts(page)[0]
    assert page.locator(".bp-score").inner_text() == "1 of 1 right at the first choice."
    page.keyboard.press("ArrowDown")
    assert verdicts(page) == []
    page.keyboard.press("Space")
    assert "The loss has a ½." in verdicts(page)[0]


def test_answers_stay_in_the_browser(small, show_page):
    page = show_page(quiz("small", "s-sign").html + quiz("small", "s-order").html, touch=True, width=320)
    page.get_by_text("2(ŷ − y)").last.tap()
    page.get_by_text("Together, at the end").last.tap()
    before = verdicts(page)
    assert len(before) == 2
    page.reload()
    assert verdicts(page) == before
    page.get_by_role("button", name="Clear the answers").first.tap()
    page.reload()
    assert verdicts(page) == before[1:]


@pytest.mark.parametrize("kept", ["{", "7", '{"s-sign": {"first": 9, "choice": 9}}', '{"s-sign": null}'])
def test_spoiled_storage_is_survived(kept, small, show_page):
    page = show_page(quiz("small").html)
    page.evaluate("kept => localStorage.setItem('bplib.quiz.small', kept)", kept)
    page.reload()
    assert verdicts(page) == []
    page.get_by_label("2(ŷ − y)").click()
    assert len(verdicts(page)) == 1
    assert page.seen.errors == []


def test_with_storage_off(small, show_page):
    page = show_page(quiz("small").html, storage=False)
    page.get_by_label("2(ŷ − y)").click()
    assert "The loss has a ½." in verdicts(page)[0]
    page.get_by_label("Together, at the end").click()
    assert page.locator(".bp-score").inner_text() == "1 of 2 right at the first choice."
    assert page.seen.errors == []


def test_one_question_at_a_time(small, show_page):
    page = show_page(quiz("small", one_at_a_time=True).html)
    assert page.locator("fieldset:visible").count() == 1
    page.get_by_role("button", name="Next question").click()
    assert page.get_by_label("Together, at the end").is_visible()
    assert "Question 2 of 2" in page.locator(".bp-where").inner_text()
    assert page.get_by_role("button", name="Next question").get_attribute("aria-disabled") == "true"
