#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The command line, the files and the sign of life of one of a sandbox's servers.
struct Server: Sendable {
  /// The program's name, for messages.
  let name: String
  /// The program's path and its arguments.
  let command: [String]
  /// Where it is asked whether it works.
  let endpoint: Endpoint
  /// The file that it writes its errors to.
  let log: String
  /// The file that its process id is written to.
  let pidFile: String
  /// What to send after connecting; `nil` if the server speaks first.
  let request: String?
  /// Whether these bytes mean that the server works.
  let isAnswer: @Sendable ([UInt8]) -> Bool

  /// A place where a server listens.
  enum Endpoint: Sendable {
    /// The path of a unix socket.
    case unix(String)
    /// A port of 127.0.0.1.
    case port(Int)
  }
}

extension Server {
  /// A `mariadbd` without durability.
  ///
  /// What it has committed is in the kernel's memory, so it outlives the server, but not the machine.
  /// Options that not every version has stand behind `--loose-`.
  static func mariaDB(
    program: String, folder: String, port: Int, user: String, generalLog: String?,
    arguments: [String]
  ) -> Server {
    let socket = folder + "/mariadb.sock"
    let log = folder + "/mariadb.log"
    var command = [
      program, "--no-defaults",
      "--datadir=" + folder + "/data", "--socket=" + socket, "--tmpdir=" + folder,
      "--log-error=" + log, "--pid-file=" + folder + "/mariadbd.pid",
      "--bind-address=127.0.0.1", "--port=\(port)", "--skip-name-resolve",
      // Whoever is on this machine can log in over TCP; this user's files are not theirs.
      "--secure-file-priv=" + folder + "/files", "--local-infile=OFF",
      "--character-set-server=utf8mb4", "--performance-schema=OFF",
      "--debug-no-sync", "--sync-binlog=0", "--loose-innodb-flush-method=fsync",
      "--innodb-flush-log-at-trx-commit=2", "--loose-skip-innodb-doublewrite",
      "--innodb-log-file-size=16M", "--loose-innodb-undo-tablespaces=0",
      "--innodb-temp-data-file-path=ibtmp1:5M:autoextend",
      "--innodb-buffer-pool-size=64M", "--innodb-log-buffer-size=2M",
      "--skip-innodb-buffer-pool-dump-at-shutdown", "--skip-innodb-buffer-pool-load-at-startup",
      "--key-buffer-size=1M", "--aria-pagecache-buffer-size=1M",
    ]
    if geteuid() == 0 { command.append("--user=" + user) }
    if let generalLog { command += ["--general-log", "--general-log-file=" + generalLog] }
    // The greeting's first byte after the packet's header is the protocol's version; an error packet has 255.
    return Server(
      name: "mariadbd", command: command + arguments, endpoint: .unix(socket), log: log,
      pidFile: folder + "/mariadb.pid", request: nil, isAnswer: { $0.count > 4 && $0[4] == 10 })
  }

  /// A `redis-server` that keeps nothing on disk.
  static func redis(program: String, folder: String, port: Int, arguments: [String]) -> Server {
    let socket = folder + "/redis.sock"
    let log = folder + "/redis.log"
    let command = [
      program, "--bind", "127.0.0.1", "--port", "\(port)", "--unixsocket", socket,
      "--unixsocketperm", "700", "--dir", folder, "--logfile", log, "--daemonize", "no",
      "--save", "", "--appendonly", "no",
    ]
    // Any answer will do, such as that a password is wanted, but for "I still read my files".
    return Server(
      name: "redis-server", command: command + arguments, endpoint: .unix(socket), log: log,
      pidFile: folder + "/redis.pid", request: "PING\r\n",
      isAnswer: { !$0.isEmpty && !$0.starts(with: "-LOADING".utf8) })
  }

  /// A `nats-server` with JetStream, which keeps its streams in the folder.
  static func nats(program: String, folder: String, port: Int, arguments: [String]) -> Server {
    let log = folder + "/nats.log"
    let command = [
      program, "--addr", "127.0.0.1", "--port", "\(port)", "--jetstream",
      "--store_dir", folder + "/nats", "--log", log,
    ]
    // It has opened its streams before it listens, and greets with what it is.
    return Server(
      name: "nats-server", command: command + arguments, endpoint: .port(port), log: log,
      pidFile: folder + "/nats.pid", request: nil, isAnswer: { $0.starts(with: "INFO ".utf8) })
  }
}
