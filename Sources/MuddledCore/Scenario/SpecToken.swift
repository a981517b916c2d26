/// One word of a scenario file.
struct SpecToken {
  enum Kind: Equatable {
    case keyword(SpecKeyword)
    /// A bare or quoted name, without quotes.
    case name(String)
    /// The text between braces, trimmed.
    case block(String)
    /// The digits of a number.
    case number(String)
    /// `(`, `)`, `,` or `*`.
    case sign(UInt8)
    case end
  }

  let kind: Kind
  let place: SpecPlace

  /// What a message calls the word.
  var description: String {
    switch kind {
    case .keyword(let keyword): keyword.description
    case .name(let name): "the name \"\(name)\""
    case .block: "an SQL block"
    case .number(let digits): "the number \(digits)"
    case .sign(let byte): "\(Character(Unicode.Scalar(byte)))"
    case .end: "the end of the file"
    }
  }
}

/// The words that a name must be quoted to be.
enum SpecKeyword: String, CaseIterable {
  case setup, teardown, session, step, permutation, notices

  /// What a message calls the keyword.
  var description: String { "`\(rawValue)`" }
}

/// A place in a scenario file, for messages.
struct SpecPlace {
  /// The line, from 1.
  let line: Int
  /// The character in the line, from 1.
  let column: Int
}

extension UInt8 {
  /// Whether a bare name can start with this byte: a letter, `_`, or a part of a character past ASCII.
  var startsName: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) && self < 0x80
      || self == UInt8(ascii: "_") || self >= 0x80
  }

  /// Whether a bare name can go on with this byte.
  var continuesName: Bool { startsName || isDigit || self == UInt8(ascii: "$") }

  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  /// What braces trim, and what separates words beside line feeds: a line feed is not one of them.
  var isSpecBlank: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
      || self == 0x0c
  }
}
