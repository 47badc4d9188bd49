# What one types. `make help` lists it; the work is in packaging/setup.sh and in the programs called here.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check sweep bench bench-designer bench-peers bundle screenshots clean distclean
BIN := .venv/bin
PYTEST_ARGS ?=

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

setup: ## bring everything into .venv (system packages as root on Debian; builds llama-cpp-python once)
	@packaging/setup.sh

demo: setup ## open the designer; without a screen, run the machine-alarm workflow in the terminal
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname -s)" != Linux ]; then $(BIN)/signalbox; else $(BIN)/signalboxctl demo; fi

test: setup ## all checks and all tests; the last line is pytest's
	@failed=""; \
	$(BIN)/lint-imports --no-logo || failed="$$failed lint-imports"; \
	$(BIN)/ruff check . || failed="$$failed ruff"; \
	$(BIN)/mypy || failed="$$failed mypy"; \
	$(BIN)/python -m pytest -q -n auto --dist worksteal $(PYTEST_ARGS) || failed="$$failed pytest"; \
	[ -z "$$failed" ] || { echo "make test: failed:$$failed" >&2; exit 1; }

check: setup ## the checks without the tests: imports, style, types
	@$(BIN)/lint-imports --no-logo && $(BIN)/ruff check . && $(BIN)/mypy

sweep: setup ## the large runs: hundreds of kills, thousands of random workflows (an hour and more)
	@$(BIN)/python -m pytest -q --sweep --slow -m "sweep or slow" --timeout 7200 $(PYTEST_ARGS)

bench: setup ## speed as ratios to raw SQLite and to llama.cpp called directly
	@$(BIN)/signalboxctl bench

bench-designer: setup ## the drawing beside NodeGraphQt as it comes, the start beside a bare window
	@$(BIN)/python -m tests.bench.canvas

bench-peers: setup ## the same chain on other engines, in an environment of their own
	@tests/bench/peers.sh

bundle: setup ## freeze both programs into dist/signalbox and let each test itself
	@packaging/bundle.sh

screenshots: setup ## take the README's pictures again, from the real program
	@$(BIN)/python packaging/pictures/screens.py

clean: ## remove caches and build results
	@rm -rf build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache *.egg-info
	@find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## also remove the environments; the built wheel stays in the cache
	@rm -rf .venv .venv-*
