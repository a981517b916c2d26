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
      var code: Int32 = 0
      let started = mysql_reset_connection_start(&code, mysql)
      await finish(started) { mysql_reset_connection_cont(&code, mysql, $0) }
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

  /// Turns autocommit on if the server's default, as its last reply told, is off.
  func turnAutocommitOn() async throws {
    guard mysql.pointee.server_status & UInt32(SERVER_STATUS_AUTOCOMMIT) == 0 else { return }
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
    var code: Int32 = 0
    let started = mysql_select_db_start(&code, mysql, name)
    await finish(started) { mysql_select_db_cont(&code, mysql, $0) }
    if code != 0 { throw lost() }
  }

  private func logInAgain() async throws {
    let user = strdup(dsn.user)
    let password = strdup(dsn.password)
    defer {
      free(user)
      free(password)
    }
    var code: my_bool = 0
    let started = mysql_change_user_start(&code, mysql, user, password, nil)
    await finish(started) { mysql_change_user_cont(&code, mysql, $0) }
    if code != 0 { throw lost() }
  }
}
