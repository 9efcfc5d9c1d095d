# make demo   a small spoken dataset to look at and listen to
# make test   the test suite
# make lint   style and types
# make bench  measurements, into benchmarks/RESULTS.md

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := demo-dataset

.PHONY: setup demo test lint format bench libraries executable browser clean

setup: $(VENV)/.dev libraries executable browser

# Debian and Ubuntu split venv from Python: say or install what is missing.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed; name it: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || sh .ci/apt-install python3-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml $(BIN)/python
	@echo "installing the package into $(VENV): takes a minute or two"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml $(BIN)/python
	@echo "installing the package and what its tests need, torch included, into $(VENV): takes some minutes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,coqui]'
	@touch $@ $(VENV)/.core

$(VENV)/.bench: pyproject.toml $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench,coqui]'
	@touch $@

# The embedded engine's library.
libraries: $(BIN)/python
	@$(BIN)/python -c 'import ctypes; ctypes.CDLL("libflite.so.1")' 2>/dev/null \
	|| $(BIN)/python -c 'import ctypes; ctypes.CDLL("libflite.1.dylib")' 2>/dev/null \
	|| sh .ci/apt-install libflite1

# espeak-ng's executable, with which tests and benchmarks compare its library.
executable:
	@command -v espeak-ng >/dev/null || sh .ci/apt-install espeak-ng

# For the report's pages; tests that need it are left out where there is none.
browser:
	-@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| sh .ci/apt-install chromium

demo: $(VENV)/.core libraries
	$(BIN)/askqa build tests/data/demo_test.json $(DEMO) --overwrite
	@echo
	@$(BIN)/askqa show $(DEMO) --save $(DEMO).wav
	@echo
	@echo "The dataset is in $(DEMO)/ (its card: $(DEMO)/README.md)."
	@echo "Listen:        aplay $(DEMO).wav      (or ffplay, or open it in any player)"
	@echo "A page of it:  $(BIN)/askqa report $(DEMO)      (to look at and listen to in a browser)"
	@echo "Another row:   $(BIN)/askqa show $(DEMO) 'demo-cafe|4|1#clarified-0' --save row.wav"

# A process for each core, and one more, since some tests wait; each takes a run of neighbouring tests, which share what
# they build, and helps others at the end.
# Compiled first, for the hundreds of processes that it starts, where Python is told to write no bytecode.
test: setup
	@$(BIN)/python -m compileall -q askqa_builder
	$(BIN)/python -m pytest -n $$($(BIN)/python -c "import os; print((os.cpu_count() or 1) + 1)") --dist worksteal --durations 20

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench libraries executable browser
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis
