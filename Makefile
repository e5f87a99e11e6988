# Every command that people and CI use. `make setup` is called by the others when it has to be.
PYTHON ?= python3
BIN := .venv/bin
TESTS ?= tests

.PHONY: setup demo test test-all check serve lock catalogues

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup
	$(BIN)/retention demo

serve: setup
	$(BIN)/retention serve

test: setup
	$(BIN)/pytest -n auto -m "not long and not live" $(TESTS)

test-all: setup
	$(BIN)/pytest -n auto -m "not live" $(TESTS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Needs uv (a development tool, not a dependency); writes versions and hashes, no address.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --extra demo --group dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links -c requirements.lock pyproject.toml -o requirements-app.lock

# Brings the catalogues of the merchant's page in line with its texts; what is new in them is to be translated.
catalogues: setup
	$(BIN)/python -m admin_ui.catalogue
