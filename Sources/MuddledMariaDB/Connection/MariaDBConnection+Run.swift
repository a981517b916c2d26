import MuddledCore

extension MariaDBConnection {
  /// Runs statements up to the first that fails, and leaves the session as it was.
  ///
  /// - Parameters:
  ///   - limit: how many bytes of rows to keep of each statement.
  ///   - memory: tells which statements leave the session as it was.
  func run(
    _ statements: [String], keeping limit: Int, traits memory: StatementTraitsMemory
  ) async throws -> [[StatementResult]] {
    var all: [[StatementResult]] = []
    for statement in statements {
      let results = try await query(statement, keeping: limit)
      all.append(results)
      if case .error = results.last { break }
    }
    if statements.prefix(all.count).contains(where: { memory.traits(of: $0).mayTouchSession })
      || isInTransaction
    {
      try await resetToAutocommit()
    }
    return all
  }
}
