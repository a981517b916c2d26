/// Goes through a script byte by byte; every byte that has a meaning here is ASCII.
struct SQLScanner {
  private let bytes: [UInt8]
  private let name: String
  private var index = 0
  private var line = 1
  /// Nothing but white space stands before ``index`` in its line.
  private var isLineBlank = true
  private var delimiter = [UInt8(ascii: ";")]

  /// Where the statement that is being read starts; `nil` before its first byte of code.
  private var start: (index: Int, line: Int)?
  /// Where its last byte of code, or hint, ends so far.
  private var end = 0
  /// The first hint before the statement's first byte of code.
  private var hint: (index: Int, line: Int)?
  private var statements: [SQLScript.Statement] = []

  init(_ bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  mutating func scan() throws -> [SQLScript.Statement] {
    try checkEncoding()
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
    while index < bytes.count {
      if isLineBlank, start == nil, try skipDelimiterCommand() { continue }
      if isDelimiter(at: index) {
        finishStatement()
        index += delimiter.count
        isLineBlank = false
      } else {
        try skipOne()
      }
    }
    finishStatement()
    return statements
  }

  private func checkEncoding() throws {
    var problem: (index: Int, words: String)?
    do {
      _ = try UTF8Span(validating: bytes.span)
      if let index = bytes.firstIndex(of: 0) { problem = (index, "is a NUL: remove it") }
    } catch {
      problem = (error.byteOffsets.lowerBound, "is not UTF-8: save it in this encoding")
    }
    guard let (index, words) = problem else { return }
    let line = bytes[..<index].count { $0 == "\n" } + 1
    throw unusable(line: line, "byte \(index + 1) of the script \(words).")
  }

  /// Goes past one quoted text, one comment or one other byte.
  private mutating func skipOne() throws {
    let byte = bytes[index]
    if byte.isSpace {
      isLineBlank = byte == "\n" || isLineBlank
      skipByte()
      return
    }
    isLineBlank = false
    if isLineComment {
      skipLine()
    } else if byte == "/", self[index + 1] == "*" {
      try skipComment()
    } else {
      markCode(from: (index, line))
      try skipCode()
      end = index
    }
  }

  /// Goes past a quoted text or one other byte of code.
  private mutating func skipCode() throws {
    if bytes[index].isQuote { try skipQuoted() } else { index += 1 }
  }

  private mutating func skipByte() {
    if bytes[index] == "\n" { line += 1 }
    index += 1
  }

  private mutating func skipLine() {
    while index < bytes.count, bytes[index] != "\n" { index += 1 }
  }

  private mutating func skipQuoted() throws {
    let quote = bytes[index]
    let openLine = line
    index += 1
    while index < bytes.count {
      if bytes[index] == quote {
        index += 1
        guard self[index] == quote else { return }
      } else if bytes[index] == "\\", quote != "`", index + 1 < bytes.count {
        index += 1
      }
      skipByte()
    }
    throw unclosed(openLine, String(decoding: [quote], as: UTF8.self))
  }

  /// Goes past a comment in slashes, which may be a hint or code.
  private mutating func skipComment() throws {
    let open = (index: index, line: line)
    let isCode = self[index + 2] == "!" || self[index + 2] == "M" && self[index + 3] == "!"
    let isHint = self[index + 2] == "+"
    if isCode {
      markCode(from: open)
      try skipCodeInComment(open.line)
    } else {
      try skipPlainComment()
    }
    if isHint, start == nil, hint == nil { hint = open }
    if isHint || isCode { end = index }
  }

  private mutating func skipPlainComment() throws {
    let openLine = line
    index += 2
    while index < bytes.count {
      if bytes[index] == "*", self[index + 1] == "/" {
        index += 2
        return
      }
      skipByte()
    }
    throw unclosed(openLine, "/*")
  }

  private mutating func skipCodeInComment(_ openLine: Int) throws {
    index += 2
    while index < bytes.count {
      if bytes[index] == "*", self[index + 1] == "/" {
        index += 2
        return
      }
      if bytes[index] == "/", self[index + 1] == "*" {
        try skipPlainComment()
      } else if isLineComment {
        skipLine()
      } else if bytes[index].isSpace {
        skipByte()
      } else {
        try skipCode()
      }
    }
    throw unclosed(openLine, "/*!")
  }

  /// Goes past a line `DELIMITER …` if there is one, and does what it says.
  private mutating func skipDelimiterCommand() throws -> Bool {
    let word = "delimiter"
    guard index + word.utf8.count <= bytes.count,
      zip(word.utf8, bytes[index...]).allSatisfy({ $0 == $1 | 0x20 })
    else { return false }
    let next = self[index + word.utf8.count]
    guard next == nil || next == ";" || next?.isSpace == true else { return false }
    var rest = bytes[(index + word.utf8.count)...].prefix { $0 != "\n" }.drop(while: \.isSpace)
    // The clients take the first word, which may be quoted, and nothing after it.
    if let quote = rest.first, quote.isQuote {
      rest = rest.dropFirst().prefix { $0 != quote }
    } else {
      rest = rest.prefix { !$0.isSpace }
    }
    guard next != UInt8(ascii: ";"), !rest.isEmpty,
      !rest.contains(where: { $0 == "\\" || $0.isSpace })
    else {
      throw unusable(line: line, "DELIMITER needs one word without a backslash after it.")
    }
    delimiter = Array(rest)
    skipLine()
    return true
  }

  private mutating func markCode(from place: (index: Int, line: Int)) {
    if start == nil { start = hint ?? place }
  }

  private mutating func finishStatement() {
    if let start {
      var code = bytes[start.index..<end]
      if code.contains(UInt8(ascii: "\r")) { code = withLineFeeds(code) }
      let text = String(decoding: code, as: UTF8.self)
      statements.append(SQLScript.Statement(text: text, line: start.line))
    }
    (start, hint) = (nil, nil)
  }

  private func withLineFeeds(_ code: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var result: ArraySlice<UInt8> = []
    result.reserveCapacity(code.count)
    for index in code.indices {
      if code[index] == "\r", index + 1 < code.endIndex, code[index + 1] == "\n" { continue }
      result.append(code[index])
    }
    return result
  }

  private func isDelimiter(at index: Int) -> Bool {
    // Almost every byte is told apart by the first comparison.
    guard bytes[index] == delimiter[0] else { return false }
    return bytes[index...].starts(with: delimiter)
  }

  private var isLineComment: Bool {
    if bytes[index] == "#" { return true }
    guard bytes[index] == "-", self[index + 1] == "-" else { return false }
    guard start != nil, let next = self[index + 2] else { return true }
    return next <= 0x20 || next == 0x7f
  }

  private subscript(index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  private func unclosed(_ openLine: Int, _ opener: String) -> MuddledError {
    unusable(line: openLine, "the \(opener) that opens here is never closed: close it.")
  }

  private func unusable(line: Int, _ words: String) -> MuddledError {
    MuddledError(.unusableInput, "\(name):\(line): \(words)")
  }
}

extension UInt8 {
  /// White space as SQL knows it, which is that of ASCII.
  fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }

  fileprivate var isQuote: Bool { self == "'" || self == "\"" || self == "`" }
}

private func == (byte: UInt8, character: Unicode.Scalar) -> Bool { byte == UInt8(ascii: character) }

private func != (byte: UInt8, character: Unicode.Scalar) -> Bool { byte != UInt8(ascii: character) }

private func == (byte: UInt8?, character: Unicode.Scalar) -> Bool {
  byte == UInt8(ascii: character)
}
