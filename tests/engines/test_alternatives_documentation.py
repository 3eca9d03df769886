"""The examples in the docstrings of `bplib.alternatives` run, and its files keep to their size."""

import doctest
import importlib
from pathlib import Path

import pytest

import bplib

ROOT = Path(bplib.__file__).parent / "alternatives"
MODULES = [path.stem for path in sorted(ROOT.glob("[!_]*.py"))]


@pytest.mark.parametrize("name", MODULES)
def test_examples_and_size(name):
    # the package holds a function `compare` beside the module of that name
    module = importlib.import_module(f"bplib.alternatives.{name}")
    failed, attempted = doctest.testmod(module)
    assert failed == 0
    assert attempted or name == "rule"
    assert module.__doc__
    assert len((ROOT / f"{name}.py").read_text("utf-8").splitlines()) <= 300
