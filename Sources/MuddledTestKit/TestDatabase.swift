public import MuddledSandbox
import Testing

/// A test's own database on a private server.
///
/// In Swift Testing the trait ``Testing/Trait/ownDatabase`` makes it; in XCTest, `SandboxTestCase` of `MuddledXCTest`.
public struct TestDatabase: Sendable {
  /// The server.
  public let sandbox: Sandbox
  /// The database's name, which no other test's database has.
  public let name: String

  /// The database's DSN over the server's unix socket, in the Go driver's style.
  public var dsn: String { sandbox.mariaDBDSN(database: name) }

  /// The database's DSN over TCP, for code under test that knows no unix sockets.
  public var tcpDSN: String { sandbox.mariaDBTCPDSN(database: name) }

  @TaskLocal static var ofTask: TestDatabase?

  /// The database of the test that runs.
  ///
  /// - Throws: an error if neither the test nor its suite has the trait ``Testing/Trait/ownDatabase``.
  public static var current: TestDatabase {
    get throws { try #require(ofTask, "the test or its suite needs the trait .ownDatabase") }
  }

  /// The server that tests get: empty, and with all that it can tell of who waits for whom.
  package static let server = Sandbox.Options(
    mariaDBArguments: Sandbox.Options.lockListArguments)

  /// Makes an empty database.
  package static func make(on sandbox: Sandbox) async throws -> TestDatabase {
    TestDatabase(sandbox: sandbox, name: try await sandbox.makeDatabase())
  }

  /// Drops the database.
  package func remove() async throws { try await sandbox.removeDatabase(name) }
}
