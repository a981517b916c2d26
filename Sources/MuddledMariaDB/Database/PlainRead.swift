/// Knows statements that leave a session as it was.
///
/// They read tables by their names and nothing else: no function, no variable, no lock, nothing that is
/// stored or counted in the session. What they change all the same (the number of rows found, warnings) can be
/// seen only by statements that are none of them.
enum PlainRead {
  /// Whether a statement surely is one; many that are, are not recognized.
  static func matches(_ statement: String) -> Bool {
    var statement = statement
    return statement.withUTF8 { text in
      guard text.count <= longest, StatementWords.begins(text, with: "SELECT "),
        !text.contains(where: unclear.contains)
      else { return false }
      return !StatementWords.contain(
        text, anyOf: ["INTO", "FOR", "LOCK", "SQL_", "PROCEDURE", "VAL"])
    }
  }

  private static let longest = 1 << 12

  /// Functions, variables, comments, several statements.
  private static let unclear: Set<UInt8> = Set("(@;#/\\".utf8).union([UInt8(ascii: "-")])
}
