"""The benchmarks measure one and the same calculation, and the runner says so when a peer is missing or disagrees."""

import math
import sys

import pytest

from benchmarks import __main__ as runner
from benchmarks.case import Case, Engine, Fact
from benchmarks.scalar_cases import BY_HAND, DOT, FACTS


def test_dot_and_loops_by_hand_take_the_same_steps():
    ours, loops = DOT.make(), BY_HAND.make()
    losses = [(ours(k), loops(k)) for k in range(5)]
    assert all(a == pytest.approx(b, rel=1e-12) for a, b in losses)
    assert losses[4][0] < losses[0][0]


def test_our_facts_reach_their_targets():
    bytes_a_node, _ = FACTS
    assert bytes_a_node.engines["bplib.scalar"]() <= 115


FAMILY = """
from benchmarks.case import Case, Engine, Fact

def absent():
    import a_peer_that_nobody_has

def steps(loss, size):
    return lambda: lambda k: loss + 0.0 * sum(range(size)) + k

CASES = [Case("counting", (
    Engine("short", steps(1.0, 10_000)), Engine("long", steps(1.0, 100_000)),
    Engine("wrong", steps(2.0, 10)), Engine("absent", absent),
), targets={"long": (">= 2", "<= 2")})]
FACTS = [Fact("size", {"ours": lambda: 7.0, "theirs": absent})]
"""


def test_a_run_from_end_to_end(tmp_path, monkeypatch):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "try_cases.py").write_text(FAMILY)
    import benchmarks

    monkeypatch.setattr(benchmarks, "__path__", [*benchmarks.__path__, str(tmp_path / "benchmarks")])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # benchmarks is a package without a file: its parts are joined
    import benchmarks.try_cases as family

    text, drawn = runner.table("try", family, rounds=3, seconds=0.01)
    assert "| short | on |" in text
    assert "| long | on |" in text
    assert ">= 2: reached" in text
    assert "<= 2: **missed**" in text
    assert "| wrong | on | disagrees: losses [2.0, 3.0, 4.0] instead of [1.0, 2.0, 3.0] |" in text
    assert "| absent | off | not installed (No module named 'a_peer_that_nobody_has') |" in text
    assert "size: ours 7; theirs not installed." in text
    assert [label for label, _ in drawn] == [
        f"counting: {name}, collector {state}" for state in ("on", "off") for name in ("short", "long")
    ]


def test_a_ratio_is_formed_within_a_round():
    assert runner.reached([1, 3, 100], ">= 3")
    assert not runner.reached([1, 2.9, 100], ">= 3")
    assert runner.reached([1, 3, 100], "<= 3")
    assert runner.spread([1.0, 2.0, 3.0]).startswith("2 (")
    assert math.isfinite(float(runner.spread([5.0]).split()[0]))
    assert Case("a", (Engine("b", absent),)).collector == (True, False)
    assert Fact("a", {}).target == ""


def absent():
    raise ImportError(sys.platform)
