import MuddledCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Processes that do not fit together", .timeLimit(.minutes(20)))
struct BatchMembershipTests {
  private static let slow = ["SELECT SLEEP(0.03)", "SELECT SLEEP(0.03)", "DO 1"]

  /// The error of a process that took part in nothing: one sentence at the end of standard error.
  private func expectRefusal(
    _ ending: BatchProcess.Ending, _ code: Int32, _ words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ending.code == code, "\(ending.errors)", sourceLocation: sourceLocation)
    for words in words {
      #expect(
        ending.lastError.contains(words), "\(ending.errors)", sourceLocation: sourceLocation)
    }
    let lines = ending.errors.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("muddled: ") }, sourceLocation: sourceLocation)
    #expect(lines.count { $0.hasSuffix(ending.lastError) } == 1, sourceLocation: sourceLocation)
    #expect(!(ending.errors + ending.output).contains(BatchStage.password))
    #expect(
      ending.output.contains("orders      none were run"), "\(ending.output)",
      sourceLocation: sourceLocation)
  }

  @Test(
    "A partner that never comes is waited for register_ms, and may come later",
    arguments: StoreKind.allCases)
  func absentPartner(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      let hasty = stage.config("hasty", ["SELECT 1"], "coordinator.register_ms = 300")
      let process = try await stage.start(node: 1, batch: "late", config: hasty, kind: kind)
      let ending = try await process.finish()
      expectRefusal(ending, 69, ["partner \"2\"", "\"late\"", "300 ms (register_ms)"])
      let log = try stage.log()
      #expect(log.queries(on: log.connections(of: "node1")) == [])
      #expect(try stage.story("late", node: 1).orders == [])
      let summary = try #require(try stage.story("late", node: 1).summaries.first)
      #expect(summary["orders"] == .null && summary["complete"] == .bool(false))
      #expect(summary["failure"]?.text == ending.lastError)
      let patient = stage.config("patient", ["SELECT 1"])
      for ending in try await stage.run(batch: "late", configs: [patient, patient], kind: kind) {
        #expect(ending.code == 0, "\(ending.errors)")
      }
    }
  }

  @Test(
    "Partner lists that disagree are refused on both sides, with both lists",
    arguments: StoreKind.allCases)
  func disagreement(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      let config = stage.config("one", ["SELECT 1"])
      let first = try await stage.start(node: 1, batch: "lists", config: config, kind: kind)
      let second = try await stage.start(node: 2, of: 3, batch: "lists", config: config, kind: kind)
      for process in [first, second] {
        expectRefusal(
          try await process.finish(), 64,
          ["node \"1\" expects", "node \"2\" expects", "\"1\", \"2\", \"3\""])
      }
      let log = try stage.log()
      #expect(log.queries(on: ["node1", "node2"].flatMap { log.connections(of: $0) }) == [])
      // An outsider meets nodes that do not know it.
      let third = try await stage.start(
        ["-c", config, "-id", "9", "-p", "8", "-b", "lists", "--coordinator", kind.rawValue],
        node: 3)
      let ending = try await third.finish()
      #expect(ending.code == 64 && !ending.lastError.isEmpty, "\(ending.errors)")
    }
  }

  @Test(
    "The same id started twice: the second is refused, the first goes on",
    arguments: StoreKind.allCases)
  func twice(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      // Long enough that a process which starts in mid-batch comes before its end.
      let slower = Array(repeating: "SELECT SLEEP(0.08)", count: 3)
      let config = stage.config("one", slower, "coordinator.lease_ms = 1000")
      let first = try await stage.start(node: 1, batch: "twice", config: config, kind: kind)
      try await first.waitForWords("waiting for")
      let rival = try await stage.start(
        [
          "-c", config, "-id", "1", "-p", "2", "-b", "twice", "--coordinator", kind.rawValue,
          "--events", stage.events("twice-1"),
        ], node: 3)
      expectRefusal(
        try await rival.finish(within: .seconds(10)), 64,
        ["live process", "\"twice\"", "node \"1\""])
      #expect(!first.hasEnded)
      let second = try await stage.start(node: 2, batch: "twice", config: config, kind: kind)
      try await first.waitForWords("all nodes are there")
      // In mid-batch too.
      let other = try await stage.start(
        [
          "-c", config, "-id", "2", "-p", "1", "-b", "twice", "--coordinator", kind.rawValue,
          "--events", stage.events("twice-2"),
        ], node: 3)
      expectRefusal(
        try await other.finish(within: .seconds(10)), 64,
        ["live process", "\"twice\"", "node \"2\""])
      for process in [first, second] {
        let ending = try await process.finish()
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(!ending.errors.contains("abandoned"), "\(ending.errors)")
      }
      // The refused ones were told to write to the same files.
      for node in [1, 2] {
        #expect(try stage.story("twice", node: node).ranks == Array(0..<20))
      }
      let log = try stage.log()
      #expect(log.queries(on: log.connections(of: "node3")) == [])
    }
  }

  @Test(
    "A batch id that has ended is refused, and what it left in the events file stays",
    arguments: StoreKind.allCases.filter { $0 != .sharedMemory })
  func ended(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      let config = stage.config("one", ["SELECT 1"])
      for ending in try await stage.run(batch: "over", configs: [config, config], kind: kind) {
        #expect(ending.code == 0, "\(ending.errors)")
      }
      let before = try stage.log().entries.count
      for node in [1, 2] {
        let late = try await stage.start(node: node, batch: "over", config: config, kind: kind)
        expectRefusal(
          try await late.finish(), 64,
          ["\"over\"", "already ended", "2 orders", "another batch id"])
        #expect(try stage.story("over", node: node).ranks == [0, 1])
      }
      let log = try stage.log().dropping(before)
      #expect(log.queries(on: ["node1", "node2"].flatMap { log.connections(of: $0) }) == [])
    }
  }

  @Test("Over shared memory nothing is left of a batch that has ended, and its id is free again")
  func endedOverSharedMemory() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT 1"])
      for _ in 0..<2 {
        let endings = try await stage.run(
          batch: "over", configs: [config, config], kind: .sharedMemory)
        for ending in endings {
          #expect(ending.code == 0, "\(ending.errors)")
          #expect(ending.output.contains("orders      2 run of 2"), "\(ending.output)")
        }
        #expect(stage.sharedFiles == [])
      }
    }
  }

  @Test("Over shared memory nothing is left of a batch that never began")
  func neverBegun() async throws {
    try await BatchStage.with { stage in
      let config = stage.config("one", ["SELECT 1"])
      let process = try await stage.start(
        node: 1, batch: "lonely", config: config, kind: .sharedMemory)
      try await process.waitForWords("waiting for")
      #expect(stage.sharedFiles.count == 1)
      process.send(SIGINT)
      #expect(try await process.finish().code == 130)
      #expect(stage.sharedFiles == [])
    }
  }

  @Test(
    "A node that comes back with other SQL, reset, checks or partners is refused",
    arguments: StoreKind.allCases)
  func changed(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind, setup: "CREATE TABLE t (id INT);") { stage in
      let reset = stage.file("reset.sql", "DELETE FROM t")
      let other = stage.file("other.sql", "DELETE FROM t WHERE id > 0")
      let checks = stage.file("check.sql", "SELECT COUNT(*) FROM t")
      let files = "reset.fpath = '\(reset)'"
      let config = stage.config("one", Self.slow, files)
      let partner = stage.config("two", Self.slow)
      let processes = [
        try await stage.start(node: 1, batch: "changed", config: config, kind: kind),
        try await stage.start(node: 2, batch: "changed", config: partner, kind: kind),
      ]
      try await processes[0].waitForWords("all nodes are there")
      processes[0].send(SIGINT)
      for process in processes { #expect(try await process.finish().code != 0) }
      let before = try stage.log().entries.count
      for (name, statements, more, code, words) in [
        ("sql", ["SELECT 2"], files, 65, "its SQL differs"),
        ("reset", Self.slow, "reset.fpath = '\(other)'", 65, "its reset differs"),
        ("no-reset", Self.slow, "", 65, "its reset differs"),
        ("check", Self.slow, files + "\ncheck.fpath = '\(checks)'", 65, "its check differs"),
      ] {
        let changed = try await stage.start(
          [
            "-c", stage.config("changed-" + name, statements, more), "-id", "1", "-p", "2", "-b",
            "changed",
            "--coordinator", kind.rawValue,
          ], node: 1)
        expectRefusal(try await changed.finish(), Int32(code), [words, "\"1\"", "\"changed\""])
      }
      let changed = try await stage.start(
        ["-c", config, "-id", "1", "-p", "2,3", "-b", "changed", "--coordinator", kind.rawValue],
        node: 1)
      expectRefusal(try await changed.finish(), 64, ["\"1\", \"2\"", "\"1\", \"2\", \"3\""])
      let log = try stage.log().dropping(before)
      #expect(log.queries(on: ["node1", "node2"].flatMap { log.connections(of: $0) }) == [])
    }
  }

  @Test("A reset that fails ends the batch before any step, in the server's words")
  func failingReset() async throws {
    try await BatchStage.with { stage in
      let reset = stage.file("reset.sql", "DO 1; DELETE FROM missing")
      let endings = try await stage.run(
        batch: "reset",
        configs: [
          stage.config("one", ["SELECT 1"]),
          stage.config("two", ["SELECT 2"], "reset.fpath = '\(reset)'"),
        ])
      #expect(endings.map(\.code) == [69, 65])
      for ending in endings {
        #expect(ending.lastError.contains("statement 2 of the reset failed"), "\(ending.errors)")
        #expect(ending.lastError.contains("1146 (42S02)"))
        #expect(ending.output.contains("orders      0 run of 2"), "\(ending.output)")
      }
      #expect(endings[0].lastError.contains("node \"2\""), "\(endings[0].errors)")
      for node in [1, 2] { #expect(try stage.story("reset", node: node).orders == []) }
      let log = try stage.log()
      #expect(!log.entries.contains { ["SELECT 1", "SELECT 2"].contains($0.argument) })
    }
  }
}
