extension String {
  /// How many columns of a terminal the text takes: two for each wide character, none for a combining mark.
  package var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

  /// The text, or as much of its beginning as fits into so many columns together with a mark that it was cut.
  package func cut(toColumns columns: Int) -> String {
    // A text of bytes below the limit cannot be wider.
    guard utf8.count > columns, displayWidth > columns else { return self }
    var width = 0
    let kept = prefix { character in
      width += character.displayWidth
      return width < columns
    }
    return kept + "…"
  }

  /// The text with blanks behind it, up to a width.
  package func padded(toColumns columns: Int) -> String {
    self + String(repeating: " ", count: max(0, columns - displayWidth))
  }
}

extension Character {
  /// The columns of its widest scalar: marks and what joins scalars take none.
  fileprivate var displayWidth: Int {
    isASCII ? 1 : unicodeScalars.reduce(0) { max($0, $1.displayWidth) }
  }
}

extension Unicode.Scalar {
  /// The scalars of East Asian Width W and F (Unicode, UAX #11), without emoji; what is not assigned within a script's
  /// block is counted with it.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf,
    0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f,
    0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18dff, 0x1aff0...0x1b2ff, 0x1f200...0x1f265,
    0x20000...0x3fffd,
  ]

  fileprivate var displayWidth: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: 0
    default:
      properties.isEmojiPresentation || Self.wide.contains { $0.contains(value) } ? 2 : 1
    }
  }
}
