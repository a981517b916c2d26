/// The difference between two texts, line by line, in the form of `diff -U3`.
public struct UnifiedDiff: Hashable, Sendable {
  /// How many lines stand in one of the texts only.
  public let changedLineCount: Int
  /// The difference, each line with its line feed; empty if the texts are the same.
  public let text: String

  /// Whether the texts are the same.
  public var isEmpty: Bool { changedLineCount == 0 }

  /// The lines that are shown around a change.
  private static let contextLineCount = 3

  /// Compares two texts.
  ///
  /// The difference is the shortest there is, unless the texts differ in more than a thousand
  /// lines: then all between the first and the last difference counts as changed.
  ///
  /// - Parameters:
  ///   - expected: the text that the lines with `-` are of.
  ///   - expectedName: what the head calls it, such as a path.
  ///   - actual: the text that the lines with `+` are of.
  ///   - actualName: what the head calls it.
  public init(
    expected: String, named expectedName: String = "expected", actual: String,
    named actualName: String = "actual"
  ) {
    let edits = LineEdit.edits(from: Self.lines(expected), to: Self.lines(actual))
    changedLineCount = edits.count { $0.kind != .kept }
    guard changedLineCount > 0 else {
      text = ""
      return
    }
    text =
      "--- \(expectedName)\n+++ \(actualName)\n"
      + Self.hunks(edits).map { Self.text(of: $0, in: edits) }.joined()
  }

  /// The lines of a text, each with its line feed; the last may lack it.
  private static func lines(_ text: String) -> [Substring] {
    var lines: [Substring] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      let feed = rest.utf8.firstIndex(of: 0x0a)
      let end = feed.map { rest.utf8.index(after: $0) } ?? rest.endIndex
      lines.append(rest[..<end])
      rest = rest[end...]
    }
    return lines
  }

  /// The ranges of edits that are shown together.
  private static func hunks(_ edits: [LineEdit]) -> [Range<Int>] {
    var hunks: [Range<Int>] = []
    for (index, edit) in edits.enumerated() where edit.kind != .kept {
      let first = max(0, index - contextLineCount)
      let end = min(edits.count, index + contextLineCount + 1)
      if let last = hunks.last, first <= last.upperBound {
        hunks[hunks.count - 1] = last.lowerBound..<end
      } else {
        hunks.append(first..<end)
      }
    }
    return hunks
  }

  private static func text(of hunk: Range<Int>, in edits: [LineEdit]) -> String {
    let before = edits[..<hunk.lowerBound]
    let shown = edits[hunk]
    let old = place(before.count { $0.kind != .added }, shown.count { $0.kind != .added })
    let new = place(before.count { $0.kind != .removed }, shown.count { $0.kind != .removed })
    let lines = shown.map { edit in
      let ending = edit.line.utf8.last == 0x0a ? "" : "\n\\ No newline at end of file\n"
      return edit.kind.rawValue + edit.line + ending
    }
    return "@@ -\(old) +\(new) @@\n" + lines.joined()
  }

  /// A hunk's place: its first line, from 1, and how many it has; an empty one names the line before.
  private static func place(_ before: Int, _ count: Int) -> String {
    let first = count == 0 ? before : before + 1
    return count == 1 ? "\(first)" : "\(first),\(count)"
  }
}

/// A line of one text or of both.
private struct LineEdit {
  enum Kind: String {
    case kept = " "
    case removed = "-"
    case added = "+"
  }

  let kind: Kind
  let line: Substring

  /// The most lines that may be changed before the search for the shortest difference is given up:
  /// its time and memory grow with their square.
  private static let changeLimit = 1000

  /// Every line of both texts in sequence.
  static func edits(from old: [Substring], to new: [Substring]) -> [LineEdit] {
    let start = zip(old, new).prefix { isSame($0, $1) }.count
    let end = zip(old[start...].reversed(), new[start...].reversed()).prefix { isSame($0, $1) }
      .count
    let middle = changes(
      Array(old[start..<(old.count - end)]), Array(new[start..<(new.count - end)]))
    return old[..<start].map { LineEdit(kind: .kept, line: $0) } + middle
      + old[(old.count - end)...].map { LineEdit(kind: .kept, line: $0) }
  }

  /// The greedy algorithm of Myers (1986), from a trace of the furthest points of each round.
  private static func changes(_ old: [Substring], _ new: [Substring]) -> [LineEdit] {
    let limit = min(old.count + new.count, changeLimit)
    var furthest = Array(repeating: 0, count: 2 * limit + 3)
    let middle = limit + 1
    var trace: [[Int]] = []
    for round in 0...limit {
      trace.append(Array(furthest[(middle - round)...(middle + round)]))
      for diagonal in stride(from: -round, through: round, by: 2) {
        let goesDown =
          diagonal == -round
          || diagonal != round
            && furthest[middle + diagonal - 1] < furthest[middle + diagonal + 1]
        var x =
          goesDown ? furthest[middle + diagonal + 1] : furthest[middle + diagonal - 1] + 1
        while x < old.count, x - diagonal < new.count, isSame(old[x], new[x - diagonal]) { x += 1 }
        furthest[middle + diagonal] = x
        if x >= old.count, x - diagonal >= new.count { return path(trace, old, new) }
      }
    }
    return old.map { LineEdit(kind: .removed, line: $0) }
      + new.map { LineEdit(kind: .added, line: $0) }
  }

  /// Goes back from the ends of both texts to their beginnings.
  private static func path(
    _ trace: [[Int]], _ old: [Substring], _ new: [Substring]
  ) -> [LineEdit] {
    var edits: [LineEdit] = []
    var (x, y) = (old.count, new.count)
    for round in trace.indices.reversed() where round > 0 {
      let diagonal = x - y
      // The trace of a round holds the diagonals from -round to round, as they were before it.
      func before(_ diagonal: Int) -> Int { trace[round][diagonal + round] }
      let goesDown =
        diagonal == -round || diagonal != round && before(diagonal - 1) < before(diagonal + 1)
      let fromX = goesDown ? before(diagonal + 1) : before(diagonal - 1)
      let fromY = fromX - (goesDown ? diagonal + 1 : diagonal - 1)
      while x > (goesDown ? fromX : fromX + 1) {
        (x, y) = (x - 1, y - 1)
        edits.append(LineEdit(kind: .kept, line: old[x]))
      }
      edits.append(
        goesDown
          ? LineEdit(kind: .added, line: new[fromY])
          : LineEdit(kind: .removed, line: old[fromX]))
      (x, y) = (fromX, fromY)
    }
    while x > 0 {
      x -= 1
      edits.append(LineEdit(kind: .kept, line: old[x]))
    }
    return edits.reversed()
  }

  /// Whether both have the same bytes; equal strings may differ in them.
  private static func isSame(_ one: Substring, _ other: Substring) -> Bool {
    one.utf8.elementsEqual(other.utf8)
  }
}
