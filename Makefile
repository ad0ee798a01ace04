# Two commands do all the set-up: `make run` and `make test`. Python 3.11+ and make are all they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= auto
export FACTCHECK_TEST_NODE ?= $(abspath $(VENV)/node)
export FACTCHECK_TEST_PYWB ?= $(abspath $(VENV)/pywb)
TREE := factcheck migrations tests benchmarks torture wsgi.py

.DEFAULT_GOAL := help
.PHONY: help run test check clients messages screenshots bench torture docs dist lock clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Serve a desk with the first article, and print its address and a one-time login link; PORT=8101 for another port
	@$(BIN)/factcheck demo $(if $(PORT),--port $(PORT)) $(ARGS)

test: $(VENV)/.test ## Run every check and every test, on SQLite, on PostgreSQL and in a browser
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/.test ## Run lint, types, the import contract and the quick tests
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest -n $(WORKERS) -m "not slow and not browser" --databases sqlite -q $(ARGS)

clients: $(VENV)/.test node ## Try Google's Python and Node clients, and log in at a certified identity provider; needs node and npm
	$(BIN)/python -m pytest tests/test_google.py tests/test_provider_login.py -k client $(ARGS)

.PHONY: node
node: ## Install Google's Node client and an identity provider, which one test each needs
	npm install --silent --no-save --no-audit --no-fund --prefix $(VENV)/node @googleapis/factchecktools@9 oidc-provider@9

.PHONY: pywb
pywb: $(VENV)/pywb/.installed ## Install pywb, a reader of web archives, which one test needs

$(VENV)/pywb/.installed: tests/pywb.lock
	@$(PYTHON) -m venv $(VENV)/pywb
	@$(VENV)/pywb/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r tests/pywb.lock
	@touch $@

.PHONY: lint
lint:
	$(BIN)/ruff check $(TREE)
	$(BIN)/ruff format --check $(TREE)
	$(BIN)/mypy
	$(BIN)/lint-imports

WORDS := factcheck/translations
messages: $(VENV)/.test ## Bring the catalogues of all languages up to date with the code; LANGUAGE=de begins a new one
	$(BIN)/pybabel -q extract -F pyproject.toml -k message:1 -k plural:1,2 --no-location --no-wrap --sort-output \
	  --project factcheck --version 1 --copyright-holder "the factcheck project" -o $(WORDS)/messages.pot factcheck
	$(if $(LANGUAGE),$(BIN)/pybabel -q init -i $(WORDS)/messages.pot -d $(WORDS) -l $(LANGUAGE) --no-wrap)
	$(BIN)/pybabel -q update -i $(WORDS)/messages.pot -d $(WORDS) --no-fuzzy-matching --ignore-obsolete --no-wrap
	$(BIN)/pybabel -q compile -d $(WORDS) --statistics

screenshots: $(VENV)/.test ## Shoot every page at two widths, light and dark, into screenshots/
	$(BIN)/python -m tests.screenshots $(ARGS)

bench: $(VENV)/.test ## Measure; SIZE=1000000 for a large desk
	$(BIN)/python -m benchmarks $(if $(SIZE),--size $(SIZE),)
	$(BIN)/python -m benchmarks.pages $(if $(SIZE),--size $(SIZE),)
	$(BIN)/python -m benchmarks.log $(if $(SIZE),--entries $(SIZE),)

.PHONY: failover
failover: $(VENV)/.test ## Kill the leader of a PostgreSQL cluster under load, ten times
	$(BIN)/python -m torture.failover $(ARGS)

.PHONY: mutants
mutants: $(VENV)/.mutants ## Put mistakes into the code and count those that no test finds; AREA=rules SAMPLE=150 SEED=18 DATABASE=postgresql
	nice -n 10 $(BIN)/python -m tests.mutants $(AREA) $(if $(SAMPLE),--sample $(SAMPLE),) $(if $(SEED),--seed $(SEED),) \
	  $(if $(DATABASE),--database $(DATABASE),)

torture: $(VENV)/.test ## Many clients, keys, kills, power cuts, faults, for hours; NAME=kills DATABASE=sqlite OPERATIONS=50
	$(BIN)/python -m torture $(or $(NAME),all) $(if $(DATABASE),--database $(DATABASE),) $(if $(OPERATIONS),--operations $(OPERATIONS),)

docs: $(VENV)/.test ## Build the documentation site into site/, and check its links
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

dist: $(VENV)/.test ## Build the source package and the wheel into dist/, and check them
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/twine check --strict dist/*

lock: $(VENV)/.test ## Renew the lock files
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --upgrade --extra postgres --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --upgrade --all-extras --group build --group dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --upgrade --group pyproject.toml:failover -o torture/patroni.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --upgrade --constraints requirements-dev.lock \
	  --group pyproject.toml:mutants -o tests/mutants.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --upgrade --group pyproject.toml:pywb -o tests/pywb.lock

clean: ## Remove the environment and caches; the desk's data stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build site

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "factcheck needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "This Python has no venv. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.run: $(BIN)/python requirements.lock pyproject.toml
	@echo "Setting up the environment in $(VENV) …" >&2
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-dev.lock
	@echo "Setting up what the tests need …" >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.mutants: $(VENV)/.test tests/mutants.lock
	@$(PIP) install --require-hashes -r tests/mutants.lock
	@touch $@
