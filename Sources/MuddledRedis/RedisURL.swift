/// Where a Redis server is, and how to log in there.
///
/// What this prints as shows no password.
public struct RedisURL: Sendable, Hashable {
  /// The way to the server.
  public enum Endpoint: Sendable, Hashable {
    /// A host name or address, without the brackets of IPv6, and a port.
    case tcp(host: String, port: UInt16)
    /// The absolute path of a unix socket.
    case unix(path: String)
  }

  /// The way to the server.
  public var endpoint: Endpoint
  /// The user to log in as; `nil` is the server's default user.
  public var user: String?
  /// The password; `nil` logs in nowhere.
  package var password: String?
  /// The number of the database to select, from 0.
  public var database: Int

  /// Makes an address from its parts.
  ///
  /// - Parameters:
  ///   - endpoint: the way to the server.
  ///   - user: the user to log in as; needs a password, which may be empty.
  ///   - password: the password; `nil` does not log in.
  ///   - database: the number of the database to select, from 0.
  public init(
    endpoint: Endpoint, user: String? = nil, password: String? = nil, database: Int = 0
  ) {
    self.endpoint = endpoint
    self.user = user
    self.password = password
    self.database = database
  }

  /// The server's place for messages: `host:port` or `unix:/path`.
  public var location: String {
    switch endpoint {
    case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}

extension RedisURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The address with `***` in the place of a password.
  public var description: String {
    let login = password == nil ? "" : "\(user ?? ""):***@"
    return switch endpoint {
    case .tcp: "redis://\(login)\(location)/\(database)"
    case .unix(let path): "redis+unix://\(login)\(path)?db=\(database)"
    }
  }

  /// The same as ``description``.
  public var debugDescription: String { description }

  /// Shows the same as ``description``, so that a dump holds no password.
  public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
