/// Looks for words in statements, in capital or small ASCII letters; for speed not by way of another string.
enum StatementWords {
  /// Whether one of the words, given in capitals, stands anywhere in the text, also inside others.
  static func contain(_ text: UnsafeBufferPointer<UInt8>, anyOf words: [StaticString]) -> Bool {
    words.contains { word in
      guard text.count >= word.utf8CodeUnitCount else { return false }
      let last = text.count - word.utf8CodeUnitCount
      return (0...last).contains { matches(text, at: $0, word) }
    }
  }

  /// Whether the text begins with the word, given in capitals.
  static func begins(_ text: UnsafeBufferPointer<UInt8>, with word: StaticString) -> Bool {
    text.count >= word.utf8CodeUnitCount && matches(text, at: 0, word)
  }

  private static func matches(
    _ text: UnsafeBufferPointer<UInt8>, at start: Int, _ word: StaticString
  ) -> Bool {
    word.withUTF8Buffer { letters in
      letters.indices.allSatisfy { upper(text[start + $0]) == letters[$0] }
    }
  }

  private static func upper(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & 0xdf : byte
  }
}
