/// The words and signs of a statement, without its comments and the contents of its texts.
///
/// As much of SQL's lexical rules as it takes to recognise statements; the server's own parser has the last word.
struct SQLWords: Sequence, IteratorProtocol {
  /// A piece of a statement.
  enum Token: Hashable {
    /// A bare word, in capitals: a keyword, a name or a number.
    case word(String)
    /// A name in backticks.
    case name(String)
    /// Anything else: a sign, or `'` for a whole text in quotes.
    case sign(Unicode.Scalar)
  }

  private let scalars: [Unicode.Scalar]
  private var index = 0

  init(_ statement: String) { scalars = Array(statement.unicodeScalars) }

  mutating func next() -> Token? {
    while index < scalars.count {
      let scalar = scalars[index]
      switch scalar {
      case _ where scalar.isSpace: index += 1
      case "#": skip(to: "\n")
      case "-" where self[1] == "-" && (self[2] == nil || self[2]!.isSpace): skip(to: "\n")
      case "/" where self[1] == "*":
        // What stands behind a version mark is code.
        if self[2] == "!" || (self[2] == "M" && self[3] == "!") {
          skipMark()
        } else {
          skipComment()
        }
      case "*" where self[1] == "/": index += 2
      case "'", "\"":
        _ = quoted(scalar)
        return .sign("'")
      case "`": return .name(quoted(scalar))
      case _ where scalar.isWordPart: return .word(word())
      default:
        index += 1
        return .sign(scalar)
      }
    }
    return nil
  }

  private subscript(offset: Int) -> Unicode.Scalar? {
    index + offset < scalars.count ? scalars[index + offset] : nil
  }

  private mutating func skip(to end: Unicode.Scalar) {
    while index < scalars.count, scalars[index] != end { index += 1 }
  }

  private mutating func skipComment() {
    index += 2
    while index < scalars.count, !(scalars[index] == "*" && self[1] == "/") { index += 1 }
    index = Swift.min(scalars.count, index + 2)
  }

  private mutating func skipMark() {
    skip(to: "!")
    index += 1
    while index < scalars.count, scalars[index].isDigit { index += 1 }
  }

  private mutating func quoted(_ quote: Unicode.Scalar) -> String {
    var content = String.UnicodeScalarView()
    index += 1
    while index < scalars.count {
      let scalar = scalars[index]
      if scalar == quote, self[1] != quote { break }
      // A backslash means nothing in a name.
      if scalar == quote || (scalar == "\\" && quote != "`") { index += 1 }
      if index < scalars.count { content.append(scalars[index]) }
      index += 1
    }
    index += 1
    return String(content)
  }

  private mutating func word() -> String {
    let start = index
    while index < scalars.count, scalars[index].isWordPart { index += 1 }
    return String(String.UnicodeScalarView(scalars[start..<index])).uppercased()
  }
}

extension Unicode.Scalar {
  fileprivate var isSpace: Bool { self == " " || ("\u{9}"..."\u{d}").contains(self) }

  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }

  /// Whether this can stand in a bare name.
  fileprivate var isWordPart: Bool {
    isDigit || ("a"..."z").contains(self) || ("A"..."Z").contains(self) || self == "_"
      || self == "$" || self.value >= 0x80
  }
}
