#!/bin/sh
# Installs a built muddled with its manual and completions.
# For: sh scripts/install.sh PROGRAM GENERATE_MANUAL PREFIX, with PREFIX as DESTDIR and prefix together.
# GENERATE_MANUAL is the tool of that name of the argument parser's package.
set -eu
program=$1
generate_manual=$2
share=$3/share

install -D -m 755 "$program" "$3/bin/muddled"

pages=$(mktemp -d)
trap 'rm -rf -- "$pages"' EXIT
"$generate_manual" "$program" --multi-page -o "$pages"
# It says no more than the others do.
rm -f "$pages/muddled.help.1"
install -d "$share/man/man1"
for page in "$pages"/*; do
  # As git and others name theirs, so that `man muddled-explore` and `man muddled explore` find it.
  name=$(basename "$page" .1 | tr . -)
  install -m 644 "$page" "$share/man/man1/$name.1"
done

complete() {
  "$program" --generate-completion-script "$1" >"$pages/completion"
  install -D -m 644 "$pages/completion" "$share/$2"
}
complete bash bash-completion/completions/muddled
complete zsh zsh/site-functions/_muddled
complete fish fish/vendor_completions.d/muddled.fish
