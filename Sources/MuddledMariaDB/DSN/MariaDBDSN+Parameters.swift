import MuddledCore

extension MariaDBDSN {
  /// The parameters that have an effect.
  private static let known = [
    "charset", "clientFoundRows", "collation", "readTimeout", "socket", "ssl-ca", "ssl-cert",
    "ssl-key", "timeout", "tls", "writeTimeout",
  ]

  /// What else Go's driver knows: it concerns Go's types, pools or plug-ins, or changes nothing that a
  /// client can see.
  private static let ignored = [
    "allowAllFiles", "allowCleartextPasswords", "allowFallbackToPlaintext", "allowNativePasswords",
    "allowOldPasswords", "checkConnLiveness", "columnsWithAlias", "compress",
    "connectionAttributes", "interpolateParams", "loc", "maxAllowedPacket", "multiStatements",
    "parseTime", "rejectReadOnly", "serverPubKey", "strict", "timeTruncate",
  ]

  mutating func readParameters(_ text: Substring) throws(MuddledError) {
    var tlsWasSet = false
    for pair in text.split(separator: "&") {
      let name = String(pair.prefix { $0 != "=" })
      let value = try Self.decode(pair.dropFirst(name.count + 1))
      guard Self.known.contains(name) else {
        if Self.ignored.contains(name) { continue }
        let nearest = nearestWord(to: name, among: Self.known + Self.ignored)
        throw MuddledError(
          .configuration, "the DSN has an unknown parameter \(name); did you mean \(nearest)?")
      }
      try set(name, to: value)
      if name == "tls" { tlsWasSet = true }
    }
    if !tlsWasSet, tlsAuthority != nil { tls = .verified }
    if !tlsWasSet, tlsAuthority == nil, tlsCertificate != nil { tls = .unverified }
  }

  private mutating func set(_ name: String, to value: String) throws(MuddledError) {
    switch name {
    case "charset": charset = try Self.charset(value)
    case "collation": collation = try Self.collation(value)
    case "tls": tls = try Self.tls(value)
    case "ssl-ca": tlsAuthority = value
    case "ssl-cert": tlsCertificate = value
    case "ssl-key": tlsKey = value
    case "socket": socket = value
    case "timeout": connectTimeout = try Self.duration(value, of: name) ?? connectTimeout
    case "readTimeout": readTimeout = try Self.duration(value, of: name)
    case "writeTimeout": writeTimeout = try Self.duration(value, of: name)
    case "clientFoundRows": countsFoundRows = try Self.flag(value, of: name)
    default: preconditionFailure("a known parameter without an effect: \(name)")
    }
  }

  private static func tls(_ value: String) throws(MuddledError) -> TLS {
    switch value.lowercased() {
    case "true", "1": .verified
    case "false", "0": .off
    case "skip-verify": .unverified
    case "preferred": .preferred
    default:
      throw MuddledError(
        .configuration,
        "the DSN's parameter tls must be true, false, skip-verify or preferred, not \(value)")
    }
  }

  private static func flag(_ value: String, of name: String) throws(MuddledError) -> Bool {
    switch value.lowercased() {
    case "true", "1": true
    case "false", "0": false
    default:
      throw MuddledError(
        .configuration, "the DSN's parameter \(name) must be true or false, not \(value)")
    }
  }

  /// Go reads a zero as "without end".
  private static func duration(
    _ value: String, of name: String
  ) throws(MuddledError) -> Duration? {
    guard let duration = Duration(goText: value) else {
      throw MuddledError(
        .configuration,
        "the DSN's parameter \(name) must be a duration such as 500ms or 1.5s, not \(value)")
    }
    return duration == .zero ? nil : duration
  }
}
