# Needs git, make and Python 3.11, 3.12 or 3.13. Everything else goes into .venv, on first use.

# TensorFlow decides which versions train and export; the runtime alone also takes later ones.
PYTHON ?= python3 python3.13 python3.12 python3.11
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

BIN := .venv/bin
# Written when the installation is complete; pyproject.toml says what it consists of.
INSTALLED := .venv/installed
EXTRAS := cpu,train,export,dev
ALL_TESTS := benchmarks/results/test-all.json

.DEFAULT_GOAL := help
.PHONY: help setup check test test-all demo bench bench-engine bench-parity bench-serving bench-training clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) ## install the project, TensorFlow and the tools into .venv

check: $(INSTALLED) ## check format, lint, types and who imports whom
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(INSTALLED) ## run the tests, without the slow ones
	$(BIN)/pytest -q

test-all: $(INSTALLED) ## run every test; the result is kept in benchmarks/results
	@rm -f build/test-all.xml
	$(BIN)/pytest -q --all --junit-xml=build/test-all.xml; status=$$?; \
	$(BIN)/python benchmarks/record_tests.py build/test-all.xml $(ALL_TESTS) && exit $$status

demo: $(INSTALLED) ## train the example, export it, serve it without TensorFlow
	@$(BIN)/python examples/demo

bench: $(INSTALLED) ## measure what the README's figures come from
	$(BIN)/python benchmarks/run.py

bench-engine: $(INSTALLED) ## measure what the graph engine itself costs
	$(BIN)/python benchmarks/engine.py graphs
	$(BIN)/python benchmarks/engine.py runners

bench-parity: $(INSTALLED) ## compare TensorFlow and the runtime on 10,000 messages a data set
	$(BIN)/python benchmarks/parity.py

bench-serving: $(INSTALLED) ## measure what serving costs, where its time goes, and draw it (some minutes)
	@set -e; for command in graph length blob around bench plots; do \
	  $(BIN)/python benchmarks/serving.py $$command; \
	done

bench-training: $(INSTALLED) ## measure what docs/performance.md shows (hours; goes on where it was stopped)
	@set -e; for command in speed many-tags growth quality plots report; do \
	  $(BIN)/python benchmarks/training.py $$command; \
	done

clean: ## remove what was built; .venv stays
	rm -rf build dist .venv-serve .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(INSTALLED): pyproject.toml
	@test -x $(BIN)/pip || { \
	  for python in $(PYTHON); do \
	    $$python -c '$(SUITABLE)' 2>/dev/null && break; python=; \
	  done; \
	  test -n "$$python" || { \
	    echo "Python 3.11, 3.12 or 3.13 is needed: TensorFlow has no wheels for others."; \
	    echo "Looked for: $(PYTHON). If it has another name: make setup PYTHON=/path/to/python3.12"; \
	    exit 1; \
	  } >&2; \
	  echo "Creating .venv with $$($$python --version)"; \
	  $$python -m venv .venv; \
	}
	@echo "Installing onnlu[$(EXTRAS)] into .venv (some minutes, once: TensorFlow is large)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[$(EXTRAS)]'
	@touch $@
