import MuddledCore
import MuddledMariaDB
import Synchronization

/// A database with one fault, over a real one.
final class BrokenDatabase: Database {
  enum Fault: CaseIterable {
    case sharesSession, throwsErrors, writesNullAsText, losesCounts, losesColumns
    case goesOnAfterError, callsBackTwice, callsBackElsewhere, neverCallsBack
    case resetDoesNothing, resetReconnects, resetKeepsLocks, hidesLocks
    case closeDoesNothing, answersWhenClosed, staysWhenClosed
    case tellsNoWaits, tellsAllWait, tellsOfOthers, runsOneAtATime
    case cancelsNothing, cancelsSession, cancelsLater
    case endsNothing, endsTransactionOnly, endsTwiceBadly, endsStrangers
    case runsInTransaction, runGoesOnAfterError, runHasNoLimit, runIsLostAfterLimit
    case announcesAnother, announcesTooLate, runsTwice
    case mixesTables, readsWholeTables, missesTables, mistakesRefusals
  }

  let fault: Fault
  let base: MariaDBDatabase
  private let state = Mutex(State())

  private struct State {
    var shared: (any DatabaseSession)?
    var ended: Set<UInt64> = []
    var cancelled: Set<UInt64> = []
    var isLost = false
    var sessions: [BrokenSession] = []
  }

  init(_ fault: Fault, _ base: MariaDBDatabase) {
    self.fault = fault
    self.base = base
  }

  var loop: EventLoop { base.loop }

  func openSession() async throws -> any DatabaseSession {
    do {
      if fault == .sharesSession, let shared = state.withLock({ $0.shared }) { return shared }
      let session = BrokenSession(try await base.openSession(), of: self)
      state.withLock {
        $0.shared = session
        $0.sessions.append(session)
      }
      return session
    } catch let error as MuddledError where fault == .mistakesRefusals {
      throw MuddledError(.unavailable, error.message)
    }
  }

  func lockWaits(among sessions: [UInt64]) async throws -> LockProbe {
    switch fault {
    case .tellsNoWaits: return .waiting([])
    case .tellsAllWait: return .waiting(Set(sessions))
    case .tellsOfOthers:
      let ids = state.withLock { $0.sessions.map(\.connectionID) }
      return try await base.lockWaits(among: sessions.isEmpty ? [] : ids)
    default: return try await base.lockWaits(among: sessions)
    }
  }

  func cancelStatement(of session: UInt64) async throws {
    switch fault {
    case .cancelsNothing: return
    case .cancelsSession: try await base.endSession(session, seenAgo: .zero)
    case .cancelsLater:
      state.withLock { _ = $0.cancelled.insert(session) }
      try await base.cancelStatement(of: session)
    default: try await base.cancelStatement(of: session)
    }
  }

  /// Whether the session's next statement is to be cancelled.
  func takeCancellation(of session: UInt64) -> Bool {
    state.withLock { $0.cancelled.remove(session) != nil }
  }

  func endSession(_ session: UInt64, seenAgo age: Duration) async throws {
    switch fault {
    case .endsNothing: return
    case .endsTransactionOnly:
      let known = state.withLock { $0.sessions.first { $0.connectionID == session } }
      try await known?.base.reset()
    case .endsTwiceBadly:
      guard state.withLock({ $0.ended.insert(session).inserted }) else {
        throw MuddledError(.unavailable, "there is no session \(session)")
      }
      try await base.endSession(session, seenAgo: age)
    case .endsStrangers: try await base.endSession(session, seenAgo: .zero)
    default: try await base.endSession(session, seenAgo: age)
    }
  }

  func run(
    _ statements: [String], limit: Duration,
    announcing announce: @Sendable (UInt64) async throws -> Void
  ) async throws -> [[StatementResult]] {
    switch fault {
    case .announcesAnother:
      return try await base.run(statements, limit: limit) { try await announce($0 + 1000) }
    case .announcesTooLate:
      let results = try await base.run(statements, limit: limit)
      _ = try await base.run([], limit: limit, announcing: announce)
      return results
    case .runsTwice:
      do { return try await base.run(statements, limit: limit, announcing: announce) } catch let
        error as MuddledError where error.code == .unavailable
      { return try await base.run(statements, limit: limit) }
    case .runsInTransaction:
      // But for making tables, which ends a transaction on some servers.
      guard !statements.contains(where: { $0.contains("TABLE") }) else { break }
      return Array(
        try await base.run(["BEGIN"] + statements + ["ROLLBACK"], limit: limit).dropFirst()
          .prefix(statements.count))
    case .runGoesOnAfterError:
      var all: [[StatementResult]] = []
      for statement in statements { all += try await base.run([statement], limit: limit) }
      return all
    case .runHasNoLimit: return try await base.run(statements, limit: .seconds(4))
    case .runIsLostAfterLimit:
      let isLost = state.withLock { $0.isLost }
      if isLost { throw MuddledError(.unavailable, "the connection was lost") }
      do { return try await base.run(statements, limit: limit) } catch {
        state.withLock { $0.isLost = true }
        throw error
      }
    default: break
    }
    return try await base.run(statements, limit: limit, announcing: announce)
  }

  func tableQueries(limitedTo rows: Int) async throws -> [String] {
    switch fault {
    case .mixesTables: try await base.tableQueries(limitedTo: rows).reversed()
    case .readsWholeTables: try await base.tableQueries(limitedTo: 1000)
    case .missesTables: try await base.tableQueries(limitedTo: rows).filter { !$0.contains("_b`") }
    default: try await base.tableQueries(limitedTo: rows)
    }
  }

  func close() async {
    // Faults keep sessions open.
    for session in state.withLock({ $0.sessions }) { await session.base.close() }
    await base.close()
  }
}

/// A session of a ``BrokenDatabase``.
final class BrokenSession: DatabaseSession {
  let base: any DatabaseSession
  private let database: BrokenDatabase
  private let gate: Gate
  private let state = Mutex((connection: UInt64(0), isClosed: false))

  /// Lets one statement at a time through, of all sessions of a database.
  actor Gate {
    static let all = Gate()
    private var isTaken = false

    func pass<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
      while isTaken { try await Task.sleep(for: .milliseconds(1)) }
      isTaken = true
      defer { isTaken = false }
      return try await body()
    }
  }

  init(_ base: any DatabaseSession, of database: BrokenDatabase) {
    self.base = base
    self.database = database
    gate = .all
    state.withLock { $0.connection = base.connectionID }
  }

  private var fault: BrokenDatabase.Fault { database.fault }

  var connectionID: UInt64 { state.withLock { $0.connection } }

  func execute(_ sql: String) async throws -> [StatementResult] {
    if fault == .answersWhenClosed, state.withLock({ $0.isClosed }) { return [.ok(affected: 0)] }
    if fault == .cancelsLater, !sql.contains("UPDATE"), database.takeCancellation(of: connectionID)
    {
      return [.error(ServerError(code: 1317, sqlstate: "70100", message: "cancelled"))]
    }
    let results =
      if fault == .runsOneAtATime {
        try await gate.pass { [base] in try await base.execute(sql) }
      } else {
        try await base.execute(sql)
      }
    if fault == .throwsErrors, case .error(let error)? = results.last {
      throw MuddledError(.unusableInput, error.message)
    }
    return results.map(spoiled)
  }

  private func spoiled(_ result: StatementResult) -> StatementResult {
    switch (fault, result) {
    case (.losesCounts, .ok): return .ok(affected: 0)
    case (.losesColumns, .rows(var found)):
      found.columns = []
      return .rows(found)
    case (.writesNullAsText, .rows(var found)):
      found.rows = found.rows.map { row in row.map { $0 == .null ? .text("NULL") : $0 } }
      return .rows(found)
    default: return result
    }
  }

  func run(
    _ statements: [String], on loop: EventLoop,
    then completion: @escaping @Sendable (Result<[StatementResult], any Error>) -> Void
  ) {
    switch fault {
    case .goesOnAfterError:
      Task(executorPreference: loop) { [base] in
        do {
          var all: [StatementResult] = []
          for statement in statements { all += try await base.execute(statement) }
          completion(.success(all))
        } catch {
          completion(.failure(error))
        }
      }
    case .callsBackTwice:
      base.run(statements, on: loop) { result in
        completion(result)
        completion(result)
      }
    case .callsBackElsewhere:
      base.run(statements, on: loop) { result in Task.detached { completion(result) } }
    case .neverCallsBack: break
    default: base.run(statements, on: loop, then: completion)
    }
  }

  func holdsLocks() async -> Bool { fault == .hidesLocks ? false : await base.holdsLocks() }

  func reset() async throws {
    switch fault {
    case .resetDoesNothing: return
    case .resetReconnects: state.withLock { $0.connection += 1 }
    case .resetKeepsLocks:
      try await base.reset()
      // As if the rollback had come too early.
      _ = try await base.execute("BEGIN")
      return
    default: break
    }
    try await base.reset()
  }

  func close() async {
    state.withLock { $0.isClosed = true }
    switch fault {
    case .closeDoesNothing: return
    // As if it waited for what is under way.
    case .staysWhenClosed: return
    default: await base.close()
    }
  }
}
