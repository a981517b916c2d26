/// The word that needs the fewest letters changed, added or dropped to become `name`.
func nearestWord(to name: String, among words: [String]) -> String {
  let name = Array(name.lowercased())
  var best = (word: "", distance: Int.max)
  for word in words {
    let distance = editDistance(name, Array(word.lowercased()))
    if distance < best.distance { best = (word, distance) }
  }
  return best.word
}

/// Levenshtein's distance, by one row at a time.
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
  var row = Array(0...right.count)
  for (line, letter) in left.enumerated() {
    var diagonal = row[0]
    row[0] = line + 1
    for (column, other) in right.enumerated() {
      let changed = diagonal + (letter == other ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
    }
  }
  return row[right.count]
}
