#!/bin/sh
# Checks a muddled that was built without the trait NATS: it needs no NATS library, and says how to be built
# with one. For: sh scripts/check-default-build.sh .build/release/muddled

muddled=$1
if ldd "$muddled" | grep -q nats; then
  echo "default build: $muddled needs the NATS library without having been asked for" >&2
  exit 1
fi
words=$(MUDDLED_COORDINATOR_URL=nats://127.0.0.1:1 \
  "$muddled" -c config/config.toml -id 1 -p 2 -b default --coordinator queue 2>&1)
code=$?
case "$code $words" in
  78*"swift build --traits NATS") echo "default build: it says: $words" ;;
  *)
    echo "default build: kind queue gave exit code $code, not 78, and these words: $words" >&2
    exit 1
    ;;
esac
