import MuddledCore
import MuddledTestKit
import Testing

@Suite(
  "The outcome table of an exploration", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Exploring.servers))
struct OutcomeTableTests {
  private static func pair(reset: Bool = true) throws -> Scenario {
    try .accounts([Scenario.update(10), Scenario.update(20)], reset: reset)
  }

  /// Shapes that wait, that do not, and that deadlock.
  private static func shapes() throws -> [Scenario] {
    [
      try pair(),
      try .accounts([Scenario.update(10), Scenario.update(20, of: 2)]),
      try .accounts([Scenario.transfer(from: 1, to: 2), Scenario.transfer(from: 2, to: 1)]),
      try .accounts([
        ["BEGIN", "UPDATE account SET balance = 1 WHERE id = 1", "COMMIT"],
        ["UPDATE account SET balance = balance * 2 WHERE id = 1"],
        ["UPDATE account SET balance = 3 WHERE id = 1", "SELECT balance FROM account"],
      ]),
    ]
  }

  @Test("Two clients on one row: every rank once, and the counts of orders, waits and outcomes")
  func contendedPair() async throws {
    let (summary, orders, _) = try await Exploring.run(Self.pair())
    #expect(orders.map(\.rank) == Array(0..<70))
    #expect(summary.orders == 70)
    #expect(summary.tally.ordersRun == 70)
    #expect(summary.tally.statements == 560)
    #expect(summary.tally.lockWaits == 40)
    #expect(summary.tally.deferredOrders == 20)
    #expect(summary.tally.errors == 0)
    #expect(summary.tally.cancelled == 0)
    #expect(summary.tally.outcomes.count == 3)
    #expect(summary.tally.outcomes.map(\.orders).reduce(0, +) == 70)
    #expect(summary.executions == UInt64(Set(orders.map(\.dispatchedSteps)).count))
    #expect(summary.nondeterminism.isEmpty)
    #expect(summary.remarks.isEmpty)
    #expect(summary.failure == nil)
    #expect(orders.allSatisfy { $0.final == "130;200" })
    #expect(try await Exploring.leftovers() == [])
  }

  @Test("Each order is run whole: every client's own steps in their sequence")
  func whole() async throws {
    let (_, orders, _) = try await Exploring.run(Self.pair())
    for order in orders {
      for client in 0..<2 {
        #expect(order.steps.filter { $0.client == client }.map(\.step) == [0, 1, 2, 3])
      }
      let slots = order.steps.map { UInt8($0.client) }
      #expect(order.isDeferred == (slots != order.order))
    }
  }

  @Test("Setup and teardown instead of a reset give the same table")
  func withoutReset() async throws {
    let fast = try await Exploring.run(Self.pair())
    let slow = try await Exploring.run(Self.pair(reset: false))
    #expect(slow.orders.map(\.story) == fast.orders.map(\.story))
    #expect(slow.summary.table == fast.summary.table)
  }

  @Test("Running each execution once gives the outcomes and counts of the full run")
  func distinct() async throws {
    for scenario in try Self.shapes() {
      let full = try await Exploring.run(scenario)
      for lanes in [1, 3] {
        let distinct = try await Exploring.run(scenario) {
          $0.isDistinct = true
          $0.lanes = lanes
        }
        #expect(distinct.summary.table == full.summary.table)
        #expect(distinct.summary.executions == full.summary.executions)
        #expect(distinct.summary.tally.ordersRun == full.summary.tally.ordersRun)
        #expect(distinct.summary.tally.deferredOrders == full.summary.tally.deferredOrders)
        #expect(UInt64(distinct.orders.count) == full.summary.executions)
        let spoken = distinct.orders.map { $0.standsFor ?? 0 }
        #expect(spoken.reduce(0, +) == full.summary.orders)
        #expect(spoken.allSatisfy { $0 > 0 })
      }
    }
  }

  @Test("Four lanes report the same orders in the same sequence as one")
  func lanes() async throws {
    for scenario in try Self.shapes() {
      let one = try await Exploring.run(scenario)
      let four = try await Exploring.run(scenario) { $0.lanes = 4 }
      #expect(four.summary.lanes == 4)
      #expect(four.orders.map(\.story) == one.orders.map(\.story))
      #expect(four.summary.table == one.summary.table)
      #expect(four.transcript == one.transcript)
    }
    #expect(try await Exploring.leftovers() == [])
  }

  @Test("Five runs give byte-identical transcripts")
  func transcripts() async throws {
    for scenario in try Self.shapes() {
      let first = try await Exploring.run(scenario)
      #expect(first.transcript.contains("<waiting ...>") == (first.summary.tally.lockWaits > 0))
      for _ in 0..<4 {
        #expect(try await Exploring.run(scenario).transcript == first.transcript)
      }
    }
  }

  @Test("An outcome's token names an order that gives this outcome again")
  func tokens() async throws {
    for scenario in try Self.shapes() {
      let summary = try await Exploring.run(scenario).summary
      for outcome in summary.tally.outcomes {
        let text = summary.token(of: outcome.witness).description
        #expect(text.count <= 40)
        guard case .rank(let rank) = try Token(text).target(in: scenario) else {
          Issue.record("\(text) names no rank")
          continue
        }
        let replay = try await Exploring.run(scenario) { $0.selection = .ranks(rank..<rank + 1) }
        #expect(replay.orders.map(\.outcome) == [outcome.digest])
        #expect(replay.orders.map(\.story) == [outcome.witness.story])
      }
    }
  }

  @Test("Assertions: one that holds, one that does not, one that the server refuses")
  func assertions() async throws {
    var scenario = try Self.pair()
    scenario.assertions = [
      "SELECT 1 FROM account WHERE id = 1 AND balance <> 130",
      "SELECT SUM(balance) = 330 FROM account",
    ]
    let right = try await Exploring.run(scenario)
    #expect(right.summary.violations.isEmpty)
    #expect(right.orders.allSatisfy { $0.assertions.map(\.holds) == [true, true] })
    scenario.assertions = [
      "SELECT balance FROM account WHERE id = 2", "SELECT SUM(balance) = 0 FROM account",
      "SELECT * FROM nothing", "SELECT NULL",
    ]
    let wrong = try await Exploring.run(scenario)
    #expect(wrong.summary.violations.map(\.assertion) == Array(scenario.assertions.dropFirst()))
    #expect(
      wrong.summary.violations.allSatisfy {
        $0.executions == 70 && $0.orders == 70 && $0.places[0].witness.rank == 0
          && $0.places.map(\.witness.outcome) == wrong.summary.tally.outcomes.map(\.digest)
          && $0.places.map(\.orders) == wrong.summary.tally.outcomes.map(\.orders)
      })
    let distinct = try await Exploring.run(scenario) { $0.isDistinct = true }
    #expect(
      distinct.summary.violations.map { $0.places.map(\.orders) }
        == wrong.summary.violations.map { $0.places.map(\.orders) })
    #expect(wrong.summary.text(width: 100).contains("assertion does not hold"))
  }
}
