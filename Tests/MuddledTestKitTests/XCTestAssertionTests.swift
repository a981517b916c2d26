import MuddledCore
import MuddledMariaDB
import MuddledTestKit
import MuddledXCTest
import XCTest

/// The same for those who use XCTest.
final class XCTestAssertionTests: SandboxTestCase {
  func testWhatIsAsExpectedPasses() async throws {
    let locked = Scenario.withdrawals(reading: " FOR UPDATE")
    try await XCTAssertOutcomes(["(1, 70)"], of: locked, on: .mariaDB(database.dsn))
    try await XCTAssertInvariant(of: locked, on: .mariaDB(database.dsn))
    try await XCTAssertInvariant("both drew", of: locked, on: .mariaDB(database.dsn)) {
      $0[step: "alice writes"].affected == 1 && $0[step: "bob writes"].affected == 1
    }
    try await XCTAssertNoDeadlock(of: locked, on: .mariaDB(database.dsn))
  }

  func testEachTestHasAnEmptyDatabaseOfItsOwn() async throws {
    let server = try MariaDBDatabase.mariaDB(database.dsn)
    let results = try await server.run(["CREATE TABLE t (n INT)", "SELECT DATABASE()"])
    XCTAssertNil(results[0].error)
    XCTAssertEqual(results[1].rows?.rows, [[.text(database.name)]])
    await server.close()
  }

  func testTheDatabaseOfTheTestBeforeIsGone() async throws {
    let server = try MariaDBDatabase.mariaDB(database.dsn)
    let names = try await server.run(["SHOW DATABASES LIKE 'test%'"])[0].rows?.rows
    XCTAssertEqual(names, [[.text(database.name)]])
    await server.close()
  }

  func testWhatIsNotAsExpectedFailsWithOrderTranscriptAndTokenAtItsLine() async throws {
    let server = try MariaDBDatabase.mariaDB(database.dsn)
    let scenario = Scenario.withdrawals()
    let line = UInt(#line)
    try await failing { try await XCTAssertOutcomes(["(1, 70)"], of: scenario, on: server) }
    try await failing { try await XCTAssertInvariant(of: scenario, on: server) }
    try await failing {
      try await XCTAssertInvariant("both count", of: scenario, on: server) {
        $0.finalState == "(1, 70)"
      }
    }
    try await failing { try await XCTAssertNoDeadlock(of: .deadlock, on: server) }
    let expected = [
      "60 of 70 orders give another outcome", "do not hold: SELECT balance = 70",
      "does not hold: both count", "orders give a deadlock",
    ]
    XCTAssertEqual(caught.count, expected.count)
    for (failure, words) in zip(caught, expected) {
      XCTAssert(failure.text.contains(words), failure.text)
      for part in ["\n  order: ", "\n  token: ", "\nstarting permutation: "] {
        XCTAssert(failure.text.contains(part), "no \(part)in \(failure.text)")
      }
      XCTAssert((line + 1...line + 9).contains(UInt(failure.line)), "line \(failure.line)")
    }
  }

  // MARK: Catching failures

  private var catches = false
  private var caught: [(text: String, line: Int)] = []

  /// Runs what must fail.
  private func failing(_ body: () async throws -> Void) async throws {
    catches = true
    defer { catches = false }
    try await body()
  }

  override func recordFailure(
    withDescription description: String, inFile filePath: String, atLine lineNumber: Int,
    expected: Bool
  ) {
    guard catches else {
      return super.recordFailure(
        withDescription: description, inFile: filePath, atLine: lineNumber, expected: expected)
    }
    caught.append((description, lineNumber))
  }
}
