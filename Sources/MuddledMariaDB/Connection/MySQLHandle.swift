import CMariaDB
import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The one owner of a `MYSQL *`; its end closes the connection, if ``close()`` did not.
///
/// Three files know the library: this one, and the two with what a connection gives out,
/// ``QueryOperation`` and ``PreparedStatement``. Above them stand Swift values only. Everything that
/// is given out uses the connection's memory: it must be done with before ``close()``.
struct MySQLHandle: ~Copyable {
  /// `nil` once closed.
  private var pointer: UnsafeMutablePointer<MYSQL>?

  /// `mysql_init` is thread-safe once the library is set up.
  private static let isLibraryReady = mysql_server_init(0, nil, nil) == 0

  init() {
    precondition(Self.isLibraryReady, "mysql_server_init failed")
    guard let pointer = mysql_init(nil) else { preconditionFailure("mysql_init is out of memory") }
    self.pointer = pointer
  }

  deinit {
    if let pointer { mysql_close(pointer) }
  }

  /// For the files that know the library; must not be closed.
  var mysql: UnsafeMutablePointer<MYSQL> {
    guard let pointer else { preconditionFailure("the connection is closed") }
    return pointer
  }

  var isClosed: Bool { pointer == nil }

  /// Takes leave of the server, as far as that needs no waiting, and frees everything.
  mutating func close() {
    if let pointer { mysql_close(pointer) }
    pointer = nil
  }

  /// Breaks the connection, but frees nothing that a call under way still uses.
  func hangUp() {
    if socket >= 0 { _ = shutdown(socket, Int32(SHUT_RDWR)) }
  }

  // MARK: What the library knows

  /// Whether the library has a character set of this name.
  static func knows(charset name: String) -> Bool { mariadb_get_charset_by_name(name) != nil }

  var socket: Int32 { mysql_get_socket(mysql) }

  /// How long the call under way may wait, if ``MySQLEvents/timeout`` is among its events.
  var timeout: Duration { .milliseconds(Int(mysql_get_timeout_value_ms(mysql))) }

  /// What the server or the library said last.
  var lastError: ServerError { mysql.lastError }

  /// The server's id of the connection.
  var connectionID: UInt64 { UInt64(mysql_thread_id(mysql)) }

  var serverVersion: String { String(cString: mysql_get_server_info(mysql)) }

  var isEncrypted: Bool { mysql_get_ssl_cipher(mysql) != nil }

  /// Whether the server's last reply told of an open transaction.
  var isInTransaction: Bool { hasStatus(SERVER_STATUS_IN_TRANS) }

  /// Whether the server's last reply told of autocommit.
  var hasAutocommit: Bool { hasStatus(SERVER_STATUS_AUTOCOMMIT) }

  /// The database that the session is in, as far as the server tells.
  var currentDatabase: String? { mysql.pointee.db.map { String(cString: $0) } }

  /// Whether the server tells of each change of the session's database (`session_track_schema`).
  var tracksDatabase: Bool {
    mysql.pointee.server_capabilities & UInt(CLIENT_SESSION_TRACKING) != 0
      && !hasStatus(SERVER_STATUS_DB_DROPPED)
  }

  private func hasStatus(_ flag: Int32) -> Bool { mysql.pointee.server_status & UInt32(flag) != 0 }

  // MARK: Calls that wait for the server

  /// Connects and logs in.
  ///
  /// - Parameter takesSeveralStatements: whether one query may hold several statements.
  /// - Returns: what answers why that failed, if it did.
  func connect(to dsn: MariaDBDSN, takesSeveralStatements: Bool) -> MySQLCall<ServerError?> {
    let mysql = mysql
    mysql.configure(for: dsn)
    var flags = UInt(CLIENT_MULTI_RESULTS)
    if takesSeveralStatements { flags |= UInt(CLIENT_MULTI_STATEMENTS) }
    if dsn.countsFoundRows { flags |= UInt(CLIENT_FOUND_ROWS) }
    let texts = CTexts(
      dsn.socket == nil ? dsn.host : nil, dsn.user, dsn.password,
      dsn.database.isEmpty ? nil : dsn.database, dsn.socket)
    return MySQLCall(reading: texts) { code in
      var connected: UnsafeMutablePointer<MYSQL>?
      defer { code = connected == nil ? 1 : 0 }
      return mysql_real_connect_start(
        &connected, mysql, texts[0], texts[1], texts[2], texts[3], UInt32(dsn.port), texts[4], flags
      )
    } resume: { code, events in
      var connected: UnsafeMutablePointer<MYSQL>?
      defer { code = connected == nil ? 1 : 0 }
      return mysql_real_connect_cont(&connected, mysql, events)
    } answer: { code in
      mysql.error(of: code)
    }
  }

  /// Logs in anew, in no database.
  ///
  /// - Returns: what answers why that failed, if it did.
  func changeUser(to user: String, password: String) -> MySQLCall<ServerError?> {
    let mysql = mysql
    let texts = CTexts(user, password)
    return MySQLCall(reading: texts) { code in
      var hasFailed: my_bool = 0
      defer { code = Int32(hasFailed) }
      return mysql_change_user_start(&hasFailed, mysql, texts[0], texts[1], nil)
    } resume: { code, events in
      var hasFailed: my_bool = 0
      defer { code = Int32(hasFailed) }
      return mysql_change_user_cont(&hasFailed, mysql, events)
    } answer: { code in
      mysql.error(of: code)
    }
  }

  /// Brings the session back to the state of a new one, but for its database.
  ///
  /// - Returns: what answers why that failed, if it did.
  func reset() -> MySQLCall<ServerError?> {
    let mysql = mysql
    return MySQLCall {
      mysql_reset_connection_start(&$0, mysql)
    } resume: {
      mysql_reset_connection_cont(&$0, mysql, $1)
    } answer: {
      mysql.error(of: $0)
    }
  }

  /// Changes the session's database.
  ///
  /// - Returns: what answers why that failed, if it did.
  func select(database name: String) -> MySQLCall<ServerError?> {
    let mysql = mysql
    let texts = CTexts(name)
    return MySQLCall(reading: texts) {
      mysql_select_db_start(&$0, mysql, texts[0])
    } resume: {
      mysql_select_db_cont(&$0, mysql, $1)
    } answer: {
      mysql.error(of: $0)
    }
  }

  /// Asks by COM_STATISTICS, which needs no privilege and is no statement in the server's log.
  ///
  /// - Returns: what answers with the server's text; `nil` if that failed.
  func statistics() -> MySQLCall<String?> {
    let mysql = mysql
    var text: UnsafePointer<CChar>?
    return MySQLCall { _ in
      mysql_stat_start(&text, mysql)
    } resume: { _, events in
      mysql_stat_cont(&text, mysql, events)
    } answer: { _ in
      mysql_errno(mysql) == 0 ? text.map { String(cString: $0) } : nil
    }
  }
}

extension UnsafeMutablePointer<MYSQL> {
  /// What the server or the library said last.
  var lastError: ServerError {
    ServerError(
      code: Int(mysql_errno(self)), sqlstate: String(cString: mysql_sqlstate(self)),
      message: String(cString: mysql_error(self)))
  }

  /// What was said at the end of a call that gave this code, if it failed.
  fileprivate func error(of code: Int32) -> ServerError? { code == 0 ? nil : lastError }

  /// Sets what the connection needs before it is opened.
  fileprivate func configure(for dsn: MariaDBDSN) {
    mysql_options(self, MYSQL_OPT_NONBLOCK, nil)
    set(MYSQL_SET_CHARSET_NAME, dsn.charset)
    set(MYSQL_OPT_LOCAL_INFILE, UInt32(0))
    set(MYSQL_OPT_RECONNECT, my_bool(0))
    // The library's own bound on what it sends; the server's is the one that users know.
    set(MYSQL_OPT_MAX_ALLOWED_PACKET, UInt(1 << 30))
    // Else "localhost" would mean the library's default socket.
    let protocolType = dsn.socket == nil ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET
    set(MYSQL_OPT_PROTOCOL, protocolType.rawValue)
    // The TLS handshake polls inside the library, so it needs the bound as well.
    let seconds = dsn.connectTimeout.components.seconds
    set(MYSQL_OPT_CONNECT_TIMEOUT, UInt32(clamping: max(1, seconds)))
    guard dsn.tls.isWanted else { return }
    set(MYSQL_OPT_SSL_ENFORCE, my_bool(1))
    set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool(dsn.tls.verifies ? 1 : 0))
    if let path = dsn.tlsAuthority { set(MYSQL_OPT_SSL_CA, path) }
    if let path = dsn.tlsCertificate { set(MYSQL_OPT_SSL_CERT, path) }
    if let path = dsn.tlsKey { set(MYSQL_OPT_SSL_KEY, path) }
  }

  private func set(_ option: mysql_option, _ text: String) {
    mysql_options(self, option, text)
  }

  private func set(_ option: mysql_option, _ value: some BitwiseCopyable) {
    withUnsafePointer(to: value) { _ = mysql_options(self, option, $0) }
  }
}

extension MySQLEvents {
  static var read: MySQLEvents { MySQLEvents(rawValue: MYSQL_WAIT_READ) }
  static var write: MySQLEvents { MySQLEvents(rawValue: MYSQL_WAIT_WRITE) }
  static var except: MySQLEvents { MySQLEvents(rawValue: MYSQL_WAIT_EXCEPT) }
  static var timeout: MySQLEvents { MySQLEvents(rawValue: MYSQL_WAIT_TIMEOUT) }
}
