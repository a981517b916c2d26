import Logging
import MuddledCore
import MuddledMariaDB
import MuddledRedis
import MuddledSandbox
import MuddledSharedMemory
import MuddledTestKit
import Synchronization

/// The stores that nodes can meet in.
enum StoreKind: String, CaseIterable, Sendable {
  case inProcess, database, redis, sharedMemory
}

/// A database of a test's own on its suite's servers, and nodes of one batch that meet there.
struct Meeting: Sendable {
  let sandbox: Sandbox
  let kind: StoreKind
  /// The name of the database, which is empty at first.
  let database: String
  /// Where the nodes find Redis, with a keyspace of the test's own.
  private let redis: String
  private let store = InProcessStore()

  /// How many tests have had a meeting.
  private static let count = Atomic(0)
  private static let keyspaces = 1000

  /// The servers that a suite's tests share, one after the other.
  static let servers = Sandbox.Options(
    redis: true, redisArguments: ["--databases", "\(keyspaces)"])

  /// Gives a test a database of its own on its suite's servers.
  static func with(
    _ kind: StoreKind = .inProcess, setup: [String] = [],
    _ body: @Sendable (Meeting) async throws -> Void
  ) async throws {
    let sandbox = try Sandbox.ofTest
    // A test before may have killed it.
    try await sandbox.startMariaDB()
    let meeting = Meeting(
      sandbox, kind, number: count.add(1, ordering: .relaxed).newValue % keyspaces)
    try await meeting.run(["CREATE DATABASE \(meeting.database)"], database: "")
    try await meeting.run(setup)
    try await body(meeting)
  }

  private init(_ sandbox: Sandbox, _ kind: StoreKind, number: Int) {
    self.sandbox = sandbox
    self.kind = kind
    database = "meeting\(number)"
    redis = "\(sandbox.redisSocketURL)?db=\(number)"
  }

  var dsn: MariaDBDSN { get throws { try MariaDBDSN(sandbox.mariaDBDSN(database: database)) } }

  /// Runs statements outside every client, by default in the meeting's database.
  @discardableResult
  func run(_ statements: [String], database: String? = nil) async throws -> [[StatementResult]] {
    var dsn = try dsn
    if let database { dsn.database = database }
    let database = MariaDBDatabase(dsn)
    let results = try await database.run(statements, limit: .seconds(30))
    await database.close()
    if case .error(let error)? = results.last?.last {
      throw MuddledError(.unusableInput, "\(statements[results.count - 1]): \(error.message)")
    }
    return results
  }

  /// The id of a session that runs SLEEP, as soon as one does.
  func sleeper() async throws -> String {
    let question =
      "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%' LIMIT 1"
    while true {
      let found = try await run([question])
      if case .rows(let rows)? = found[0].first, case .number(let id)? = rows.rows.first?[0] {
        return id
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Waits until the server is so old that nobody takes a session of it for one from before its start.
  func untilServerIsOld() async throws {
    while true {
      let found = try await run(["SHOW GLOBAL STATUS LIKE 'Uptime'"])
      if case .rows(let rows)? = found[0].first, case .text(let uptime)? = rows.rows.first?[1],
        Int(uptime) ?? 0 >= 5
      {
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Waits until a node has registered for the batch.
  func untilSomebodyIsThere(_ batch: String) async throws {
    let loop = EventLoop()
    defer { loop.stop() }
    let coordinator = try await coordinator(batch: batch, loop: loop)
    while try await coordinator.records(from: 0, waitingAtMost: .seconds(10)).isEmpty {}
    await coordinator.close()
  }

  /// A handle on a batch's log in a meeting in this process.
  func coordinator(batch: String) throws -> any Coordinator { try store.coordinator(batch: batch) }

  private func coordinator(batch: String, loop: EventLoop) async throws -> any Coordinator {
    switch kind {
    case .database: try await DatabaseCoordinator(dsn, batch: batch, on: loop)
    case .inProcess: try store.coordinator(batch: batch)
    case .redis: try RedisCoordinator(url: RedisURL(redis), batch: batch, on: loop)
    case .sharedMemory:
      try await SharedMemoryCoordinator(
        name: database, batch: batch, options: SharedMemoryOptions(folder: sandbox.folder), on: loop
      )
    }
  }

  /// Runs one node of a batch to its end.
  ///
  /// - Parameters:
  ///   - hold: what can keep the log's records from the node.
  ///   - standstill: where the node stops for a time.
  ///   - disturbed: puts something between the node and its coordinator.
  @discardableResult
  func node(
    _ configuration: BatchConfiguration, _ reporter: Recorder = Recorder(), dsn: MariaDBDSN? = nil,
    hold: ReadingHold = ReadingHold(), standingStill standstill: Standstill? = nil,
    disturbed: (any Coordinator) -> any Coordinator = { $0 }
  ) async throws -> BatchSummary {
    let loop = EventLoop()
    defer { loop.stop() }
    let coordinator = HeldReader(
      coordinator: try await coordinator(batch: configuration.batch, loop: loop), hold: hold)
    let database = MariaDBDatabase(try dsn ?? self.dsn, loop: loop)
    let runner = BatchRunner(
      configuration,
      database: standstill.map { StandstillDatabase(database: database, standstill: $0) }
        ?? database,
      coordinator: standstill.map {
        StandstillCoordinator(coordinator: coordinator, standstill: $0)
      }
        ?? disturbed(coordinator),
      reporters: [reporter], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      loop: loop)
    return try await runner.run()
  }

  /// Runs all nodes of a batch, each with its own statements, and returns what each was told.
  func batch(
    _ batch: String, _ scripts: [[String]],
    _ change: @escaping @Sendable (inout BatchConfiguration) -> Void = { _ in }
  ) async throws -> [Recorder] {
    let recorders = scripts.map { _ in Recorder() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, recorder) in recorders.enumerated() {
        let configuration = Self.configuration(batch, scripts, index, change)
        group.addTask { try await node(configuration, recorder) }
      }
      try await group.waitForAll()
    }
    return recorders
  }

  static func configuration(
    _ batch: String, _ scripts: [[String]], _ index: Int,
    _ change: (inout BatchConfiguration) -> Void = { _ in }
  ) -> BatchConfiguration {
    var configuration = BatchConfiguration(
      node: "\(index + 1)",
      partners: scripts.indices.filter { $0 != index }.map { "\($0 + 1)" }, batch: batch,
      steps: scripts[index].map(Step.init))
    configuration.lease = .seconds(10)
    configuration.registerTimeout = .seconds(20)
    change(&configuration)
    return configuration
  }
}

/// Two clients that change one row, and what puts it back.
enum Account {
  static let setup = [
    "CREATE TABLE account (id INT PRIMARY KEY, balance INT) ENGINE=InnoDB",
    "INSERT INTO account VALUES (1, 100), (2, 200)",
  ]
  static let reset = ["REPLACE INTO account VALUES (1, 100), (2, 200)"]
  static let checks = ["SELECT * FROM account ORDER BY id"]
  static let update = [
    "BEGIN", "SELECT balance FROM account WHERE id = 1",
    "UPDATE account SET balance = balance + 1 WHERE id = 1", "COMMIT",
  ]

  /// Updates two rows, one after the other.
  static func transfer(from: Int, to: Int) -> [String] {
    [
      "BEGIN", "UPDATE account SET balance = balance - 1 WHERE id = \(from)",
      "UPDATE account SET balance = balance + 1 WHERE id = \(to)", "COMMIT",
    ]
  }
}

/// An execution without its times.
struct Story: Hashable {
  let rank: UInt128
  let dispatched: [UInt8]
  let steps: [ExecutedStep]
  let checks: [ExecutedCheck]
  let outcome: Digest

  init(_ execution: Execution) {
    rank = execution.rank
    dispatched = execution.dispatched
    steps = execution.steps.map {
      ExecutedStep(
        client: $0.client, step: $0.step, sql: $0.sql, results: $0.results,
        wasBlocked: $0.wasBlocked, settledAfter: $0.settledAfter, microseconds: 0)
    }
    checks = execution.checks
    outcome = execution.outcome
  }
}
