# The loops people use, in the order of a change. All run in .venv, which `make install` makes.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help install hooks rehearse test again lint fix docs update coverage servers sample ci full

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: ## make .venv anew from the locks, with sameday as it stands here
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement tests/requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .

hooks: ## let git run the checks of .pre-commit-config.yaml before a commit and a push
	$(BIN)/uv tool run --quiet pre-commit install

rehearse: ## the examples, from pull request to the next day's run, into rehearsal/
	$(BIN)/sameday rehearse examples

test: ## the quick tests, about four minutes; FILES=tests/lint for fewer; a file runs whole
	$(BIN)/pytest $(FILES)

again: ## what failed the last time, then stop at the first failure
	$(BIN)/pytest --last-failed --exitfirst $(FILES)

lint: ## style, types and layers, as CI holds them
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fix: ## what ruff can correct by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: ## the documents, into build/docs; a dead link, a missing anchor or a page in no list fails
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --builder html docs build/docs

update: ## write generated files and golden files anew; read the difference
	$(BIN)/python -m tests.update

coverage: ## the lines that the quick tests do not reach
	$(BIN)/pytest --cov --cov-report term-missing:skip-covered

servers: ## what the slow tests play against: PostgreSQL, Kubernetes, BigQuery's emulator, GitHub's API, Argo
	bash .ci/postgresql
	bash .ci/cluster
	bash .ci/bigquery
	bash .ci/github
	bash .ci/argo

sample: ## quick tests and a sample of each slow suite, half an hour (needs `make servers`)
	$(BIN)/pytest --tier sample

ci: ## all that CI does, in a clone of HEAD
	bash .ci/run

full: ## the same with every slow test and large counts, up to three hours: before a release
	bash .ci/full
