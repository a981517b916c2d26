/// The lines that the keys and tables of a TOML document stand at, which the parser does not tell.
///
/// It walks the text as TOML 1.0 is written: tables, dotted and quoted keys, comments, inline
/// tables, arrays and the four kinds of strings. The text must have been parsed without an error.
struct TOMLKeyLines {
  private var lines: [[String]: Int] = [:]
  private let bytes: [UInt8]
  private var index = 0
  private var line = 1

  /// Walks a document.
  init(_ text: String) {
    bytes = Array(text.utf8)
    walk()
  }

  /// The line, from 1, where the key or table first stands; 1 if it is not there.
  func line(of path: [String]) -> Int { lines[path] ?? 1 }

  private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func walk() {
    var table: [String] = []
    skipSpace(newlines: true)
    while let byte = current {
      if byte == UInt8(ascii: "[") {
        table = header()
      } else if isKeyStart(byte) {
        keyAndValue(in: table)
      } else {
        advance()
      }
      skipSpace(newlines: true)
    }
  }

  /// A table's `[name]` or an array of tables' `[[name]]`.
  private mutating func header() -> [String] {
    let start = line
    while current == UInt8(ascii: "[") { advance() }
    let path = key()
    while let byte = current, byte == UInt8(ascii: "]") || isBlank(byte) { advance() }
    note(path, at: start)
    return path
  }

  /// One `key = value`.
  private mutating func keyAndValue(in table: [String]) {
    let start = line
    let path = table + key()
    note(path, at: start)
    if current == UInt8(ascii: "=") { advance() }
    skipSpace(newlines: false)
    value(of: path)
  }

  /// A key with its dots; stops after the blanks behind it.
  private mutating func key() -> [String] {
    var parts: [String] = []
    while true {
      skipBlanks()
      parts.append(keyPart())
      skipBlanks()
      guard current == UInt8(ascii: ".") else { return parts }
      advance()
    }
  }

  private mutating func keyPart() -> String {
    guard let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      let start = index
      while let byte = current, isBare(byte) { advance() }
      return String(decoding: bytes[start..<index], as: UTF8.self)
    }
    return quotedKey(quote)
  }

  /// A value; only an inline table holds further keys (those in arrays are no key's value here).
  private mutating func value(of path: [String]?) {
    switch current {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): string()
    case UInt8(ascii: "["): array()
    case UInt8(ascii: "{"): inlineTable(path)
    default:
      while let byte = current, !isValueEnd(byte) { advance() }
    }
  }

  private mutating func array() {
    advance()
    skipSpace(newlines: true)
    while let byte = current, byte != UInt8(ascii: "]") {
      if byte == UInt8(ascii: ",") { advance() } else { value(of: nil) }
      skipSpace(newlines: true)
    }
    advance()
  }

  private mutating func inlineTable(_ path: [String]?) {
    advance()
    skipSpace(newlines: true)
    while let byte = current, byte != UInt8(ascii: "}") {
      if byte == UInt8(ascii: ",") {
        advance()
      } else {
        let start = line
        let inner = key()
        if let path { note(path + inner, at: start) }
        if current == UInt8(ascii: "=") { advance() }
        skipSpace(newlines: true)
        value(of: path.map { $0 + inner })
      }
      skipSpace(newlines: true)
    }
    advance()
  }

  /// A path stands where it first occurs, and so do the tables that it implies.
  private mutating func note(_ path: [String], at line: Int) {
    for count in 1...max(1, path.count) {
      let prefix = Array(path.prefix(count))
      if lines[prefix] == nil { lines[prefix] = line }
    }
  }
}

// MARK: - Strings

extension TOMLKeyLines {
  /// Passes a string of any of the four kinds.
  private mutating func string() {
    guard let quote = current else { return }
    let isBasic = quote == UInt8(ascii: "\"")
    let isLong = starts(with: [quote, quote, quote])
    for _ in 0..<(isLong ? 3 : 1) { advance() }
    while let byte = current {
      if isBasic, byte == UInt8(ascii: "\\") {
        advance()
        advance()
      } else if isLong, starts(with: [quote, quote, quote]) {
        // Up to two quotes may stand before the three that end the string.
        while current == quote { advance() }
        return
      } else if !isLong, byte == quote {
        advance()
        return
      } else {
        advance()
      }
    }
  }

  /// A quoted part of a key, with its escapes undone.
  private mutating func quotedKey(_ quote: UInt8) -> String {
    advance()
    var text: [UInt8] = []
    while let byte = current, byte != quote {
      advance()
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        text += escape()
      } else {
        text.append(byte)
      }
    }
    advance()
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func escape() -> [UInt8] {
    guard let letter = current else { return [] }
    advance()
    switch letter {
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let digits = bytes[index...].prefix(letter == UInt8(ascii: "u") ? 4 : 8)
      for _ in digits { advance() }
      let scalar = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        .flatMap(UnicodeScalar.init)
      return scalar.map { Array(String(Character($0)).utf8) } ?? []
    default: return [letter]
    }
  }
}

// MARK: - Bytes

extension TOMLKeyLines {
  private mutating func advance() {
    if current == UInt8(ascii: "\n") { line += 1 }
    index += 1
  }

  private func starts(with wanted: [UInt8]) -> Bool { bytes[index...].starts(with: wanted) }

  private mutating func skipBlanks() {
    while let byte = current, isBlank(byte) { advance() }
  }

  /// Passes blanks and comments, and the ends of lines if they mean nothing here.
  private mutating func skipSpace(newlines: Bool) {
    while let byte = current {
      if isBlank(byte) || (newlines && (byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r"))) {
        advance()
      } else if byte == UInt8(ascii: "#") {
        while let next = current, next != UInt8(ascii: "\n") { advance() }
      } else {
        return
      }
    }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == 9 }

  private func isBare(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private func isKeyStart(_ byte: UInt8) -> Bool {
    isBare(byte) || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
  }

  private func isValueEnd(_ byte: UInt8) -> Bool {
    [UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"), 10, 13]
      .contains(byte)
  }
}
