#!/bin/sh
# Runs a test command and shows all that it prints; what failed stands once more at the end.
# For: sh scripts/run-tests.sh swift test. Passes the command's exit code on.

log=$(mktemp) || exit 1
trap 'rm -f -- "$log" "$log.code"' EXIT
{ "$@" 2>&1; echo "$?" >"$log.code"; } | tee "$log"
code=$(cat "$log.code" 2>/dev/null)
if [ "$code" != 0 ]; then
  echo "tests: what failed, once more:"
  grep -A 3 -E '✘ .* recorded an issue|error: |Fatal error|Crash' "$log" | cut -c 1-300 | tail -n 60
fi
exit "${code:-1}"
