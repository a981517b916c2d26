import MuddledCore

extension Scenario {
  /// Reads a scenario that stands in a test.
  static func of(_ spec: String, _ change: (inout Scenario) -> Void = { _ in }) throws -> Scenario {
    var scenario = try Scenario(spec: spec, file: "test.spec", name: "test")
    change(&scenario)
    return scenario
  }

  /// A table of accounts, and sessions `a`, `b` … with these statements as their steps `a1`, `a2` …
  static func accounts(
    _ clients: [[String]], reset: Bool = true, _ change: (inout Scenario) -> Void = { _ in }
  ) throws -> Scenario {
    var spec = """
      setup { CREATE TABLE account (id INT PRIMARY KEY, balance INT) ENGINE=InnoDB; }
      setup { INSERT INTO account VALUES (1, 100), (2, 200); }
      teardown { DROP TABLE account; }

      """
    for (name, statements) in zip("abcdefgh", clients) {
      spec += "session \(name)\n"
      for (index, statement) in statements.enumerated() {
        spec += "step \(name)\(index + 1) { \(statement); }\n"
      }
    }
    return try of(spec) { scenario in
      if reset { scenario.reset = SQLBlock("REPLACE INTO account VALUES (1, 100), (2, 200)") }
      scenario.checks = ["SELECT balance FROM account ORDER BY id"]
      change(&scenario)
    }
  }

  /// Reads a row, changes it by a number that depends on nothing read, and commits.
  static func update(_ number: Int, of row: Int = 1) -> [String] {
    [
      "BEGIN", "SELECT balance FROM account WHERE id = \(row)",
      "UPDATE account SET balance = balance + \(number) WHERE id = \(row)", "COMMIT",
    ]
  }

  /// Changes two rows, one after the other.
  static func transfer(from: Int, to: Int) -> [String] {
    [
      "BEGIN", "UPDATE account SET balance = balance - 1 WHERE id = \(from)",
      "UPDATE account SET balance = balance + 1 WHERE id = \(to)", "COMMIT",
    ]
  }
}
