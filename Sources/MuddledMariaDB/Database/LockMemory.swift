import MuddledCore

/// Remembers whether a session may hold locks that outlive its transaction.
///
/// User locks, table locks and the like are known by their words. Stored code can take locks unseen, so a
/// database that has some is not trusted at all.
enum LockMemory {
  /// Whether a statement could take a lock that the end of a transaction does not release.
  static func mayOutliveTransaction(_ statement: String) -> Bool {
    contains(statement, anyOf: ["LOCK", "HANDLER", "XA ", "FLUSH", "CALL", "EXECUTE", "BACKUP"])
  }

  /// Whether a statement could make or use stored code.
  static func mayMakeStoredCode(_ statement: String) -> Bool {
    contains(statement, anyOf: ["FUNCTION", "PROCEDURE", "TRIGGER", "PACKAGE"])
  }

  /// One row with one number: how much stored code there is besides the server's own.
  static let countStoredCode = """
    SELECT (SELECT COUNT(*) FROM information_schema.ROUTINES \
    WHERE ROUTINE_SCHEMA NOT IN ('sys', 'mysql', 'performance_schema')) \
    + (SELECT COUNT(*) FROM information_schema.TRIGGERS \
    WHERE TRIGGER_SCHEMA NOT IN ('sys', 'mysql', 'performance_schema'))
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
