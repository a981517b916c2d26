import MuddledCore
import MuddledTestKit
import Testing

@Suite(
  "What an order leaves in its sessions", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Exploring.servers))
struct SessionStateTests {
  @Test("Every order meets new sessions, whatever the orders before it did to theirs")
  func isolation() async throws {
    let scenario = try Scenario.of(
      """
      setup { CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT); }
      teardown { DROP TABLE t; }
      session a
      step id { SELECT LAST_INSERT_ID() }
      step add { INSERT INTO t (v) VALUES (1) }
      step variable { SELECT @left }
      step set { SET @left = 1 }
      session b
      step open { BEGIN }
      permutation add set open
      permutation id variable
      permutation add
      permutation id
      """)
    let (_, orders, _) = try await Exploring.run(scenario) {
      ($0.lanes, $0.selection) = (1, .permutations)
    }
    let lone = try Scenario.of(
      """
      session a
      step id { SELECT LAST_INSERT_ID() }
      step variable { SELECT @left }
      permutation id variable
      """)
    let (_, fresh, _) = try await Exploring.run(lone) {
      ($0.lanes, $0.selection) = (1, .permutations)
    }
    #expect(orders[1].steps.map(\.results) == fresh[0].steps.map(\.results))
    #expect(orders[3].steps[0].results == orders[1].steps[0].results)
  }

  @Test(
    "Sessions are reset after each order only if its statements could leave something",
    arguments: [
      (["BEGIN", "SELECT balance FROM account", "COMMIT"], false),
      (["UPDATE account SET balance = 1 WHERE id = 1", "SELECT 1"], false),
      (["SELECT 1", "SET @a = 1"], true),
      (["BEGIN", "SELECT 1"], true),
      (["SELECT 1", "SELECT GET_LOCK('sessions', 1)"], true),
      (["SELECT 1", "SELECT ROW_COUNT()"], true),
      (["BEGIN", "COMMIT AND CHAIN", "COMMIT"], true),
    ])
  func resets(statements: [String], isReset: Bool) async throws {
    let scenario = try Scenario.accounts([statements, ["SELECT 1", "SELECT 2"]])
    let before = try await Self.resetCount()
    let (summary, _, _) = try await Exploring.run(scenario) { $0.lanes = 1 }
    let count = try await Self.resetCount() - before
    #expect(isReset == (count >= summary.tally.ordersRun), "\(count) resets")
  }

  /// How many session resets the server counted; it counts a few other commands, such as logins, with them.
  private static func resetCount() async throws -> Int {
    let rows = try await Exploring.rows("SHOW GLOBAL STATUS LIKE 'Com_admin_commands'")
    return Int(rows[0][1]) ?? 0
  }
}
