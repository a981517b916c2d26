#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension Sandbox {
  /// What a sandbox consists of.
  public struct Options: Sendable {
    /// Whether there is a `mariadbd`.
    public var mariaDB: Bool
    /// Whether there is a `redis-server`.
    public var redis: Bool
    /// Whether there is a `nats-server` with JetStream.
    public var nats: Bool
    /// An empty database that exists from the start: letters, digits and underscores, at most 64.
    public var database: String
    /// A file of SQL that the `mariadb` client runs in that database before the sandbox is ready.
    public var initSQL: String?
    /// Whether the server logs every statement that it gets to ``Sandbox/generalLog``.
    public var generalLog: Bool
    /// Further arguments for `mariadbd`; they win over the sandbox's own.
    public var mariaDBArguments: [String]
    /// The account that `mariadbd` runs as, and that owns the folder, if this process is root's; by default root. For what
    /// MariaDB does not do as root, such as the state transfer of a Galera cluster.
    package var mariaDBUser = "root"
    /// Further arguments for `redis-server`; they win over the sandbox's own.
    public var redisArguments: [String]
    /// Further arguments for `nats-server`; they win over the sandbox's own.
    public var natsArguments: [String]
    /// The folders that hold the servers' programs, in order.
    public var searchPath: [String]
    /// The folder for the data directory's template; `nil` makes each data directory anew.
    public var cacheFolder: String?
    /// How long one server may take until it answers.
    public var startTimeout: Duration

    /// Makes options; every default stands here.
    ///
    /// By default there is a MariaDB with the database `client_test`, programs are looked up on PATH
    /// and in the folders for servers, and the template is kept in `$XDG_CACHE_HOME/muddled` or
    /// `~/.cache/muddled`.
    public init(
      mariaDB: Bool = true,
      redis: Bool = false,
      nats: Bool = false,
      database: String = "client_test",
      initSQL: String? = nil,
      generalLog: Bool = false,
      mariaDBArguments: [String] = [],
      redisArguments: [String] = [],
      natsArguments: [String] = [],
      searchPath: [String] = Options.standardSearchPath,
      cacheFolder: String? = Options.standardCacheFolder,
      startTimeout: Duration = .seconds(30)
    ) {
      self.mariaDB = mariaDB
      self.redis = redis
      self.nats = nats
      self.database = database
      self.initSQL = initSQL
      self.generalLog = generalLog
      self.mariaDBArguments = mariaDBArguments
      self.redisArguments = redisArguments
      self.natsArguments = natsArguments
      self.searchPath = searchPath
      self.cacheFolder = cacheFolder
      self.startTimeout = startTimeout
    }

    /// Arguments with which `mariadbd` tells who holds which lock: row locks in InnoDB's status, locks on metadata and
    /// user locks in `performance_schema.metadata_locks`. Nothing else is instrumented, as it would cost time.
    public static let lockListArguments = [
      "--loose-innodb-status-output-locks=ON", "--performance-schema=ON",
      "--performance-schema-instrument=%=OFF",
      "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON",
      "--performance-schema-consumer-statements-digest=OFF", "--performance-schema-digests-size=0",
      "--performance-schema-events-waits-history-long-size=0",
      "--performance-schema-events-stages-history-long-size=0",
      "--performance-schema-events-statements-history-long-size=0",
      "--performance-schema-events-transactions-history-long-size=0",
    ]

    /// The folders of PATH, then `/usr/local/sbin`, `/usr/sbin` and `/usr/bin`.
    public static var standardSearchPath: [String] {
      let path = getenv("PATH").map { String(cString: $0) } ?? ""
      return path.split(separator: ":").map(String.init)
        + ["/usr/local/sbin", "/usr/sbin", "/usr/bin"]
    }

    /// `$XDG_CACHE_HOME/muddled`, else `~/.cache/muddled`; `nil` if neither variable is an absolute path.
    public static var standardCacheFolder: String? {
      func folder(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
      }
      return (folder("XDG_CACHE_HOME") ?? folder("HOME").map { $0 + "/.cache" })
        .map { $0 + "/muddled" }
    }
  }
}
