/// A result set as `PQprint` of PostgreSQL's client library prints it, aligned, with a header.
///
/// Widths are counted in bytes, as there, so that columns past ASCII look crooked in the same way; for people's eyes
/// they are counted in columns of a terminal, and what would break a line is escaped.
/// A column is aligned to the right unless a value of it looks like no number: that has a character
/// other than digits, `.`, `E`, `e`, blank and `-`, starts with an `e`, or does not end in a digit.
struct ResultTable {
  private let columns: [Column]
  private let cells: [[String]]
  private let count: UInt64
  private let width: (String) -> Int

  private struct Column {
    let name: String
    var width: Int
    var isNumeric = true
  }

  init(_ result: ResultRows, isForDisplay: Bool = false) {
    let width: (String) -> Int = isForDisplay ? { $0.displayWidth } : { $0.utf8.count }
    let shown: (String) -> String = isForDisplay ? { $0.escapedForDisplay } : { $0 }
    self.width = width
    var columns = result.columns.map { Column(name: shown($0), width: width(shown($0))) }
    cells = result.rows.map { $0.map { shown($0.printed) } }
    for row in cells {
      for (index, cell) in row.enumerated() where !cell.isEmpty {
        columns[index].width = max(columns[index].width, width(cell))
        if !Self.looksNumeric(cell) { columns[index].isNumeric = false }
      }
    }
    self.columns = columns
    count = result.count
  }

  /// The table with the number of its rows and an empty line behind; nothing if it has no column.
  var text: String {
    guard !columns.isEmpty else { return "" }
    var text = line(columns.map(\.name))
    text += columns.map { String(repeating: "-", count: $0.width) }.joined(separator: "+") + "\n"
    for row in cells { text += line(row) }
    if count > UInt64(cells.count) { text += "(… \(count - UInt64(cells.count)) more)\n" }
    return text + "(\(count) row\(count == 1 ? "" : "s"))\n\n"
  }

  private func line(_ cells: [String]) -> String {
    let padded = zip(columns, cells).map { column, cell in
      let blanks = String(repeating: " ", count: max(0, column.width - width(cell)))
      return column.isNumeric ? blanks + cell : cell + blanks
    }
    return padded.joined(separator: "|") + "\n"
  }

  private static func looksNumeric(_ cell: String) -> Bool {
    let bytes = cell.utf8
    guard let first = bytes.first, let last = bytes.last else { return true }
    return last.isDigit && first | 0x20 != UInt8(ascii: "e")
      && bytes.allSatisfy { $0.isDigit || ".Ee -".utf8.contains($0) }
  }
}

extension SQLValue {
  /// What a transcript prints: nothing for NULL, and `\x` with hexadecimal digits for bytes.
  fileprivate var printed: String {
    switch self {
    case .null: ""
    case .number(let text), .text(let text): text
    case .binary(let bytes):
      "\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}
