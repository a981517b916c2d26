import MuddledCore

/// The one connection beside the sessions: it looks at them, cancels them, and runs resets and checks.
///
/// Operations queue up. A connection that was lost is opened again by the next operation.
actor ControlConnection {
  private let dsn: MariaDBDSN
  private let options: MariaDBDatabase.Options
  private let loop: EventLoop
  private let gate = Gate()
  private var connection: MariaDBConnection?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ dsn: MariaDBDSN, options: MariaDBDatabase.Options, loop: EventLoop) {
    self.dsn = dsn
    self.options = options
    self.loop = loop
  }

  /// Runs something that may be run twice: once more if the connection turns out to be lost.
  func repeatable<Success: Sendable>(
    _ body: nonisolated(nonsending) @Sendable (MariaDBConnection) async throws -> Success
  ) async throws -> Success {
    try await gate.pass {
      do {
        return try await body(try await open(limitingSilenceTo: options.controlTimeout))
      } catch is SessionLost {
        self.connection = nil
      }
      do {
        return try await body(try await open(limitingSilenceTo: options.controlTimeout))
      } catch let error as SessionLost {
        self.connection = nil
        throw unavailable(error)
      }
    }
  }

  /// Runs statements up to the first that fails, on a connection whose id is announced first.
  func run(
    _ plan: StatementPlan, limit: Duration,
    announcing announce: @Sendable (UInt64) async throws -> Void
  ) async throws -> [[StatementResult]] {
    try await gate.pass {
      let connection = try await open(limitingSilenceTo: limit)
      try await announce(await connection.connectionID)
      do {
        return try await connection.run(plan, keeping: options.keptResultBytes)
      } catch let error as SessionLost {
        self.connection = nil
        throw unavailable(error)
      }
    }
  }

  func close() async {
    await gate.pass {
      await connection?.close()
      connection = nil
    }
  }

  private func open(limitingSilenceTo limit: Duration) async throws -> MariaDBConnection {
    if let connection, await connection.isOpen {
      await connection.limitSilence(to: limit)
      return connection
    }
    let opened = try await MariaDBConnection.open(
      dsn, on: loop, takesSeveralStatements: options.joinsStatements)
    await opened.limitSilence(to: limit)
    try await opened.turnAutocommitOn()
    connection = opened
    return opened
  }

  private func unavailable(_ error: SessionLost) -> MuddledError {
    MuddledError(
      .unavailable,
      "\(error.description); is the server still running, and was a reset or check within its limit (step_ms)?"
    )
  }
}
