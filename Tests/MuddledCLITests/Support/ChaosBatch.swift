import Foundation
import MuddledCore
import MuddledTestKit
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A batch of three processes to which a test does harm while it runs.
actor ChaosBatch {
  /// Something that is done to the batch.
  enum Fault: Sendable {
    /// `kill -9` to one of the processes, which is started again.
    case kill
    /// `kill -9` to the store, which is started again with its data.
    case storeRestart
  }

  static let table = """
    CREATE TABLE account (id INT PRIMARY KEY, balance INT) ENGINE=InnoDB;
    INSERT INTO account VALUES (1, 100), (2, 200);
    """
  static let reset = "REPLACE INTO account VALUES (1, 100), (2, 200)"
  /// Each client's statements: two clients contend for a row, the third has one of its own.
  enum Size: Sendable {
    /// 1,680 orders.
    case large
    /// 210 orders, each of which takes its time, so that what is done to a process comes in the middle.
    case small

    var scripts: [[String]] {
      let updates = [(1, 1), (2, 1), (3, 2)].map { client, row in
        "UPDATE account SET balance = balance + \(client) WHERE id = \(row)"
      }
      return switch self {
      case .large: updates.map { ["BEGIN", $0, "COMMIT"] }
      case .small:
        [["BEGIN", updates[0], "COMMIT"], ["DO SLEEP(0.03)", updates[1]], [updates[2], "DO 3"]]
      }
    }

    var orders: Int { self == .large ? 1680 : 210 }
  }

  static let leaseMilliseconds = 1000
  /// How long the batch may stand still at most, with all its processes there again.
  private static let patience = Duration.seconds(40)

  private let stage: BatchStage
  private let size: Size
  private let kind: StoreKind
  private let configs: [String]
  private var random: SplitMix64
  private var processes: [BatchProcess] = []
  private(set) var kills = 0
  private(set) var restarts = 0
  /// How often a process was given up that was not killed, as the machine was too busy for its lease.
  private(set) var givenUp = 0
  /// How often a process came when the store was just away; one that was never there is not waited for.
  private(set) var turnedAway = 0
  private var storeIsBackAt: ContinuousClock.Instant?
  private var startedAt: [Int: ContinuousClock.Instant] = [:]

  /// Starts the processes.
  ///
  /// - Parameter seed: decides whom the faults befall, and when.
  init(_ stage: BatchStage, _ kind: StoreKind, _ size: Size, seed: UInt64) async throws {
    self.stage = stage
    self.size = size
    self.kind = kind
    random = SplitMix64(seed: seed)
    let reset = stage.file("reset.sql", Self.reset + ";")
    let check = stage.file("check.sql", "SELECT id, balance FROM account ORDER BY id;")
    let more = """
      reset.fpath = '\(reset)'
      check.fpath = '\(check)'
      coordinator.lease_ms = \(Self.leaseMilliseconds)
      coordinator.rejoin_ms = 60000
      coordinator.register_ms = 60000
      """
    configs = size.scripts.enumerated().map { stage.config("node\($0 + 1)", $1, more) }
    for node in 1...3 { processes.append(try await start(node)) }
  }

  /// Does harm at times that are spread over the batch.
  func befall(_ faults: [Fault]) async throws {
    let faults = faults.shuffled(using: &random)
    // The last orders are left in peace: a process that starts after the end is refused.
    let span = size.orders - size.orders / 15
    for (index, fault) in faults.enumerated() {
      // Some come right after the one before, in the middle of what that led to.
      if index == 0 || Int.random(in: 0..<4, using: &random) > 0 {
        try await waitForRank(
          span * index / faults.count + Int.random(in: 0...(span / faults.count), using: &random))
      } else {
        try await pause(atMost: Self.leaseMilliseconds)
      }
      switch fault {
      case .kill: try await kill()
      case .storeRestart: try await restartStore()
      }
    }
  }

  /// Stops two processes with SIGSTOP past their lease, replaces them, and lets them go on: each must end with 69, and say
  /// that it was given up.
  func replaceSleepers() async throws {
    try await waitForRank(20)
    let sleepers = [1, 2].map { processes[$0 - 1] }
    for sleeper in sleepers { try await freeze(sleeper.processID) }
    for node in [1, 2] { processes[node - 1] = try await start(node) }
    // They have run orders with the third one, so they were taken in.
    let reached = (1...3).compactMap { lastRank(in: stage.events("chaos-\($0)")) }.max() ?? 0
    try #require(reached < size.orders - 60, "the processes slept too late, at rank \(reached)")
    try await waitForRank(reached + 50)
    for sleeper in sleepers {
      sleeper.send(SIGCONT)
      let ending = try await sleeper.finish()
      #expect(ending.code == 69, "\(ending.errors)")
      #expect(ending.lastError.contains("the others have given it up"), "\(ending.errors)")
      givenUp += 1
    }
  }

  /// Waits until every process has ended with 0.
  func finish() async throws {
    try await waitForRank(size.orders - 1)
    for node in 1...3 {
      let ending = try await processes[node - 1].finish(within: Self.patience)
      #expect(ending.code == 0, "node \(node): \(ending.errors.suffix(2000))")
      #expect(!ending.errors.contains(BatchStage.password))
    }
  }

  private func start(_ node: Int) async throws -> BatchProcess {
    startedAt[node] = .now
    return try await stage.start(
      node: node, of: 3, batch: "chaos", config: configs[node - 1], kind: kind, more: ["--quiet"])
  }

  private func kill() async throws {
    let node = Int.random(in: 1...3, using: &random)
    let process = processes[node - 1]
    guard !process.hasEnded else { return try await reviveThoseGivenUp() }
    await process.end()
    kills += 1
    if Bool.random(using: &random) { try await pause(atMost: Self.leaseMilliseconds * 3 / 2) }
    processes[node - 1] = try await start(node)
  }

  private func restartStore() async throws {
    switch kind {
    case .db:
      await stage.sandbox.killMariaDB()
      try await stage.sandbox.startMariaDB()
    case .redis:
      await stage.sandbox.killRedis()
      try await stage.sandbox.startRedis()
    case .queue:
      await stage.sandbox.killNATS()
      try await stage.sandbox.startNATS()
    case .sharedMemory: preconditionFailure("shared memory has no server")
    }
    restarts += 1
    storeIsBackAt = .now
  }

  private func pause(atMost milliseconds: Int) async throws {
    try await Task.sleep(for: .milliseconds(Int.random(in: 0...milliseconds, using: &random)))
  }

  /// Waits until some node has reported an order of this rank or a later one.
  private func waitForRank(_ rank: Int) async throws {
    var reached = -1
    var changedAt = ContinuousClock.now
    while reached < rank {
      let last = (1...3).compactMap { lastRank(in: stage.events("chaos-\($0)")) }.max() ?? -1
      if last > reached { (reached, changedAt) = (last, .now) }
      guard ContinuousClock.now - changedAt < Self.patience else {
        let words = processes.map { "\($0.hasEnded ? "ended" : "runs"): \($0.errors.suffix(1000))" }
        throw MuddledError(
          .unavailable,
          "the batch stands still at rank \(reached); its processes: \(words.joined(separator: "\n"))"
        )
      }
      try await reviveThoseGivenUp()
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Starts a process again that was too slow for its lease; one that ended otherwise is a fault.
  private func reviveThoseGivenUp() async throws {
    for node in 1...3 where processes[node - 1].hasEnded {
      let ending = try await processes[node - 1].finish()
      if ending.code == 0 { continue }
      let wasAway = storeIsBackAt.map { startedAt[node, default: .now] < $0 } ?? false
      if ending.code == 69, ending.lastError.contains("the others have given it up") {
        givenUp += 1
      } else if ending.code == 69, wasAway, !hasJoined(ending) {
        turnedAway += 1
      } else {
        throw MuddledError(
          .unavailable, "node \(node) ended with \(ending.code): \(ending.errors.suffix(2000))")
      }
      processes[node - 1] = try await start(node)
    }
  }
}

/// Whether a process knew how many orders there are when it ended.
private func hasJoined(_ ending: BatchProcess.Ending) -> Bool {
  !ending.output.isEmpty && !ending.output.contains("none were run")
}

/// The rank in the last complete line of an events file that has one.
private func lastRank(in path: String) -> Int? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  fseek(file, 0, SEEK_END)
  fseek(file, max(0, ftell(file) - (32 << 10)), SEEK_SET)
  var bytes = [UInt8](repeating: 0, count: 32 << 10)
  let count = fread(&bytes, 1, bytes.count, file)
  let text = String(decoding: bytes[..<count], as: UTF8.self)
  return text.matches(of: /"rank":([0-9]+)/).last.flatMap { Int($0.1) }
}
