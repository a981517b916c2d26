import Logging
import MuddledCore
import MuddledMariaDB
import MuddledTestKit
import MuddledXCTest
import Testing

/// What the documents show, as it is compiled and run; ``DocumentationTests`` compares them.
@Suite("What the documents show", .ownDatabase, .timeLimit(.minutes(20)))
struct Snippets {
  let transfer = Scenario("transfer") {
    Setup(
      "CREATE TABLE account (id INT PRIMARY KEY, balance INT)",
      "INSERT INTO account VALUES (1, 100), (2, 0)")
    Client("alice") {
      "BEGIN"
      "SELECT balance FROM account WHERE id = 1"
      "UPDATE account SET balance = 60 WHERE id = 1"
      "COMMIT"
    }
    Client("bob") {
      "BEGIN"
      Step("read", "SELECT balance FROM account WHERE id = 1")
      "UPDATE account SET balance = 70 WHERE id = 1"
      "COMMIT"
    }
    Check("SELECT * FROM account ORDER BY id")
  }

  @Test("Getting started, and reading the outcome table")
  func gettingStarted() async throws {
    let dsn = try TestDatabase.current.dsn
    let report = try await Explorer(database: .mariaDB(dsn)).explore(transfer)
    for outcome in report.outcomes {
      print(outcome.orders, outcome.witness.token, outcome.witness.finalState)
    }
    #expect(report.orders == 70)
    for outcome in report.outcomes where outcome.marks.isEmpty {
      let run = outcome.witness
      let seen = run[step: "read"].rows?[0, "balance"].int
      let left = run.finalRows[0].values(of: "balance").compactMap(\.int)
      print("\(outcome.digest.short): bob read \(seen ?? 0), and \(left) is left; \(run.token)")
    }
  }

  @Test("Exploring: a sample on two lanes")
  func sample() async throws {
    let dsn = try TestDatabase.current.dsn
    var options = ExploreOptions()
    options.selection = .sample(count: 30, seed: 7)
    options.lanes = 2
    let report = try await Explorer(database: .mariaDB(dsn), options: options).explore(transfer)
    #expect(report.tally.ordersRun == 30)
  }

  @Test("Exploring: events, and one order again by its token")
  func events() async throws {
    let dsn = try TestDatabase.current.dsn
    let report = try await Explorer(database: .mariaDB(dsn)).explore(transfer) { events in
      for await event in events {
        guard case .order(let execution) = event, execution.isDeferred else { continue }
        print(transfer.naming(execution).transcript)
        break
      }
    }
    print("\(report.tally.ordersRun) of \(report.orders) orders were run")
    #expect(report.tally.ordersRun < 70)
    try await replay(report.outcomes[0].witness.token.description, dsn)
  }

  private func replay(_ text: String, _ dsn: String) async throws {
    var options = ExploreOptions()
    options.selection = .token(try Token(text))
    let report = try await Explorer(database: .mariaDB(dsn), options: options).explore(transfer)
    print(report.outcomes[0].witness.transcript)
    #expect(report.orders == 1)
  }

  @Test("Batches: two nodes that meet in this process")
  func batch() async throws {
    let dsn = try TestDatabase.current.dsn
    let tables = try MariaDBDatabase.mariaDB(dsn)
    _ = try await tables.run(["CREATE TABLE t (id INT PRIMARY KEY, n INT)"])
    await tables.close()
    let store = InProcessStore()
    async let other = BatchRunner(
      BatchConfiguration(
        node: "2", partners: ["1"], batch: "9982",
        steps: [Step("UPDATE t SET n = n * 10"), Step("SELECT n FROM t")]),
      database: MariaDBDatabase(try MariaDBDSN(dsn)),
      coordinator: try store.coordinator(batch: "9982"), reporters: [],
      logger: Logger(label: "node 2")
    ).run()
    let own = try await node(
      ListLoader(statements: ["UPDATE t SET n = n + 1", "SELECT n FROM t"]), dsn,
      try store.coordinator(batch: "9982"))
    #expect(own.orders == 6)
    #expect(try await other.orders == 6)
  }

  private func node(
    _ loader: some Loader, _ dsn: String, _ coordinator: some Coordinator
  ) async throws -> BatchSummary {
    var configuration = BatchConfiguration(
      node: "1", partners: ["2"], batch: "9982", steps: try await loader.load())
    configuration.reset = ["REPLACE INTO t VALUES (1, 0)"]
    let runner = BatchRunner(
      configuration, database: MariaDBDatabase(try MariaDBDSN(dsn)), coordinator: coordinator,
      reporters: [], logger: Logger(label: "node 1"))
    let summary = try await runner.run()
    return summary
  }

  @Test("Writing a loader: its steps in a scenario")
  func loaded() async throws {
    let loader = ListLoader(statements: ["SELECT 1", "SELECT 2"])
    let steps = try await loader.load()
    let scenario = Scenario("loaded") {
      Client("alice") { steps }
      Client("bob") { "UPDATE t SET n = n + 1" }
    }
    #expect(try scenario.orderSpace().count == 3)
  }
}

/// Gives the statements that it was made with.
private struct ListLoader: Loader {
  let statements: [String]

  func load() async throws -> [Step] { statements.map { Step($0) } }
}

private let transfer = Snippets().transfer

final class WithdrawalTests: SandboxTestCase {
  func testNobodyWaitsForever() async throws {
    try await XCTAssertNoDeadlock(of: transfer, on: .mariaDB(database.dsn))
  }
}

/// The README's.
@Suite(.ownDatabase) struct TransferTests {
  let transfer = Scenario("transfer") {
    Setup(
      "CREATE TABLE account (id INT PRIMARY KEY, balance INT)",
      "INSERT INTO account VALUES (1, 100), (2, 0)")
    Client("alice") {
      "BEGIN"
      "SELECT balance FROM account WHERE id = 1"
      "UPDATE account SET balance = 60 WHERE id = 1"
      "COMMIT"
    }
    Client("bob") {
      "BEGIN"
      Step("read", "SELECT balance FROM account WHERE id = 1")
      "UPDATE account SET balance = 70 WHERE id = 1"
      "COMMIT"
    }
    Check("SELECT * FROM account ORDER BY id")
  }

  @Test func oneOfThemWins() async throws {
    try await expectOutcomes(
      ["(1, 60) (2, 0)", "(1, 70) (2, 0)"], of: transfer, on: .mariaDB(TestDatabase.current.dsn))
  }
}
