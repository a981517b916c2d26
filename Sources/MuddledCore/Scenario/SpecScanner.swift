/// Reads a scenario file word by word, as the scanner of PostgreSQL's isolation tester does.
///
/// - A name is bare (a letter or `_`, then letters, digits, `_` and `$`; every character past ASCII
///   counts as a letter), or stands in `"…"` on one line, a quote in it doubled.
/// - An SQL block goes from `{` to the first `}`, whatever stands between; blanks at its ends are
///   trimmed, line feeds are not.
/// - `#` starts a comment, which ends with the line; it means nothing in quotes and blocks.
struct SpecScanner {
  private let bytes: [UInt8]
  private let name: String
  private var index = 0
  private var line = 1
  private var lineStart = 0

  init(_ bytes: [UInt8], name: String) throws {
    self.bytes = bytes
    self.name = name
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { (index, lineStart) = (3, 3) }
    try checkEncoding()
  }

  /// The next word; after the last one it is the end, as often as it is asked for.
  mutating func next() throws -> SpecToken {
    skipBlank()
    let start = place
    guard index < bytes.count else { return SpecToken(kind: .end, place: start) }
    return SpecToken(kind: try scanKind(), place: start)
  }

  /// What is wrong at a place of the file.
  func error(_ place: SpecPlace, _ words: String) -> MuddledError {
    MuddledError(.unusableInput, "\(name):\(place.line):\(place.column): \(words)")
  }

  private mutating func skipBlank() {
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "#") {
        // A carriage return ends it too.
        while index < bytes.count, bytes[index] != 0x0a, bytes[index] != 0x0d { index += 1 }
      } else if byte == 0x0a || byte.isSpecBlank {
        advance()
      } else {
        return
      }
    }
  }

  private mutating func scanKind() throws -> SpecToken.Kind {
    let byte = bytes[index]
    if byte == UInt8(ascii: "{") { return try scanBlock() }
    if byte == UInt8(ascii: "\"") { return .name(try scanQuoted()) }
    if byte.startsName {
      let word = take(while: \.continuesName)
      return SpecKeyword(rawValue: word).map { .keyword($0) } ?? .name(word)
    }
    if byte.isDigit { return .number(take(while: \.isDigit)) }
    if "(),*".utf8.contains(byte) {
      index += 1
      return .sign(byte)
    }
    let scalar = Unicode.Scalar(byte)
    let shown = byte < 0x20 || byte == 0x7f ? scalar.debugDescription : String(scalar)
    throw error(
      place, "expected a word, a name, an SQL block, a number or one of ( ) , *, found \(shown)")
  }

  private mutating func take(while belongs: (UInt8) -> Bool) -> String {
    let start = index
    while index < bytes.count, belongs(bytes[index]) { index += 1 }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private mutating func scanQuoted() throws -> String {
    let start = place
    var text: [UInt8] = []
    index += 1
    while index < bytes.count, bytes[index] != 0x0a {
      if bytes[index] == UInt8(ascii: "\"") {
        index += 1
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
          return String(decoding: text, as: UTF8.self)
        }
      }
      text.append(bytes[index])
      index += 1
    }
    let found = index < bytes.count ? "the end of the line" : "the end of the file"
    throw error(start, "expected a \" that closes the name that opens here, found \(found)")
  }

  private mutating func scanBlock() throws -> SpecToken.Kind {
    let open = place
    index += 1
    let start = index
    while index < bytes.count, bytes[index] != UInt8(ascii: "}") { advance() }
    guard index < bytes.count else {
      throw error(
        open, "expected a } that closes the SQL block that opens here, found the end of the file")
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    index += 1
    return .block(text)
  }

  private mutating func advance() {
    if bytes[index] == 0x0a { (line, lineStart) = (line + 1, index + 1) }
    index += 1
  }

  private var place: SpecPlace { place(of: index, line: line, lineStart: lineStart) }

  private func place(of index: Int, line: Int, lineStart: Int) -> SpecPlace {
    // Bytes that go on with a character start no column.
    let characters = bytes[lineStart..<index].count { $0 & 0xc0 != 0x80 }
    return SpecPlace(line: line, column: characters + 1)
  }

  private func checkEncoding() throws {
    var problem: (index: Int, words: String)?
    do {
      _ = try UTF8Span(validating: bytes.span)
      if let index = bytes.firstIndex(of: 0) { problem = (index, "found a NUL") }
    } catch {
      problem = (error.byteOffsets.lowerBound, "found a byte that is none")
    }
    guard let (index, words) = problem else { return }
    let before = bytes[..<index]
    let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    let line = before.count { $0 == 0x0a } + 1
    throw error(
      place(of: index, line: line, lineStart: lineStart), "expected text in UTF-8, \(words)")
  }
}
