import Foundation
import MuddledSandbox
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Looking into a store with muddled batch", .timeLimit(.minutes(20)))
struct BatchCommandTests {
  private static let slow = ["SELECT SLEEP(0.05)", "SELECT 2", "SELECT 3"]
  /// What every kind of store must keep as it is, and a terminal must not be confused by.
  private static let awkward = "{b}%7D` '批次\n"

  /// Runs `muddled batch` on the stage's store.
  private func batch(
    _ arguments: [String], _ stage: BatchStage, _ kind: StoreKind
  ) async throws -> BatchProcess.Ending {
    let config = stage.config("look", ["SELECT 1"], "coordinator.lease_ms = 1000")
    let coordinator = ["-c", config, "--coordinator", kind.rawValue]
    return try await stage.start(["batch"] + arguments + coordinator, node: 1).finish()
  }

  private func expectRefusal(
    _ ending: BatchProcess.Ending, _ words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ending.code == 64, "\(ending.errors)", sourceLocation: sourceLocation)
    #expect(ending.output == "", sourceLocation: sourceLocation)
    for words in words {
      #expect(
        ending.lastError.contains(words), "\(ending.errors)", sourceLocation: sourceLocation)
    }
  }

  /// The JSON of one batch.
  private func overview(
    of batch: String, _ stage: BatchStage, _ kind: StoreKind
  ) async throws -> JSON {
    let ending = try await self.batch(["show", batch, "--json"], stage, kind)
    #expect(ending.code == 0, "\(ending.errors)")
    return try JSON(parsing: ending.output.dropLast())
  }

  @Test("An empty store has no batches, and looking makes nothing", arguments: StoreKind.allCases)
  func empty(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      for _ in 0..<2 {
        let list = try await batch(["list"], stage, kind)
        #expect(list.code == 0 && list.output == "no batches\n", "\(list)")
        #expect(try await batch(["list", "--json"], stage, kind).output == "")
        for verb in ["show", "remove"] {
          let unknown = try await batch([verb, "x"], stage, kind)
          expectRefusal(unknown, ["there is no batch \"x\" in this store"])
        }
      }
      #expect(try await stage.leftovers(of: kind) == [])
    }
  }

  @Test(
    "A live batch is shown with its nodes and its progress, and not removed",
    arguments: StoreKind.allCases)
  func live(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      let config = stage.config("slow", Self.slow, "coordinator.lease_ms = 1000")
      let processes = [
        try await stage.start(node: 1, batch: "9982", config: config, kind: kind),
        try await stage.start(node: 2, batch: "9982", config: config, kind: kind),
      ]
      let lonely = try await stage.start(
        [
          "-c", config, "-id", "a b", "-p", "2", "-b", Self.awkward, "--coordinator", kind.rawValue,
        ], node: 3)
      try await lonely.waitForWords("waiting for")
      for node in [1, 2] { try await stage.waitForOrders(3, batch: "9982", node: node) }

      let list = try await batch(["list"], stage, kind)
      let lines = list.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 3, "\(list)")
      let columns = /batch  +state  +orders run  +nodes  +last seen  +since/
      #expect(try columns.wholeMatch(in: lines[0]) != nil, "\(lines)")
      let running = /9982  +running  +([0-9]+) of 20  +1, 2  +[0-9]\.[0-9] s ago  +[0-9.]+ s ago/
      let match = try #require(try running.wholeMatch(in: lines[1]), "\(lines)")
      #expect((3..<20).contains(Int(match.1) ?? 0))
      // Every column begins under its heading.
      let start = try #require(lines[0].range(of: "nodes")).lowerBound
      let column = lines[0].distance(from: lines[0].startIndex, to: start)
      #expect(lines[1].dropFirst(column).hasPrefix("1, 2 "), "\(lines)")
      #expect(lines[2].dropFirst(column).hasPrefix("2, \"a b\" "), "\(lines)")
      #expect(lines[2].hasPrefix(#""{b}%7D` '批次\u{a}"  registering  - "#), "\(lines)")

      let shown = try await overview(of: "9982", stage, kind)
      #expect(shown["state"]?.text == "running" && shown["orders"]?.int == 20)
      let nodes = shown["nodes"]?.elements ?? []
      #expect(nodes.map { $0["node"]?.text } == ["1", "2"])
      #expect(nodes.allSatisfy { $0["state"]?.text == "live" && $0["steps"]?.int == 3 })
      #expect(nodes.allSatisfy { 0...1000 ~= $0["last_seen_ms"]?.int ?? -1 })
      let words = try await batch(["show", Self.awkward], stage, kind)
      #expect(words.output.contains("  2      missing  -"), "\(words)")
      let tooEarly = try await batch(["remove", "9982"], stage, kind)
      expectRefusal(tooEarly, ["is in use", "\"1\", \"2\"", "lease_ms", "stop its processes"])

      for process in processes { #expect(try await process.finish().code == 0) }
      lonely.send(SIGINT)
      #expect(try await lonely.finish().code == 130)
    }
  }

  @Test(
    "A batch whose processes were killed is shown as stopped, and may be removed",
    arguments: StoreKind.allCases)
  func stopped(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      let config = stage.config("slow", Self.slow, "coordinator.lease_ms = 1000")
      var processes: [BatchProcess] = []
      for node in [1, 2] {
        processes.append(
          try await stage.start(node: node, batch: Self.awkward, config: config, kind: kind))
      }
      for node in [1, 2] { try await stage.waitForOrders(3, batch: Self.awkward, node: node) }
      for process in processes { process.send(SIGKILL) }
      for process in processes { _ = try await process.finish() }
      var shown: JSON = .null
      let isStopped = try await waitUntil {
        shown = try await overview(of: Self.awkward, stage, kind)
        return shown["state"]?.text == "stopped"
      }
      #expect(isStopped, "\(shown)")
      #expect(shown["nodes"]?.elements.map { $0["state"]?.text } == ["lost", "lost"], "\(shown)")
      #expect(3...20 ~= shown["orders_run"]?.int ?? 0, "\(shown)")
      let removed = try await batch(["remove", Self.awkward], stage, kind)
      #expect(removed.code == 0, "\(removed.errors)")
      #expect(try await batch(["list"], stage, kind).output == "no batches\n")
      #expect(try await stage.leftovers(of: kind) == [])
      // The id is free again: what was known of the batch is gone.
      let quick = stage.config("quick", ["SELECT 1"])
      let endings = try await stage.run(batch: Self.awkward, configs: [quick, quick], kind: kind)
      for ending in endings { #expect(ending.output.contains("2 run of 2"), "\(ending.errors)") }
    }
  }

  @Test(
    "A batch that ended is shown as ended where it leaves its name, until it is removed",
    arguments: StoreKind.allCases)
  func ended(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      let quick = stage.config("quick", ["SELECT 1"])
      for ending in try await stage.run(batch: "over", configs: [quick, quick], kind: kind) {
        #expect(ending.code == 0, "\(ending.errors)")
      }
      if kind != .sharedMemory {
        let shown = try await overview(of: "over", stage, kind)
        #expect(shown["state"]?.text == "ended", "\(shown)")
        #expect(shown["orders_run"]?.int == 2 && shown["orders"]?.int == 2)
        #expect(try await batch(["remove", "over"], stage, kind).code == 0)
      }
      expectRefusal(try await batch(["show", "over"], stage, kind), ["no batch \"over\""])
      #expect(try await stage.leftovers(of: kind) == [])
    }
  }

  @Test("A store that is away or a config file that is missing has its own exit code")
  func away() async throws {
    try await BatchStage.with(for: .redis) { stage in
      await stage.sandbox.killRedis()
      let ending = try await batch(["list"], stage, .redis)
      #expect(ending.code == 69 && ending.lastError.contains("Redis server"), "\(ending.errors)")
      let missing = try await stage.start(["batch", "list", "-c", "/nowhere.toml"], node: 1)
      #expect(try await missing.finish().code == 78)
      #expect(try await stage.start(["batch", "list"], node: 1).finish().code == 64)
    }
  }
}
