import Foundation
import MuddledSandbox
import Yardstick

/// The stores in which nodes can meet.
enum Kind: String, CaseIterable, Sendable {
  case db, redis
  case sharedMemory = "shared-memory"
}

/// The name of a place in shared memory where only this program's processes meet.
let meetingPlace = "benchmark-\(getpid())"

/// Real processes of the `muddled` program, one for each client, in a folder of their own.
struct Batch {
  let program: String
  let servers: Sandbox
  let kind: Kind
  /// For each client, its statements.
  let clients: [[String]]
  var reset: [String]? = nil

  /// What became of a batch.
  struct Outcome {
    /// From "all registered" to the last result, as the summary tells.
    var microseconds = 0.0
    var orders = 0
    var lockWaits = 0
    var deferred = 0
    /// The most memory that each process held (VmHWM).
    var peakKilobytes: [Int] = []
  }

  /// Runs the batch.
  ///
  /// - Parameter whileRunning: called again and again while the processes run, at most every 20 ms.
  func run(whileRunning: () -> Void = {}) throws -> Outcome {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let batch = "benchmark-\(UInt64.random(in: 0 ... .max))"
    let processes = try clients.indices.map { try start($0, batch, in: folder) }
    defer { for process in processes where process.isRunning { process.terminate() } }
    var outcome = Outcome()
    outcome.peakKilobytes = processes.map { _ in 0 }
    while processes.contains(where: \.isRunning) {
      for (index, process) in processes.enumerated() {
        outcome.peakKilobytes[index] = max(
          outcome.peakKilobytes[index], peakKilobytes(of: process.processIdentifier))
      }
      whileRunning()
      usleep(20_000)
    }
    for process in processes {
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        fatalError("a node of the batch ended with \(process.terminationStatus)")
      }
    }
    try read(folder.appendingPathComponent("1.events"), into: &outcome)
    return outcome
  }

  /// Starts the process of one client.
  func start(_ client: Int, _ batch: String, in folder: URL) throws -> Process {
    let id = client + 1
    func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
    try clients[client].joined(separator: ";\n").write(
      toFile: file("\(id).sql"), atomically: false, encoding: .utf8)
    var config = "[sql]\nfpath = \"\(file("\(id).sql"))\"\n"
    if let reset {
      try reset.joined(separator: ";\n").write(
        toFile: file("reset.sql"), atomically: false, encoding: .utf8)
      config += "[reset]\nfpath = \"\(file("reset.sql"))\"\n"
    }
    try config.write(toFile: file("\(id).toml"), atomically: false, encoding: .utf8)
    let partners = (1...clients.count).filter { $0 != id }.map(String.init)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [
      "-c", file("\(id).toml"), "-id", "\(id)", "-p", partners.joined(separator: ","), "-b", batch,
      "--coordinator", kind.rawValue, "--events", file("\(id).events"), "--quiet",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(
      [
        "MUDDLED_DB_DSN": servers.mariaDBDSN(), "MUDDLED_CDB_DSN": servers.mariaDBDSN(),
        "MUDDLED_COORDINATOR_URL": servers.redisSocketURL,
        "MUDDLED_COORDINATOR_NAME": meetingPlace,
      ], uniquingKeysWith: { $1 })
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    return process
  }

  private func read(_ events: URL, into outcome: inout Outcome) throws {
    let data = try Data(contentsOf: events)
    let last = data.split(separator: UInt8(ascii: "\n")).last ?? Data()
    guard let summary = try JSONSerialization.jsonObject(with: last) as? [String: Any],
      let time = summary["microseconds"] as? Int, let orders = summary["orders_run"] as? Int
    else { fatalError("the events end without a summary") }
    outcome.microseconds = Double(time)
    outcome.orders = orders
    outcome.lockWaits = summary["lock_waits"] as? Int ?? 0
    outcome.deferred = summary["deferred"] as? Int ?? 0
  }
}
