#if NATS
  import FoundationEssentials
  import MuddledCore

  /// Where a NATS server is, and how to log in there.
  ///
  /// What this prints as shows neither password nor token.
  public struct NATSURL: Sendable, Hashable {
    /// The port that a URL without one means.
    public static let defaultPort: UInt16 = 4222

    /// The host's name or address, without the brackets of IPv6.
    public let host: String
    /// The port.
    public let port: UInt16
    /// The user to log in as; `nil` if there is none, or a token is given.
    public let user: String?
    /// The password of the user, or a token if there is no user.
    package let secret: String?

    /// Reads an address: `nats://[user:password@|token@]host[:port]`, an IPv6 address in brackets.
    ///
    /// User, password and token are percent-decoded.
    ///
    /// - Throws: ``MuddledError`` with code ``MuddledError/Code/configuration``; its message quotes
    ///   nothing of the text, as any part may be a password.
    public init(_ text: String) throws {
      guard let parts = URLComponents(string: text), let scheme = parts.scheme else {
        throw Self.unusable("is no URL")
      }
      switch scheme.lowercased() {
      case "nats": break
      case "tls":
        throw MuddledError(
          .configuration,
          "tls:// asks for TLS, which muddled does not speak to NATS; use nats:// through a tunnel."
        )
      default: throw Self.unusable("has an unknown scheme")
      }
      guard var host = parts.host, !host.isEmpty else { throw Self.unusable("names no host") }
      guard ["", "/"].contains(parts.path), parts.query == nil, parts.fragment == nil else {
        throw Self.unusable("has something after its host and port")
      }
      if host.first == "[", host.last == "]" { host = String(host.dropFirst().dropLast()) }
      guard let port = UInt16(exactly: parts.port ?? Int(Self.defaultPort)), port > 0 else {
        throw Self.unusable("has a port that is no number from 1 to 65535")
      }
      let hasUser = parts.user?.isEmpty == false
      guard hasUser || (parts.password ?? "").isEmpty else {
        throw Self.unusable("has a password without a user")
      }
      // A login without a colon is a token (docs.nats.io, "Connecting").
      let isToken = hasUser && parts.password == nil
      guard [parts.user, parts.password].allSatisfy({ $0?.utf8.contains(0) != true }) else {
        throw Self.unusable("has a login with a %00")
      }
      self.host = host
      self.port = port
      user = hasUser && !isToken ? parts.user : nil
      secret = isToken ? parts.user : parts.password
    }

    /// The server's place for messages: `host:port`.
    public var location: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    private static func unusable(_ fault: String) -> MuddledError {
      MuddledError(
        .configuration,
        "The NATS URL \(fault); write nats://[USER:PASSWORD@]HOST[:PORT] or nats://TOKEN@HOST[:PORT], "
          + "with special characters as %XX.")
    }
  }

  extension NATSURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address with `***` in the place of a password or token.
    public var description: String {
      let login = secret == nil ? "" : user == nil ? "***@" : "\(user ?? ""):***@"
      return "nats://\(login)\(location)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows the same as ``description``, so that a dump holds no secret.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
  }
#endif
