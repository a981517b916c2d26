#!/bin/sh
# Builds the documentation of MuddledCore into .build/documentation, with warnings as errors. Needs what
# `swift build` made before. For: sh scripts/check-docs.sh swift

swift=${1:-swift}
cd "$(dirname "$0")/.." || exit 1
modules=$("$swift" build --show-bin-path)/Modules || exit 1
target=$("$swift" -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p' | head -n 1)
graphs=.build/symbol-graphs
rm -rf "$graphs" .build/documentation
mkdir -p "$graphs" || exit 1
"$swift" symbolgraph-extract -module-name MuddledCore -I "$modules" -target "$target" \
  -minimum-access-level public -skip-synthesized-members -output-dir "$graphs" || exit 1
# It stands beside the compiler, wherever that is.
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$(command -v "$swift")")")/docc")
"$docc" convert Sources/MuddledCore/Muddled.docc --additional-symbol-graph-dir "$graphs" \
  --fallback-display-name muddled --fallback-bundle-identifier muddled.core \
  --warnings-as-errors --output-path .build/documentation || exit 1
echo "documentation: .build/documentation"
