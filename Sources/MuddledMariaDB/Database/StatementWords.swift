import MuddledCore

/// What a statement may do besides reading and changing rows, as far as its words tell.
///
/// Words are looked for anywhere in the text, also in comments and quotes: when in doubt, a statement may do it.
enum StatementWords {
  /// Whether a statement could take a lock that the end of a transaction does not release.
  static func mayOutliveTransaction(_ statement: String) -> Bool {
    contains(statement, anyOf: ["LOCK", "HANDLER", "XA ", "FLUSH", "CALL", "EXECUTE", "BACKUP"])
  }

  /// Whether a statement could make or use stored code, or a view that reads what its session left.
  static func mayMakeStoredCode(_ statement: String) -> Bool {
    contains(statement, anyOf: ["FUNCTION", "PROCEDURE", "TRIGGER", "PACKAGE"])
      || contains(statement, anyOf: ["VIEW"]) && contains(statement, anyOf: sessionReaders)
  }

  /// Whether a statement could change more of its session than rows and the transaction, or read what the
  /// statements before it left there.
  ///
  /// Only for speed: what is known to be harmless saves a reset of the session. User variables and user
  /// locks can hide in any expression.
  static func mayTouchSession(_ statement: String) -> Bool {
    let first = statement.utf8.prefix { ($0 & 0xdf) >= 0x41 && ($0 & 0xdf) <= 0x5a }
    guard first.count < 16, harmless.contains(String(Substring(first)).uppercased()) else {
      return true
    }
    return contains(
      statement, anyOf: ["@", ";", "_LOCK", "ATOMIC", "CHAIN", "RELEASE", "SLAVE", "REPLICA"])
      || contains(statement, anyOf: sessionReaders)
  }

  /// Whether a server could see the end of a statement elsewhere than where it was split from the next, as its
  /// settings have a say in what a comment or a backslash is.
  static func mayHideItsEnd(_ statement: String) -> Bool {
    contains(statement, anyOf: ["#", "--", "/*", "\\", "\0"])
  }

  /// With these a statement begins that is harmless, but for what ``mayTouchSession(_:)`` looks for besides.
  private static let harmless: Set = [
    "INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE", "SELECT",
    "BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT",
  ]

  /// What reads the state that earlier statements left in their session.
  private static let sessionReaders: [StaticString] = [
    "INSERT_ID", "FOUND_ROWS", "ROW_COUNT", "LASTVAL", "PREVIOUS", "_SCHEMA", "SYS.",
  ]

  /// One row with one number: how much stored code there is besides the server's own, and how many views read
  /// what their session left.
  static let countStoredCode = """
    SELECT (SELECT COUNT(*) FROM information_schema.ROUTINES \
    WHERE ROUTINE_SCHEMA NOT IN ('sys', 'mysql', 'performance_schema')) \
    + (SELECT COUNT(*) FROM information_schema.TRIGGERS \
    WHERE TRIGGER_SCHEMA NOT IN ('sys', 'mysql', 'performance_schema')) \
    + (SELECT COUNT(*) FROM information_schema.VIEWS \
    WHERE TABLE_SCHEMA NOT IN ('sys', 'mysql', 'performance_schema') \
    AND (COALESCE(VIEW_DEFINITION, '') = '' \
    OR VIEW_DEFINITION REGEXP 'insert_id|found_rows|row_count|lastval|previous|_schema'))
    """

  /// Longer statements are not searched; they count as if they held every word.
  private static let searchedBytes = 1 << 14

  /// Looks for words in capital or small ASCII letters; for speed not by way of another string.
  private static func contains(_ statement: String, anyOf words: [StaticString]) -> Bool {
    if statement.utf8.count > searchedBytes { return true }
    var statement = statement
    return statement.withUTF8 { text in
      words.contains { word in
        word.withUTF8Buffer { letters in
          guard text.count >= letters.count else { return false }
          let last = text.count - letters.count
          return (0...last).contains { start in
            letters.indices.allSatisfy { upper(text[start + $0]) == letters[$0] }
          }
        }
      }
    }
  }

  private static func upper(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & 0xdf : byte
  }
}
