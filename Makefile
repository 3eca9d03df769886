# Two commands matter: make read (build and show the book) and make test (everything that must hold).
PYTHON ?= python3
PY := .venv/bin/python
ASSIGNMENT ?= 03_worked_example
SUBMITTED ?= tests/grading/samples
OUT ?= results

.PHONY: help setup book read pdf test check lab notebooks exercises grade bench audit clean

help:
	@echo "make read       set up, build the book and show it"
	@echo "make pdf        set up, build the book and print it: each chapter, and the whole"
	@echo "make test       set up and run every test (TORCH=1 adds the comparisons with PyTorch)"
	@echo "make check      the quick checks, while working"
	@echo "make lab        work the exercises in JupyterLab"
	@echo "make grade      grade submissions: SUBMITTED=folder ASSIGNMENT=name OUT=results"
	@echo "make exercises  release the exercises from solutions/"
	@echo "make notebooks  run the chapters and solutions in place and keep their text outputs"
	@echo "make bench      measure the engines beside their peers"
	@echo "make audit      Lighthouse over a chapter page, and how soon each control answers"
	@echo "make clean      remove what was built; .venv and work/ stay"

setup:
	@$(PYTHON) tools/setup.py

book: setup
	@$(PY) tools/build.py

read: setup
	@$(PY) tools/build.py --serve

pdf: book
	@$(PY) tools/pdf.py

test: book lint
	@$(PY) -m pytest -n auto --dist worksteal tests

lint: setup
	@echo "ruff and mypy"
	@$(PY) -m ruff format --check -q . && $(PY) -m ruff check -q . && $(PY) -m mypy

check: lint
	@$(PY) -m pytest -n auto -q tests/engines tests/grading -m "not slow"

lab: setup
	@$(PY) tools/lab.py

notebooks: setup
	@$(PY) tools/notebooks.py

exercises: setup
	@$(PY) -m bpgrade release $(ASSIGNMENT)

grade: setup
	@$(PY) -m bpgrade run "$(SUBMITTED)" --assignment $(ASSIGNMENT) --out "$(OUT)"

bench:
	@TORCH=1 $(PYTHON) tools/setup.py bench
	@$(PY) -m benchmarks

audit: book
	@$(PY) tools/audit.py
	@BP_LATENCY=100 $(PY) -m pytest -q -rP tests/book/test_everything_playable.py -k test_played

clean:
	@rm -rf _build results bplib/figures/dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@echo "removed what was built; .venv, node_modules and work/ stay"
