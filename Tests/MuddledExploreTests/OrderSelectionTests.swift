import MuddledCore
import MuddledTestKit
import Testing

@Suite(
  "Which orders are explored", .serialized, .timeLimit(.minutes(20)), .sandbox(Exploring.servers))
struct OrderSelectionTests {
  private static func pair() throws -> Scenario {
    try .accounts([Scenario.update(10), Scenario.update(20)])
  }

  @Test("A file's permutations: steps may be left out, repeated, and out of sequence")
  func permutations() async throws {
    let scenario = try Scenario.of(
      """
      setup { CREATE TABLE t (n INT) ENGINE=InnoDB; INSERT INTO t VALUES (0); }
      teardown { DROP TABLE t; }
      session a
      step a1 { UPDATE t SET n = n + 1; }
      step a2 { SELECT n AS a2 FROM t; }
      session b
      step b1 { UPDATE t SET n = n * 10; }
      step b2 { SELECT n AS b2 FROM t; }
      permutation a1 b2
      permutation a1 a1 b1 a1 b2
      permutation b2 b1 a2 a1
      """
    ) { $0.checks = ["SELECT n FROM t"] }
    let (summary, orders, transcript) = try await Exploring.run(scenario) {
      $0.selection = .permutations
    }
    #expect(summary.orders == 3)
    #expect(orders.map(\.permutation) == [0, 1, 2])
    #expect(orders.map(\.dispatchedSteps) == ["0.0 1.1", "0.0 0.0 1.0 0.0 1.1", "1.1 1.0 0.1 0.0"])
    #expect(orders.map(\.final) == ["1", "21", "1"])
    #expect(transcript.contains("starting permutation: a1 a1 b1 a1 b2\n"))
    for outcome in summary.tally.outcomes {
      let token = try Token(summary.token(of: outcome.witness).description)
      guard case .permutation(let index) = try token.target(in: scenario) else {
        Issue.record("\(token) names no permutation")
        continue
      }
      let replay = try await Exploring.run(scenario) { $0.selection = .permutation(index) }
      #expect(replay.orders.map(\.outcome) == [outcome.digest])
    }
    let distinct = try await Exploring.run(scenario) {
      $0.selection = .permutations
      $0.isDistinct = true
    }
    #expect(distinct.summary.table == summary.table)
  }

  @Test("A sample has as many orders as asked for, none twice, the same for the same seed")
  func sample() async throws {
    let scenario = try Self.pair()
    func ranks(_ count: Int, seed: UInt64) async throws -> [UInt128] {
      let run = try await Exploring.run(scenario) {
        $0.selection = .sample(count: count, seed: seed)
      }
      #expect(run.summary.orders == UInt128(run.orders.count))
      return run.orders.map(\.rank)
    }
    let first = try await ranks(12, seed: 7)
    #expect(first.count == 12)
    #expect(first == Set(first).sorted())
    #expect(first.allSatisfy { $0 < 70 })
    #expect(try await ranks(12, seed: 7) == first)
    #expect(try await ranks(12, seed: 8) != first)
    #expect(try await ranks(1000, seed: 1) == Array(0..<70))
  }

  @Test("A range of ranks runs these and no others; one past the end is refused")
  func ranks() async throws {
    let scenario = try Self.pair()
    let run = try await Exploring.run(scenario) { $0.selection = .ranks(30..<35) }
    #expect(run.orders.map(\.rank) == Array(30..<35))
    let error = await #expect(throws: MuddledError.self) {
      try await Exploring.run(scenario) { $0.selection = .ranks(60..<71) }
    }
    #expect(error?.code == .usage)
    #expect(error?.message.contains("0 to 69") == true)
  }
}
