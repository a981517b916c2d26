#!/bin/sh
# Runs the tests of the packages in Examples, which depend on muddled as anybody's package does, and checks
# that the one with the planted lost update prints an order that shows it. They share one folder for what is
# built, so that muddled is built for them once. For: sh scripts/test-examples.sh swift

swift=${1:-swift}
cd "$(dirname "$0")/.." || exit 1
output=$(mktemp) || exit 1
trap 'rm -f -- "$output"' EXIT
for manifest in Examples/*/Package.swift; do
  package=$(dirname "$manifest")
  echo "examples: $package"
  sh scripts/run-tests.sh "$swift" test --package-path "$package" --scratch-path .build/examples \
    >"$output" || { cat "$output"; exit 1; }
  tail -n 1 "$output"
  case $package in
    */embed)
      if ! grep -A 1 'A lost update in 60 of 70 orders' "$output" | grep '^alice1 '; then
        cat "$output"
        echo "examples: $package did not print the order of its lost update" >&2
        exit 1
      fi
      ;;
  esac
done
