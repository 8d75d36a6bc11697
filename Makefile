# Each target sets up what it needs by itself, once: `.venv` from constraints.txt, and the models.
#   PYTHON=...       use another Python (3.11 to 3.13) than the first one found
#   TORCH=...        cpu or cuda: the build of torch, if it is not to be the one that suits this machine
#   TORCH_INDEX=...  an index that has this build, if it is not to be PyTorch's own for CPU builds; empty: only pip's usual one

VENV := .venv
MINUTES := 2
SETS := ../shared/faces
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run demo test test-fast lint bench bench-heatmaps bench-average bench-scale bench-crowd bench-cluster bench-fleet bench-abuse bench-setup bench-truth faults fuzz soak faces audit container-check setup torch clean
.DELETE_ON_ERROR:

help:
	@echo "make run    the bot: on Discord with a token, in a sandbox in your browser without one"
	@echo "make demo   play all commands in the sandbox; the pictures go to demo/"
	@echo "make test   the tests (20 to 30 minutes on two cores)"
	@echo "make test-fast  those that start no process and take less than a second (under a minute)"
	@echo "make lint   format, lint, types, and which package may import which"
	@echo "make bench  what takes how long on this machine, into benchmarks/report.md (10 minutes; 3 with QUICK=1); PARTS='start similar'"
	@echo "make bench-heatmaps  how faithful heatmaps are (20 minutes)"
	@echo "make bench-average  the average of 40 faces beside those of other tools (3 minutes)"
	@echo "make bench-scale  time and memory of an average of many photos (15 minutes)"
	@echo "make bench-crowd  sixty people ask at once: places, answers, and how late the bot's loop is (1 minute)"
	@echo "make bench-cluster  requests per second of 1, 2 and 4 workers, local and in a cluster (3 minutes)"
	@echo "make bench-fleet  several bots, many guilds, workers on Dask: throughput, and what is used up first (4 minutes)"
	@echo "make bench-abuse  commands over HTTP while 150 of 200 connections misbehave, and while none does (3 minutes)"
	@echo "make bench-setup  a fresh set-up in an empty home: seconds, bytes fetched, bytes on disk (3 minutes)"
	@echo "make bench-truth  how true answers are, on plain photos and on damaged ones (25 minutes); SETS=... the folder with london/ and thread/"
	@echo "make faults workers killed in every stage of every command, and every hostile file (30 minutes)"
	@echo "make fuzz   fuzz everything that reads bytes from outside; MINUTES=2 for each of four targets"
	@echo "make soak   the real bot while everything goes wrong; MINUTES=10, SEED=... to repeat a run"
	@echo "make faces  make the sample faces and scenes anew from LONDON=FOLDER, the Face Research Lab London Set (10 seconds)"
	@echo "make audit  known vulnerabilities of the libraries, from the Python Packaging Advisory Database"
	@echo "make container-check  carry out the Dockerfile in a fresh Debian (as root, on Debian; 5 minutes and 5 GB for a while)"
	@echo "make setup  only set up what make run needs; make torch tries again to install torch, if that failed"
	@echo "make clean  remove .venv, caches and demo/ (models stay in your cache folder)"

run: setup
	@$(BIN)/sokkuri run

# torch comes after the pictures, which need none of it.
demo: $(VENV)/.models
	@$(BIN)/sokkuri sandbox --replay docs/demo.jsonl --out demo
	@test -e $(VENV)/.torch || $(BIN)/python -m setup torch --unless-large

# Tests start hundreds of processes. Where PYTHONDONTWRITEBYTECODE is set, each of them would compile all modules anew.
test test-fast: export PYTHONDONTWRITEBYTECODE :=
test: setup $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadgroup --durations 10

test-fast: setup $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadgroup --fast

lint: $(VENV)/.lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(PARTS)

bench-heatmaps: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks.heatmaps
	$(BIN)/python -m benchmarks.why

bench-truth: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks.truth $(SETS)/london $(SETS)/thread --twins 005.jpg,007.jpg

bench-average: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks.average

bench-scale: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks.scale

bench-crowd: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks.crowd

bench-cluster: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks.cluster

bench-fleet: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks.fleet

bench-abuse: setup $(VENV)/.bench
	$(BIN)/python -m benchmarks.abuse

faults: setup $(VENV)/.test
	$(BIN)/python -m pytest -m thorough tests/e2e

fuzz: setup $(VENV)/.fuzz
	$(BIN)/python -m fuzz --minutes $(MINUTES)

soak: MINUTES := 10
soak: setup
	$(BIN)/python -m soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

faces: LONDON := ../shared/faces/london
faces: setup
	$(BIN)/python sandbox/faces/make.py $(LONDON)
	$(BIN)/python sandbox/faces/scenes/make.py

audit: $(BIN)/python
	@test -x $(VENV)/audit/bin/pip-audit || { $(BIN)/python -m venv $(VENV)/audit && $(VENV)/audit/bin/pip install --quiet pip-audit==2.10.1; }
	$(VENV)/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

container-check:
	deploy/check_in_debian_root.sh $(if $(filter undefined,$(origin TORCH_INDEX)),,--build-arg 'TORCH_INDEX=$(TORCH_INDEX)')

bench-setup: $(VENV)/.base
	$(BIN)/python -m benchmarks.setup $(WITH)

setup: $(VENV)/.models $(VENV)/.torch

torch: $(VENV)/.base
	@rm -f $(VENV)/.torch
	@$(MAKE) --no-print-directory $(VENV)/.torch

$(BIN)/python:
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	    "$$python" -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
	    echo "Setting up $(VENV) with $$("$$python" --version). This happens once and takes a minute or two."; \
	    "$$python" -m venv $(VENV); \
	    exit; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 with venv was found. Install one (Debian: apt-get install python3-venv), or name it: make PYTHON=/path/to/python" >&2; \
	exit 1

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/python -m setup base
	@touch $@

# If torch cannot be installed, this says so, and everything goes on without it.
$(VENV)/.torch: $(VENV)/.base
	@$(BIN)/python -m setup torch
	@touch $@

$(VENV)/.bench $(VENV)/.fuzz $(VENV)/.lint $(VENV)/.test: $(VENV)/.torch
	@$(BIN)/python -m setup extra $(@:$(VENV)/.%=%)
	@touch $@

$(VENV)/.models: $(VENV)/.base core/models/catalog.toml
	@$(BIN)/sokkuri doctor --check libraries
	@$(BIN)/sokkuri models get
	@touch $@

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
