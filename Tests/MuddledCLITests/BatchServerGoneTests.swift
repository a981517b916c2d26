import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Losing a server in mid-batch", .timeLimit(.minutes(20)))
struct BatchServerGoneTests {
  private static let scripts = [
    ["SELECT SLEEP(0.02)", "SELECT 2", "SELECT 3"], ["SELECT SLEEP(0.02)", "SELECT 5", "SELECT 6"],
  ]

  /// Starts two nodes, and gives them to `body` once some orders were run.
  private func withRunningBatch(
    _ kind: StoreKind, redisArguments: [String] = [],
    _ body: @Sendable (BatchStage, [BatchProcess]) async throws -> Void
  ) async throws {
    try await BatchStage.with(for: kind, redisArguments: redisArguments) { stage in
      var processes: [BatchProcess] = []
      for (index, script) in Self.scripts.enumerated() {
        processes.append(
          try await stage.start(
            node: index + 1, batch: "gone", config: stage.config("node\(index + 1)", script),
            kind: kind))
      }
      for node in [1, 2] { try await stage.waitForOrders(3, batch: "gone", node: node) }
      try await body(stage, processes)
    }
  }

  /// Checks how a node ended that lost a server.
  private func expectLoss(
    _ ending: BatchProcess.Ending, _ stage: BatchStage, node: Int, _ words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(ending.code == 69, "\(ending.errors)", sourceLocation: sourceLocation)
    for words in words {
      #expect(
        ending.lastError.contains(words), "\(ending.errors)", sourceLocation: sourceLocation)
    }
    let lines = ending.errors.split(separator: "\n")
    #expect(
      lines.allSatisfy { $0.hasPrefix("muddled: ") }, "\(ending.errors)",
      sourceLocation: sourceLocation)
    let story = try stage.story("gone", node: node)
    let count = story.orders.count
    #expect((3..<20).contains(count) && story.ranks == Array(0..<count))
    #expect(
      ending.output.contains("orders      \(count) run of 20"), "\(ending.output)",
      sourceLocation: sourceLocation)
    #expect(ending.output.contains("to go on"), sourceLocation: sourceLocation)
    #expect(story.summaries.last?["orders_run"]?.int == count)
    #expect(story.summaries.last?["failure"]?.text == ending.lastError)
    #expect(!(ending.errors + ending.output).contains(BatchStage.password))
  }

  @Test(
    "A killed server under test ends both nodes with 69, and they say how far they came",
    arguments: StoreKind.allCases)
  func databaseKilled(kind: StoreKind) async throws {
    try await withRunningBatch(kind) { stage, processes in
      await stage.sandbox.killMariaDB()
      let endings = [
        try await processes[0].finish(), try await processes[1].finish(),
      ]
      for (index, ending) in endings.enumerated() {
        try expectLoss(ending, stage, node: index + 1, [])
        // With kind db the coordinator goes away with the server under test.
        let isNamed = ["database", "coordination database"].contains {
          ending.lastError.contains($0)
        }
        #expect(isNamed, "\(ending.errors)")
        #expect(ending.lastError.contains(stage.sandbox.mariaDBSocket), "\(ending.errors)")
      }
    }
  }

  @Test("With the server back, the same commands go on with the batch")
  func databaseBack() async throws {
    try await withRunningBatch(.redis) { stage, processes in
      await stage.sandbox.killMariaDB()
      var reached = 0
      for process in processes { #expect(try await process.finish().code == 69) }
      for node in [1, 2] {
        reached = max(reached, try stage.story("gone", node: node).orders.count)
      }
      try await stage.sandbox.startMariaDB()
      for ending in try await stage.run(
        batch: "gone", configs: [1, 2].map { "\(stage.folder)/node\($0).toml" }, kind: .redis)
      {
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.errors.contains("going on at rank \(reached)"), "\(ending.errors)")
      }
      let ranks = try [1, 2].flatMap { try stage.story("gone", node: $0).ranks }
      #expect(Set(ranks) == Set(0..<20))
    }
  }

  @Test("A server that is back within seconds costs an order, not the batch")
  func databaseRestarted() async throws {
    try await withRunningBatch(.redis) { stage, processes in
      await stage.sandbox.killMariaDB()
      try await stage.sandbox.startMariaDB()
      for process in processes {
        let ending = try await process.finish()
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.errors.contains("was abandoned"), "\(ending.errors)")
      }
      for node in [1, 2] { #expect(try stage.story("gone", node: node).ranks == Array(0..<20)) }
    }
  }

  #if NATS
    @Test("A NATS server that is back within seconds with its data costs nothing but time")
    func natsRestarted() async throws {
      try await withRunningBatch(.queue) { stage, processes in
        await stage.sandbox.killNATS()
        try await stage.sandbox.startNATS()
        for process in processes {
          let ending = try await process.finish()
          #expect(ending.code == 0, "\(ending.errors)")
        }
        for node in [1, 2] { #expect(try stage.story("gone", node: node).ranks == Array(0..<20)) }
      }
    }

    @Test("A NATS server that comes back empty ends both nodes with 69 and a clear sentence")
    func natsEmptied() async throws {
      try await withRunningBatch(.queue) { stage, processes in
        await stage.sandbox.killNATS()
        try await stage.sandbox.startNATS(keepsData: false)
        for (index, process) in processes.enumerated() {
          try expectLoss(
            try await process.finish(), stage, node: index + 1,
            ["no longer has the log", "127.0.0.1:\(stage.sandbox.natsPort)"])
        }
      }
    }

    @Test("A killed NATS server ends both nodes with 69 and a clear sentence")
    func natsKilled() async throws {
      try await withRunningBatch(.queue) { stage, processes in
        await stage.sandbox.killNATS()
        for (index, process) in processes.enumerated() {
          try expectLoss(
            try await process.finish(), stage, node: index + 1,
            ["NATS server", "127.0.0.1:\(stage.sandbox.natsPort)"])
        }
      }
    }
  #endif

  @Test("A killed Redis ends both nodes with 69 and a clear sentence")
  func redisKilled() async throws {
    try await withRunningBatch(.redis) { stage, processes in
      await stage.sandbox.killRedis()
      for (index, process) in processes.enumerated() {
        try expectLoss(
          try await process.finish(), stage, node: index + 1,
          ["Redis server", "127.0.0.1:\(stage.sandbox.redisPort)"])
      }
    }
  }
}
