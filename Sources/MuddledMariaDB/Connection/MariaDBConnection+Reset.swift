import MuddledCore

extension MariaDBConnection {
  /// Brings the session back to the state of a new one, in one exchange with the server if it can.
  ///
  /// - Throws: ``SessionLost``, also if the server refuses, for then nobody knows the session's state.
  package func reset() async throws {
    guard isOpen else { throw SessionLost("connection \(connectionID) is closed") }
    begin()
    defer { end() }
    if dsn.database.isEmpty, handle.currentDatabase != nil || !handle.tracksDatabase {
      // Only a new login leaves every database.
      try await carryOut(handle.changeUser(to: dsn.user, password: dsn.password))
    } else {
      try await carryOut(handle.reset())
      if !dsn.database.isEmpty, handle.currentDatabase != dsn.database || !handle.tracksDatabase {
        try await carryOut(handle.select(database: dsn.database))
      }
    }
    try await setCollation()
  }

  /// As ``reset()``, and turns autocommit on whatever the server's default is.
  func resetToAutocommit() async throws {
    try await reset()
    try await turnAutocommitOn()
  }

  /// Turns autocommit on, in a session that is as good as new, if the server's default is off.
  ///
  /// The login's reply tells the default. That of a reset does not: MariaDB still writes the state before it.
  func turnAutocommitOn() async throws {
    guard !beginsWithAutocommit else { return }
    _ = try await query("SET autocommit = 1", keeping: 0)
  }

  /// - Throws: ``SessionLost`` if the call failed.
  private func carryOut(_ call: MySQLCall<ServerError?>) async throws {
    if let error = await finish(call) { throw lost(error) }
  }
}
