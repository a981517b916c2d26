import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Processes that share an exploration", .timeLimit(.minutes(20)))
struct ExploreFleetTests {
  /// The lines of a summary that do not tell of time.
  private func table(_ output: String) -> [Substring] {
    output.split(separator: "\n").filter { !$0.contains("orders/s") && !$0.contains("note:") }
  }

  @Test(
    "One of three is killed, and the others have the table of one alone; nothing is left in the store",
    arguments: StoreKind.allCases)
  func killed(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      let config = stage.file("fleet.toml", "[coordinator]\nlease_ms = 1000\n")
      let spec = "Examples/lost-update.spec"
      let explore = ["explore", spec, "--all", "--quiet", "--lanes", "1"]
      let alone = try await stage.start(explore, node: 1).finish(within: .seconds(60))
      #expect(alone.code == 0, "\(alone.errors)")
      let shared = explore + ["--batch", "fleet", "-c", config, "--coordinator", kind.rawValue]
      var workers: [BatchProcess] = []
      for node in 1...3 {
        workers.append(
          try await stage.start(
            shared + ["--events", stage.events("fleet-\(node)")], node: node))
      }
      // Each order's line is in the file before the next one runs.
      let clock = ContinuousClock.now
      while (bytes(of: stage.events("fleet-1"))?.count { $0 == 10 } ?? 0) < 3,
        ContinuousClock.now - clock < .seconds(30)
      {
        try await Task.sleep(for: .milliseconds(1))
      }
      workers[0].send(SIGKILL)
      _ = try await workers[0].finish(within: .seconds(10))
      for worker in workers.dropFirst() {
        let ending = try await worker.finish(within: .seconds(60))
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(table(ending.output) == table(alone.output))
        #expect(ending.output.contains("3 workers took part"))
      }
      let left = try await stage.leftovers(of: kind)
      // A store that outlives its processes keeps the word that this batch id was used.
      #expect(left.filter { !$0.contains("muddled_lease") }.count <= 3, "\(left)")
      let again = try await stage.start(shared, node: 1).finish(within: .seconds(60))
      if kind == .sharedMemory {
        #expect(again.code == 0, "\(again.errors)")
      } else {
        #expect(again.code == 64, "\(again.errors)")
        #expect(again.lastError.contains("explored to its end"))
      }
    }
  }

  /// Three clients on one row, of three steps each, or of as many as `MUDDLED_FLEET_STEPS` says: 4 make 34,650 orders.
  private static let contended: (spec: String, orders: UInt128) = {
    let setting = getenv("MUDDLED_FLEET_STEPS").flatMap { Int(String(cString: $0)) }
    let bodies = [
      "BEGIN", "SELECT balance FROM account WHERE id = 1",
      "UPDATE account SET balance = balance - %", "COMMIT",
    ]
    let steps = setting == 4 ? bodies : [bodies[0], bodies[2], bodies[3]]
    let sessions = zip(["a", "b", "c"], ["1", "10", "100"]).map { name, amount in
      "session \(name)\n"
        + steps.enumerated().map { place, body in
          "step \(name)\(place) { \(body.replacing("%", with: amount)); }\n"
        }.joined()
    }
    let spec = """
      setup { CREATE TABLE account (id INT PRIMARY KEY, balance INT) ENGINE = InnoDB; }
      setup { INSERT INTO account VALUES (1, 100); }
      teardown { DROP TABLE account; }

      """
    return (spec + sessions.joined(), setting == 4 ? 34_650 : 1680)
  }()

  @Test("Eight workers have the table of one alone, and tell of each order once")
  func eight() async throws {
    try await BatchStage.with(for: .redis) { stage in
      let config = stage.file("fleet.toml", "[coordinator]\nlease_ms = 10000\n")
      let spec = stage.file("contended.spec", Self.contended.spec)
      let explore = [
        "explore", spec, "--reset", "sql:UPDATE account SET balance = 100", "--quiet",
      ]
      let limit = Duration.seconds(400)
      let alone = try await stage.start(explore + ["--lanes", "4"], node: 1).finish(within: limit)
      #expect(alone.code == 0, "\(alone.errors)")
      var workers: [BatchProcess] = []
      for node in 1...8 {
        workers.append(
          try await stage.start(
            explore + [
              "--lanes", "1", "--batch", "eight", "-c", config, "--coordinator", "redis",
              "--events", stage.events("eight-\(node)"),
            ], node: node))
      }
      var told: [Int] = []
      for (index, worker) in workers.enumerated() {
        let ending = try await worker.finish(within: limit)
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(table(ending.output) == table(alone.output))
        told += try stage.story("eight", node: index + 1).ranks
      }
      #expect(told.sorted() == Array(0..<Int(Self.contended.orders)))
    }
  }

  @Test("Wrong arguments of a shared exploration are refused with a sentence")
  func refused() async throws {
    try await BatchStage.with { stage in
      let config = stage.file("fleet.toml", "[coordinator]\nlease_ms = 1000\n")
      let explore = ["explore", "Examples/lost-update.spec"]
      for (arguments, words) in [
        (["--batch", "b"], "--batch needs --config FILE"),
        (["-c", config], "add --batch ID"),
        (["--batch", "", "-c", config], "--batch takes an id of 1 to 200 bytes"),
        (["--batch", "b", "-c", config, "--lanes", "0"], "need lanes"),
        (["--batch", "b", "-c", config, "--transcript", "t"], "leave one out"),
        (["--batch", "b", "-c", config, "--coordinator", "ring"], "no coordinator kind"),
      ] {
        let ending = try await stage.start(explore + arguments, node: 1).finish(
          within: .seconds(30))
        #expect(ending.code == 64, "\(ending.errors)")
        #expect(ending.lastError.contains(words), "\(ending.errors)")
      }
      let list = try await stage.start(["batch", "list", "-c", config], node: 1).finish()
      #expect(list.output == "no batches\n", "\(list.output)")
    }
  }
}
