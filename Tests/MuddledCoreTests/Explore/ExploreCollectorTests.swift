import Testing

@testable import MuddledCore

@Suite("How orders are handed out to lanes", .timeLimit(.minutes(10)))
struct ExploreCollectorTests {
  private let scenario = Scenario("two") {
    Client("a") {
      "BEGIN"
      "COMMIT"
    }
    Client("b") { "SELECT 1" }
  }

  private func collector(
    _ selection: OrderSelection, isDistinct: Bool, lanes: Int
  ) throws -> ExploreCollector {
    var options = ExploreOptions()
    options.isDistinct = isDistinct
    return ExploreCollector(
      scenario, plan: try OrderPlan(selection, of: scenario), options: options, lanes: lanes,
      reporters: [], loop: nil)
  }

  @Test("A lane gets what it asks for, less towards the end, and alone one order at a time")
  func shares() async throws {
    let lines = OrderSelection.ranks(0..<3)
    let several = try collector(lines, isDistinct: false, lanes: 2)
    #expect(try await several.exchange([], forUpTo: 100) == 0..<1)
    #expect(try await several.exchange([], forUpTo: 100) == 1..<2)
    let one = try collector(lines, isDistinct: false, lanes: 1)
    #expect(try await one.exchange([], forUpTo: 100) == 0..<1)
    for collector in [several, one] { collector.stop() }
  }

  @Test("A lane that waits for an order ends when the other is interrupted before it began that")
  func interruptedBeforeItBegan() async throws {
    let collector = try collector(.ranks(0..<1), isDistinct: true, lanes: 2)
    #expect(try await collector.exchange([], forUpTo: 1) == 0..<1)
    let other = Task { try await collector.exchange([], forUpTo: 1) }
    // It most likely sleeps by then; whether or not, it must end.
    try await Task.sleep(for: .milliseconds(100))
    collector.interrupt()
    #expect(try await collector.exchange([], forUpTo: 1) == nil)
    #expect(try await other.value == nil)
    let summary = await collector.finish()
    #expect(summary.failure?.code == .interrupted)
    #expect(summary.remainingRanks == 0..<1)
    collector.stop()
  }
}
