public import MuddledCore

extension MariaDBDSN {
  /// Reads the address of a server.
  ///
  /// Two forms are understood. The one of Go's driver is
  /// `user:password@tcp(host:port)/database?charset=utf8mb4`, or `user@unix(/path.sock)/database`;
  /// nothing in it is encoded, and the password may hold `@`, `:` and `/`. The other is a URL,
  /// `mysql://user:password@host:port/database?tls=true` (also `mariadb://`), whose parts are
  /// percent-decoded, with `?socket=/path` for a unix socket.
  ///
  /// Parameters are `charset`, `collation`, `tls` (`true`, `false`, `skip-verify`, `preferred`),
  /// `ssl-ca`, `ssl-cert`, `ssl-key` (paths), `timeout`, `readTimeout`, `writeTimeout` (Go's durations,
  /// such as `1.5s`) and `clientFoundRows`. What else Go's driver knows is accepted and has no effect.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/configuration``; its message shows
  ///   neither the password nor anything that could be a part of it.
  public init(_ text: String) throws(MuddledError) {
    self.init()
    if let scheme = Self.schemes.first(where: { text.lowercased().hasPrefix($0) }) {
      try readURL(text.dropFirst(scheme.count))
    } else if Self.looksLikeURL(text) {
      throw Self.unreadable("a URL must begin with mysql:// or mariadb://")
    } else {
      try readGoForm(text)
    }
  }

  private static let schemes = ["mysql://", "mariadb://"]

  private static func looksLikeURL(_ text: String) -> Bool {
    let scheme = text.prefix { $0.isASCII && $0.isLetter }
    return !scheme.isEmpty && text[scheme.endIndex...].hasPrefix("://")
  }

  static func unreadable(_ reason: String) -> MuddledError {
    MuddledError(
      .configuration,
      "the DSN cannot be read: \(reason) (a DSN looks like user:password@tcp(host:port)/database)")
  }

  // MARK: The form of Go's driver

  private mutating func readGoForm(_ text: String) throws(MuddledError) {
    guard let slash = Self.databaseSlash(in: text) else {
      throw Self.unreadable("the slash before the database's name is missing")
    }
    let target = text[..<slash]
    let address: Substring
    if let start = Self.addressStart(in: target) {
      readAccount(target[..<start])
      address = target[start...]
    } else if let at = target.lastIndex(of: "@") {
      readAccount(target[..<at])
      address = target[target.index(after: at)...]
    } else {
      address = target
    }
    try readGoAddress(address)
    let rest = text[text.index(after: slash)...]
    try readDatabase(rest.prefix { $0 != "?" })
    if let mark = rest.firstIndex(of: "?") {
      try readParameters(rest[rest.index(after: mark)...])
    }
  }

  /// The slash before the database's name: after the address if there is one, because the password
  /// may hold a slash, and so may a parameter.
  private static func databaseSlash(in text: String) -> String.Index? {
    var end = text.endIndex
    while let parenthesis = text[..<end].lastIndex(of: ")") {
      let next = text.index(after: parenthesis)
      if text[next...].first == "/" { return next }
      end = parenthesis
    }
    let start = text.lastIndex(of: "@") ?? text.startIndex
    return text[start...].firstIndex(of: "/")
  }

  /// Where `tcp(` or `unix(` begins: the last that stands at the start or after an `@`.
  private static func addressStart(in target: Substring) -> String.Index? {
    guard target.last == ")" else { return nil }
    var end = target.endIndex
    while let open = target[..<end].lastIndex(of: "(") {
      let name = target[..<open].reversed().prefix { $0 != "@" }.count
      let start = target.index(open, offsetBy: -name)
      if ["tcp", "unix"].contains(target[start..<open]) { return start }
      end = open
    }
    return nil
  }

  private mutating func readAccount(_ account: Substring) {
    let account = account.last == "@" ? account.dropLast() : account
    user = String(account.prefix { $0 != ":" })
    password = String(account.dropFirst(user.count + 1))
  }

  private mutating func readGoAddress(_ address: Substring) throws(MuddledError) {
    switch address {
    case "", "tcp": return
    case let address where address.hasPrefix("tcp(") && address.last == ")":
      try readHost(address.dropFirst(4).dropLast())
    case let address where address.hasPrefix("unix(") && address.last == ")":
      socket = String(address.dropFirst(5).dropLast())
      if socket == "" { throw Self.unreadable("the path of the socket is missing") }
    default:
      throw Self.unreadable("the server must be written tcp(host:port) or unix(/path)")
    }
  }

  // MARK: URLs

  private mutating func readURL(_ text: Substring) throws(MuddledError) {
    let authority = text.prefix { $0 != "/" && $0 != "?" }
    let rest = text[authority.endIndex...]
    var host = authority
    if let at = authority.lastIndex(of: "@") {
      let account = authority[..<at]
      let name = account.prefix { $0 != ":" }
      user = try Self.decode(name)
      password = try Self.decode(account.dropFirst(name.count + 1))
      host = authority[authority.index(after: at)...]
    } else if rest.contains("@") {
      // What stands before would be taken for the host, and shown in messages.
      throw Self.unreadable("a / or ? in a URL's user or password must be written %2F or %3F")
    }
    try readHost(host)
    try readDatabase(rest.prefix { $0 != "?" }.drop { $0 == "/" })
    if let mark = rest.firstIndex(of: "?") {
      try readParameters(rest[rest.index(after: mark)...])
    }
  }

  // MARK: Parts of both

  private mutating func readHost(_ text: Substring) throws(MuddledError) {
    var name = text
    var portText: Substring?
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else {
        throw Self.unreadable("the ] after an IPv6 address is missing")
      }
      name = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.first == ":" else {
        throw Self.unreadable("only :port may follow an IPv6 address in brackets")
      }
      portText = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      name = text[..<colon]
      portText = text[text.index(after: colon)...]
      if portText?.contains(":") == true {
        throw Self.unreadable("an IPv6 address must stand in brackets, as in [::1]:3306")
      }
    }
    if !name.isEmpty { host = try Self.decode(name) }
    guard let portText, !portText.isEmpty else { return }
    guard let number = UInt16(portText), number > 0 else {
      throw Self.unreadable("the port must be a whole number from 1 to 65535")
    }
    port = number
  }

  private mutating func readDatabase(_ text: Substring) throws(MuddledError) {
    if text.contains("/") {
      throw Self.unreadable("a / in the database's name must be written %2F")
    }
    database = try Self.decode(text)
  }

  static func decode(_ text: Substring) throws(MuddledError) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = hexDigit(rest.popFirst()), let low = hexDigit(rest.popFirst()),
        high + low > 0
      else { throw Self.badPercent }
      bytes.append(high << 4 | low)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else { throw Self.badPercent }
    return decoded
  }

  private static let badPercent = unreadable(
    "a % must be followed by two hexadecimal digits, and the whole be UTF-8")

  private static func hexDigit(_ byte: UInt8?) -> UInt8? {
    byte.flatMap { Character(UnicodeScalar($0)).hexDigitValue }.map(UInt8.init)
  }
}
