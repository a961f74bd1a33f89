# Every command a person needs; `make help` lists them. SAM calls the build-<LogicalId> targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
RUN := .venv/bin/python -m
ARGS ?=

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## make .venv (everything below does it by itself)
	@$(PYTHON) local/bootstrap.py

.PHONY: lock
lock: setup ## compile pyproject.toml's groups to requirements/*.txt, with hashes
	@.venv/bin/python local/lock.py $(ARGS)

# --- artifacts ---
# SAM runs these targets from a copy of the tree, but with this Makefile: ROOT is where it is.
ROOT := $(dir $(abspath $(firstword $(MAKEFILE_LIST))))
# SAM does not say for which: `ARCHITECTURE=arm64 sam build --parameter-overrides Architecture=arm64`
ARCHITECTURE ?= x86_64
PYTHON_VERSION ?= 3.13

.PHONY: build
build: setup ## build every function for this machine into .cache/artifacts
	@$(RUN) local.template

build-PostgresSingleUser: ROTATOR := postgres
build-MySqlSingleUser: ROTATOR := mysql
build-HttpApiKey: ROTATOR := http_api_key
.PHONY: build-PostgresSingleUser build-MySqlSingleUser build-HttpApiKey
build-PostgresSingleUser build-MySqlSingleUser build-HttpApiKey:
	@cd $(ROOT) && $(PYTHON) -m local.build $(ROTATOR) "$(ARTIFACTS_DIR)" \
		--architecture $(ARCHITECTURE) --python-version $(PYTHON_VERSION)
