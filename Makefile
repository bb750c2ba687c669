# Two commands for a newcomer: `make demo` and `make test`. Each makes .venv and installs what it needs first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# No test takes this long, also on a busy machine: where one hangs is said, instead of nothing.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal --timeout 900
PLUGINS := $(patsubst plugins/%/pyproject.toml,plugins/%,$(wildcard plugins/*/pyproject.toml))
OUT ?= runs/demo
COMPILED := $(wildcard tests/functional/test_*pair*.py) $(addprefix tests/, \
	functional/test_hostile.py functional/test_malformed.py functional/test_smooth_lddt.py \
	functional/crystals functional/engine/numba restraints/test_energy.py \
	rigidity/test_kernels.py rigidity/test_lateration.py rigidity/test_pebble_game.py)

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow test-bounds test-hosts gpu check format build docs notebooks clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# Done once, and again when what is to be installed has changed.
$(VENV)/.installed: pyproject.toml constraints.txt $(PLUGINS:%=%/pyproject.toml)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,dev]'
	$(BIN)/python -m pip install --quiet --no-deps $(foreach plugin,$(PLUGINS),--editable $(plugin))
	touch $@

install: $(VENV)/.installed ## Make .venv with the library, its extras and its plugins

demo: $(VENV)/.installed ## Run the main job: compare losses on real molecules (minutes), write a report
	$(BIN)/energyloss compare --out $(OUT)

test: $(VENV)/.installed ## Run the tests, doctests and examples
	$(PYTEST) -m 'not slow and not hosts'

test-bounds: $(VENV)/.installed ## Run the tests that reach compiled kernels with every index checked
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(or $(TMPDIR),/tmp)/energyloss-bounds $(PYTEST) -m 'not slow' -k 'not [torch' $(COMPILED)

test-slow: $(VENV)/.installed ## Run the slow studies and long tests as well
	$(BIN)/python -m pytest -m slow

test-hosts: $(VENV)/.installed ## Run the tests in foreign frameworks that are installed
	$(BIN)/python -m pytest -m hosts

# A machine with a GPU often has its packages already, and no way to get others.
gpu: ## Measure a CUDA device in under ten minutes (make gpu PYTHON=python3: without .venv)
	@if $(PYTHON) -c 'import torch, torch_geometric, scipy, pluggy, filelock' 2>/dev/null; then \
	  PYTHONPATH=.:$$PYTHONPATH $(PYTHON) benchmarks/gpu.py; \
	else \
	  $(MAKE) --no-print-directory install && $(BIN)/python benchmarks/gpu.py; \
	fi

check: $(VENV)/.installed ## Lint, check the format and the types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy $(foreach package,$(wildcard plugins/*/pyg_energyloss_*/__init__.py),-p $(notdir $(patsubst %/__init__.py,%,$(package))))

format: $(VENV)/.installed ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed ## Build the documentation into site/; a warning is an error
	$(BIN)/mkdocs build --strict

build: $(VENV)/.installed ## Build a wheel and an sdist of the library and a wheel of each plugin
	$(BIN)/python -m build --outdir dist .
	for plugin in $(PLUGINS); do $(BIN)/python -m build --wheel --outdir dist $$plugin || exit 1; done

notebooks: $(VENV)/.installed ## Run the notebooks anew and keep what they show
	$(BIN)/python docs/run_notebooks.py

clean: ## Remove what was built and measured
	rm -rf dist build runs site .pytest_cache .mypy_cache .ruff_cache .hypothesis
