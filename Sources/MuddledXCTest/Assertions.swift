public import MuddledCore
import MuddledTestKit
import XCTest

/// Explores a scenario, and asserts that its outcomes come to these values, each of them and no others.
///
/// A failure shows for each outcome that is not expected its order, its transcript and its token.
///
/// - Parameters:
///   - expected: the values that the outcomes come to.
///   - scenario: what is explored.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - file: the file that a failure is shown in.
///   - line: the line that it is shown at.
///   - value: what an outcome comes to; called once for each, with its witness.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does, and what `value` throws.
@discardableResult
public func XCTAssertOutcomes<Value: Hashable>(
  _ expected: Set<Value>, of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), file: StaticString = #filePath, line: UInt = #line,
  by value: (NamedExecution) throws -> Value
) async throws -> ExploreSummary {
  let report = try await Explorer(database: database, options: options).explore(scenario)
  fail(try ExploreVerdict(report).outcomes(expected, by: value), file, line)
  return report
}

/// Explores a scenario, and asserts that the checks show these final states, each of them and no others.
///
/// - Parameters:
///   - expected: the final states, as ``MuddledCore/NamedExecution/finalState`` has them.
///   - scenario: what is explored.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - file: the file that a failure is shown in.
///   - line: the line that it is shown at.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does.
@discardableResult
public func XCTAssertOutcomes(
  _ expected: Set<String>, of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), file: StaticString = #filePath, line: UInt = #line
) async throws -> ExploreSummary {
  try await XCTAssertOutcomes(
    expected, of: scenario, on: database, options: options, file: file, line: line,
    by: \.finalState)
}

/// Explores a scenario, and asserts that something holds in each outcome.
///
/// - Parameters:
///   - name: what is to hold, for the failure.
///   - scenario: what is explored.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - file: the file that a failure is shown in.
///   - line: the line that it is shown at.
///   - holds: whether it holds; called once for each outcome, with its witness.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does, and what `holds` throws.
@discardableResult
public func XCTAssertInvariant(
  _ name: String, of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), file: StaticString = #filePath, line: UInt = #line,
  holds: (NamedExecution) throws -> Bool
) async throws -> ExploreSummary {
  let report = try await Explorer(database: database, options: options).explore(scenario)
  fail(try ExploreVerdict(report).invariant(name, holds), file, line)
  return report
}

/// Explores a scenario, and asserts that its own assertions (``MuddledCore/Assert``) hold at the end of each order.
///
/// - Parameters:
///   - scenario: what is explored; one without an assertion is the caller's bug and traps.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - file: the file that a failure is shown in.
///   - line: the line that it is shown at.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does.
@discardableResult
public func XCTAssertInvariant(
  of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), file: StaticString = #filePath, line: UInt = #line
) async throws -> ExploreSummary {
  scenario.requireAssertion()
  let report = try await Explorer(database: database, options: options).explore(scenario)
  fail(ExploreVerdict(report).assertions(), file, line)
  return report
}

/// Explores a scenario, and asserts that no order ends in a deadlock.
///
/// - Parameters:
///   - scenario: what is explored.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - file: the file that a failure is shown in.
///   - line: the line that it is shown at.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does.
@discardableResult
public func XCTAssertNoDeadlock(
  of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), file: StaticString = #filePath, line: UInt = #line
) async throws -> ExploreSummary {
  let report = try await Explorer(database: database, options: options).explore(scenario)
  fail(ExploreVerdict(report).noDeadlock(), file, line)
  return report
}

private func fail(_ failure: String?, _ file: StaticString, _ line: UInt) {
  if let failure { XCTFail(failure, file: file, line: line) }
}
