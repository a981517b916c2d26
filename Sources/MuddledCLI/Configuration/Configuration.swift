import MuddledCore

/// What one node is configured with: the file's values, overridden by the environment's, over the defaults.
///
/// Relative paths are relative to the current directory, as in the original tool.
struct Configuration: Sendable {
  /// One database: where it is, and how many connections to it this process may hold.
  struct Database: Sendable {
    /// The DSN as it was written.
    var dsn: Secret?
    /// How many idle connections may be kept; accepted for the original tool's files.
    var idle: Int
    /// How many connections this process may make.
    var open: Int
  }

  /// Where the nodes meet.
  enum CoordinatorKind: String, CaseIterable, Sendable {
    /// Tables in the coordination database.
    case db
    /// Streams in Redis.
    case redis
    /// A mapped file that processes of this machine share.
    case sharedMemory = "shared-memory"
    /// A stream of NATS JetStream; only in a build with the trait NATS.
    case queue
  }

  /// Where a value came from.
  enum Source: Hashable, Sendable {
    /// Nobody set it.
    case defaultValue
    /// The configuration file, at this line (from 1).
    case file(line: Int)
    /// The environment variable of this name.
    case environment(String)
    /// A flag of the command line.
    case commandLine
  }

  /// `[db]`, the database under test; its DSN is always set.
  var database: Database
  /// `[cdb]`, the coordination database; its DSN is set if the kind is ``CoordinatorKind/db``.
  var coordinationDatabase: Database
  /// `[sql]`, where this client's steps come from; `nil` for a process that is no client.
  var steps: StepSource?
  /// `coordinator.kind`.
  var coordinatorKind: CoordinatorKind
  /// `coordinator.url`; set if the kind is ``CoordinatorKind/redis`` or ``CoordinatorKind/queue``.
  var coordinatorURL: Secret?
  /// `coordinator.name`, the meeting place's name for the kind ``CoordinatorKind/sharedMemory``.
  var coordinatorName: String
  /// `coordinator.lease_ms`: a node that was not seen for so long is lost.
  var lease: Duration
  /// `coordinator.rejoin_ms`: how long the others wait for a lost node.
  var rejoinTimeout: Duration
  /// `coordinator.register_ms`: how long to wait for the partners at the start.
  var registerTimeout: Duration
  /// `reset.fpath`, the file of statements to run before each order.
  var resetPath: String?
  /// `check.fpath`, the file of queries for the final state.
  var checkPath: String?
  /// `run.stall_ms`: how long to wait for the server when all clients are blocked.
  var stallTimeout: Duration
  /// `run.assume_blocked_ms`: when a statement counts as blocked if the server may not be asked.
  var assumeBlockedAfter: Duration
  /// `run.step_ms`: how long one statement may take.
  var stepTimeout: Duration
  /// Where each value came from, by the key's dotted name.
  var sources: [String: Source]

  /// Reads a file and the environment.
  ///
  /// - Parameters:
  ///   - file: the path of a TOML file.
  ///   - environment: the process's environment; the variables of ``ConfigurationKey/environmentName`` are looked
  ///     at, and override the file if they are not empty.
  ///   - kind: what the command line says of `coordinator.kind`, if anything.
  ///   - loader: what the command line says of `sql.loader`, if anything.
  ///   - isClient: whether `[sql]` is read too.
  /// - Throws: ``MuddledError/Code/configuration`` with one sentence that names the file, the line and
  ///   the key, and never the value of a secret.
  static func load(
    file: String, environment: [String: String], kind: CoordinatorKind? = nil,
    loader: StepSource.Kind? = nil, isClient: Bool = true
  ) throws -> Configuration {
    var settings = try ConfigurationFile(path: file).settings()
    for key in ConfigurationKey.all {
      guard let name = key.environmentName, let text = environment[name], !text.isEmpty else {
        continue
      }
      settings[key.name] = .init(value: .text(text), source: .environment(name))
    }
    if let kind {
      settings["coordinator.kind"] = .init(value: .text(kind.rawValue), source: .commandLine)
    }
    if let loader {
      settings["sql.loader"] = .init(value: .text(loader.rawValue), source: .commandLine)
    }
    return try Configuration(SettingsReader(file: file, settings: settings), isClient: isClient)
  }
}

extension Configuration {
  private init(_ reader: SettingsReader, isClient: Bool) throws {
    coordinatorKind = try reader.choice("coordinator.kind")
    database = .init(
      dsn: .init(try reader.required("db.dsn")), idle: reader.number("db.idle"),
      open: reader.number("db.open"))
    coordinationDatabase = .init(
      dsn: reader.text("cdb.dsn").map(Secret.init), idle: reader.number("cdb.idle"),
      open: reader.number("cdb.open"))
    steps = try !isClient ? nil : StepSource(reader, coordinator: coordinatorKind)
    coordinatorURL = reader.text("coordinator.url").map(Secret.init)
    coordinatorName = try reader.required("coordinator.name")
    lease = reader.milliseconds("coordinator.lease_ms")
    rejoinTimeout = reader.milliseconds("coordinator.rejoin_ms")
    registerTimeout = reader.milliseconds("coordinator.register_ms")
    resetPath = reader.text("reset.fpath")
    checkPath = reader.text("check.fpath")
    stallTimeout = reader.milliseconds("run.stall_ms")
    assumeBlockedAfter = reader.milliseconds("run.assume_blocked_ms")
    stepTimeout = reader.milliseconds("run.step_ms")
    sources = reader.sources
    let reason = "because coordinator.kind is \"\(coordinatorKind.rawValue)\""
    switch coordinatorKind {
    case .db: _ = try reader.required("cdb.dsn", reason)
    case .redis: _ = try reader.required("coordinator.url", reason)
    case .sharedMemory: break
    case .queue:
      try Self.checkQueueIsBuilt()
      _ = try reader.required("coordinator.url", reason)
    }
  }
}
