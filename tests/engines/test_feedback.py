"""Feedback names the mistake it is shown, at any size and shape, and no answer makes it raise."""

import doctest
import linecache
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from IPython.core.interactiveshell import InteractiveShell

import bplib.diagnosis
import bplib.feedback
import bplib.plain
from bplib.diagnosis import KINDS, Case, Context, diagnose, diagnose_cases
from bplib.feedback import check, examine, marks, progress
from bplib.notebook import tell_missing_names

numbers = st.floats(0.1, 10).flatmap(lambda size: st.sampled_from([size, -size]))
unhurried = settings(deadline=None)  # a busy machine is slow for reasons of its own
matrices = arrays(np.float64, st.tuples(st.integers(2, 4), st.integers(2, 4)), elements=numbers)


@pytest.mark.parametrize("module", [bplib.diagnosis, bplib.feedback, bplib.plain])
def test_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0


def test_nothing_but_the_standard_library_is_loaded() -> None:
    code = "import sys, bplib.feedback; print([m for m in ('numpy', 'IPython') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@unhurried
@given(matrices)
def test_the_truth_is_right_in_every_dress(truth: np.ndarray) -> None:
    for answer in (truth, truth.tolist(), tuple(map(tuple, truth.tolist())), truth * (1 + 1e-9)):
        assert diagnose(answer, truth).kind == "correct"


@unhurried
@given(matrices, st.integers(3, 9))
def test_a_scaled_answer_is_named(truth: np.ndarray, n: int) -> None:
    expected = {-1: "sign", 2: "factor-2", 0.5: "factor-2", n: "times-n", 1 / n: "one-over-n"}
    for scale, kind in expected.items():
        found = diagnose(scale * truth, truth, n=n)
        assert found.kind == kind
        assert f"{scale:.6g} times as large" in found.message


@unhurried
@given(matrices)
def test_a_transpose_is_named(truth: np.ndarray) -> None:
    square = truth.shape[0] == truth.shape[1]
    assume(not square or (not np.allclose(truth, truth.T, rtol=1e-5) and not np.allclose(truth, -truth.T, rtol=1e-5)))
    assert diagnose(truth.T, truth).kind == "transposed"


@unhurried
@given(matrices)
def test_a_missing_sum_over_the_batch_is_named(rows: np.ndarray) -> None:
    truth = rows.sum(axis=0)
    found = diagnose(rows, truth)
    assert found.kind == "missing-batch-sum"
    assert str(rows.shape) in found.message


@unhurried
@given(st.lists(numbers, min_size=4, max_size=4, unique_by=abs), st.integers(0, 3))
def test_a_lost_factor_is_named(values: list[float], lost: int) -> None:
    names = ["a′", "b′", "c", "d"]
    products = [np.prod(values[:i] + values[i + 1 :]) for i in range(4)]
    assume(all(abs(abs(v) - 1) > 0.01 and abs(abs(v) - 2) > 0.01 and abs(abs(v) - 0.5) > 0.01 for v in values))
    cases = [
        Case(products[lost] * k, np.prod(values) * k, bplib.diagnosis.Context(dict(zip(names, values, strict=True))))
        for k in (1.0, -0.3)
    ]
    assume(not any(np.isclose(abs(values[lost] * v), 1, rtol=1e-3) for v in values))
    others = values[:lost] + values[lost + 1 :]
    assume(not any(np.isclose(abs(values[lost]), abs(v), rtol=1e-3) for v in others))
    pairs = [values[i] * values[j] for i in range(4) for j in range(i)]
    assume(not any(np.isclose(values[lost], p, rtol=1e-3) or np.isclose(-values[lost], p, rtol=1e-3) for p in pairs))
    found = diagnose_cases(cases)
    assert found.kind == "missing-derivative"
    assert f"{names[lost]} is missing" in found.message


def test_a_factor_per_entry() -> None:
    slopes, message = np.array([0.1, 0.2]), np.array([3.0, -1.0])
    assert diagnose(message, message * slopes, factors={"f′(z)": slopes}).message.startswith("f′(z) is missing")


@pytest.mark.parametrize(
    ("answer", "truth", "context", "kind"),
    [
        (..., 1.0, {}, "not-attempted"),
        (None, 1.0, {}, "not-attempted"),
        ({"a": None}, {"a": 1.0}, {}, "not-attempted"),
        ("0.5", 0.5, {}, "type"),
        (True, 1.0, {}, "type"),
        (len, 1.0, {}, "type"),
        ([1, [2, 3]], 1.0, {}, "type"),
        (np.array(["a"]), [1.0], {}, "type"),
        (7.0, {"a": 7.0}, {}, "type"),
        ({"b": 7.0}, {"a": 7.0}, {}, "shape"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], {}, "shape"),
        ([1.0], 1.0, {}, "shape"),
        (np.float32(1 / 3), 1 / 3, {"rtol": 1e-9}, "dtype"),
        (np.array([0, 1]), [0.5, 1.7], {}, "dtype"),
        (np.array([1 + 1j]), [1.0], {}, "dtype"),
        ([1.0, 1j], [1.0, 2.0], {}, "dtype"),
        (float("nan"), 1.0, {}, "nan"),
        ([1.0, float("inf")], [1.0, 2.0], {}, "nan"),
        (10**400, 2.0, {}, "nan"),
        (3.0, 8.0, {"parts": (5.0, 3.0)}, "overwritten"),
        (3.0, 8.0, {"updated": 3.0}, "wrong-order"),
        (3.0, 8.0, {"mistakes": [("rounded", "as you go.", 3.0)]}, "rounded"),
        (0.084, 0.0843, {}, "rounded"),
        (6.0, 2.0, {"factors": {"u": 1.5, "v": 0.5}}, "other"),
        (7.0, 2.0, {}, "other"),
        (0.0, 2.0, {}, "other"),
        (0.0, 0.0, {}, "correct"),
        (1e-18, 0.0, {}, "correct"),
        (1e-3, 0.0, {}, "other"),
        (float("inf"), float("inf"), {}, "correct"),
    ],
)
def test_kinds(answer: object, truth: object, context: dict, kind: str) -> None:
    found = diagnose(answer, truth, **context)
    assert found.kind == kind
    assert found.kind in KINDS
    assert "\n" not in found.message


def test_one_factor_for_another_and_one_too_many() -> None:
    factors = {"h": 0.6, "w2": -0.3, "σ′": 0.25}
    assert "w2 stands where h belongs" in diagnose(5 * -0.3, 5 * 0.6, factors=factors).message
    assert "σ′ is there once too often" in diagnose(5 * 0.25**2, 5 * 0.25, factors=factors).message
    assert "The sign is flipped too" in diagnose(-5 * 0.6, 5 * 0.6 * 0.25, factors=factors).message


def test_a_mistake_has_to_explain_every_case() -> None:
    assert diagnose_cases([Case(-1.0, 1.0), Case(0.0, 0.0), Case(-3.0, 3.0)]).kind == "sign"
    assert diagnose_cases([Case(-1.0, 1.0), Case(-3.1, 3.0)]).kind == "other"


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3) | st.complex_numbers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from([1.0, [0.5, 2.0], {"a": 1.0, "b": [1.0]}, np.ones((2, 2))]),
)
def test_no_answer_makes_it_raise(answer: object, truth: object) -> None:
    assert diagnose(answer, truth, n=3, factors={"f": 0.3}).kind in KINDS


def loss(w, x):
    return (w * x - 1) ** 2


def failing(w, x):
    return 1 / 0


def calls_exit(w, x):
    sys.exit("bye")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (lambda w, x: {"w": 2 * (w * x - 1) * x, "x": 2 * (w * x - 1) * w}, "correct", "right."),
        (lambda w, x: {"w": (w * x - 1) * x, "x": 2 * (w * x - 1) * w}, "factor-2", "w: half of the truth"),
        (failing, "error", "ZeroDivisionError: division by zero, line "),
        (calls_exit, "error", "SystemExit: bye"),
        (lambda w: w, "error", "TypeError"),
        (lambda w, x: None, "not-attempted", "nothing was returned: not attempted yet, or is `return` missing?"),
        (lambda w, x: ..., "not-attempted", "a `...` is left"),
        (..., "not-attempted", "not attempted yet"),
        ({"w": 1.0}, "type", "without brackets after its name"),
    ],
)
def test_examine(answer: object, kind: str, said: str) -> None:
    found = examine("demo", answer, gradient_of=loss)
    assert found.kind == kind
    assert said in found.message


def test_an_interrupted_loop_is_one_line() -> None:
    def never_ends(w: float, x: float) -> float:
        raise KeyboardInterrupt

    assert "does a loop never end?" in examine("demo", never_ends, gradient_of=loss).message


def test_an_answer_that_cannot_be_read_is_one_line() -> None:
    class Trap:
        shape = (1,)
        dtype = "float64"

        def tolist(self) -> list:
            raise RuntimeError

    assert examine("demo", lambda w, x: Trap(), gradient_of=loss, wrt="w").kind == "type"


def test_a_student_cannot_spoil_the_inputs() -> None:
    def in_place(w: list[float]) -> float:
        w[0] = 0.0
        return 1.0

    assert examine("demo", in_place, truth=lambda w: w[0], at=[([1.0],), ([1.0],)]).kind == "correct"


@pytest.mark.parametrize("kink", [0.5, -0.8, 1.2])
def test_inputs_keep_away_from_kinks(kink: float) -> None:
    tried = []
    relu = lambda z: max(0.0, z - kink)
    wide = lambda rng: (rng.choice([kink, kink + 5e-5, kink - 5e-5, kink + 0.4]),)
    examine("demo", lambda z: tried.append(z) or 0.0, gradient_of=relu, at=wide, trials=20)
    assert tried
    assert min(abs(z - kink) for z in tried) > 0.3


def test_where_there_is_only_a_kink_it_says_so() -> None:
    with pytest.raises(ValueError, match="no inputs away from a kink"):
        examine("demo", abs, gradient_of=lambda z: abs(z), at=lambda rng: (0.0,))


@pytest.mark.parametrize("how", [{}, {"truth": loss, "gradient_of": loss}])
def test_exactly_one_truth(how: dict) -> None:
    with pytest.raises(TypeError, match="exactly one"):
        examine("demo", loss, **how)


def test_an_unknown_name_in_wrt() -> None:
    with pytest.raises(ValueError, match="wrt names 'v'; expected some of w, x"):
        examine("demo", loss, gradient_of=loss, wrt="v")


def test_check_marks_and_progress(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bplib.feedback, "_found", {})
    monkeypatch.setattr(bplib.feedback, "_points", {})
    start = time.perf_counter()
    check("a", lambda w, x: 2 * (w * x - 1) * x, gradient_of=loss, wrt="w")
    check("b", lambda w, x: -2 * (w * x - 1) * x, gradient_of=loss, wrt="w")
    check("c", ..., gradient_of=loss, wrt="w")
    assert time.perf_counter() - start < 1
    assert [marks("a", 2), marks("b", 1), marks("c", 1), marks("d", 3)] == [2, 0, 0, 0]
    check("c", lambda w, x: None, gradient_of=loss, wrt="w")
    printed = capsys.readouterr().out.splitlines()
    assert printed[3] == "· c: nothing was returned: not attempted yet, or is `return` missing?"
    assert printed[0] == "✓ a: right."
    assert printed[1].startswith("✗ b: the sign is flipped")
    assert printed[2] == "· c: not attempted yet"
    progress()
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "a 2 points right",
        "b 1 point not right yet (sign)",
        "c 1 point not attempted yet",
        "d 3 points not checked yet",
        "2 of 7 points so far.",
    ]


def test_a_named_mistake_may_have_another_shape_than_the_truth() -> None:
    """A shape given as a tuple: (batch, n) for a bias of shape (n,) is a batch that was not summed."""
    rows = ("missing-batch-sum", "b: no row for each example.", (5, 3))
    bracket = ("shape", "b: a tuple of one has a comma.", 3)
    assert diagnose((5, 3), (3,), mistakes=[rows, bracket]) == rows[:2]
    assert diagnose(3, (3,), mistakes=[rows, bracket]) == bracket[:2]
    assert diagnose((5, 4), (3,), mistakes=[rows, bracket]).kind == "shape"


def test_a_check_knows_the_batch_its_contributions_and_what_changed_too_early() -> None:
    loss = lambda w: sum((w * x) ** 2 / 2 for x in (1.0, 2.0, 4.0)) / 3
    how = {
        "gradient_of": loss,
        "n": lambda w: 3,
        "parts": lambda w: [w * x * x / 3 for x in (1.0, 2.0, 4.0)],
        "updated": lambda w: 0.9 * w * 7,
    }
    for kind, answer in [
        ("correct", lambda w: 7 * w),
        ("times-n", lambda w: 21 * w),
        ("one-over-n", lambda w: 7 * w / 3),
        ("overwritten", lambda w: 16 * w / 3),
        ("wrong-order", lambda w: 6.3 * w),
    ]:
        assert examine("batch", answer, **how).kind == kind


def test_a_mistake_of_size_n_is_named_for_batches_of_every_size() -> None:
    truth = np.array([3.0, -5.0, 0.5])
    for kind, answer in [
        ("times-n", lambda n: n * truth),
        ("one-over-n", lambda n: truth / n),
        ("overwritten", lambda n: truth - np.arange(n, n + 3)),
    ]:
        cases = []
        for n in (2, 3, 6):
            rest = np.arange(n, n + 3) / (n - 1)
            context = Context(n=n, parts=[truth - np.arange(n, n + 3), *[rest] * (n - 1)])
            cases.append(Case(answer(n), truth, context))
        assert diagnose_cases(cases).kind == kind


def test_a_mistake_that_leaves_this_entry_right_does_not_explain_it() -> None:
    truth = {"W": 2.0, "b": 3.0}
    slip = ("missing-derivative", "f′ is missing.", {"W": 5.0, "b": 3.0})
    assert diagnose({"W": 5.0, "b": 3.0}, truth, mistakes=[slip]).kind == "missing-derivative"
    assert diagnose({"W": 2.0, "b": 3.0 + 1e-8}, truth, mistakes=[slip], rtol=1e-11).kind == "rounded"


def test_single_precision_is_named_where_a_numerical_gradient_would_let_it_pass() -> None:
    truth = np.array([1 / 3, 0.5])
    assert diagnose(truth.astype("float32"), truth).kind == "dtype"
    assert diagnose(np.float32(0.5), 0.5).kind == "correct"
    assert diagnose(truth.astype("float32"), truth.astype("float32")).kind == "correct"


def test_a_product_that_does_not_fit_is_told_in_plain_words() -> None:
    for left, right in [((2, 3), (4, 5)), ((2, 3), (4,)), ((3,), (4, 5))]:
        product = lambda w, left=left, right=right: np.ones(left) @ np.ones(right)
        said = examine("demo", product, truth=lambda w: w, at=[(1.0,)]).message
        assert "the inner sizes of a product @ differ, 3 on the left and 4 on the right, line" in said


def test_an_exception_inside_a_library_is_placed_on_the_line_that_called_it() -> None:
    def kept_nothing(w: float) -> np.ndarray:
        return np.outer(None, w)

    said = examine("demo", kept_nothing, truth=lambda w: w, at=[(1.0,)]).message
    assert f"line {kept_nothing.__code__.co_firstlineno + 1} in kept_nothing" in said


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ('check("square", sqare, gradient_of=lambda x: x * x)', "sqare is not there: run the cell that defines it,"),
        ('how = {"factors": slopes}\ncheck("square", square, **how)', "slopes is not there: run the cell"),
        ("square(2)\nsqare(2)", "Traceback"),
        ("square(2)\ninside()", "Traceback"),
    ],
)
def test_a_check_cell_says_which_name_is_missing(cell: str, told: str, capsys: pytest.CaptureFixture) -> None:
    shell = InteractiveShell()
    shell.run_cell("from bplib.feedback import check")
    tell_missing_names(shell)
    shell.run_cell("square = lambda x: 2 * x\ninside = lambda: sqare(2)")
    capsys.readouterr()
    assert isinstance(shell.run_cell(cell).error_in_exec, NameError)
    said = "".join(capsys.readouterr())
    assert told in said
    assert ("Traceback" in said) == (told == "Traceback")


def test_an_old_ipython_names_a_cell_otherwise(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython 7, as on Colab, calls a cell's code `<cell line: 0>`, where a newer one says `<module>`."""
    source = 'check("square", sqare)\n'
    monkeypatch.setitem(linecache.cache, "a-cell", (len(source), None, [source], "a-cell"))
    shell = InteractiveShell()
    tell_missing_names(shell)
    with pytest.raises(NameError) as raised:
        exec(compile(source, "a-cell", "exec").replace(co_name="<cell line: 0>"), {"check": check})
    shell.CustomTB(NameError, raised.value, raised.tb)
    assert capsys.readouterr().out.startswith("✗ sqare is not there: run the cell that defines it,")


def test_a_name_missing_inside_an_answer_asks_for_its_cell() -> None:
    said = examine("demo", lambda w: sqare(w), truth=lambda w: w, at=[(1.0,)]).message  # noqa: F821
    assert "NameError: name 'sqare' is not defined, line" in said
    assert said.endswith("Is the cell run that defines it, under that name?")


def test_progress_before_any_question(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bplib.feedback, "_points", {})
    progress()
    assert capsys.readouterr().out == "No question has run yet: run the cells from top to bottom.\n"
