import MuddledCore
import MuddledTestKit
import Testing

@Suite(
  "Lock waits in an exploration", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Exploring.servers))
struct LockWaitTests {
  private static func one(_ scenario: Scenario, _ order: String) async throws -> Execution {
    try await Exploring.one(scenario, order).order
  }

  @Test("A deadlock ends without a time-out, and its victim's error is a result")
  func deadlock() async throws {
    let scenario = try Scenario.accounts([
      Scenario.transfer(from: 1, to: 2), Scenario.transfer(from: 2, to: 1),
    ])
    let (summary, orders, _) = try await Exploring.run(scenario)
    #expect(orders.count == 70)
    #expect(summary.tally.deadlocks > 0)
    #expect(summary.tally.errors == summary.tally.deadlocks)
    #expect(summary.tally.cancelled == 0)
    #expect(summary.tally.outcomes.contains { $0.hasDeadlock && $0.hasError })
    let order = try await Self.one(scenario, "a1 a2 b1 b2 a3 b3 a4 b4")
    let errors = order.steps.filter { $0.results.words == "error 1213" }
    #expect(errors.count == 1)
    // Who is the victim is the server's choice; the other's transfer stands.
    #expect(order.final == (errors[0].client == 0 ? "101;199" : "99;201"))
  }

  @Test("Three clients queue for one row: who waits, and in which sequence they wake")
  func queue() async throws {
    let scenario = try Scenario.accounts([
      ["BEGIN", "UPDATE account SET balance = balance * 2 WHERE id = 1", "COMMIT"],
      ["UPDATE account SET balance = balance + 1 WHERE id = 1"],
      ["UPDATE account SET balance = balance * 10 WHERE id = 1"],
    ])
    let first = try await Self.one(scenario, "a1 a2 b1 c1 a3")
    #expect(first.steps.map(\.wasBlocked) == [false, false, true, true, false])
    #expect(first.steps.map(\.settledAfter) == [0, 1, 4, 4, 4])
    #expect(first.final == "2010;200")
    let second = try await Self.one(scenario, "a1 a2 c1 b1 a3")
    #expect(second.final == "2001;200")
    #expect(!first.isDeferred)
  }

  @Test("A statement that waits for a metadata lock is found, and defers its client's next step")
  func metadata() async throws {
    let scenario = try Scenario.accounts(
      [
        ["BEGIN", "SELECT balance FROM account WHERE id = 1", "COMMIT"],
        ["ALTER TABLE account ADD COLUMN note INT", "SELECT COUNT(*) FROM account"],
      ], reset: false)
    let order = try await Self.one(scenario, "a1 a2 b1 b2 a3")
    #expect(order.steps.map(\.wasBlocked) == [false, false, true, false, false])
    #expect(order.dispatched == [0, 0, 1, 0, 1])
    #expect(order.isDeferred)
    let (summary, _, _) = try await Exploring.run(scenario)
    #expect(summary.orders == 10)
    #expect(summary.tally.cancelled == 0)
    #expect(summary.tally.errors == 0)
    #expect(summary.tally.lockWaits > 0)
  }

  @Test("A statement that waits for a user lock is found")
  func userLock() async throws {
    let scenario = try Scenario.of(
      """
      session a
      step a1 { SELECT GET_LOCK('muddled_test', 10); }
      step a2 { SELECT RELEASE_LOCK('muddled_test'); }
      session b
      step b1 { SELECT GET_LOCK('muddled_test', 10); }
      step b2 { SELECT RELEASE_LOCK('muddled_test'); }
      """)
    let (summary, orders, _) = try await Exploring.run(scenario)
    #expect(orders.map(\.rank) == Array(0..<6))
    #expect(summary.tally.lockWaits == 4)
    #expect(summary.tally.outcomes.count == 1)
    #expect(orders.allSatisfy { order in order.steps.allSatisfy { $0.results.words == "1" } })
    #expect(summary.duration < .seconds(5))
  }

  @Test("A wait that nothing ends is cancelled after the stall time, and the order goes on")
  func stall() async throws {
    let scenario = try Scenario.of(
      """
      session a
      step a1 { SELECT GET_LOCK('muddled_stall', 60); }
      step a2 { SELECT 1; }
      session b
      step b1 { SELECT GET_LOCK('muddled_stall', 60); }
      step b2 { SELECT 2; }
      """)
    let rank = try scenario.orderSpace().rank(of: scenario.order(from: "a1 b1 a2 b2"))
    let (summary, orders, transcript) = try await Exploring.run(scenario) {
      $0.selection = .ranks(rank..<rank + 1)
      $0.limits.stallTimeout = .milliseconds(200)
    }
    #expect(summary.tally.cancelled == 1)
    #expect(orders[0].result(1, 0) == "cancelled")
    #expect(orders[0].result(1, 1) == "2")
    #expect(summary.duration >= .milliseconds(200))
    #expect(summary.duration < .seconds(5))
    #expect(transcript.contains("canceling step b1"))
  }

  @Test("The server's own lock-wait time-out is a result")
  func timeout() async throws {
    let scenario = try Scenario.accounts([
      ["BEGIN", "UPDATE account SET balance = 1 WHERE id = 1"],
      [
        "SET innodb_lock_wait_timeout = 1",
        "UPDATE account SET balance = 2 WHERE id = 1",
      ],
    ])
    let order = try await Self.one(scenario, "a1 a2 b1 b2")
    #expect(order.result(1, 1) == "error 1205")
    #expect(order.steps[3].wasBlocked)
    #expect(order.final == "100;200")
  }

  @Test("A statement that is slow and waits for nothing is not taken for a wait")
  func slow() async throws {
    let scenario = try Scenario.accounts([
      ["SELECT SLEEP(0.1)", "SELECT 1"], ["SELECT 2", "SELECT SLEEP(0.1)"],
    ])
    let (summary, _, _) = try await Exploring.run(scenario)
    #expect(summary.tally.lockWaits == 0)
    #expect(summary.tally.deferredOrders == 0)
  }

  @Test("An error of the server is a result, and the client goes on")
  func statementError() async throws {
    let scenario = try Scenario.accounts([
      ["SELECT * FROM nothing", "SELECT 1"], ["INSERT INTO account VALUES (1, 1)"],
    ])
    let (summary, orders, transcript) = try await Exploring.run(scenario)
    #expect(orders.count == 3)
    #expect(summary.tally.errors == 6)
    for order in orders {
      #expect(order.result(0, 0) == "error 1146")
      #expect(order.result(0, 1) == "1")
      #expect(order.result(1, 0) == "error 1062")
    }
    // The lane's name is in the server's words, or else four lanes would differ from one.
    #expect(transcript.contains("ERROR:  Duplicate entry"))
  }
}
