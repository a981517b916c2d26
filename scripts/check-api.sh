#!/bin/sh
# Looks at what the libraries offer: every public symbol has a documentation comment, and no type of a C library stands
# in a declaration. Needs what `swift build --traits NATS` made before. For: sh scripts/check-api.sh swift

swift=${1:-swift}
cd "$(dirname "$0")/.." || exit 1
built=$("$swift" build --traits NATS --show-bin-path) || exit 1
target=$("$swift" -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p' | head -n 1)
graphs=.build/api-graphs
rm -rf "$graphs"
mkdir -p "$graphs" || exit 1

# The C modules, which the libraries import though they show nothing of them.
set --
for map in Sources/C*/module.modulemap "$built"/*.build/module.modulemap \
  .build/checkouts/*/Sources/*/include/module.modulemap; do
  if [ -f "$map" ]; then set -- "$@" -Xcc "-fmodule-map-file=$PWD/${map#"$PWD/"}"; fi
done

found=
for module in $(sed -n 's/.*\.library(name: "\([A-Za-z]*\)".*/\1/p' Package.swift); do
  "$swift" symbolgraph-extract -module-name "$module" -I "$built/Modules" -target "$target" "$@" \
    -minimum-access-level public -skip-synthesized-members -output-dir "$graphs" || exit 1
  for graph in "$graphs/$module.symbols.json" "$graphs/$module"@*.symbols.json; do
    [ -f "$graph" ] || continue
    # A symbol a line.
    sed 's/{"kind":{/\n&/g' "$graph" | grep '^{"kind":{' > "$graphs/symbols" || exit 1
    for kind in documentation C; do
      case $kind in
        documentation) lines=$(grep -v '"docComment":' "$graphs/symbols") ;;
        C) lines=$(grep -E '"preciseIdentifier":"(c:|s:s13OpaquePointerV)' "$graphs/symbols") ;;
      esac
      [ -n "$lines" ] || continue
      found=1
      case $kind in
        documentation) echo "$module: public without a documentation comment:" ;;
        C) echo "$module: public with a type of C in its declaration:" ;;
      esac
      echo "$lines" | sed 's/.*"pathComponents":\[\([^]]*\)\].*/  \1/'
    done
  done
done >&2
[ -z "$found" ] || exit 1
echo "public API: documented, and without C"
