package import MuddledCore

extension MariaDBConnection {
  /// Runs one statement and takes all that it returns.
  ///
  /// - Parameters:
  ///   - sql: one statement.
  ///   - limit: how many bytes of rows to keep; further rows are counted and digested.
  /// - Throws: ``SessionLost``, or `CancellationError` if the task was cancelled, and the connection with it.
  package func query(_ sql: String, keeping limit: Int) async throws -> [StatementResult] {
    try await query(sql, keeping: limit, isNested: false)
  }

  /// - Parameters:
  ///   - isNested: whether the caller holds the connection already.
  ///   - isForEach: whether the limit holds for each of several results, or for all together.
  // Inlined into a loop, this crashes the optimizer of Swift 6.3.1.
  @inline(never)
  func query(
    _ sql: String, keeping limit: Int, isNested: Bool = false, forEach isForEach: Bool = false
  ) async throws -> [StatementResult] {
    guard isOpen else { throw SessionLost("connection \(connectionID) is closed") }
    if !isNested { begin() }
    defer { if !isNested { end() } }
    let operation = handle.query(sql, keeping: limit, forEach: isForEach)
    await finish(operation.start()) { operation.resume($0) }
    if let loss = operation.loss { throw lost(loss) }
    return operation.results
  }

  /// Runs statements up to the first that fails, and calls back: what ``query(_:keeping:)`` does, without a task.
  ///
  /// - Parameters:
  ///   - statements: what to run.
  ///   - first: the index of the statement to begin with.
  ///   - earlier: the results of those before it.
  ///   - limit: how many bytes of rows to keep of each statement.
  ///   - completion: takes all results, or ``SessionLost``; called on the loop's thread.
  func run(
    _ statements: [String], from first: Int = 0, after earlier: [StatementResult] = [],
    keeping limit: Int,
    then completion: @escaping @Sendable (Result<[StatementResult], any Error>) -> Void
  ) {
    guard first < statements.count else { return completion(.success(earlier)) }
    guard isOpen else {
      return completion(.failure(SessionLost("connection \(connectionID) is closed")))
    }
    begin()
    let operation = handle.query(statements[first], keeping: limit)
    drive(operation.start(), resume: { operation.resume($0) }) { [self] in
      if let loss = operation.loss {
        let error = lost(loss)
        end()
        return completion(.failure(error))
      }
      end()
      let results = earlier.isEmpty ? operation.results : earlier + operation.results
      if case .error = results.last { return completion(.success(results)) }
      run(statements, from: first + 1, after: results, keeping: limit, then: completion)
    }
  }
}
