# Each target sets up what it needs by itself, once: `.venv` from constraints.txt, and the models.
#   PYTHON=...       use another Python (3.11 to 3.13) than the first one found
#   TORCH_INDEX=...  an extra package index for torch, such as PyTorch's own for CPU builds (see "Set-up" in CONTRIBUTING.md);
#                    empty: only pip's usual index

VENV := .venv
MINUTES := 2
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run demo test lint bench bench-heatmaps bench-average bench-scale bench-crowd bench-cluster bench-fleet bench-abuse faults fuzz soak audit container-check setup clean
.DELETE_ON_ERROR:

help:
	@echo "make run    the bot: on Discord with a token, in a sandbox in your browser without one"
	@echo "make demo   play all commands in the sandbox; the pictures go to demo/"
	@echo "make test   the tests (10 to 20 minutes)"
	@echo "make lint   format, lint, types, and which package may import which"
	@echo "make bench  what takes how long on this machine, into benchmarks/report.md (10 minutes; 3 with QUICK=1); PARTS='start similar'"
	@echo "make bench-heatmaps  how faithful heatmaps are (20 minutes)"
	@echo "make bench-average  the average of 40 faces beside those of other tools (3 minutes)"
	@echo "make bench-scale  time and memory of an average of many photos (15 minutes)"
	@echo "make bench-crowd  sixty people ask at once: places, answers, and how late the bot's loop is (1 minute)"
	@echo "make bench-cluster  requests per second of 1, 2 and 4 workers, local and in a cluster (3 minutes)"
	@echo "make bench-fleet  several bots, many guilds, workers on Dask: throughput, and what is used up first (4 minutes)"
	@echo "make bench-abuse  commands over HTTP while 150 of 200 connections misbehave, and while none does (3 minutes)"
	@echo "make faults workers killed in every stage of every command, and every hostile file (30 minutes)"
	@echo "make fuzz   fuzz everything that reads bytes from outside; MINUTES=2 for each of four targets"
	@echo "make soak   the real bot while everything goes wrong; MINUTES=10, SEED=... to repeat a run"
	@echo "make audit  known vulnerabilities of the libraries, from the Python Packaging Advisory Database"
	@echo "make container-check  carry out the Dockerfile in a fresh Debian (as root, on Debian; 5 minutes and 5 GB for a while)"
	@echo "make clean  remove .venv, caches and demo/ (models stay in your cache folder)"

run: setup
	@$(BIN)/sokkuri run

demo: setup
	@$(BIN)/sokkuri sandbox --replay docs/demo.jsonl --out demo

# Tests start hundreds of processes. Where PYTHONDONTWRITEBYTECODE is set, each of them would compile all modules anew.
test: setup
	@$(BIN)/python -m compileall -q bot cli core sandbox sokkuri words tests
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(PARTS)

bench-heatmaps: setup
	$(BIN)/python -m benchmarks.heatmaps
	$(BIN)/python -m benchmarks.why

bench-average: setup
	$(BIN)/python -m benchmarks.average

bench-scale: setup
	$(BIN)/python -m benchmarks.scale

bench-crowd: setup
	$(BIN)/python -m benchmarks.crowd

bench-cluster: setup
	$(BIN)/python -m benchmarks.cluster

bench-fleet: setup
	$(BIN)/python -m benchmarks.fleet

bench-abuse: setup
	$(BIN)/python -m benchmarks.abuse

faults: setup
	$(BIN)/python -m pytest -m thorough tests/e2e

fuzz: setup
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m fuzz --minutes $(MINUTES)

soak: MINUTES := 10
soak: setup
	$(BIN)/python -m soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

audit: $(VENV)/.installed
	@test -x $(VENV)/audit/bin/pip-audit || { $(BIN)/python -m venv $(VENV)/audit && $(VENV)/audit/bin/pip install --quiet pip-audit==2.10.1; }
	$(VENV)/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

container-check:
	deploy/check_in_debian_root.sh $(if $(filter undefined,$(origin TORCH_INDEX)),,--build-arg 'TORCH_INDEX=$(TORCH_INDEX)')

setup: $(VENV)/.models

$(VENV)/.installed: pyproject.toml constraints.txt
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	    "$$python" -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
	    echo "Setting up $(VENV) with $$("$$python" --version). This happens once and takes a few minutes."; \
	    test -x $(BIN)/python || "$$python" -m venv $(VENV); \
	    exit; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 with venv was found. Install one (Debian: apt-get install python3-venv), or name it: make PYTHON=/path/to/python" >&2; \
	exit 1
	$(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt -e '.[dev]'
	@touch $@

$(VENV)/.models: $(VENV)/.installed core/models/catalog.toml
	@$(BIN)/sokkuri doctor --check libraries
	@$(BIN)/sokkuri models get
	@touch $@

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
