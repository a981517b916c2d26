import MuddledCore

/// A server's error on its way out of a coordinator's operation.
struct Refusal: Error {
  let error: ServerError

  /// Whether the server gave up one of several statements that came in each other's way, and wants it
  /// to be sent again: deadlock, lock time-out, a cluster's certification, TiDB's write conflicts.
  var isConflict: Bool {
    [1020, 1205, 1213, 8002, 8022, 8028, 9007].contains(error.code)
  }

  /// Whether the server will be able to do it later: a cluster's node that is joining, a server that
  /// stops.
  var isTemporary: Bool {
    isConflict || [1040, 1047, 1053, 1158, 1159, 1160, 1161].contains(error.code)
  }
}

extension PreparedResult {
  /// The error to throw if this is not what the statement should return.
  var unexpected: any Error {
    if case .error(let error) = self { return Refusal(error: error) }
    return MuddledError(.internalBug, "a statement of the coordinator returned the wrong kind")
  }
}

/// The coordinator's tables in one database, by way of one connection.
struct CoordinatorTables: Sendable {
  let dsn: MariaDBDSN
  let connection: CoordinatorConnection
  let loop: EventLoop

  init(_ dsn: MariaDBDSN, options: DatabaseCoordinator.Options, loop: EventLoop) {
    self.dsn = dsn
    self.loop = loop
    connection = CoordinatorConnection(dsn, options: options, loop: loop)
  }

  /// Runs something on the connection, and again if the server asks for that.
  func perform<Success: Sendable>(
    endsWhenCancelled: Bool = false,
    _ body:
      nonisolated(nonsending) @Sendable (MariaDBConnection, _ isRepeated: Bool) async throws ->
      Success
  ) async throws -> Success {
    var pause = Duration.microseconds(100)
    // 100 us, doubled 16 times to at most 250 ms: about 2 s.
    for attempt in 0..<16 {
      do {
        return try await connection.perform(endsWhenCancelled: endsWhenCancelled) {
          try await body($0, $1 || attempt > 0)
        }
      } catch let refusal as Refusal {
        guard refusal.isTemporary else { throw Self.refused(refusal.error, dsn) }
        if endsWhenCancelled, Task.isCancelled { throw CancellationError() }
        _ = await loop.waitThroughCancellation(for: -1, events: 0, until: .now + pause)
        pause = min(pause * 2, .milliseconds(250))
      }
    }
    throw MuddledError(
      .unavailable, "the coordination database \(dsn) refused a statement 16 times in a row")
  }

  /// Runs a statement that changes rows.
  ///
  /// - Returns: how many rows it changed.
  func change(_ sql: String, _ values: [BoundValue]) async throws -> Int {
    try await perform { connection, _ in
      let answer = try await connection.execute(sql, values)
      guard case .ok(let affected) = answer else { throw answer.unexpected }
      return Int(affected)
    }
  }

  func select(_ sql: String, _ values: [BoundValue]) async throws -> [[[UInt8]?]] {
    try await perform { connection, _ in
      let answer = try await connection.execute(sql, values)
      guard case .rows(let rows) = answer else { throw answer.unexpected }
      return rows
    }
  }

  /// What the server says against a statement without values, if anything.
  func failure(of sql: String) async throws -> ServerError? {
    let results = try await connection.perform { connection, _ in
      try await connection.query(sql, keeping: 0)
    }
    guard case .error(let error) = results.first else { return nil }
    return error
  }

  /// Deletes the records of a batch before a position, some hundred at a time.
  func deleteRecords(of batch: BoundValue, before position: UInt64) async throws {
    while try await change(CoordinatorSQL.trim, [batch, .number(position)])
      == CoordinatorSQL.recordsPerTrim
    {}
  }

  /// Deletes all that the tables hold of a batch.
  func forget(_ batch: BoundValue) async throws {
    try await deleteRecords(of: batch, before: .max)
    for sql in CoordinatorSQL.forget { _ = try await change(sql, [batch]) }
  }

  /// A refusal that no repetition will change.
  static func refused(_ error: ServerError, _ dsn: MariaDBDSN) -> MuddledError {
    MuddledError(
      .configuration,
      "the coordination database \(dsn) refuses what the coordinator needs: \(error.message) "
        + "(error \(error.code))")
  }
}

/// A number in the server's digits.
func number(_ bytes: [UInt8]?) throws -> UInt64 {
  guard let number = UInt64(String(decoding: bytes ?? [], as: UTF8.self)) else {
    throw MuddledError(.internalBug, "a coordinator's table holds something that is no number")
  }
  return number
}
