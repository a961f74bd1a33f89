#!/usr/bin/env bash
# Build the functions and deploy them without a question, from the repository's root in a CI job.
# The job needs the SAM CLI, make, Python 3.11 or newer, and credentials of its own, such as by OpenID
# Connect. FILE is your copy of docs/examples/samconfig.toml, which has each stack's parameters; a stack
# that is as it should be is a success.
# Usage: deploy-from-ci.sh FILE ENVIRONMENT...
set -euo pipefail
if [[ $# -lt 2 ]]; then
  sed -n 's/^# Usage: /usage: /p' "$0" >&2
  exit 2
fi
file=$1
for environment in "${@:2}"; do
  sam build --config-file "$file" --config-env "$environment"
  sam deploy --config-file "$file" --config-env "$environment" --no-confirm-changeset --no-fail-on-empty-changeset --no-progressbar
done
