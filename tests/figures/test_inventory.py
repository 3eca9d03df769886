"""The concept inventory: what its data keeps, and whether its numbers are right."""

import copy
import json
import re
from collections import Counter

import numpy as np
import pytest

from bplib.figures import _quiz, inventory
from bplib.figures._quiz import plain
from bplib.functional import jvp, softmax_cross_entropy
from bplib.matrix import Tensor
from bplib.optim import SGD, Adam

DATA = inventory.load()
NAMES = DATA["misconceptions"]
QUESTIONS = [question for concept in DATA["concepts"] for question in concept["questions"]]


def right(question):
    return next(i for i, option in enumerate(question["options"]) if option["correct"])


# What the data keeps


def test_about_25_questions_with_ids_of_their_own():
    assert 24 <= len(QUESTIONS) <= 32
    everywhere = [q["id"] for path in _quiz.QUIZZES.glob("*.json") for q in _quiz.load(path.stem)["questions"]]
    assert [each for each, times in Counter(everywhere).items() if times > 1] == []


def test_the_right_answer_is_not_known_by_its_length():
    longest = shortest = 0
    stands_out = {}
    for question in QUESTIONS:
        sizes = [len(plain(option["text"])) for option in question["options"]]
        its = sizes.pop(right(question))
        longest += its > max(sizes)
        shortest += its < min(sizes)
        if not 0.6 < its / np.mean([its, *sizes]) < 1.6:
            stands_out[question["id"]] = its, sizes
    assert max(longest, shortest) <= len(QUESTIONS) / 3
    assert stands_out == {}


def test_the_right_answer_is_not_known_by_its_place():
    places = Counter("ABCD"[right(question)] for question in QUESTIONS)
    assert min(places[letter] for letter in "ABCD") >= 0.15 * len(QUESTIONS)
    assert max(places.values()) <= 0.35 * len(QUESTIONS)


def likeness(options, i):
    """How much of an option's words stands in the other options: test-takers look for what all the others circle."""
    words = [set(re.findall(r"\w+", plain(option["text"]).lower())) for option in options]
    return sum(len(words[i] & other) / len(words[i] | other) for j, other in enumerate(words) if j != i)


def test_the_right_answer_is_not_known_by_its_company():
    hits = 0.0
    for question in QUESTIONS:
        alike = [likeness(question["options"], i) for i in range(len(question["options"]))]
        hits += (alike[right(question)] == max(alike)) / alike.count(max(alike))
    assert 0.1 * len(QUESTIONS) <= hits <= 0.4 * len(QUESTIONS)


def test_names_differ_and_are_short():
    names = [each["name"] for each in NAMES.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if len(name) > 70 or name.endswith(".")] == []


DOUBLE = {"id": "brain", "name": "Again"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data, questions: data["concepts"].append(DOUBLE), "concepts: 'brain' stands there twice"),
        (lambda data, questions: data["misconceptions"][0].pop("mend"), "misconceptions, 1: mend is missing"),
        (
            lambda data, questions: data["misconceptions"].append({"id": "x", "name": "X", "mend": "y"}),
            "'x': no question",
        ),
        (lambda data, questions: questions[0].update(concept="none"), "concept 'none' is not in inventory.json"),
        (lambda data, questions: data["concepts"].append({"id": "new", "name": "New"}), "fewer than two questions"),
        (lambda data, questions: questions[0]["options"][1].update(misconception="odd"), "'odd' is not in"),
        (lambda data, questions: questions[0]["options"][1].update(link=None), "no link to a section"),
        (
            lambda data, questions: questions[0]["options"][1].update(link="01_why_gradients.html"),
            "no link to a section",
        ),
    ],
)
def test_each_fault_is_named(change, words):
    data, questions = json.loads(inventory.DATA.read_text("utf-8")), copy.deepcopy(QUESTIONS)
    assert inventory.problems(data, questions) == []
    change(data, questions)
    assert words in "; ".join(inventory.problems(data, questions))


def test_a_tag_is_true_or_absent(tmp_path):
    question = copy.deepcopy(QUESTIONS[0]) | {"inventory": "yes"}
    assert "inventory is 'yes'; expected true" in "; ".join(_quiz.problems({"questions": [question]}))


# Its numbers


def says(identifier):
    """The text of the right answer."""
    question = next(each for each in QUESTIONS if each["id"] == identifier)
    return plain(question["options"][right(question)]["text"])


def test_numbers_of_the_paths():
    u = Tensor(1.0, requires_grad=True)
    (4 * (3 * u) + 5 * (-2 * u)).backward()
    assert says("02-two-paths").startswith(f"{u.grad.item():.0f},")


def sent_by_the_newest_message(lines):
    """Messages of a walk over `lines` lines v = v + v that hands each one on by itself."""
    return 0 if lines == 0 else 2 * (1 + sent_by_the_newest_message(lines - 1))


def test_numbers_of_the_walk_that_does_not_wait():
    assert says("02-when-to-send") == (
        f"The right slope, after {sent_by_the_newest_message(16):,} messages where {2 * 16} would do."
    )


def test_the_forward_modes_step_is_the_walks_and_adams_is_not():
    rng = np.random.default_rng(0)
    x, start = Tensor(rng.normal(size=(5, 3))), rng.normal(size=(2, 3))

    def loss(W):
        return (x @ W.T).tanh().mean()

    def step(optimiser):
        W = Tensor(start, requires_grad=True)
        loss(W).backward()
        optimiser([W], lr=0.1).step()
        return W.data

    knobs = np.eye(start.size).reshape(-1, *start.shape)
    forward = np.reshape([float(jvp(loss, start, knob)[1]) for knob in knobs], start.shape)
    np.testing.assert_allclose(start - 0.1 * forward, step(SGD), atol=1e-15)
    assert np.abs(step(Adam) - step(SGD)).max() > 0.01
    assert says("05-two-algorithms").startswith("The second:")


def test_thirty_layers_lose_the_root_of_a_half_twenty_nine_times():
    question = next(each for each in QUESTIONS if each["id"] == "07-thirty-layers")
    text = " ".join(option["why"] for option in question["options"])
    assert f"1/{round(2 ** (29 / 2), -3):,.0f}" in text
    assert f"10<sup>−{29 * np.log10(4):.1f}</sup>" in text


def test_where_both_fade_alike_the_gradient_is_level_and_tiny():
    question = next(each for each in QUESTIONS if each["id"] == "07-small-delta")
    layers = np.arange(1, 31)
    products = 0.7 ** (30 - layers) * 0.7 ** (layers - 1)
    assert np.ptp(products) < 1e-18
    assert 25_000 < 1 / products[0] < 35_000
    assert any("a thirty-thousandth" in option["why"] for option in question["options"])


def test_numbers_of_tanh():
    z = Tensor(np.arctanh(0.8), requires_grad=True)
    (2 * z.tanh()).backward()
    assert says("04-tanh-delta").startswith(f"{z.grad.item():.2f},")
    assert f"{2 * (1 - np.tanh(0.8) ** 2):.2f}" == "1.12"


def test_numbers_of_softmax():
    z = Tensor(np.log([[0.7, 0.2, 0.1]]), requires_grad=True)
    softmax_cross_entropy(z, np.array([2])).backward()
    assert says("04-softmax-numbers") == "({:.1f}, {:.1f}, −{:.1f})".format(*np.abs(z.grad[0]))
    assert np.sign(z.grad[0]).tolist() == [1, 1, -1]


def test_numbers_of_the_bias():
    column, x = np.array([[0.3], [-0.1], [0.2]]), np.array([[1.0], [2.0], [1.0]])
    W, b = Tensor(np.ones((1, 1)), requires_grad=True), Tensor(np.zeros(1), requires_grad=True)
    (Tensor(x) @ W.T + b).backward(column)
    assert says("04-bias-numbers").startswith(f"{b.grad.item():.1f},")
    assert f"{W.grad.item():.1f}" == "0.3"


def test_what_moves_from_zero_on_three_targets_against_one():
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    W1, b1, W2, b2 = (Tensor(np.zeros(s), requires_grad=True) for s in ((4, 2), (4,), (1, 4), (1,)))
    yhat = ((Tensor(X) @ W1.T + b1).tanh() @ W2.T + b2).sigmoid()
    (((yhat - Tensor(np.array([[0.0], [1.0], [1.0], [1.0]]))) ** 2).sum() / 8).backward()
    assert [bool(np.any(p.grad != 0)) for p in (W1, b1, W2, b2)] == [False, False, False, True]
