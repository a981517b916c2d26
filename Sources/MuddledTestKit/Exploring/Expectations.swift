public import MuddledCore
public import Testing

/// Explores a scenario, and expects its outcomes to come to these values, each of them and no others.
///
/// ```swift
/// try await expectOutcomes([60, 70], of: transfer, on: .mariaDB(dsn)) { $0.finalRows[0][0, "balance"].int }
/// ```
///
/// A failure shows for each outcome that is not expected its order, its transcript and its token.
///
/// - Parameters:
///   - expected: the values that the outcomes come to.
///   - scenario: what is explored.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - sourceLocation: the place that a failure is shown at.
///   - value: what an outcome comes to; called once for each, with its witness.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does, and what `value` throws.
@discardableResult
public func expectOutcomes<Value: Hashable>(
  _ expected: Set<Value>, of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), sourceLocation: SourceLocation = #_sourceLocation,
  by value: (NamedExecution) throws -> Value
) async throws -> ExploreSummary {
  let report = try await Explorer(database: database, options: options).explore(scenario)
  record(try ExploreVerdict(report).outcomes(expected, by: value), sourceLocation)
  return report
}

/// Explores a scenario, and expects the checks to show these final states, each of them and no others.
///
/// ```swift
/// try await expectOutcomes(["(1, 60) (2, 0)", "(1, 70) (2, 0)"], of: transfer, on: .mariaDB(dsn))
/// ```
///
/// - Parameters:
///   - expected: the final states, as ``MuddledCore/NamedExecution/finalState`` has them.
///   - scenario: what is explored.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - sourceLocation: the place that a failure is shown at.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does.
@discardableResult
public func expectOutcomes(
  _ expected: Set<String>, of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), sourceLocation: SourceLocation = #_sourceLocation
) async throws -> ExploreSummary {
  try await expectOutcomes(
    expected, of: scenario, on: database, options: options, sourceLocation: sourceLocation,
    by: \.finalState)
}

/// Explores a scenario, and expects something to hold in each outcome.
///
/// ```swift
/// try await expectInvariant("no money is lost", of: transfer, on: .mariaDB(dsn)) { run in
///   run.finalRows[0].values(of: "balance").compactMap(\.int).reduce(0, +) == 100
/// }
/// ```
///
/// An outcome is each client's results and what the checks returned, so whatever depends on these alone
/// needs to be asked once for each outcome. A failure shows the order, the transcript and the token of those in which it
/// does not hold.
///
/// - Parameters:
///   - name: what is to hold, for the failure.
///   - scenario: what is explored.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - sourceLocation: the place that a failure is shown at.
///   - holds: whether it holds; called once for each outcome, with its witness.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does, and what `holds` throws.
@discardableResult
public func expectInvariant(
  _ name: String, of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), sourceLocation: SourceLocation = #_sourceLocation,
  holds: (NamedExecution) throws -> Bool
) async throws -> ExploreSummary {
  let report = try await Explorer(database: database, options: options).explore(scenario)
  record(try ExploreVerdict(report).invariant(name, holds), sourceLocation)
  return report
}

/// Explores a scenario, and expects its own assertions (``MuddledCore/Assert``) to hold at the end of each order.
///
/// - Parameters:
///   - scenario: what is explored; one without an assertion is the caller's bug and traps.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - sourceLocation: the place that a failure is shown at.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does.
@discardableResult
public func expectInvariant(
  of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), sourceLocation: SourceLocation = #_sourceLocation
) async throws -> ExploreSummary {
  scenario.requireAssertion()
  let report = try await Explorer(database: database, options: options).explore(scenario)
  record(ExploreVerdict(report).assertions(), sourceLocation)
  return report
}

/// Explores a scenario, and expects that no order ends in a deadlock.
///
/// - Parameters:
///   - scenario: what is explored.
///   - database: the server; lanes are databases made on it.
///   - options: how it is explored.
///   - sourceLocation: the place that a failure is shown at.
/// - Returns: what the exploration found.
/// - Throws: as ``MuddledCore/Explorer/explore(_:)`` does.
@discardableResult
public func expectNoDeadlock(
  of scenario: Scenario, on database: some Database & LaneDatabases,
  options: ExploreOptions = ExploreOptions(), sourceLocation: SourceLocation = #_sourceLocation
) async throws -> ExploreSummary {
  let report = try await Explorer(database: database, options: options).explore(scenario)
  record(ExploreVerdict(report).noDeadlock(), sourceLocation)
  return report
}

private func record(_ failure: String?, _ sourceLocation: SourceLocation) {
  if let failure { Issue.record(Comment(rawValue: failure), sourceLocation: sourceLocation) }
}

extension Scenario {
  /// Traps if there is nothing that could fail to hold.
  package func requireAssertion() {
    precondition(
      !assertions.isEmpty,
      "The scenario \(name) has no assertion: give it one, as Assert(\"SELECT …\"), or say what is to hold."
    )
  }
}
