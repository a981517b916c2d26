import MuddledCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Losing a process in mid-batch", .timeLimit(.minutes(20)))
struct BatchLossTests {
  private static let setup = """
    CREATE TABLE account (id INT PRIMARY KEY, balance INT) ENGINE=InnoDB;
    CREATE TABLE pace (pause DOUBLE) ENGINE=InnoDB; INSERT INTO pace VALUES (0.2);
    """
  /// The first client holds a row's lock while it sleeps for as long as the test wants.
  private static let scripts = [
    [
      "BEGIN", "UPDATE account SET balance = balance + 1 WHERE id = 1",
      "SELECT SLEEP(pause) FROM pace", "COMMIT",
    ],
    ["SELECT COUNT(*) FROM account", "UPDATE account SET balance = balance + 2 WHERE id = 1"],
  ]
  private static let count = 15

  /// Starts both nodes and freezes the batch in the first one's sleep, with its lock held.
  private func withFrozenBatch(
    _ kind: StoreKind, rejoin: Int,
    _ body:
      @Sendable (BatchStage, [BatchProcess], @Sendable () async throws -> BatchProcess)
      async throws -> Void
  ) async throws {
    try await BatchStage.with(for: kind, setup: Self.setup) { stage in
      let reset = stage.file("before.sql", "REPLACE INTO account VALUES (1, 100);")
      let checks = stage.file("after.sql", "SELECT balance FROM account;")
      let more = """
        reset.fpath = '\(reset)'
        check.fpath = '\(checks)'
        coordinator.lease_ms = 1000
        coordinator.rejoin_ms = \(rejoin)
        """
      let configs = Self.scripts.enumerated().map { stage.config("node\($0 + 1)", $1, more) }
      @Sendable func start(_ node: Int) async throws -> BatchProcess {
        try await stage.start(node: node, batch: "loss", config: configs[node - 1], kind: kind)
      }
      let processes = [try await start(1), try await start(2)]
      try await stage.waitForOrders(3, batch: "loss", node: 1)
      _ = try await stage.sandbox.query("UPDATE client_test.pace SET pause = 60")
      // Whoever sleeps after this time does so because of the new value.
      try await Task.sleep(for: .milliseconds(300))
      let isAsleep = try await waitUntil {
        try await stage.sandbox.query("SHOW PROCESSLIST").contains("SLEEP(pause)")
      }
      try #require(isAsleep)
      try await body(stage, processes) {
        _ = try await stage.sandbox.query("UPDATE client_test.pace SET pause = 0.01")
        return try await start(1)
      }
    }
  }

  /// Checks that the nodes that were there at the end ran every order, the broken one again whole.
  private func expectEveryOrder(_ stage: BatchStage, reached: Int) throws {
    let survivor = try stage.story("loss", node: 2)
    #expect(survivor.ranks == Array(0..<Self.count))
    #expect(survivor.summaries.count == 1)
    #expect(survivor.summaries.last?["abandoned"]?.int == 1)
    #expect(survivor.summaries.last?["complete"] == .bool(true))
    for order in survivor.orders {
      #expect(order["checks"]?[0]?["rows"] == .array([.array([.number("103")])]))
    }
    let lost = try stage.story("loss", node: 1)
    #expect(lost.ranks.count == Set(lost.ranks).count, "\(lost.ranks)")
    #expect(Set(lost.ranks).union(survivor.ranks) == Set(0..<Self.count))
    #expect(lost.ranks.suffix(Self.count - reached) == Array(reached..<Self.count)[...])
    let byRank = Dictionary(uniqueKeysWithValues: zip(survivor.ranks, survivor.timelessOrders))
    for (rank, order) in zip(lost.ranks, lost.timelessOrders) { #expect(order == byRank[rank]) }
    // The server saw the remaining orders whole, after whatever it saw of the broken one.
    let log = try stage.log()
    let accounts = ["node1", "node2"].map { log.connections(of: $0) }
    let all = Set(Self.scripts.flatMap(\.self))
    let sent = log.queries(on: accounts.flatMap(\.self)).filter { all.contains($0.argument) }
    let dispatched = survivor.orders.flatMap { $0["dispatched"]?.texts ?? [] }
    let rest = 6 * (Self.count - reached)
    #expect(
      sent.suffix(rest).map { accounts[0].contains($0.connection) ? "1" : "2" }
        == Array(dispatched.suffix(rest)))
    #expect(sent.count > 6 * Self.count && sent.count < 6 * (Self.count + 1))
  }

  @Test(
    "After kill -9 the other waits, and a new process with the id takes the place",
    arguments: StoreKind.allCases)
  func killed(kind: StoreKind) async throws {
    try await withFrozenBatch(kind, rejoin: 20_000) { stage, processes, restart in
      let reached = try stage.story("loss", node: 2).orders.count
      processes[0].send(SIGKILL)
      #expect(try await processes[0].finish().code == 137)
      try await processes[1].waitForWords("node \"1\" is lost")
      #expect(processes[1].errors.contains("waiting 20000 ms for it to come back"))
      let successor = try await restart()
      for process in [successor, processes[1]] {
        let ending = try await process.finish()
        #expect(ending.code == 0, "\(ending.errors)")
      }
      #expect(processes[1].errors.contains("order \(reached) was abandoned"))
      #expect(processes[1].errors.contains("node \"1\" is back"))
      try expectEveryOrder(stage, reached: reached)
    }
  }

  @Test(
    "A lost node that does not come back ends the batch after rejoin_ms",
    arguments: StoreKind.allCases)
  func notReplaced(kind: StoreKind) async throws {
    try await withFrozenBatch(kind, rejoin: 500) { stage, processes, restart in
      let reached = try stage.story("loss", node: 2).orders.count
      processes[0].send(SIGKILL)
      let ending = try await processes[1].finish()
      #expect(ending.code == 69, "\(ending.errors)")
      #expect(ending.lastError.contains("partner \"1\""), "\(ending.errors)")
      #expect(ending.lastError.contains("did not come back within 500 ms (rejoin_ms)"))
      #expect(ending.output.contains("orders      \(reached) run of 15"), "\(ending.output)")
      #expect(ending.output.contains("to go on"))
      // That is no lie: both go on where they were.
      let successors = [
        try await restart(),
        try await stage.start(
          node: 2, batch: "loss", config: stage.folder + "/node2.toml", kind: kind),
      ]
      for process in successors {
        let ending = try await process.finish()
        #expect(ending.code == 0, "\(ending.errors)")
      }
      #expect(try stage.story("loss", node: 2).ranks == Array(0..<Self.count))
    }
  }

  @Test(
    "A process that slept past its lease and was replaced gives up, and does no harm",
    arguments: StoreKind.allCases)
  func asleep(kind: StoreKind) async throws {
    try await withFrozenBatch(kind, rejoin: 20_000) { stage, processes, restart in
      let reached = try stage.story("loss", node: 2).orders.count
      // A server that has just started may have numbered its sessions anew, so that none would be ended.
      let isOld = try await waitUntil {
        let uptime = try await stage.sandbox.query("SHOW GLOBAL STATUS LIKE 'Uptime'")
        return Int(uptime.filter(\.isNumber)) ?? 0 >= 5
      }
      try #require(isOld)
      processes[0].send(SIGSTOP)
      try await processes[1].waitForWords("node \"1\" is lost")
      let successor = try await restart()
      try await processes[1].waitForWords("node \"1\" is back")
      try await stage.waitForOrders(reached + 2, batch: "loss", node: 2)
      processes[0].send(SIGCONT)
      let ending = try await processes[0].finish()
      #expect(ending.code == 69, "\(ending.errors)")
      #expect(ending.lastError.contains("1000 ms (lease_ms)"), "\(ending.errors)")
      #expect(ending.lastError.contains("the others have given it up"), "\(ending.errors)")
      for process in [successor, processes[1]] {
        let ending = try await process.finish()
        #expect(ending.code == 0, "\(ending.errors)")
      }
      // Both processes with the id have written to one file.
      try expectEveryOrder(stage, reached: reached)
    }
  }
}
