import Foundation
import MuddledCore
import MuddledMariaDB
import MuddledReports
import MuddledSandbox
import MuddledTestKit
import Subprocess
import Testing

/// Scenarios that were explored on the suite's server, and what became of their reports.
enum Explored {
  static let servers = Sandbox.Options(mariaDBArguments: Sandbox.Options.lockListArguments)

  /// Explores a scenario with these reporters; the run may end before its end.
  // Inlined into a loop, this crashes the optimizer of Swift 6.3.1.
  @inline(never)
  static func summary(
    of scenario: Scenario, selection: OrderSelection = .all, reporters: [any Reporter] = []
  ) async throws -> ExploreSummary {
    let database = MariaDBDatabase(
      try MariaDBDSN(Sandbox.ofTest.mariaDBDSN()), options: MariaDBDatabase.Options())
    var options = ExploreOptions()
    options.selection = selection
    return try await Explorer(database: database, options: options, reporters: reporters)
      .explore(scenario)
  }

  /// Two clients that move money in opposite directions: waits, deadlocks, deferred orders.
  static func transfers(_ change: (inout Scenario) -> Void = { _ in }) throws -> Scenario {
    var scenario = try Scenario(
      spec: """
        setup { CREATE TABLE account (id INT PRIMARY KEY, balance INT) ENGINE=InnoDB; }
        setup { INSERT INTO account VALUES (1, 100), (2, 200); }
        teardown { DROP TABLE account; }
        session alice
        step a1 { BEGIN; }
        step a2 { UPDATE account SET balance = balance - 1 WHERE id = 1; }
        step a3 { UPDATE account SET balance = balance + 1 WHERE id = 2; }
        step a4 { COMMIT; }
        session bob
        step b1 { BEGIN; }
        step b2 { UPDATE account SET balance = balance - 5 WHERE id = 2; }
        step b3 { UPDATE account SET balance = balance + 5 WHERE id = 1; }
        step b4 { COMMIT; }
        """, file: "transfers.spec", name: "transfers")
    scenario.reset = SQLBlock("REPLACE INTO account VALUES (1, 100), (2, 200)")
    scenario.checks = ["SELECT balance FROM account ORDER BY id"]
    change(&scenario)
    return scenario
  }

  /// Six clients, five of which wait for others, and values that nothing can break but a letter.
  static func crowd() throws -> Scenario {
    let value = String(repeating: "a_value_without_any_blank_in_it_", count: 4)
    var spec = """
      setup { CREATE TABLE t (id INT PRIMARY KEY, n VARCHAR(200)); INSERT INTO t VALUES (1, 'x'); }
      teardown { DROP TABLE t; }
      session a step a1 { BEGIN; } step a2 { UPDATE t SET n = 'a' WHERE id = 1; } step a3 { COMMIT; }

      """
    for name in ["b", "c", "d", "a_client_with_a_long_name"] {
      spec += "session \(name) step \(name)1 { UPDATE t SET n = '\(value)' WHERE id = 1; }\n"
    }
    spec += """
      session e step e1 { SELECT * FROM t FOR UPDATE; } step e2 { SELECT * FROM t; }
      permutation a1 a2 b1 c1 d1 a_client_with_a_long_name1 e1 a3 e2
      permutation e2 d1 a1 a2 e1 c1 b1 a_client_with_a_long_name1 a3
      """
    return try Scenario(spec: spec, file: "crowd.spec", name: "crowd")
  }

  /// Names, statements and results with all that means something in XML, HTML, JSON, Markdown or a terminal.
  static func hostile() throws -> Scenario {
    // Back-ticks, bars, a closed script, a combining mark after `<`, control characters.
    let text = "</script><!--<script>|`` ]]> &amp; \u{1}\u{b}\u{7f} <\u{338} \u{202e} 😀\\n"
    var scenario = try Scenario(
      spec: """
        setup { CREATE TABLE t (id INT PRIMARY KEY, n VARCHAR(200) CHARACTER SET utf8mb4); }
        teardown { DROP TABLE t; }
        session "<a|b>"
        step "a<1>" { INSERT INTO t VALUES (1, '\(text)'); }
        step "a|2" { SELECT n AS `<c|d>` FROM t; }
        session b
        step b1 { INSERT INTO t VALUES (1, 'b''s & "own"'); }
        """, file: "hostile.spec", name: "x <y> | `z` & \u{1}")
    scenario.reset = SQLBlock("TRUNCATE t")
    scenario.assertions = [
      "SELECT n FROM t WHERE n LIKE '<%|`'", "SELECT n FROM t WHERE n LIKE '%<%'",
    ]
    return scenario
  }

  /// Runs a program, and gives what it printed on both outputs.
  static func tool(
    _ name: String, _ arguments: [String]
  ) async throws -> (succeeds: Bool, output: String) {
    try await tool(.name(name), arguments)
  }

  /// Runs junitparser, which belongs to the system's own Python and to no other that may stand before it in the path.
  static func junitParser(
    _ arguments: [String]
  ) async throws -> (succeeds: Bool, output: String) {
    try await tool(.path("/usr/bin/python3"), ["-m", "junitparser"] + arguments)
  }

  private static func tool(
    _ executable: Executable, _ arguments: [String]
  ) async throws -> (succeeds: Bool, output: String) {
    let result = try await run(
      executable, arguments: .init(arguments), output: .string(limit: 1 << 24),
      error: .combinedWithOutput)
    return (result.terminationStatus.isSuccess, result.standardOutput)
  }

  /// Calls a body with the path of an empty folder, which is removed afterwards.
  static func withFolder(_ body: (String) async throws -> Void) async throws {
    let path = NSTemporaryDirectory() + "muddled-reports-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let result: Result<Void, any Error>
    do { result = .success(try await body(path)) } catch { result = .failure(error) }
    try? FileManager.default.removeItem(atPath: path)
    try result.get()
  }
}
