public import MuddledCore

extension Database where Self == MariaDBDatabase {
  /// A MariaDB, MySQL or TiDB server to explore on: `Explorer(database: .mariaDB(dsn))`.
  ///
  /// - Parameters:
  ///   - dsn: the address as text, such as `user:password@tcp(host:port)/name`.
  ///   - options: what is chosen for it. Default: ``MariaDBDatabase/Options/exploring``.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/configuration`` if the text is no address.
  public static func mariaDB(
    _ dsn: String, options: MariaDBDatabase.Options = .exploring
  ) throws -> MariaDBDatabase {
    MariaDBDatabase(try MariaDBDSN(dsn), options: options)
  }

  /// A MariaDB, MySQL or TiDB server to explore on, whose address is known in its parts.
  public static func mariaDB(
    _ dsn: MariaDBDSN, options: MariaDBDatabase.Options = .exploring
  ) -> MariaDBDatabase {
    MariaDBDatabase(dsn, options: options)
  }
}

extension MariaDBDatabase.Options {
  /// The defaults, but with a connection for every client that a scenario can have, and with statements joined.
  public static let exploring = {
    var options = MariaDBDatabase.Options()
    options.maximumConnections = Scenario.sessionLimit + 1
    options.joinsStatements = true
    return options
  }()
}
