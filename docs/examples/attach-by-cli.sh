#!/usr/bin/env bash
# Make a secret from standard input, attach a function to it, and test without changing anything.
# Usage: attach-by-cli.sh NAME FUNCTION_ARN < secret.json
set -euo pipefail
name=$1 function=$2

# A file that only you can read: what stands on a command line is in the process list.
value=$(mktemp)
trap 'rm -f "$value"' EXIT
cat > "$value"

aws secretsmanager create-secret --name "$name" --secret-string "file://$value"
aws secretsmanager rotate-secret --secret-id "$name" --rotation-lambda-arn "$function" \
  --rotation-rules '{"ScheduleExpression": "rate(30 days)", "Duration": "2h"}' \
  --no-rotate-immediately
aws secretsmanager describe-secret --secret-id "$name"
echo "Look for \"step done\" in the function's log, then: aws secretsmanager rotate-secret --secret-id $name"
