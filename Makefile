# Needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BENCH := .venv-bench
RELEASE := .venv-release
BIN := $(VENV)/bin
CORE := $(VENV)/.core
DEV := $(VENV)/.dev
SPARK := $(VENV)/.spark
ENV_TOO_OLD := import sys; sys.exit("kamrules needs Python 3.11 or newer, PYTHON is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)

.PHONY: demo test test-spark check docs bench release clean

# kamrules ends with 1 when it has findings, and the demo has some on purpose. So does Python when an import
# fails, hence the first line.
demo: $(CORE)
	@$(BIN)/python -c 'import kamrules.cli.assess'
	@$(BIN)/kamrules assess examples/welding --as-of 2026-06-30 || test $$? -eq 1

# Two processes share the cores: threads of libraries would wait for each other.
test: $(DEV)
	OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n 2 -m 'not spark'

# Needs Java; without it every one of these tests is skipped, and says so.
test-spark: $(SPARK)
	$(BIN)/python -m pytest -m spark

check: $(DEV)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/build_docs.py --check
	$(BIN)/zensical build --strict
	$(BIN)/python tools/handbook_coverage.py --check
	$(BIN)/python tools/frame_table.py --check
	$(BIN)/python tools/pictures.py --check
	$(BIN)/python tools/notebooks.py --check
	$(BIN)/python tools/mutants.py --check
	$(BIN)/kamrules check handbook --prove
	$(BIN)/kamrules test handbook

docs: $(DEV)
	$(BIN)/python tools/build_docs.py
	$(BIN)/python tools/pictures.py
	$(BIN)/python tools/notebooks.py
	$(BIN)/zensical build --strict

bench: $(BENCH)/.done
	$(BENCH)/bin/python benchmarks/imports.py --write
	$(BENCH)/bin/python benchmarks/record.py --write
	$(BENCH)/bin/python benchmarks/pack.py --write
	$(BENCH)/bin/python benchmarks/frames.py --write
	$(BENCH)/bin/python benchmarks/paths.py --write
	$(BENCH)/bin/python benchmarks/reactors.py --write
	$(BENCH)/bin/python benchmarks/desk.py --write
	$(BENCH)/bin/python benchmarks/timeline.py --write
	$(BENCH)/bin/python benchmarks/learning.py --write
	$(BENCH)/bin/python benchmarks/report.py --write

# Builds dist/ and tries it with each extra, the oldest and the newest libraries, on each Python found.
release: $(RELEASE)/.done
	$(RELEASE)/bin/python tools/release.py build
	$(RELEASE)/bin/python tools/release.py matrix

clean:
	rm -rf $(VENV) $(BENCH) $(RELEASE) build dist site .cache .coverage htmlcov .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c '$(ENV_TOO_OLD)'
	$(PYTHON) -m venv $(VENV)

$(CORE): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# The live engine is built from source. Without a C compiler its tests are skipped, and all else runs.
$(DEV): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@$(BIN)/python -m pip install --quiet --editable '.[live]' \
		|| echo 'NOTE: durable-rules could not be built: tests of the live engine will be skipped'
	@touch $(CORE) $@

$(SPARK): $(DEV)
	$(BIN)/python -m pip install --quiet --editable '.[spark]'
	@touch $@

$(BENCH)/.done: pyproject.toml
	@$(PYTHON) -c '$(ENV_TOO_OLD)'
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --editable '.[bench]'
	@touch $@

$(RELEASE)/.done: pyproject.toml
	@$(PYTHON) -c '$(ENV_TOO_OLD)'
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/python -m pip install --quiet --editable '.[release]'
	@touch $@
