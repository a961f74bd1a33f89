#!/usr/bin/env bash
# Make a secret from standard input, attach a function to it, and test without changing anything.
# Needs of the functions' stack: the function, and KMS_KEY_ARN among its KmsKeyArns, where that is given.
# Usage: [SECRET_TAG_VALUE=...] [KMS_KEY_ARN=...] attach-by-cli.sh NAME FUNCTION_ARN < secret.json
set -euo pipefail
if [[ $# -ne 2 ]]; then
  sed -n 's/^# Usage: /usage: /p' "$0" >&2
  exit 2
fi
name=$1 function=$2

# A file that only you can read: what stands on a command line is in the process list.
value=$(mktemp)
trap 'rm -f "$value"' EXIT
cat > "$value"

# The tag is the functions' own SecretTagValue, where they have one.
aws secretsmanager create-secret --name "$name" --secret-string "file://$value" \
  --tags "Key=rotated-by,Value=${SECRET_TAG_VALUE:-secret-rotators}" \
  ${KMS_KEY_ARN:+--kms-key-id "$KMS_KEY_ARN"}
aws secretsmanager rotate-secret --secret-id "$name" --rotation-lambda-arn "$function" \
  --rotation-rules '{"ScheduleExpression": "rate(30 days)", "Duration": "2h"}' \
  --no-rotate-immediately
aws secretsmanager describe-secret --secret-id "$name"
echo "Look for \"step done\" in the function's log, then: aws secretsmanager rotate-secret --secret-id $name"
