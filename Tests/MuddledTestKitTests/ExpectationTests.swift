import MuddledCore
import MuddledMariaDB
import MuddledTestKit
import Testing

@Suite("What a test expects of a scenario", .ownDatabase, .timeLimit(.minutes(20)))
struct ExpectationTests {
  @Test("What is as expected records nothing, and gives the report")
  func asExpected() async throws {
    let dsn = try TestDatabase.current.dsn
    let locked = Scenario.withdrawals(reading: " FOR UPDATE")
    let report = try await expectOutcomes(["(1, 70)"], of: locked, on: .mariaDB(dsn))
    #expect(report.orders == 70)
    try await expectOutcomes([70], of: locked, on: .mariaDB(dsn)) {
      $0.finalRows[0][0, "balance"].int
    }
    try await expectInvariant(of: locked, on: .mariaDB(dsn))
    try await expectInvariant("both drew", of: locked, on: .mariaDB(dsn)) {
      $0[step: "alice writes"].affected == 1 && $0[step: "bob writes"].affected == 1
    }
    try await expectNoDeadlock(of: locked, on: .mariaDB(dsn))
  }

  @Test("An invariant that does not hold fails with the orders, a transcript and a token")
  func invariant() async throws {
    let database = try MariaDBDatabase.mariaDB(TestDatabase.current.dsn)
    let scenario = Scenario.withdrawals()
    let words = try await recorded {
      try await expectInvariant("nobody's money is lost", of: scenario, on: database) {
        $0.finalState == "(1, 70)"
      }
    }
    let failure = try #require(words.first)
    #expect(words.count == 1)
    #expect(failure.contains("Scenario withdrawals: 60 of 70 orders give an outcome in which"))
    #expect(failure.contains("orders does not hold: nobody's money is lost."))
    try await expectReplays(failure, scenario, on: database) { $0.finalState != "(1, 70)" }
  }

  @Test("An assertion of the scenario that does not hold fails in the same way")
  func assertion() async throws {
    let database = try MariaDBDatabase.mariaDB(TestDatabase.current.dsn)
    let scenario = Scenario.withdrawals()
    let words = try await recorded { try await expectInvariant(of: scenario, on: database) }
    let failure = try #require(words.first)
    #expect(words.count == 1)
    #expect(
      failure.contains("60 of 70 orders do not hold: SELECT balance = 70 FROM account"))
    try await expectReplays(failure, scenario, on: database) { $0.finalState != "(1, 70)" }
  }

  @Test("An outcome too many and one too few are both named, with the orders of the former")
  func outcomes() async throws {
    let database = try MariaDBDatabase.mariaDB(TestDatabase.current.dsn)
    let scenario = Scenario.withdrawals()
    let words = try await recorded {
      try await expectOutcomes(["(1, 70)", "(1, 90)", "(1, 75)"], of: scenario, on: database)
    }
    let failure = try #require(words.first)
    #expect(words.count == 1)
    #expect(failure.contains("30 of 70 orders give another outcome than is expected."))
    #expect(failure.contains("No order gives (1, 75), which is expected."))
    #expect(failure.contains("gives (1, 80)."))
    #expect(!failure.contains("gives (1, 90)."))
    try await expectReplays(failure, scenario, on: database) { $0.finalState == "(1, 80)" }
  }

  @Test("A deadlock fails with the order in which it comes")
  func deadlock() async throws {
    let database = try MariaDBDatabase.mariaDB(TestDatabase.current.dsn)
    let words = try await recorded { try await expectNoDeadlock(of: .deadlock, on: database) }
    let failure = try #require(words.first)
    #expect(words.count == 1)
    #expect(failure.contains("orders give a deadlock."))
    #expect(failure.contains("ERROR:  Deadlock found"))
    try await expectReplays(failure, .deadlock, on: database) {
      $0.execution.steps.contains { $0.error?.code == 1213 }
    }
  }

  @Test("A failure stands at the line of the expectation")
  func location() async throws {
    let database = try MariaDBDatabase.mariaDB(TestDatabase.current.dsn)
    let line = #line + 3
    let didMatch = Confirmed()
    try await withKnownIssue {
      try await expectNoDeadlock(of: .deadlock, on: database)
    } matching: { issue in
      if issue.sourceLocation?.line == line { didMatch.confirm() }
      return true
    }
    #expect(didMatch.isConfirmed)
  }

  @Test("A scenario that cannot be run throws, and records nothing")
  func cannotRun() async throws {
    let database = try MariaDBDatabase.mariaDB(TestDatabase.current.dsn)
    let scenario = Scenario("broken") {
      Setup("INSERT INTO nowhere VALUES (1)")
      Client("alice") { "SELECT 1" }
    }
    await #expect(throws: MuddledError.self) {
      try await expectNoDeadlock(of: scenario, on: database)
    }
  }

  /// The words of the issues that are recorded.
  private func recorded(_ body: () async throws -> Void) async throws -> [String] {
    let words = Words()
    try await withKnownIssue {
      try await body()
    } matching: { issue in
      words.add(issue.comments.map(\.rawValue).joined())
      return true
    }
    return words.all
  }

  /// Expects that a failure has an order, a transcript and a token, which names an order of which something is true.
  private func expectReplays(
    _ failure: String, _ scenario: Scenario, on database: MariaDBDatabase,
    _ isTrue: (NamedExecution) -> Bool
  ) async throws {
    let lines = failure.split(separator: "\n")
    let token = try #require(lines.first { $0.hasPrefix("  token: ") }?.dropFirst(9))
    let order = try #require(lines.first { $0.hasPrefix("  order: ") }?.dropFirst(9))
    #expect(failure.contains("step \(scenario.sessions[0].steps[0].name): BEGIN"))
    var options = ExploreOptions()
    options.selection = .token(try Token(String(token)))
    let report = try await Explorer(database: database, options: options).explore(scenario)
    let run = try #require(report.outcomes.first).witness
    #expect(run.order == order)
    #expect(isTrue(run))
  }
}
