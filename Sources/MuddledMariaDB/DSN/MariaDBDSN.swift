import MuddledCore

/// Where a MariaDB, MySQL or TiDB server is, and how to log in.
///
/// Printing a value shows no password. ``init(_:)`` reads the usual text forms; every property can
/// be changed afterwards.
public struct MariaDBDSN: Sendable, Hashable {
  /// The server's name or address. Default 127.0.0.1. Not used with ``socket``.
  public var host = "127.0.0.1"
  /// The server's TCP port. Default 3306. Not used with ``socket``.
  public var port: UInt16 = 3306
  /// The path of the server's unix socket, instead of host and port.
  public var socket: String?
  /// The account's name; empty for the anonymous account.
  public var user = ""
  /// The account's password; empty for none. Never printed.
  public var password = ""
  /// The database that a session starts in; empty for none.
  public var database = ""
  /// The character set of the connection, as the server calls it. Default utf8mb4.
  public var charset = "utf8mb4"
  /// The collation of the connection; `nil` for the character set's default.
  ///
  /// The protocol has no place for it, so each session sends one `SET NAMES … COLLATE …` of its own.
  public var collation: String?
  /// Whether the connection is encrypted, and the server's certificate checked. Default: not.
  public var tls = TLS.off
  /// The file with the authority's certificates (PEM) that the server's must come from.
  public var tlsAuthority: String?
  /// The file with the client's own certificate (PEM), if the server asks for one.
  public var tlsCertificate: String?
  /// The file with the private key (PEM) of ``tlsCertificate``.
  public var tlsKey: String?
  /// The longest time that opening a connection may take. Default 5 s.
  public var connectTimeout = Duration.seconds(5)
  /// The longest silence of the server inside a reply; `nil`, the default, waits without end.
  public var readTimeout: Duration?
  /// The longest time that the server may not take what is sent; `nil`, the default, without end.
  public var writeTimeout: Duration?
  /// Whether an `UPDATE` counts the rows that it found instead of those that it changed.
  public var countsFoundRows = false

  /// How a connection is encrypted.
  public struct TLS: Sendable, Hashable {
    /// Whether encryption is asked for.
    let isWanted: Bool
    /// Whether a server without encryption is refused.
    let isRequired: Bool
    /// Whether the server's certificate and name are checked.
    let verifies: Bool

    /// Not encrypted.
    public static let off = TLS(isWanted: false, isRequired: false, verifies: false)
    /// Encrypted if the server offers it; its certificate is not checked.
    public static let preferred = TLS(isWanted: true, isRequired: false, verifies: false)
    /// Always encrypted; the server's certificate is not checked.
    public static let unverified = TLS(isWanted: true, isRequired: true, verifies: false)
    /// Always encrypted, with a certificate that the authority vouches for.
    public static let verified = TLS(isWanted: true, isRequired: true, verifies: true)
  }

  /// Makes the address of a server on this machine, to be filled in through the properties.
  public init() {}

  /// Where the server is, for messages: `127.0.0.1:3306`, or the path of the socket.
  public var place: String {
    if let socket { return socket }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

extension MariaDBDSN: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The address without the password, in the form of Go's driver: `user@tcp(host:3306)/db`.
  public var description: String {
    let account = user.isEmpty ? "" : "\(user)@"
    return "\(account)\(socket == nil ? "tcp" : "unix")(\(place))/\(database)"
  }

  /// The same as ``description``.
  public var debugDescription: String { description }

  /// Shows no more than ``description``, so that `dump` and test failures keep the secret as well.
  public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
