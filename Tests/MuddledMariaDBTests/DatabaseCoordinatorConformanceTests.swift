import MuddledMariaDB
import MuddledSandbox
import MuddledTestKit
import Testing

@Suite(
  "DatabaseCoordinator is a coordinator", .timeLimit(.minutes(20)),
  .mariaDB("--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "--autocommit=0"))
struct DatabaseCoordinatorConformanceTests {
  @Test("It does what every coordinator does", arguments: CoordinatorConformance.checks)
  func conformance(check: CoordinatorConformance.Check) async throws {
    let dsn = try Sandbox.ofTest.dsn
    try await check.run(CoordinatorConformance { try await DatabaseCoordinator(dsn, batch: $0) })
  }
}
