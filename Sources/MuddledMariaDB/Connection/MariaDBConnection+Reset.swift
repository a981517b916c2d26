import CMariaDB
import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension MariaDBConnection {
  /// Brings the session back to the state of a new one, in one exchange with the server if it can.
  ///
  /// - Throws: ``SessionLost``, also if the server refuses, for then nobody knows the session's state.
  package func reset() async throws {
    guard isOpen else { throw SessionLost("connection \(connectionID) is closed") }
    begin()
    defer { end() }
    if dsn.database.isEmpty, currentDatabase != nil || !tracksDatabase {
      // Only a new login leaves every database.
      try await logInAgain()
    } else {
      let code = await call(Int32(0)) { [mysql] in
        mysql_reset_connection_start($0, mysql)
      } resume: { [mysql] in
        mysql_reset_connection_cont($0, mysql, $1)
      }
      if code != 0 { throw lost() }
      if !dsn.database.isEmpty, currentDatabase != dsn.database || !tracksDatabase {
        try await selectDatabase()
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

  /// The database that the session is in, as far as the server tells.
  private var currentDatabase: String? {
    mysql.pointee.db.map { String(cString: $0) }
  }

  /// Whether the server tells of each change of the session's database (`session_track_schema`).
  private var tracksDatabase: Bool {
    mysql.pointee.server_capabilities & UInt(CLIENT_SESSION_TRACKING) != 0
      && mysql.pointee.server_status & UInt32(SERVER_STATUS_DB_DROPPED) == 0
  }

  private func selectDatabase() async throws {
    let name = strdup(dsn.database)
    defer { free(name) }
    let code = await call(Int32(0)) { [mysql] in
      mysql_select_db_start($0, mysql, name)
    } resume: { [mysql] in
      mysql_select_db_cont($0, mysql, $1)
    }
    if code != 0 { throw lost() }
  }

  private func logInAgain() async throws {
    let user = strdup(dsn.user)
    let password = strdup(dsn.password)
    defer {
      free(user)
      free(password)
    }
    let code = await call(my_bool(0)) { [mysql] in
      mysql_change_user_start($0, mysql, user, password, nil)
    } resume: { [mysql] in
      mysql_change_user_cont($0, mysql, $1)
    }
    if code != 0 { throw lost() }
  }
}
