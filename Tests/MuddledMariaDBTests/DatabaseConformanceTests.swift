import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@testable import MuddledMariaDB

extension DatabaseConformance {
  /// The suite on the running test's server.
  static func onSandbox(
    slack: Duration = .seconds(10), options: MariaDBDatabase.Options = .init(),
    make: @escaping @Sendable (MariaDBDatabase) -> any Database = { $0 }
  ) throws -> DatabaseConformance {
    let dsn = try Sandbox.ofTest.dsn
    let database = { @Sendable (change: (inout MariaDBDSN) -> Void) in
      var changed = dsn
      change(&changed)
      return make(MariaDBDatabase(changed, options: options))
    }
    return DatabaseConformance(
      slack: slack,
      make: { database { _ in } }, absent: { database { $0.socket = "/nowhere.sock" } },
      refused: { database { ($0.user, $0.password) = ("nobody", "wrong") } })
  }
}

@Suite("MariaDBDatabase is a database", .timeLimit(.minutes(20)), .mariaDB("--autocommit=1"))
struct DatabaseConformanceTests {
  @Test("It does what every database does", arguments: DatabaseConformance.checks)
  func conformance(check: DatabaseConformance.Check) async throws {
    try await check.run(try .onSandbox())
  }

  @Test(
    "It does so when it joins statements as an explorer has it do",
    arguments: DatabaseConformance.checks)
  func joining(check: DatabaseConformance.Check) async throws {
    try await check.run(try .onSandbox(options: .exploring))
  }
}

@Suite(
  "A server whose sessions begin without autocommit", .timeLimit(.minutes(20)),
  .mariaDB("--autocommit=0"))
struct NoAutocommitTests {
  @Test("Statements outside every client are committed, also after some that change the session")
  func run() async throws {
    let database = try await testDatabase()
    for statement in ["CREATE TABLE c (a INT)", "INSERT INTO c VALUES (1)", "SET @a = 1"] {
      let results = try await database.run([statement])
      #expect(!results.joined().contains { if case .error = $0 { true } else { false } })
    }
    let other = try await testDatabase()
    #expect(rows(try await other.run(["SELECT a FROM c"])[0]) == [[.number("1")]])
    await other.close()
    await database.close()
  }
}
