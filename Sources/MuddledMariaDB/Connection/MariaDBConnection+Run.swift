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
    if statements.prefix(all.count).contains(where: StatementWords.mayTouchSession)
      || isInTransaction
    {
      try await resetToAutocommit()
    }
    return all
  }
}
