import MuddledCore

/// The one connection of a ``DatabaseCoordinator``: operations queue up, and a lost connection is
/// opened again.
actor CoordinatorConnection {
  private let dsn: MariaDBDSN
  private let options: DatabaseCoordinator.Options
  private let loop: EventLoop
  private let gate = Gate()
  private var connection: MariaDBConnection?
  private var isClosed = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ dsn: MariaDBDSN, options: DatabaseCoordinator.Options, loop: EventLoop) {
    var dsn = dsn
    dsn.readTimeout = min(dsn.readTimeout ?? options.replyTimeout, options.replyTimeout)
    self.dsn = dsn
    self.options = options
    self.loop = loop
  }

  /// Connects for the first time, without trying again.
  func open() async throws {
    try await gate.pass { _ = try await connected() }
  }

  /// Runs something, and runs it again on a new connection as long as the connection breaks.
  ///
  /// - Parameters:
  ///   - endsWhenCancelled: whether a cancelled task stops trying, with `CancellationError`.
  ///   - body: takes the connection, and whether an earlier attempt may have been carried out.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` once
  ///   ``DatabaseCoordinator/Options/reconnectTimeout`` has passed.
  func perform<Success: Sendable>(
    endsWhenCancelled: Bool = false,
    _ body:
      nonisolated(nonsending) @Sendable (MariaDBConnection, _ isRepeated: Bool) async throws ->
      Success
  ) async throws -> Success {
    try await gate.pass {
      var deadline: ContinuousClock.Instant?
      var pause = Duration.milliseconds(5)
      var isRepeated = false
      while true {
        let reason: String
        do {
          let connection = try await connected()
          do {
            return try await body(connection, isRepeated)
          } catch let error as SessionLost {
            self.connection = nil
            isRepeated = true
            reason = error.description
          }
        } catch let error as MuddledError where error.code == .unavailable && !isClosed {
          reason = error.message
        } catch let error as SessionLost {
          reason = error.description
        }
        let end = deadline ?? .now + options.reconnectTimeout
        deadline = end
        if endsWhenCancelled, Task.isCancelled { throw CancellationError() }
        if .now + pause >= end { throw unavailable(reason) }
        _ = await loop.waitThroughCancellation(for: -1, events: 0, until: .now + pause)
        pause = min(pause * 2, .milliseconds(250))
      }
    }
  }

  func close() async {
    await gate.pass {
      isClosed = true
      await connection?.close()
      connection = nil
    }
  }

  private func connected() async throws -> MariaDBConnection {
    if isClosed { throw MuddledError(.unavailable, "the coordinator \(dsn) was closed") }
    if let connection, await connection.isOpen { return connection }
    let opened = try await MariaDBConnection.open(dsn, on: loop)
    let results = try await opened.query(CoordinatorSQL.session, keeping: 0)
    if case .error(let error) = results.first { throw CoordinatorTables.refused(error, dsn) }
    connection = opened
    return opened
  }

  private func unavailable(_ reason: String) -> MuddledError {
    MuddledError(
      .unavailable,
      "the coordination database \(dsn) could not be reached again for "
        + "\(options.reconnectTimeout): \(reason)")
  }
}
