# run · test · ui · quality · bench · mutants · lint
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OBSERVATOIRE_HOME ?= $(CURDIR)/var
export OBSERVATOIRE_HOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A run starts several processes: without caches, each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip install --quiet --constraint requirements.lock

.PHONY: run test ui quality bench mutants lint clean

run: $(VENV)/.core
	$(BIN)/observatoire run --sample

test: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

ui: $(VENV)/.core
	@mkdir -p "$(OBSERVATOIRE_HOME)/dagster"
	$(BIN)/observatoire ui

quality: $(VENV)/.core
	$(BIN)/observatoire quality

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

mutants: $(VENV)/.test
	$(BIN)/python -m observatoire_pipeline_tests.mutation

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 run")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml setup.cfg requirements.lock | $(VENV)/bin/python
	$(PIP) --editable .
	touch $@

$(VENV)/.test: $(VENV)/.core
	$(PIP) --editable '.[test]'
	touch $@

$(VENV)/.lint: $(VENV)/.core
	$(PIP) --editable '.[lint]'
	touch $@

clean:
	rm -rf $(VENV) var build dist *.egg-info
