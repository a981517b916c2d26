import MuddledCore
import Synchronization

/// Stops one node for a time, as SIGSTOP does, but at a chosen place: right before it sends something to the server.
final class Standstill: Sendable {
  /// What the node was about to send.
  enum Place: CaseIterable, Sendable {
    /// The statements that are run before each order.
    case reset
    /// What brings its session back to its first state.
    case sessionReset
  }

  private enum Phase {
    /// So many passes of the place are left.
    case moving(left: Int)
    case still, over
  }

  private let place: Place
  private let phase: Mutex<Phase>

  /// Makes a stop.
  ///
  /// - Parameter passes: how often the node passes the place before it stops there.
  init(at place: Place, after passes: Int) {
    self.place = place
    phase = Mutex(.moving(left: passes))
  }

  /// Whether the node stands still.
  var hasBegun: Bool { phase.withLock { if case .still = $0 { true } else { false } } }

  func end() { phase.withLock { $0 = .over } }

  /// Comes to the place, and stays there if it is time.
  fileprivate func arrive(at place: Place) async {
    guard place == self.place else { return }
    phase.withLock { phase in
      guard case .moving(let left) = phase else { return }
      phase = left == 0 ? .still : .moving(left: left - 1)
    }
    await wait()
  }

  /// Waits while the node stands still.
  fileprivate func wait() async {
    while hasBegun { try? await Task.sleep(for: .milliseconds(1)) }
  }
}

/// A coordinator that its node does not reach while it stands still.
struct StandstillCoordinator: Coordinator {
  let coordinator: any Coordinator
  let standstill: Standstill

  func records(from position: UInt64, waitingAtMost limit: Duration) async throws -> [LogRecord] {
    await standstill.wait()
    let records = try await coordinator.records(from: position, waitingAtMost: limit)
    await standstill.wait()
    return records
  }

  func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    await standstill.wait()
    return try await coordinator.append(record, at: position)
  }

  func renewLease(of node: String?) async throws -> [Lease] {
    await standstill.wait()
    return try await coordinator.renewLease(of: node)
  }

  func dropLease(of node: String) async throws { try await coordinator.dropLease(of: node) }

  func trim(before position: UInt64) async throws { try await coordinator.trim(before: position) }

  func close() async { await coordinator.close() }
}

/// A database whose node stands still for a time.
struct StandstillDatabase: Database {
  let database: any Database
  let standstill: Standstill

  var loop: EventLoop { database.loop }

  func openSession() async throws -> any DatabaseSession {
    StandstillSession(session: try await database.openSession(), standstill: standstill)
  }

  func run(
    _ statements: [String], limit: Duration,
    announcing announce: @Sendable (UInt64) async throws -> Void
  ) async throws -> [[StatementResult]] {
    try await database.run(statements, limit: limit) {
      try await announce($0)
      await standstill.arrive(at: .reset)
    }
  }

  func lockWaits(among sessions: [UInt64]) async throws -> LockProbe {
    try await database.lockWaits(among: sessions)
  }

  func cancelStatement(of session: UInt64) async throws {
    try await database.cancelStatement(of: session)
  }

  func endSession(_ session: UInt64, seenAgo age: Duration) async throws {
    try await database.endSession(session, seenAgo: age)
  }

  func tableQueries(limitedTo rows: Int) async throws -> [String] {
    try await database.tableQueries(limitedTo: rows)
  }

  func close() async { await database.close() }
}

/// A session whose node stands still for a time.
private struct StandstillSession: DatabaseSession {
  let session: any DatabaseSession
  let standstill: Standstill

  var connectionID: UInt64 { session.connectionID }

  func execute(_ sql: String) async throws -> [StatementResult] { try await session.execute(sql) }

  func holdsLocks() async -> Bool { await session.holdsLocks() }

  func reset() async throws {
    await standstill.arrive(at: .sessionReset)
    try await session.reset()
  }

  func close() async { await session.close() }
}
