import Foundation
import MuddledCore
import MuddledSandbox
import MuddledTestKit

/// A private server and a folder, for tests that run `muddled explore` and its like.
struct ExploreStage: Sendable {
  let sandbox: Sandbox

  static func with(_ body: @Sendable (ExploreStage) async throws -> Void) async throws {
    try await Turnstile.servers.pass {
      try await Sandbox.withServers { try await body(ExploreStage(sandbox: $0)) }
    }
  }

  /// The path of a file of the test's own.
  func path(_ name: String) -> String { sandbox.folder + "/" + name }

  /// Writes a file, and returns its path.
  func file(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
    return path(name)
  }

  /// Runs `muddled` with these arguments; those that need a server find the stage's.
  func muddled(_ arguments: [String]) async throws -> ProgramRun {
    try await ProgramRun(
      muddledProgram, arguments, setting: ["MUDDLED_DB_DSN": sandbox.mariaDBDSN()])
  }

  /// The databases of lanes that are on the server.
  func lanes() async throws -> String {
    try await sandbox.query("SHOW DATABASES LIKE 'muddled\\_lane\\_%'")
  }

  /// Two clients, each with two statements on one row: 6 orders, 3 outcomes with the check.
  static let pair = """
    setup { CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1); }
    teardown { DROP TABLE t; }
    session a
    step a1 { UPDATE t SET n = n + 1; }
    step a2 { SELECT n FROM t; }
    session b
    step b1 { UPDATE t SET n = n * 10; }
    step b2 { SELECT n FROM t; }

    """

  /// What makes ``pair`` fast.
  static let pairArguments = [
    "-q", "--reset", "sql:REPLACE INTO t VALUES (1, 1)", "--check", "SELECT n FROM t",
  ]
}

/// Where this repository's files are.
enum Repository {
  /// The folder of the package, without a slash at its end.
  static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    .dropLast(4).joined(separator: "/")
}
