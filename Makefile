# Everything a checkout needs lives in its .venv; afterwards .venv/bin/vision works without make.
# Nothing is installed twice: stamps in .venv/.stamps are renewed only when pyproject.toml changes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PEER   := .venv-peer
TRAINING := .venv-training

# What the program is given, e.g. make demo ARGS="--cameras 4 --seconds 60"
ARGS ?=
# Test processes side by side; every test takes its own ports and folders. More than two on two cores: half of the time
# a test waits for a camera, a broker or a browser. Files are handed out as they stand in the tree, not those with the
# most tests first: the long ones have few, and would come last, alone.
JOBS ?= 3
XDIST = $(if $(filter-out 1,$(JOBS)),-n $(JOBS) --dist loadfile --no-loadscope-reorder)
# What `make eval` scores: a folder of labelled clips.
CLIPS ?= sample_clips
# A Python that has torch and ultralytics, for the comparison in `make bench`; `make peer` makes one.
PEER_PYTHON ?= $(wildcard $(PEER)/bin/python)

# RTSP cameras are served by GStreamer's RTSP server, driven from Debian's own Python (python3-gi is built for it):
# base and good have the demuxers and RTP payloaders, bad the H.264 and H.265 parsers.
DEBIAN_CAMERAS := gir1.2-gst-rtsp-server-1.0 python3-gi \
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
# opencv-doc holds the footage of which the measured cameras and the composed scenes are made.
DEBIAN_TESTS   := $(DEBIAN_CAMERAS) ffmpeg mosquitto opencv-doc

# The browser of the console's browser tests and screenshots, and a font with Chinese letters for it.
DEBIAN_SCREENS := chromium fonts-noto-cjk

# An environment that was made elsewhere (copied or moved checkout) or whose Python is gone is made anew.
ifneq ($(shell { [ "$$(cat $(STAMPS)/venv)" = "$(CURDIR)" ] && $(BIN)/python -c ''; } 2>/dev/null || echo stale),)
  $(shell rm -rf $(STAMPS))
endif

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

# Installs what is missing of $(1), when we may. Otherwise it says what is missing and goes on: $(2) tells with what loss.
define debian
	@missing=(); for package in $(1); do \
	  dpkg-query -W -f='$${Status}' "$$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$$package"); \
	done; \
	if [ $${#missing[@]} -eq 0 ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	  echo "make: this is no Debian; missing here: $${missing[*]}. $(2)" >&2; \
	elif [ "$$(id -u)" -ne 0 ]; then \
	  echo "make: missing Debian packages; as root: apt-get install $${missing[*]}. $(2)" >&2; \
	else \
	  echo "make: installing Debian packages: $${missing[*]}"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  install=(apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$${missing[@]}"); \
	  { "$${install[@]}" >/dev/null 2>&1 || { apt-get update -qq && "$${install[@]}" >/dev/null; }; } \
	    || echo "make: apt-get could not install $${missing[*]}. $(2)" >&2; \
	fi
endef

.PHONY: help demo test test-training eval corpus bench bench-backends peer lint format types clean frontend frontend-check \
  screens
help: ## This list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: $(STAMPS)/base ## Set up all that is needed, then show cases from the sample clips, served as RTSP cameras
	$(call debian,$(DEBIAN_CAMERAS),The demo reads its clips as files instead of as RTSP cameras.)
	@$(BIN)/vision demo $(ARGS)

test: $(STAMPS)/dev ## Set up all that is needed, then run the tests (three at a time; JOBS=1: one after another; ARGS: for pytest)
	$(call debian,$(DEBIAN_TESTS) $(DEBIAN_SCREENS),Tests that need these will not pass; those in a browser are skipped.)
	@$(BIN)/python -m pytest $(XDIST) $(ARGS)

# torch is several gigabytes, so what needs it has an environment of its own, made once for each pyproject.toml.
test-training: $(TRAINING)/.stamp ## Set up .venv-training with torch (once; several gigabytes), then run the tests that need it
	@$(TRAINING)/bin/python -m pytest tests/training tests/detect/test_shipped_model.py $(XDIST) $(ARGS)

eval: $(STAMPS)/base ## Score the events found on labelled clips (CLIPS=folder)
	@$(BIN)/vision eval $(CLIPS) $(ARGS)

corpus: $(STAMPS)/dev ## Compose the 99 labelled scenes of bench/scene_maker into corpus/ (once; then: make eval CLIPS=corpus)
	$(call debian,$(DEBIAN_TESTS),Without its footage there is nothing to compose scenes of.)
	@test -f corpus/.complete || { $(BIN)/python bench/scene_maker/make_scenes.py corpus --corpus && touch corpus/.complete; }

bench: $(STAMPS)/dev ## Measure the CPU cost per camera, beside the plain Ultralytics loop (PEER_PYTHON=…, see bench/README.md)
	$(call debian,$(DEBIAN_TESTS),Without these there are no cameras to measure with.)
	@$(BIN)/python bench/cost_per_camera.py $(if $(PEER_PYTHON),--peer-python $(PEER_PYTHON)) $(ARGS)

bench-backends: $(STAMPS)/dev ## Measure what one picture costs on one core, by backend and precision (see bench/README.md)
	@OMP_NUM_THREADS=1 $(BIN)/python bench/backends.py $(ARGS)

peer: $(STAMPS)/dev ## Make .venv-peer with torch and ultralytics for the comparison (several gigabytes)
	@test -x $(PEER)/bin/python || $(BIN)/python -m venv $(PEER)
	$(PEER)/bin/pip install ultralytics

lint: $(STAMPS)/dev ## Ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(STAMPS)/dev ## Let ruff put the format right
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(STAMPS)/dev ## Mypy
	@$(BIN)/mypy

frontend: ## Build the console's pages into vision/console/static (needs Node; the result is committed)
	@cd frontend && npm ci --no-audit --no-fund --silent && npm run --silent build

frontend-check: ## Check the pages: types, unit tests, and that what is committed is what the sources give
	@frontend/check.sh

screens: $(STAMPS)/dev ## Take the pictures of docs/screens anew (needs Chromium)
	$(call debian,$(DEBIAN_SCREENS),Without a browser and Chinese letters there are no pictures.)
	@$(BIN)/python -m tests.console.browser.screens docs/screens $(ARGS)

clean: ## Remove environments, caches and build products; the state in var/ stays
	rm -rf $(VENV) .venv-base $(PEER) $(TRAINING) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@python=""; for candidate in python3 python3.11 python3.12 python3.13 /usr/bin/python3; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "make: Python 3.11 or newer is needed and was not found; on Debian 12: apt-get install python3 python3-venv" >&2; \
	  exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip' 2>/dev/null; then $(MAKE) --no-print-directory .debian-venv; fi; \
	if ! "$$python" -c 'import ensurepip' 2>/dev/null; then \
	  echo "make: $$python cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	"$$python" -m venv --clear $(VENV)
	@mkdir -p $(STAMPS) && echo "$(CURDIR)" > $@

.PHONY: .debian-venv
.debian-venv:
	$(call debian,python3-venv,Without it no environment can be made.)

$(STAMPS)/base: pyproject.toml $(STAMPS)/venv
	@echo "make: installing the program and what it needs into $(VENV) (once; about 250 MB to download)"
	@$(BIN)/python -m pip install -qq --editable '.[console]'
	@touch $@

$(STAMPS)/dev: pyproject.toml $(STAMPS)/venv
	@echo "make: installing the program, what it needs and what its tests need into $(VENV) (once; about 300 MB to download)"
	@$(BIN)/python -m pip install -qq --editable '.[dev]'
	@touch $(STAMPS)/base $@

$(TRAINING)/.stamp: pyproject.toml $(STAMPS)/venv
	@echo "make: installing the program with its extra 'training' into $(TRAINING) (once; several gigabytes to download)"
	@$(BIN)/python -m venv --clear $(TRAINING)
	@$(TRAINING)/bin/python -m pip install -qq --editable '.[training,dev]'
	@touch $@
