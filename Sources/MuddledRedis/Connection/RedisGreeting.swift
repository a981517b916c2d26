import MuddledCore

/// The first commands on a connection: log in, select the database, look at the server's version.
enum RedisGreeting {
  /// The oldest version with `XADD NOMKSTREAM` and `XTRIM MINID`.
  static let oldestVersion = [6, 2]

  static func commands(for url: RedisURL) -> [RedisCommand] {
    var commands: [RedisCommand] = []
    if let password = url.password {
      var login = RedisCommand("AUTH")
      if let user = url.user { login.add(user) }
      login.add(password)
      commands.append(login)
    }
    if url.database != 0 { commands.append(RedisCommand("SELECT", String(url.database))) }
    commands.append(RedisCommand("INFO", "server"))
    return commands
  }

  static func check(_ reply: RedisReply, to command: RedisCommand, from url: RedisURL) throws {
    switch (command.name, reply) {
    case ("INFO", .bytes(let bytes)):
      try checkVersion(in: String(decoding: bytes, as: UTF8.self), of: url)
    case ("INFO", .error(let text)) where text.hasPrefix("NOPERM"):
      break  // An account may be kept from asking; then the commands themselves tell.
    case (_, .error(let text)):
      switch RedisRefusal.error(text, to: command.name, from: url) {
      case let broken as ConnectionBroken: throw broken
      case _ where command.name == "AUTH":
        throw MuddledError(
          .configuration,
          "The Redis server at \(url.location) refuses the login; "
            + "check the user and the password in the URL.")
      case _ where command.name == "SELECT":
        throw MuddledError(
          .configuration,
          "The Redis server at \(url.location) refuses database \(url.database): \(text).")
      case let refusal: throw refusal
      }
    default: break
    }
  }

  static func checkVersion(in info: String, of url: RedisURL) throws {
    let lines = info.split(whereSeparator: \.isNewline)
    guard let line = lines.first(where: { $0.hasPrefix("redis_version:") }) else { return }
    let version = line.dropFirst("redis_version:".count)
    let numbers = version.split(separator: ".").map { Int($0) ?? 0 }
    guard numbers.lexicographicallyPrecedes(oldestVersion) else { return }
    throw MuddledError(
      .configuration,
      "The Redis server at \(url.location) is version \(version); muddled needs 6.2 or newer.")
  }
}
