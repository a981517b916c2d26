import MuddledCore
import MuddledMariaDB
import MuddledSandbox
import Synchronization
import Yardstick

/// A scenario of clients on one table of accounts, with a reset and a check.
func accounts(_ clients: [[String]], reset: [String]) -> Scenario {
  Scenario(
    name: "benchmark",
    setup: [SQLBlock(accountTable.joined(separator: ";\n"))],
    teardown: SQLBlock("DROP TABLE account"),
    sessions: clients.enumerated().map { client, statements in
      ScenarioSession(
        name: "\(client + 1)",
        steps: statements.enumerated().map { step, sql in
          ScenarioStep(name: "s\(client + 1)_\(step + 1)", block: SQLBlock(sql))
        })
    },
    reset: SQLBlock(reset.joined(separator: ";\n")), checks: [accountCheck])
}

/// Makes the table of accounts.
let accountTable = [
  "CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL) ENGINE = InnoDB",
  "INSERT INTO account VALUES (1, 100), (2, 200)",
]

/// What is looked at after each order.
let accountCheck = "SELECT * FROM account ORDER BY id"

/// A transaction that reads a row, changes it and commits.
func update(of row: Int) -> [String] {
  [
    "BEGIN", "SELECT balance FROM account WHERE id = \(row)",
    "UPDATE account SET balance = balance + 10 WHERE id = \(row)", "COMMIT",
  ]
}

extension Scenario {
  /// The scenario with all its orders as permutation lines, the whole list again and again.
  func repeating(_ orders: [[UInt8]], times: Int) -> Scenario {
    let lines = orders.map { order in
      Permutation(
        steps: Slot.slots(of: order).map {
          PermutationStep(StepReference(session: $0.client, step: $0.step))
        })
    }
    var scenario = self
    scenario.permutations = Array(repeatElement(lines, count: times).joined())
    return scenario
  }
}

/// Explores a scenario in this process.
///
/// - Parameter onOrder: is told of each order, in sequence.
func explore(
  _ scenario: Scenario, on servers: Sandbox, lanes: Int, isDistinct: Bool = false,
  onOrder: @escaping @Sendable (Execution) -> Void = { _ in }
) async throws -> ExploreSummary {
  var options = MariaDBDatabase.Options.exploring
  options.maximumConnections = 100
  let database = MariaDBDatabase(try MariaDBDSN(servers.mariaDBDSN()), options: options)
  var chosen = ExploreOptions()
  chosen.selection = scenario.permutations.isEmpty ? .all : .permutations
  chosen.lanes = lanes
  chosen.isDistinct = isDistinct
  let summary = try await Explorer(
    database: database, options: chosen, reporters: [OrderListener(onOrder)]
  ).explore(scenario)
  guard summary.nondeterminism.isEmpty else { fatalError("nondeterminism in a benchmark") }
  return summary
}

/// Hands each order on.
private struct OrderListener: Reporter {
  let onOrder: @Sendable (Execution) -> Void

  init(_ onOrder: @escaping @Sendable (Execution) -> Void) { self.onOrder = onOrder }

  func report(_ event: RunEvent) async {
    if case .order(let execution) = event { onOrder(execution) }
  }
}

extension Duration {
  /// The duration in milliseconds, with fractions.
  var inMilliseconds: Double {
    Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
  }
}
