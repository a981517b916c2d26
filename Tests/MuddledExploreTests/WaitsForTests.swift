import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@Suite(
  "Whom a step waits for, and who wakes first", .serialized, .timeLimit(.minutes(20)),
  .sandbox(
    Sandbox.Options(
      mariaDBArguments: Sandbox.Options.lockListArguments + ["--innodb-lock-wait-timeout=2"])))
struct WaitsForTests {
  @Test("A client that waits for a row waits for the one that changed it")
  func row() async throws {
    let scenario = try Scenario.accounts([Scenario.update(1, of: 1), Scenario.update(2, of: 1)])
    let (order, _) = try await Exploring.one(scenario, "a1 a2 a3 b1 b2 b3 a4 b4")
    #expect(order.waits == ["b2: a"])
    let (other, _) = try await Exploring.one(scenario, "b1 b2 b3 a1 a2 a3 b4 a4")
    #expect(other.waits == ["a2: b"])
    #expect(order.steps[5].wait?.isAssumed == false)
  }

  @Test(
    "Three clients on one row: each waits for the holder and all before it, and wakes after these")
  func queue() async throws {
    let scenario = try Scenario.accounts([
      ["BEGIN", "UPDATE account SET balance = balance * 2 WHERE id = 1", "COMMIT"],
      ["UPDATE account SET balance = balance + 1 WHERE id = 1"],
      ["UPDATE account SET balance = balance * 10 WHERE id = 1"],
    ])
    let (first, summary) = try await Exploring.one(scenario, "a1 a2 b1 c1 a3")
    #expect(first.waits == ["b0: a", "c0: a, b; after b"])
    #expect(first.final == "2010;200")
    let text = try #require(summary.text(ofOutcome: "\(first.outcome)"))
    #expect(text.contains("<waiting ...>\n  waits for a\n"))
    #expect(text.contains("<waiting ...>\n  waits for a, b; wakes after b\n"))
    let (second, _) = try await Exploring.one(scenario, "a1 a2 c1 b1 a3")
    #expect(second.waits == ["c0: a", "b0: a, c; after c"])
    #expect(second.final == "2001;200")
  }

  @Test("Waiters that do not keep each other waiting have no sequence in which they wake")
  func readers() async throws {
    let read = "SELECT balance FROM account WHERE id = 1 LOCK IN SHARE MODE"
    let scenario = try Scenario.accounts([
      ["BEGIN", "UPDATE account SET balance = 1 WHERE id = 1", "COMMIT"], [read], [read],
    ])
    let (order, _) = try await Exploring.one(scenario, "a1 a2 b1 c1 a3")
    #expect(order.waits == ["b0: a", "c0: a"])
  }

  @Test(
    "A metadata lock: DDL waits for the transaction, and who comes later waits for the DDL alone")
  func metadata() async throws {
    let read = "SELECT balance FROM account WHERE id = 1"
    let scenario = try Scenario.accounts(
      [["BEGIN", read, "COMMIT"], ["ALTER TABLE account ADD COLUMN note INT"], [read]],
      reset: false)
    let (order, _) = try await Exploring.one(scenario, "a1 a2 b1 c1 a3")
    #expect(order.waits == ["b0: a", "c0: b; after b"])
  }

  @Test("A user lock: who waits, but not who wakes first, as such a wait can end without the lock")
  func userLock() async throws {
    let take = "SELECT GET_LOCK('muddled_test', 10)"
    let scenario = try Scenario.accounts([
      [take, "SELECT RELEASE_LOCK('muddled_test')"], [take], [take],
    ])
    let (order, _) = try await Exploring.one(scenario, "a1 b1 a2 c1") {
      $0.limits.stallTimeout = .milliseconds(200)
    }
    #expect(order.waits == ["b0: a", "c0: b"])
  }

  @Test("A deadlock: the first of the cycle waits for the other, and the outcome is marked")
  func deadlock() async throws {
    let scenario = try Scenario.accounts([
      Scenario.transfer(from: 1, to: 2), Scenario.transfer(from: 2, to: 1),
    ])
    let (order, summary) = try await Exploring.one(scenario, "a1 a2 b1 b2 a3 b3 a4 b4")
    #expect(order.waits.first == "a2: b")
    #expect(summary.tally.outcomes.map(\.marks) == [["deadlock"]])
    #expect(summary.text(width: 100).contains("1 orders (deadlock)"))
  }

  @Test(
    "The server's lock-wait time-out and a cancelled step mark the outcome, and wake after nobody")
  func ends() async throws {
    let change = "UPDATE account SET balance = 2 WHERE id = 1"
    let timeout = try Scenario.accounts([
      ["BEGIN", change], ["SET innodb_lock_wait_timeout = 1", change],
    ])
    let (late, lateSummary) = try await Exploring.one(timeout, "a1 a2 b1 b2")
    #expect(late.waits == ["b1: a"])
    #expect(late.result(1, 1) == "error 1205")
    #expect(lateSummary.tally.outcomes.map(\.marks) == [["lock-wait time-out"]])
    let take = "SELECT GET_LOCK('muddled_stall', 60)"
    let stall = try Scenario.accounts([[take], [take], [take]])
    let (stalled, summary) = try await Exploring.one(stall, "a1 b1 c1") {
      $0.limits.stallTimeout = .milliseconds(200)
    }
    #expect(stalled.waits == ["b0: a", "c0: a"])
    #expect(stalled.steps.map(\.results.words) == ["1", "cancelled", "cancelled"])
    #expect(summary.tally.outcomes.map(\.marks) == [["cancelled"]])
  }

  @Test("A session that is no client's is named by its connection id")
  func outsider() async throws {
    let database = try Exploring.database()
    let outsider = try await database.openSession()
    _ = try await outsider.execute("SELECT GET_LOCK('muddled_outside', 0)")
    let scenario = try Scenario.accounts([["SELECT GET_LOCK('muddled_outside', 60)"], ["DO 1"]])
    let (order, summary) = try await Exploring.one(scenario, "b1 a1") {
      $0.limits.stallTimeout = .milliseconds(200)
    }
    #expect(order.waits == ["a0: #\(outsider.connectionID)"])
    let text = try #require(summary.text(ofOutcome: "\(order.outcome)"))
    #expect(text.contains("  waits for connection \(outsider.connectionID)\n"))
    await outsider.close()
    await database.close()
  }

  @Test("Every run of all orders tells the same, on one lane and on four", arguments: [1, 4])
  func same(lanes: Int) async throws {
    let scenario = try Scenario.accounts([
      ["BEGIN", "UPDATE account SET balance = balance * 2 WHERE id = 1", "COMMIT"],
      ["BEGIN", "UPDATE account SET balance = balance + 1 WHERE id = 1", "COMMIT"],
      ["UPDATE account SET balance = balance * 10 WHERE id = 1"],
    ])
    let (_, orders, _) = try await Exploring.run(scenario)
    #expect(orders.count == 140)
    for order in orders {
      let found = order.steps.filter(\.wasBlocked)
      #expect(found.allSatisfy { $0.wait?.holders.isEmpty == false }, "\(order.dispatchedSteps)")
    }
    for _ in 0..<3 {
      let (summary, again, _) = try await Exploring.run(scenario) { $0.lanes = lanes }
      #expect(again.map { $0.story + $0.waits } == orders.map { $0.story + $0.waits })
      #expect(summary.nondeterminism.isEmpty)
      #expect(summary.remarks.isEmpty)
    }
  }
}

@Suite(
  "Whom a step waits for, on a server that lists no locks", .serialized, .timeLimit(.minutes(20)),
  .sandbox(Sandbox.Options()))
struct WaitsForUnlistedTests {
  private static let scenario = [
    ["BEGIN", "UPDATE account SET balance = 1 WHERE id = 1", "COMMIT"],
    ["UPDATE account SET balance = 2 WHERE id = 1"],
  ]

  @Test("The lists are turned on for the run, and off again")
  func turnedOn() async throws {
    let (order, summary) = try await Exploring.one(
      try Scenario.accounts(Self.scenario), "a1 a2 b1 a3")
    #expect(order.waits == ["b0: a"])
    #expect(summary.remarks == [])
    #expect(try await Exploring.rows("SELECT @@innodb_status_output_locks") == [["0"]])
    _ = try await Exploring.rows("SET GLOBAL innodb_status_output_locks = ON")
    _ = try await Exploring.one(try Scenario.accounts(Self.scenario), "a1 a2 b1 a3")
    #expect(try await Exploring.rows("SELECT @@innodb_status_output_locks") == [["1"]])
    _ = try await Exploring.rows("SET GLOBAL innodb_status_output_locks = OFF")
  }

  @Test("An account that may not turn them on: nothing is told, and the summary says why")
  func refused() async throws {
    for sql in [
      "CREATE OR REPLACE USER plain@localhost", "GRANT PROCESS ON *.* TO plain@localhost",
      "GRANT ALL ON `muddled_lane_%`.* TO plain@localhost",
      "GRANT ALL ON client_test.* TO plain@localhost",
    ] { _ = try await Exploring.rows(sql) }
    let scenario = try Scenario.accounts(Self.scenario)
    let (order, summary) = try await Exploring.one(scenario, "a1 a2 b1 a3", user: "plain")
    #expect(order.waits == ["b0: "])
    #expect(summary.remarks.count == 1)
    #expect(summary.remarks.first?.contains("SET GLOBAL innodb_status_output_locks = ON") == true)
  }

  @Test("Without lists of metadata locks a user lock's holder is known by the lock's name")
  func userLock() async throws {
    let take = "SELECT GET_LOCK('muddled_test', 10)"
    let release = "SELECT RELEASE_LOCK('muddled_test')"
    let scenario = try Scenario.accounts([[take, release], [take]])
    let (order, _) = try await Exploring.one(scenario, "a1 b1 a2")
    #expect(order.waits == ["b0: a"])
    let hidden = try Scenario.accounts([
      [take, release], ["SELECT GET_LOCK(CONCAT('muddled', '_test'), 10)"],
    ])
    let (doubtful, _) = try await Exploring.one(hidden, "a1 b1 a2")
    #expect(doubtful.waits == ["b0: "])
  }

  @Test("Without lists of metadata locks nothing is told of them, and the summary says why")
  func metadata() async throws {
    let scenario = try Scenario.accounts(
      [
        ["BEGIN", "SELECT balance FROM account", "COMMIT"],
        ["ALTER TABLE account ADD COLUMN note INT"],
      ], reset: false)
    let (order, summary) = try await Exploring.one(scenario, "a1 a2 b1 a3")
    #expect(order.waits == ["b0: "])
    #expect(summary.remarks.contains { $0.contains("performance_schema = ON") })
  }
}

extension Execution {
  /// For each step that waited, whom for and after whom it woke: `c0: a, b; after b`.
  fileprivate var waits: [String] {
    func name(_ client: Int) -> String { String(Array("abcdefgh")[client]) }
    return steps.filter(\.wasBlocked).map { step in
      let holders = step.wait?.holders.map { holder in
        switch holder {
        case .client(let client): name(client)
        case .outsider(let connection): "#\(connection)"
        }
      }
      let woken = (step.wait?.wokenAfter ?? []).map(name).joined(separator: ", ")
      return "\(name(step.client))\(step.step): \((holders ?? ["?"]).joined(separator: ", "))"
        + (woken.isEmpty ? "" : "; after \(woken)")
    }
  }
}
