# Two commands: `make demo` sets up and runs the main job on the bundled recordings,
# `make test` sets up and runs every check. Nothing but Python 3.11+ is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test properties lint format clean

demo: $(VENV)/.installed
	$(BIN)/python tools/demo.py

# Two to four processes: each holds torch and at times a model. A file's tests stay together.
test: $(VENV)/.installed-dev lint
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

# What CI runs at night: the property tests of text and subtitles, 2,000 random examples each.
properties: $(VENV)/.installed-dev
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest tests/core tests/formats

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports
	$(BIN)/python tools/check_sizes.py

format: $(VENV)/.installed-dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:
	rm -rf $(VENV) demo-output build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# torch first: by itself and pinned it comes as a CPU build where one is at hand.
$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt torch
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install -c constraints.txt -e '.[dev,ja,ko]'
	touch $@
