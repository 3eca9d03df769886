"""The examples in the docstrings run, and the files keep to their size."""

import doctest
import importlib
from pathlib import Path

import pytest

import bplib

ROOT = Path(bplib.__file__).parent
FILES = ["data", "backend", "namespaces", "rules", "rules_layers", "graph", "storage", "matrix", "levels"]
FILES += ["transforms", "functional", "optim"]
MODULES = [*FILES, *(f"nn.{path.stem}" for path in sorted((ROOT / "nn").glob("[!_]*.py")))]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(f"bplib.{name}")
    failed, _ = doctest.testmod(module)
    assert failed == 0
    assert module.__doc__


def test_there_are_examples():
    run = sum(doctest.testmod(importlib.import_module(f"bplib.{name}")).attempted for name in MODULES)
    assert run > 60


@pytest.mark.parametrize("name", MODULES)
def test_size(name):
    lines = len((ROOT / f"{name.replace('.', '/')}.py").read_text("utf-8").splitlines())
    assert lines <= (250 if name == "matrix" else 300)
