import MuddledCore

extension Scenario {
  /// Two clients who each draw money after they have read how much there is: one of them is lost.
  ///
  /// - Parameter reading: what is added to the statement that reads.
  static func withdrawals(reading lock: String = "") -> Scenario {
    Scenario("withdrawals") {
      Setup(
        "CREATE TABLE account (id INT PRIMARY KEY, balance INT)",
        "INSERT INTO account VALUES (1, 100)")
      Reset("REPLACE INTO account VALUES (1, 100)")
      for (name, amount) in [("alice", 10), ("bob", 20)] {
        Client(name) {
          "BEGIN"
          Step("\(name) reads", "SELECT balance INTO @before FROM account WHERE id = 1" + lock)
          Step("\(name) writes", "UPDATE account SET balance = @before - \(amount) WHERE id = 1")
          "COMMIT"
        }
      }
      Check("SELECT * FROM account")
      Assert("SELECT balance = 70 FROM account")
    }
  }

  /// Two clients who change two rows in opposite sequence.
  static let deadlock = Scenario("crossing") {
    Setup("CREATE TABLE t (id INT PRIMARY KEY, n INT)", "INSERT INTO t VALUES (1, 0), (2, 0)")
    Reset("REPLACE INTO t VALUES (1, 0), (2, 0)")
    for (name, rows) in [("a", [1, 2]), ("b", [2, 1])] {
      Client(name) {
        "BEGIN"
        for row in rows { "UPDATE t SET n = n + 1 WHERE id = \(row)" }
        "COMMIT"
      }
    }
  }
}
