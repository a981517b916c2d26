import Foundation
import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Synchronization
import Testing

/// The stores in which the processes of a batch can meet.
enum StoreKind: String, CaseIterable, Sendable {
  case db, redis, queue
  case sharedMemory = "shared-memory"

  /// Those that the program was built for.
  static var allCases: [StoreKind] {
    #if NATS
      [.db, .redis, .sharedMemory, .queue]
    #else
      [.db, .redis, .sharedMemory]
    #endif
  }
}

/// Servers, a folder for files, and the `muddled` processes of one test.
///
/// The account under test is one for each node (`node1`, `node2`, …), so that the server's log tells whose
/// connection each one is; the coordination database is another account's and another database.
struct BatchStage: Sendable {
  let sandbox: Sandbox
  let folder: String
  private let processes = Processes()

  private final class Processes: Sendable {
    let list = Mutex<[BatchProcess]>([])
  }

  /// The folder that the package stands in.
  static let repository: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    // Tests/MuddledCLITests/Support/BatchStage.swift
    return parts.dropLast(4).joined(separator: "/")
  }()

  /// The password of every node's account; it must never be printed.
  static let password = "hidden-7f3a"

  private static let accounts =
    "CREATE DATABASE meeting;"
    + ((1...8).map { "node\($0)" } + ["meeting"]).map { name in
      "CREATE USER \(name) IDENTIFIED BY '\(password)'; GRANT ALL ON *.* TO \(name);"
    }.joined()

  /// Starts servers, gives the stage to `body`, and ends every process and server after it.
  static func with(
    for kind: StoreKind = .db, setup: String = "", redisArguments: [String] = [],
    _ body: @Sendable (BatchStage) async throws -> Void
  ) async throws {
    try await Turnstile.servers.pass { try await run(kind, setup, redisArguments, body) }
  }

  private static func run(
    _ kind: StoreKind, _ setup: String, _ redisArguments: [String],
    _ body: @Sendable (BatchStage) async throws -> Void
  ) async throws {
    try await withFolder { folder in
      write(accounts + setup, to: folder + "/setup.sql")
      let options = Sandbox.Options(
        redis: kind == .redis, nats: kind == .queue, initSQL: folder + "/setup.sql",
        generalLog: true,
        redisArguments: redisArguments)
      try await Sandbox.withServers(options) { sandbox in
        let stage = BatchStage(sandbox: sandbox, folder: folder)
        do { try await body(stage) } catch {
          await stage.end()
          throw error
        }
        await stage.end()
      }
    }
  }

  private init(sandbox: Sandbox, folder: String) {
    self.sandbox = sandbox
    self.folder = folder
  }

  private func end() async {
    for process in processes.list.withLock({ $0 }) { await process.end() }
    for file in sharedFiles { unlink(file) }
  }

  /// The name of a place in shared memory that no other test has.
  private var meetingPlace: String { "test-\(folder.suffix(6))-\(getpid())" }

  /// The files of batches that meet in shared memory.
  var sharedFiles: [String] {
    ["/dev/shm", "/tmp"].flatMap { folder -> [String] in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.filter { $0.hasPrefix("muddled-\(geteuid())-\(meetingPlace)-") }
        .map { folder + "/" + $0 }
    }
  }

  // MARK: Files

  /// Writes a file into the folder, and returns its path.
  @discardableResult
  func file(_ name: String, _ text: String) -> String {
    write(text, to: folder + "/" + name)
    return folder + "/" + name
  }

  /// Writes a node's SQL file and a config file that names it, and returns the latter's path.
  ///
  /// - Parameters:
  ///   - name: the files' name, without an extension.
  ///   - statements: the node's SQL; each gets its `;`.
  ///   - more: further tables of the config file.
  func config(_ name: String, _ statements: [String], _ more: String = "") -> String {
    let script = file(name + ".sql", statements.map { $0 + ";\n" }.joined())
    return file(name + ".toml", "sql.fpath = '\(script)'\n\(more)\n")
  }

  /// The path of a node's events file.
  func events(_ name: String) -> String { folder + "/" + name + ".events" }

  // MARK: Processes

  /// The variables that point a node at the servers.
  func environment(node: Int) -> [String: String] {
    let place = "unix(\(sandbox.mariaDBSocket))"
    return [
      "MUDDLED_DB_DSN": "node\(node):\(Self.password)@\(place)/client_test",
      "MUDDLED_CDB_DSN": "meeting:\(Self.password)@\(place)/meeting",
      "MUDDLED_COORDINATOR_URL":
        sandbox.options.redis ? sandbox.redisURL : sandbox.options.nats ? sandbox.natsURL : "",
      "MUDDLED_COORDINATOR_NAME": meetingPlace,
    ]
  }

  /// Starts `muddled` with the repository as its current directory.
  ///
  /// - Parameters:
  ///   - arguments: all of them.
  ///   - node: the number of the account that it uses.
  ///   - changes: environment variables to set otherwise.
  ///   - input: the path of the file that is its standard input; none by default.
  func start(
    _ arguments: [String], node: Int, changing changes: [String: String] = [:],
    input: String? = nil
  ) async throws -> BatchProcess {
    let files =
      folder + "/process\(processes.list.withLock { $0.count })-\(UInt32.random(in: 0...(.max)))"
    let process = try await BatchProcess(
      arguments, environment: environment(node: node).merging(changes) { $1 },
      directory: Self.repository, files: files, input: input)
    processes.list.withLock { $0.append(process) }
    return process
  }

  /// Starts one node of a batch of nodes with the ids 1 to `count`; its events go to its file.
  func start(
    node: Int, of count: Int = 2, batch: String, config: String, kind: StoreKind = .db,
    more: [String] = [], changing changes: [String: String] = [:], input: String? = nil
  ) async throws -> BatchProcess {
    let partners = (1...count).filter { $0 != node }.map(String.init).joined(separator: ",")
    return try await start(
      [
        "-c", config, "-id", "\(node)", "-p", partners, "-b", batch, "--coordinator", kind.rawValue,
        "--events", events("\(batch)-\(node)"),
      ] + more, node: node, changing: changes, input: input)
  }

  /// Runs all nodes of a batch to their ends.
  func run(
    batch: String, configs: [String], kind: StoreKind = .db, more: [String] = [],
    within limit: Duration = .seconds(40)
  ) async throws -> [BatchProcess.Ending] {
    var started: [BatchProcess] = []
    for (index, config) in configs.enumerated() {
      started.append(
        try await start(
          node: index + 1, of: configs.count, batch: batch, config: config, kind: kind, more: more))
    }
    var endings: [BatchProcess.Ending] = []
    for process in started { endings.append(try await process.finish(within: limit)) }
    return endings
  }

  /// The events of one node of a batch.
  func story(_ batch: String, node: Int) throws -> EventFile {
    try EventFile(path: events("\(batch)-\(node)"))
  }

  /// What the server has logged so far.
  func log() throws -> GeneralLog { try GeneralLog(path: sandbox.generalLog) }
}

extension BatchStage {
  /// Waits until a node's events file holds so many orders; fails the test if that takes too long.
  func waitForOrders(
    _ count: Int, batch: String, node: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let path = events("\(batch)-\(node)")
    var found = 0
    _ = try await waitUntil(atMost: .seconds(20)) {
      found = (bytes(of: path) ?? []).count { $0 == UInt8(ascii: "\n") }
      return found >= count
    }
    #expect(
      found >= count, "node \(node) wrote only \(found) orders", sourceLocation: sourceLocation)
  }
}
