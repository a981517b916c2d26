import CMariaDB
import MuddledCore

/// The one owner of a `MYSQL *`; its end closes the connection, if ``close()`` did not.
struct MySQLHandle: ~Copyable {
  /// `nil` once closed.
  private(set) var pointer: UnsafeMutablePointer<MYSQL>?

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

  /// Takes leave of the server, as far as that needs no waiting, and frees everything.
  mutating func close() {
    if let pointer { mysql_close(pointer) }
    pointer = nil
  }
}

extension UnsafeMutablePointer<MYSQL> {
  /// Sets what the connection needs before it is opened.
  func configure(for dsn: MariaDBDSN) {
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

  /// What the server or the library said last.
  var lastError: ServerError {
    ServerError(
      code: Int(mysql_errno(self)), sqlstate: String(cString: mysql_sqlstate(self)),
      message: String(cString: mysql_error(self)))
  }
}

extension MySQLEvents {
  static var read: MySQLEvents { MySQLEvents(rawValue: MYSQL_WAIT_READ) }
  static var write: MySQLEvents { MySQLEvents(rawValue: MYSQL_WAIT_WRITE) }
  static var except: MySQLEvents { MySQLEvents(rawValue: MYSQL_WAIT_EXCEPT) }
  static var timeout: MySQLEvents { MySQLEvents(rawValue: MYSQL_WAIT_TIMEOUT) }
}

extension ServerError {
  /// Whether the connection is gone, so that this is no answer to the statement.
  ///
  /// libmariadb numbers its own errors from 2000 and 5000 on. Some servers say in an ordinary error
  /// that they are about to hang up.
  var meansLostConnection: Bool {
    switch code {
    case 2000..<3000, 5000..<6000: true
    // ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED, ER_CLIENT_INTERACTION_TIMEOUT
    case 1053, 1927, 4031: true
    default: false
    }
  }
}
