import MuddledCore

extension MariaDBConnection {
  /// Runs statements up to the first that fails, and leaves the session as it was.
  ///
  /// - Parameter limit: how many bytes of rows to keep of each statement.
  func run(_ statements: [String], keeping limit: Int) async throws -> [[StatementResult]] {
    var all: [[StatementResult]] = []
    for statement in statements {
      let results = try await query(statement, keeping: limit)
      all.append(results)
      if case .error = results.last { break }
    }
    if statements.prefix(all.count).contains(where: mayChangeSession) {
      try await resetToAutocommit()
    }
    return all
  }
}

/// Whether a statement could change more of its session than its tables' rows.
///
/// Only for speed: what is known to be harmless saves a reset of the session. User variables and user
/// locks can hide in any expression.
func mayChangeSession(_ statement: String) -> Bool {
  let first = statement.prefix { $0.isASCII && $0.isLetter }.uppercased()
  let harmless = ["INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE", "SELECT", "SHOW"]
  return !harmless.contains(first) || statement.utf8.contains(UInt8(ascii: "@"))
    || statement.uppercased().contains("_LOCK")
}
