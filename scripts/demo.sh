#!/bin/sh
# Runs the two processes of the demonstration batch, first with the database as their meeting place, then
# with Redis. For: muddled sandbox --redis --init Examples/client_test.sql -- sh scripts/demo.sh
# The variable MUDDLED names the program if it is not on PATH. Exits with 1 if a process failed.

muddled=${MUDDLED:-muddled}
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf -- "$work"' EXIT
# The terminal's Ctrl-C reaches the processes too; the servers must stay until they have ended.
trap 'echo "demo: interrupted, waiting for the processes"; interrupted=1' INT
failed=0
interrupted=0

# Starts process $1 with the other arguments; labels its lines and keeps its exit code.
start() {
  label=$1
  shift
  echo "demo: process $label: muddled $*"
  { "$muddled" "$@" 2>&1; echo "$?" >"$work/$label"; } | sed -u "s/^/[$label] /" &
}

# Waits for both processes of batch $1.
finish() {
  # More than 128 says that a signal ended the wait, not the processes.
  while wait; [ "$?" -gt 128 ]; do :; done
  for label in 1 2; do
    code=$(cat "$work/$label" 2>/dev/null)
    if [ "$code" != 0 ]; then
      echo "demo: batch $1: process $label failed with exit code ${code:-unknown}" >&2
      failed=1
    fi
  done
  rm -f "$work/1" "$work/2"
  if [ "$interrupted" -ne 0 ]; then exit 130; fi
}

echo "demo: a batch of two processes that meet in the database"
start 1 -c ./config/config.toml -id 1 -p 2 -b 9982
start 2 -c ./config/config2.toml -id 2 -p 1 -b 9982
finish 9982

echo "demo: the same with Redis"
start 1 -c ./config/config.toml -id 1 -p 2 -b 9983 --coordinator redis
start 2 -c ./config/config2.toml -id 2 -p 1 -b 9983 --coordinator redis
finish 9983

if [ "$failed" -eq 0 ]; then echo "demo: done, all four processes exited with 0"; fi
exit "$failed"
