#!/bin/sh
# Looks at who imports what, which the compiler leaves open: a target can import whatever was built before it.
# - A target imports what Package.swift names for it and no other module, but for those of the system.
# - MuddledCore imports no C library, no driver and nothing else of muddled; a driver nothing of muddled but the core.
# - A C library is touched in three files at most.

cd "$(dirname "$0")/.." || exit 1
system="Dispatch Foundation FoundationEssentials FoundationXML Glibc Musl Synchronization Testing XCTest"

# "path module" for each import of the Swift files in folders.
imports() {
  find "$@" -name '*.swift' -exec grep -HE '^ *([@a-z(_) ]+ +)?import +' {} + |
    sed -E 's/^([^:]*):.*import +((struct|class|enum|protocol|func|var|let|typealias) +)?([A-Za-z_]+).*/\1 \4/' |
    sort -u
}

# " target module module …" for each target: what stands in quotes before its settings.
named=$(awk '
  /^    \.(target|executableTarget|testTarget)\(/ { inside = 1; line = "" }
  inside {
    text = $0
    sub(/\/\/.*/, "", text)
    ends = sub(/(exclude|resources|swiftSettings|cSettings):.*/, "", text)
    while (match(text, /"[^"]*"/)) {
      line = line " " substr(text, RSTART + 1, RLENGTH - 2)
      text = substr(text, RSTART + RLENGTH)
    }
    if (ends) { print line; inside = 0 }
  }' Package.swift)

complaints=$(
  for folder in Sources/Muddled* Tests/*Tests; do
    target=${folder#*/}
    case $target in
      MuddledCore) never='C[A-Z].*|Muddled.*' ;;
      MuddledMariaDB | MuddledRedis | MuddledNATS | MuddledSharedMemory)
        never='MuddledC[^o].*|Muddled[^C].*' ;;
      *) never=- ;;
    esac
    allowed=$(echo "$named" | sed -n "s/^ $target / /p" | tr ' ' '\n' | grep -vxE "$never")
    allowed=" $(echo $allowed) $system "
    imports "$folder" | while read -r file module; do
      case $allowed in
        *" $module "*) ;;
        *) echo "$file imports $module, which $target may not" ;;
      esac
    done
  done
  for library in Sources/C*; do
    library=${library#*/}
    files=$(imports Sources Tests | grep -c " $library\$")
    if [ "$files" -gt 3 ]; then echo "$library is imported by $files files; 3 may"; fi
  done
)
[ -z "$complaints" ] || { echo "$complaints" >&2; exit 1; }
echo "imports: they go one way"
