import MuddledCore
import MuddledTestKit
import Testing

@Suite(
  "What holds for every example", .serialized, .timeLimit(.minutes(20)), .sandbox(Exploring.servers)
)
struct ExampleTests {
  private static func scenarios() async throws -> [Scenario] {
    var scenarios: [Scenario] = []
    for name in try ExampleScenarios.names() {
      scenarios.append(try await ExampleScenarios.scenario(name))
    }
    #expect(scenarios.count == 9)
    return scenarios
  }

  /// What the scenario asks for: its permutation lines, or all orders.
  private static func selection(_ scenario: Scenario) -> OrderSelection {
    scenario.permutations.isEmpty ? .all : .permutations
  }

  @Test(
    "All orders are reported, each exactly once, and --distinct tells the same of fewer executions")
  func distinct() async throws {
    for scenario in try await Self.scenarios() {
      let full = try await Exploring.run(scenario)
      let count = try scenario.orderSpace().count
      #expect(full.orders.map(\.rank) == Array(0..<count), "\(scenario.name)")
      #expect(full.summary.nondeterminism.isEmpty, "\(scenario.name)")
      for lanes in [1, 4] {
        let distinct = try await Exploring.run(scenario) {
          $0.isDistinct = true
          $0.lanes = lanes
        }
        #expect(distinct.summary.table == full.summary.table, "\(scenario.name)")
        #expect(distinct.summary.executions == full.summary.executions, "\(scenario.name)")
        // No execution was run twice.
        #expect(distinct.summary.tally.executions == full.summary.executions, "\(scenario.name)")
        #expect(distinct.orders.reduce(0) { $0 + ($1.standsFor ?? 0) } == count)
      }
    }
  }

  @Test("Twenty runs give byte-identical transcripts, on one lane and on several")
  func identical() async throws {
    for scenario in try await Self.scenarios() {
      let runs = (0..<20).map { 1 + $0 % 3 }
      var transcripts: Set<String> = []
      for lanes in runs {
        transcripts.insert(
          try await Exploring.run(scenario) {
            $0.selection = Self.selection(scenario)
            $0.lanes = lanes
          }.transcript)
      }
      #expect(transcripts.count == 1, "\(scenario.name)")
      #expect(transcripts.first?.isEmpty == false)
    }
  }

  @Test("Each outcome's token names an order that gives it again")
  func tokens() async throws {
    for scenario in try await Self.scenarios() {
      let selection = Self.selection(scenario)
      let summary = try await Exploring.run(scenario) { $0.selection = selection }.summary
      for outcome in summary.tally.outcomes {
        let token = try Token(summary.token(of: outcome.witness).description)
        let replay = try await Exploring.run(scenario) {
          switch try? token.target(in: scenario) {
          case .rank(let rank)?: $0.selection = .ranks(rank..<rank + 1)
          case .permutation(let index)?: $0.selection = .permutation(index)
          case nil: Issue.record("\(token) names no order of \(scenario.name)")
          }
        }
        #expect(replay.orders.map(\.outcome) == [outcome.digest], "\(scenario.name) \(token)")
      }
    }
  }
}
