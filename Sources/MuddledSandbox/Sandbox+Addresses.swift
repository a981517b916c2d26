extension Sandbox {
  /// The unix socket of MariaDB.
  public nonisolated var mariaDBSocket: String { folder + "/mariadb.sock" }

  /// The file that MariaDB writes its errors and notes to.
  public nonisolated var mariaDBLog: String { folder + "/mariadb.log" }

  /// The file that MariaDB logs every statement to if ``Options/generalLog`` is set.
  public nonisolated var generalLog: String { folder + "/general.log" }

  /// The unix socket of Redis.
  public nonisolated var redisSocket: String { folder + "/redis.sock" }

  /// MariaDB's DSN over its unix socket, in the Go driver's style: `root:@unix(/path)/database`.
  ///
  /// - Parameter database: by default ``Options/database``.
  public nonisolated func mariaDBDSN(database: String? = nil) -> String {
    "root:@unix(\(mariaDBSocket))/\(database ?? options.database)"
  }

  /// MariaDB's DSN over TCP, in the Go driver's style: `root:@tcp(127.0.0.1:port)/database`.
  ///
  /// - Parameter database: by default ``Options/database``.
  public nonisolated func mariaDBTCPDSN(database: String? = nil) -> String {
    "root:@tcp(127.0.0.1:\(mariaDBPort))/\(database ?? options.database)"
  }

  /// Redis's URL over TCP: `redis://127.0.0.1:port/0`.
  public nonisolated var redisURL: String { "redis://127.0.0.1:\(redisPort)/0" }

  /// The file that `nats-server` writes its log to.
  public nonisolated var natsLog: String { folder + "/nats.log" }

  /// The URL of NATS: `nats://127.0.0.1:port`.
  public nonisolated var natsURL: String { "nats://127.0.0.1:\(natsPort)" }

  /// Redis's URL over its unix socket: `unix:/path`.
  public nonisolated var redisSocketURL: String { "unix:" + redisSocket }
}
