import MuddledCore

extension MariaDBConnection {
  /// Runs statements up to the first that fails, and leaves the session as it was.
  ///
  /// - Parameters:
  ///   - limit: how many bytes of rows to keep of each statement.
  ///   - memory: tells which statements leave the session as it was.
  /// - Returns: one entry for each statement that was run.
  func run(
    _ statements: [String], keeping limit: Int, traits memory: StatementTraitsMemory
  ) async throws -> [[StatementResult]] {
    var all: [[StatementResult]] = []
    while all.count < statements.count {
      let together = memory.joinable(statements[all.count...])
      if joinsStatements, together.count > 1 {
        // Each of them gives one result, and the server stops at the first that fails.
        let text = together.joined(separator: ";\n")
        let results = try await query(text, keeping: limit, forEach: true)
        all += results.map { [$0] }
        if case .error = results.last { break }
      } else {
        let results = try await query(statements[all.count], keeping: limit)
        all.append(results)
        if case .error = results.last { break }
      }
    }
    if statements.prefix(all.count).contains(where: { memory.traits(of: $0).mayTouchSession })
      || isInTransaction
    {
      try await resetToAutocommit()
    }
    return all
  }
}
