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
