import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@testable import MuddledMariaDB

extension Trait where Self == SandboxTrait {
  /// A sandbox with a MariaDB that has a database `t` and gets these further arguments.
  static func mariaDB(_ arguments: String..., generalLog: Bool = false) -> Self {
    .sandbox(
      Sandbox.Options(database: "t", generalLog: generalLog, mariaDBArguments: arguments))
  }
}

extension Sandbox {
  /// Where MariaDB is, by its unix socket.
  nonisolated var dsn: MariaDBDSN { get throws { try MariaDBDSN(mariaDBDSN()) } }
}

/// A database `t` (and another, `u`) on the suite's server, with the DSN changed as wanted.
func testDatabase(
  options: MariaDBDatabase.Options = .init(), loop: EventLoop = .mariaDB,
  _ change: (inout MariaDBDSN) -> Void = { _ in }
) async throws -> MariaDBDatabase {
  var dsn = try Sandbox.ofTest.dsn
  dsn.database = ""
  let setup = MariaDBDatabase(dsn)
  _ = try await setup.run(["CREATE DATABASE IF NOT EXISTS t", "CREATE DATABASE IF NOT EXISTS u"])
  await setup.close()
  dsn.database = "t"
  change(&dsn)
  return MariaDBDatabase(dsn, options: options, loop: loop)
}

/// A coordinator on the suite's server; a fresh account's rights can be tested through `change`.
func testCoordinator(
  _ batch: String, options: DatabaseCoordinator.Options = .init(),
  _ change: (inout MariaDBDSN) -> Void = { _ in }
) async throws -> DatabaseCoordinator {
  let database = try await testDatabase(change)
  await database.close()
  return try await DatabaseCoordinator(database.dsn, batch: batch, options: options)
}

/// The rows of a result that is expected to have some.
func rows(_ results: [StatementResult]) -> [[SQLValue]] {
  guard case .rows(let found) = results.first else {
    Issue.record("no rows: \(results)")
    return []
  }
  return found.rows
}
