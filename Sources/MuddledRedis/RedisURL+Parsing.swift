import MuddledCore

// No message here quotes the URL: a slip of the keyboard can make a password look like any other part.
extension RedisURL {
  /// The port that a URL without one means.
  public static let defaultPort: UInt16 = 6379

  /// The longest path that fits the kernel's address of a unix socket (`man 7 unix`), in bytes.
  private static let longestSocketPath = 107

  /// Reads an address.
  ///
  /// `redis://[user:password@|:password@][host][:port][/database]`, an IPv6 address in brackets; or a socket as
  /// `unix:/path`, `unix:///path` or `unix://[user]:password@/path`, also with `redis+unix:`. Both
  /// take `?db=`, `user=` and `password=`. All parts are percent-decoded.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/configuration``; its message quotes
  ///   nothing of the text, as any part may be a password.
  public init(_ text: String) throws {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw Self.unusable("has no scheme")
    }
    var rest = text[text.index(after: colon)...].utf8
    var query: Substring.UTF8View?
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      query = rest[rest.index(after: mark)...]
      rest = rest[..<mark]
    }
    switch text[..<colon].lowercased() {
    case "redis": try self.init(tcp: rest)
    case "unix", "redis+unix": try self.init(socket: rest)
    case "rediss":
      throw MuddledError(
        .configuration,
        "rediss:// asks for TLS, which muddled's Redis client does not have; use redis:// through a tunnel."
      )
    default: throw Self.unusable("has an unknown scheme")
    }
    if let query { try read(query: query) }
    if user != nil, password == nil { throw Self.unusable("names a user without a password") }
  }

  private init(tcp text: Substring.UTF8View) throws {
    guard text.starts(with: "//".utf8) else { throw Self.unusable("has no // after its scheme") }
    let (authority, path) = Self.split(text.dropFirst(2), before: "/")
    let (login, address) = Self.splitLogin(authority)
    var host = address
    var port: Substring.UTF8View?
    if address.first == UInt8(ascii: "[") {
      guard let end = address.firstIndex(of: UInt8(ascii: "]")) else {
        throw Self.unusable("has an IPv6 address without its closing bracket")
      }
      host = address[address.index(after: address.startIndex)..<end]
      let tail = address[address.index(after: end)...]
      guard tail.isEmpty || tail.first == UInt8(ascii: ":") else {
        throw Self.unusable("has something between its IPv6 address and its port")
      }
      port = tail.isEmpty ? nil : tail.dropFirst()
    } else if let colon = address.firstIndex(of: UInt8(ascii: ":")) {
      host = address[..<colon]
      port = address[address.index(after: colon)...]
    }
    let name = try Self.decode(host)
    self.init(
      endpoint: .tcp(host: name.isEmpty ? "127.0.0.1" : name, port: try Self.port(port)))
    try read(login: login)
    if let path, path.count > 1 { database = try Self.database(Self.decode(path.dropFirst())) }
  }

  private init(socket text: Substring.UTF8View) throws {
    var path: Substring.UTF8View? = text
    var login: Substring.UTF8View?
    if text.starts(with: "//".utf8) {
      let (authority, rest) = Self.split(text.dropFirst(2), before: "/")
      path = rest
      let (found, host) = Self.splitLogin(authority)
      guard host.isEmpty else { throw Self.unusable("names a host before the path of a socket") }
      login = found
    }
    let decoded = try path.map(Self.decode) ?? ""
    guard decoded.utf8.first == UInt8(ascii: "/"), decoded.utf8.count > 1 else {
      throw Self.unusable("has no absolute path of a socket")
    }
    guard decoded.utf8.count <= Self.longestSocketPath else {
      throw Self.unusable(
        "has a socket path of more than \(Self.longestSocketPath) bytes, the kernel's limit")
    }
    self.init(endpoint: .unix(path: decoded))
    try read(login: login)
  }

  private mutating func read(login: Substring.UTF8View?) throws {
    guard let login, !login.elementsEqual(":".utf8) else { return }
    let (name, secret) = Self.split(login, before: ":")
    if !name.isEmpty { user = try Self.decode(name) }
    if let secret { password = try Self.decode(secret.dropFirst()) }
  }

  private mutating func read(query: Substring.UTF8View) throws {
    for pair in query.split(separator: UInt8(ascii: "&")) {
      let (key, value) = Self.split(pair, before: "=")
      let decoded = try Self.decode(value?.dropFirst() ?? "".utf8[...])
      switch String(Substring(key)) {
      case "db", "database": database = try Self.database(decoded)
      case "password": password = decoded
      case "user", "username": user = decoded
      default: throw Self.unusable("has a key after its ? that is none of db, user, password")
      }
    }
  }

  /// The text before the first `mark`, and the text from there on if there is one.
  private static func split(
    _ text: Substring.UTF8View, before mark: Unicode.Scalar
  ) -> (Substring.UTF8View, Substring.UTF8View?) {
    guard let index = text.firstIndex(of: UInt8(ascii: mark)) else { return (text, nil) }
    return (text[..<index], text[index...])
  }

  /// The login before the last `@`, as a password may hold one, and the address after it.
  private static func splitLogin(
    _ authority: Substring.UTF8View
  ) -> (Substring.UTF8View?, Substring.UTF8View) {
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return (nil, authority) }
    return (authority[..<at], authority[authority.index(after: at)...])
  }

  private static func port(_ text: Substring.UTF8View?) throws -> UInt16 {
    guard let text, !text.isEmpty else { return defaultPort }
    guard let port = number(Substring(text)).flatMap(UInt16.init(exactly:)), port > 0 else {
      throw unusable("has a port that is no number from 1 to 65535")
    }
    return port
  }

  private static func database(_ text: String) throws -> Int {
    guard let database = number(text[...]) else {
      throw unusable("has a database that is no number from 0")
    }
    return database
  }

  private static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { 48...57 ~= $0 } ? Int(text) : nil
  }

  private static func decode(_ text: Substring.UTF8View) throws -> String {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = Substring(rest.prefix(2))
      guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
        let value = UInt8(digits, radix: 16), value != 0
      else { throw unusable("has a % without two hexadecimal digits, or a %00") }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw unusable("holds bytes that are not UTF-8 text")
    }
    return decoded
  }

  private static func unusable(_ fault: String) -> MuddledError {
    MuddledError(
      .configuration,
      "The Redis URL \(fault); write redis://[[USER]:PASSWORD@]HOST[:PORT][/DB] or unix:/PATH[?db=N&password=P], "
        + "with special characters as %XX.")
  }
}
