import MuddledSandbox
public import MuddledTestKit
import Synchronization
public import XCTest

/// A test case with a private MariaDB for its class, and an empty database for each of its tests.
///
/// ```swift
/// final class TransferTests: SandboxTestCase {
///   func testNoMoneyIsLost() async throws {
///     try await XCTAssertInvariant(of: transfer, on: .mariaDB(database.dsn))
///   }
/// }
/// ```
///
/// A subclass that overrides `setUp() async throws`, `tearDown() async throws` or the class's `tearDown()` calls `super`'s.
open class SandboxTestCase: XCTestCase {
  private static let servers = Mutex<[ObjectIdentifier: Sandbox]>([:])
  private var made: TestDatabase?

  /// The test's own database; it traps outside a test.
  public var database: TestDatabase {
    guard let made else {
      fatalError("There is no database outside a test: call super.setUp() before you ask for it.")
    }
    return made
  }

  /// Starts the class's server before its first test, and makes the test's database.
  @concurrent open override func setUp() async throws {
    try await super.setUp()
    made = try await TestDatabase.make(on: try await Self.server())
  }

  /// Drops the test's database.
  @concurrent open override func tearDown() async throws {
    try await made?.remove()
    made = nil
    try await super.tearDown()
  }

  /// Ends the class's server.
  open override class func tearDown() {
    // With its last reference, the server ends.
    servers.withLock { $0[ObjectIdentifier(self)] = nil }
    super.tearDown()
  }

  private static func server() async throws -> Sandbox {
    if let running = servers.withLock({ $0[ObjectIdentifier(self)] }) { return running }
    let started = try await Sandbox.start(TestDatabase.server)
    servers.withLock { $0[ObjectIdentifier(self)] = started }
    return started
  }
}
