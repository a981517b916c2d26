import MuddledCore

extension MariaDBConnection {
  /// Runs statements up to the first that fails, and leaves the session as it was.
  ///
  /// - Parameters:
  ///   - plan: the statements; they may be joined if the connection was opened for that.
  ///   - limit: how many bytes of rows to keep of each statement.
  /// - Returns: one entry for each statement that was run.
  func run(_ plan: StatementPlan, keeping limit: Int) async throws -> [[StatementResult]] {
    var all: [[StatementResult]] = []
    for part in plan.parts {
      if part.count > 1 {
        // Each of them gives one result, and the server stops at the first that fails.
        let results = try await query(part.text, keeping: limit, forEach: true)
        all += results.map { [$0] }
      } else {
        all.append(try await query(part.text, keeping: limit))
      }
      if case .error? = all.last?.last { break }
    }
    if plan.mayTouchSession || isInTransaction { try await resetToAutocommit() }
    return all
  }
}
