import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Batches of eight processes", .timeLimit(.minutes(20)))
struct BatchOfEightTests {
  @Test(
    "Eight processes run the same orders in the same sequence, stop together, and go on together",
    arguments: StoreKind.allCases)
  func eight(kind: StoreKind) async throws {
    try await BatchStage.with(for: kind) { stage in
      let configs = (1...8).map { stage.config("node\($0)", ["SELECT \($0)"]) }
      // 40,320 orders would take minutes, so the batch is stopped, twice.
      let merges = allMerges(Array(repeating: 1, count: 8))
      var reached = 0
      for batch in 1...2 {
        let before = try stage.log().entries.count
        var processes: [BatchProcess] = []
        for (index, config) in configs.enumerated() {
          processes.append(
            try await stage.start(
              node: index + 1, of: 8, batch: "eight", config: config, kind: kind,
              more: ["--quiet"]))
        }
        for node in 1...8 {
          try await stage.waitForOrders(reached + 40, batch: "eight", node: node)
        }
        processes[batch].send(SIGINT)
        for (index, process) in processes.enumerated() {
          let ending = try await process.finish(within: .seconds(60))
          #expect(ending.code == (index == batch ? 130 : 69), "\(ending.errors)")
          if index != batch {
            #expect(ending.lastError.contains("\"\(batch + 1)\" has left"), "\(ending.errors)")
          }
        }
        let stories = try (1...8).map { try stage.story("eight", node: $0) }
        let count = stories[0].orders.count
        for story in stories {
          #expect(story.ranks == Array(0..<count))
          #expect(story.timelessOrders == stories[0].timelessOrders)
          #expect(
            zip(story.orders, merges).allSatisfy { $0["dispatched"]?.texts == $1 })
        }
        let log = try stage.log().dropping(before)
        let connections = (1...8).flatMap { log.connections(of: "node\($0)") }
        let sent = log.queries(on: connections).map(\.argument).filter { $0.hasPrefix("SELECT ") }
        let wanted = merges[reached..<count].flatMap { $0.map { "SELECT \($0)" } }
        #expect(
          Array(sent.prefix(wanted.count)) == wanted, "\(sent.prefix(24)) from rank \(reached) on")
        reached = count
      }
    }
  }
}
