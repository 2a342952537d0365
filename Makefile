# Everything a person does with this project. `make` alone lists it.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
JOBS ?= 2
COMPILED_TESTS := tests/services tests/gateway tests/transport tests/protocols tests/kernel

# Bytecode is kept whatever the shell says: tests start some hundred Pythons, and pytest rewrites every assertion anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo test test-compiled lint format conformance fuzz bench wheel service clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

install: $(STAMP) ## Make .venv and install Skyglobe with all its tools

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Skyglobe needs Python 3.11 or newer. On Debian: apt install python3 python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python cannot make virtual environments. On Debian: apt install python3-venv"; exit 1; }
	@echo "Installing Skyglobe and its tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

demo: $(STAMP) ## Start a cloud, run the demonstration with the real AWS CLI and boto3, stop it
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.demonstration

test: $(STAMP) ## Run all tests
	@$(BIN)/python -m pytest -n $(JOBS)

test-compiled: $(STAMP) ## Run the tests of what is compiled against a compiled wheel (builds one first: some minutes)
	@folder="$$($(BIN)/python -m benchmarks.compiled)" && PYTHONPATH="$$folder" $(BIN)/python -m pytest -n $(JOBS) $(COMPILED_TESTS)

lint: $(STAMP) ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(STAMP) ## Put the code into the house's form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

conformance: $(STAMP) ## Prove every operation of every service against botocore's own serializers and parsers
	@SKYGLOBE_CONFORMANCE=all $(BIN)/python -m pytest tests/conformance tests/models -n $(JOBS) -q -rP

fuzz: $(STAMP) ## Throw malformed requests at the cloud for a long time
	@SKYGLOBE_FUZZ=long $(BIN)/python -m pytest tests/fuzz -n $(JOBS)

bench: $(STAMP) ## Measure side by side with other local clouds
	@$(BIN)/python -m benchmarks

wheel: $(STAMP) ## Build a wheel in dist/ whose hot modules are compiled (wants a C compiler; takes some minutes)
	@SKYGLOBE_COMPILE=profiled $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

service: $(STAMP) ## Write the folder of a new service: make service NAME=sns
	@$(BIN)/skyglobe-dev new-service $(NAME)

clean: ## Remove everything that can be made again
	@rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
