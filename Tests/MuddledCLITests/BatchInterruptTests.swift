import MuddledCore
import MuddledTestKit
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Stopping a batch and going on", .timeLimit(.minutes(20)))
struct BatchInterruptTests {
  private static let scripts = [
    ["SELECT SLEEP(0.01) AS a", "SELECT 2 AS b", "SELECT SLEEP(0.01) AS c"],
    ["SELECT SLEEP(0.01) AS d", "SELECT 5 AS e", "SELECT 6 AS f"],
  ]
  private static let count = 20

  @Test(
    "Ctrl-C and SIGTERM end a node with 130 and its partner with 69, and the same commands go on",
    arguments: [
      (StoreKind.db, SIGINT, 1), (.redis, SIGINT, 2), (.db, SIGTERM, 2), (.redis, SIGTERM, 1),
      (.sharedMemory, SIGINT, 1), (.sharedMemory, SIGTERM, 2),
    ])
  func interrupt(kind: StoreKind, signal: Int32, victim: Int) async throws {
    try await BatchStage.with(for: kind) { stage in
      let configs = Self.scripts.enumerated().map { stage.config("node\($0 + 1)", $1) }
      func start(_ node: Int) async throws -> BatchProcess {
        try await stage.start(node: node, batch: "stop", config: configs[node - 1], kind: kind)
      }
      let processes = [try await start(1), try await start(2)]
      try await stage.waitForOrders(5, batch: "stop", node: victim)
      processes[victim - 1].send(signal)
      var ran: [Int] = []
      for (index, process) in processes.enumerated() {
        let ending = try await process.finish(within: .seconds(10))
        let place = "node \(index + 1): \(ending.errors)"
        let isVictim = index + 1 == victim
        #expect(ending.code == (isVictim ? 130 : 69), "\(place)")
        #expect(ending.lastError.isEmpty == false, "\(place)")
        if !isVictim {
          #expect(ending.lastError.contains("node \"\(victim)\" has left"), "\(place)")
          #expect(ending.lastError.contains("its user stopped it"), "\(place)")
        }
        let story = try stage.story("stop", node: index + 1)
        ran.append(story.orders.count)
        #expect(story.ranks == Array(0..<story.orders.count))
        #expect(ending.output.contains("orders      \(ran[index]) run of 20"), "\(ending.output)")
        #expect(ending.output.contains("to go on"), "\(ending.output)")
        let summary = try #require(story.summaries.last)
        #expect(summary["complete"] == .bool(false))
        #expect(summary["orders_run"]?.int == ran[index] && summary["orders"]?.int == Self.count)
        #expect(summary["failure"]?.text?.isEmpty == false)
      }
      #expect(ran.allSatisfy { (5..<Self.count).contains($0) } && ran[0] == ran[1])
      try await goOn(stage, configs: configs, kind: kind, reached: ran[0])
    }
  }

  /// Starts both nodes again, as they were started before, and checks that they run the rest and no more.
  private func goOn(
    _ stage: BatchStage, configs: [String], kind: StoreKind, reached: Int
  ) async throws {
    let before = try stage.log().entries.count
    for ending in try await stage.run(batch: "stop", configs: configs, kind: kind) {
      #expect(ending.code == 0, "\(ending.errors)")
      #expect(ending.errors.contains("going on at rank \(reached)"), "\(ending.errors)")
      #expect(ending.output.contains("orders      \(Self.count - reached) run of 20"))
    }
    let log = try BatchLogCheck(try stage.log().dropping(before), scripts: Self.scripts)
    #expect(log.clients.inBlocks(of: 6).map(Array.init) == Array(allMerges([3, 3])[reached...]))
    let stories = try [1, 2].map { try stage.story("stop", node: $0) }
    for story in stories {
      #expect(story.ranks == Array(0..<Self.count))
      #expect(story.summaries.count == 2 && story.lines.last == story.summaries.last)
      #expect(story.summaries.last?["first_rank"]?.int == reached)
      #expect(story.summaries.last?["complete"] == .bool(true))
    }
  }

  @Test("A node that waits for its partner is stopped as well, and so is one in a long statement")
  func waiting() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT SLEEP(100)"])
      let lonely = try await stage.start(node: 1, batch: "lonely", config: config)
      try await lonely.waitForWords("waiting for \"2\"")
      lonely.send(SIGINT)
      let ending = try await lonely.finish(within: .seconds(10))
      #expect(ending.code == 130, "\(ending.errors)")
      #expect(ending.output.contains("orders      none were run"))

      let processes = [
        try await stage.start(node: 1, batch: "long", config: config),
        try await stage.start(
          node: 2, batch: "long", config: stage.config("two", ["SELECT SLEEP(0)"])),
      ]
      let isAsleep = try await waitUntil {
        try await stage.sandbox.query("SHOW PROCESSLIST").contains("SLEEP(100)")
      }
      #expect(isAsleep)
      processes[0].send(SIGINT)
      #expect(try await processes[0].finish(within: .seconds(10)).code == 130)
      #expect(try await processes[1].finish(within: .seconds(10)).code == 69)
      // What it had started does not go on without it.
      let isGone = try await waitUntil {
        try await !stage.sandbox.query("SHOW PROCESSLIST").contains("SLEEP(100)")
      }
      #expect(isGone)
    }
  }

  @Test("A batch may be stopped in the same order any number of times")
  func again() async throws {
    let setup = "CREATE TABLE pace (pause DOUBLE); INSERT INTO pace VALUES (60);"
    try await BatchStage.with(for: .redis, setup: setup) { stage in
      let lease = "coordinator.lease_ms = 1000"
      let configs = [
        stage.config("one", ["SELECT 1"], lease),
        stage.config("two", ["SELECT SLEEP(pause) FROM pace"], lease),
      ]
      for round in 1...5 {
        let processes = [
          try await stage.start(node: 1, batch: "again", config: configs[0], kind: .redis),
          try await stage.start(node: 2, batch: "again", config: configs[1], kind: .redis),
        ]
        let isAsleep = try await waitUntil {
          try await stage.sandbox.query("SHOW PROCESSLIST").contains("SLEEP(pause)")
        }
        #expect(isAsleep, "round \(round): \(processes.map(\.errors))")
        processes[round % 2].send(SIGINT)
        // The second node is told in the middle of its own long statement in every other round.
        var codes: [Int32] = []
        for process in processes {
          codes.append(try await process.finish(within: .seconds(10)).code)
        }
        #expect(codes[round % 2] == 130 && codes[1 - round % 2] == 69, "round \(round)")
      }
      _ = try await stage.sandbox.query("UPDATE client_test.pace SET pause = 0")
      for ending in try await stage.run(batch: "again", configs: configs, kind: .redis) {
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.output.contains("orders      2 run of 2"), "\(ending.output)")
      }
    }
  }

  @Test("No Ctrl-C is lost, however early it comes")
  func early() async throws {
    try await BatchStage.with(for: .redis) { stage in
      let config = stage.config("one", ["SELECT 1"])
      for delay in 0..<40 {
        let process = try await stage.start(
          node: 1, batch: "early\(delay)", config: config, kind: .redis)
        try await Task.sleep(for: .milliseconds(delay))
        process.send(SIGINT)
        // 130 also stands for a death by the signal, before there was anything to say.
        #expect(try await process.finish(within: .seconds(10)).code == 130, "\(delay)")
      }
    }
  }

  @Test("A second Ctrl-C does not wait for a farewell")
  func twice() async throws {
    try await BatchStage.with(for: .redis) { stage in
      let config = stage.config("one", ["SELECT 1"])
      let process = try await stage.start(node: 1, batch: "twice", config: config, kind: .redis)
      try await process.waitForWords("waiting for")
      // With its store frozen a node cannot say farewell.
      let redis = try #require(await stage.sandbox.redisProcessID)
      try await freeze(redis)
      defer { kill(redis, SIGCONT) }
      process.send(SIGINT)
      try await Task.sleep(for: .milliseconds(200))
      process.send(SIGINT)
      let ending = try await process.finish()
      #expect(ending.code == 130)
      // After a farewell it would have summed up.
      #expect(ending.output == "")
    }
  }
}
