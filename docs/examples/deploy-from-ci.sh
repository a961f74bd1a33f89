#!/usr/bin/env bash
# Build the functions and deploy them without a question, from the repository's root in a CI job.
# The job needs the SAM CLI, make, Python 3.11 or newer, and credentials of its own, such as by OpenID
# Connect. A stack's parameters are in samconfig.toml; a stack that is as it should be is a success.
# Usage: deploy-from-ci.sh ENVIRONMENT...
set -euo pipefail
if [[ $# -eq 0 ]]; then
  sed -n 's/^# Usage: /usage: /p' "$0" >&2
  exit 2
fi
for environment in "$@"; do
  sam build --config-env "$environment"
  sam deploy --config-env "$environment" --no-confirm-changeset --no-fail-on-empty-changeset --no-progressbar
done
