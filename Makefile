# make demo   set-up, data, ingest, train, recommend, explain, check
# make test   set-up, then everything that CI runs
PYTHON ?= python3
BIN := .venv/bin
export GROUNDREC_DATA ?= $(wildcard $(abspath ../shared/data))

.PHONY: demo test lint setup clean reference help neo4j neo4j-stop

help:
	@sed -n 's/^# //p' Makefile

demo: .venv/ready
	@$(BIN)/groundrec --home .demo demo

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "groundrec needs Python 3.11 or newer: set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { echo "groundrec needs the venv module of Python (on Debian: apt-get install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# make reference   write docs/cli.md and the transcripts in the documents anew
reference: demo
	$(BIN)/typer groundrec.cli utils docs --name groundrec --title "Command line" --output docs/cli.md
	$(BIN)/python -m tests.integration.transcripts .demo

# make neo4j  start a Neo4j server on loopback (LINE=newest for the newest), without Docker
LINE ?= lts
neo4j:
	@$(PYTHON) tools/neo4j/server.py start --line $(LINE)

neo4j-stop:
	@$(PYTHON) tools/neo4j/server.py stop

clean:
	rm -rf .venv .demo build dist .mypy_cache .ruff_cache .pytest_cache
