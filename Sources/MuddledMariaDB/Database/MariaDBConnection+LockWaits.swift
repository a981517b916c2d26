import MuddledCore

/// How to ask a server of one kind for lock waits.
enum ServerKind: Hashable, Sendable {
  case mariaDB
  case mySQL
  case tiDB

  init(version: String) {
    if version.contains("TiDB") {
      self = .tiDB
    } else if version.contains("MariaDB") {
      self = .mariaDB
    } else {
      self = .mySQL
    }
  }
}

extension MariaDBConnection {
  private var kind: ServerKind { ServerKind(version: serverVersion) }

  /// Asks which sessions wait for a lock.
  ///
  /// The questions to MariaDB are measured; those to MySQL 8 and TiDB follow their manuals (Performance
  /// Schema Lock Tables; DATA_LOCK_WAITS and TIDB_TRX) and have not been tried on such a server.
  func lockWaits(among sessions: [UInt64]) async throws -> LockProbe {
    switch kind {
    case .mariaDB: try await mariaDBLockWaits(among: sessions)
    case .mySQL: try await lockWaits(Self.mySQLWaits, among: sessions)
    case .tiDB: try await lockWaits(Self.tiDBWaits, among: sessions)
    }
  }

  /// Ends a session or its statement; one that is gone is no error.
  func kill(_ what: String, _ session: UInt64) async throws {
    // A TiDB server in a cluster without global kill obeys only this form.
    let sql = kind == .tiDB ? "KILL TIDB \(what) \(session)" : "KILL \(what) \(session)"
    let results = try await query(sql, keeping: 0)
    // ER_NO_SUCH_THREAD
    guard case .error(let error) = results.last, error.code != 1094 else { return }
    throw MuddledError(
      .configuration,
      "the server at \(dsn.place) refuses to end what connection \(session) does: \(error.message)")
  }

  // MARK: MariaDB

  /// Row locks from InnoDB's status, the rest from the process list.
  ///
  /// Never from INNODB_TRX, whose content is 100 ms old and does not get newer while it is read.
  private func mariaDBLockWaits(among sessions: [UInt64]) async throws -> LockProbe {
    let status = try await query("SHOW ENGINE INNODB STATUS", keeping: 1 << 22)
    switch status.first {
    case .rows(let found):
      guard case .text(let text) = found.rows.first?.last else { break }
      let waiting = try await afterDeadlockCheck(
        InnoDBStatus.lockWaits(in: text), among: sessions)
      let others = sessions.filter { !waiting.contains($0) }
      return .waiting(waiting.union(try await listedWaits(among: others)))
    case .error(let error):
      return .unavailable(
        "the account may not run SHOW ENGINE INNODB STATUS (\(error.message)); grant it with "
          + "GRANT PROCESS ON *.* TO the account")
    default: break
    }
    return .unavailable("the server's SHOW ENGINE INNODB STATUS has no text")
  }

  /// Sees to it that none of several waits is one that the server is about to end because it closes a cycle.
  ///
  /// A statement looks for a cycle when it waits already, and counts as a current wait only after that
  /// (`lock_wait` of InnoDB since 10.6). So once there are as many current waits as waiting transactions, all
  /// of them are waits that last. Table locks are not counted; the limit is for them.
  private func afterDeadlockCheck(
    _ waiters: Set<UInt64>, among sessions: [UInt64]
  ) async throws -> Set<UInt64> {
    var waiters = waiters
    let end = ContinuousClock.now + .milliseconds(20)
    while true {
      let waiting = waiters.intersection(sessions)
      if waiting.count < 2 || waiting.isSubset(of: lastingWaits) {
        lastingWaits.formIntersection(waiting)
        return waiting
      }
      let counter = try await query(
        "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'", keeping: 1 << 10)
      guard case .rows(let found)? = counter.first,
        case .text(let digits)? = found.rows.first?.last,
        let current = Int(digits), current < waiters.count, .now < end
      else {
        lastingWaits = waiting
        return waiting
      }
      let status = try await query("SHOW ENGINE INNODB STATUS", keeping: 1 << 22)
      guard case .rows(let found)? = status.first, case .text(let text)? = found.rows.first?.last
      else { return waiting }
      waiters = InnoDBStatus.lockWaits(in: text)
    }
  }

  /// Waits for tables' metadata, whole tables and user locks, which only the process list shows.
  ///
  /// A thread changes its state itself, when it runs again after its lock was granted, so the list alone proves
  /// nothing. If the server keeps a list of metadata locks, it tells whether anybody has what the thread waits for.
  private func listedWaits(among sessions: [UInt64]) async throws -> Set<UInt64> {
    guard !sessions.isEmpty else { return [] }
    let asked = ContinuousClock.now
    let listed = try await listedWaiters(among: sessions)
    guard !listed.isEmpty else {
      listedWaits = []
      return []
    }
    let roundTrip = ContinuousClock.now - asked
    let known = try await metadataWaits(of: Set(listed.map(\.session)))
    let unknown = listed.filter { known[$0.session] == nil }
    let lasting = try await lastingWaits(of: unknown, roundTrip)
    listedWaits = lasting
    return Set(known.filter(\.value).keys).union(lasting.map(\.session))
  }

  /// For each session that the server's list of metadata locks has as waiting, whether another has the lock.
  private func metadataWaits(of sessions: Set<UInt64>) async throws -> [UInt64: Bool] {
    guard listsMetadataLocks else { return [:] }
    let results = try await query(Self.metadataLocks, keeping: 1 << 22)
    guard case .rows(let found) = results.first, found.count > 0 else {
      // Not instrumented, or not for this account.
      listsMetadataLocks = false
      return [:]
    }
    let locks = found.rows.compactMap { MetadataLock($0) }
    var waits: [UInt64: Bool] = [:]
    for wanted in locks where wanted.isPending && wanted.isKnown && sessions.contains(wanted.session) {
      waits[wanted.session] = locks.contains { wanted.mustWait(for: $0) }
    }
    return waits
  }

  /// Those of the waits that last, as far as time tells.
  ///
  /// How long to look is measured by how fast the server's threads run just now. A wait that was there
  /// before may have been ended by what happened since; then its thread gets more time to say so.
  private func lastingWaits(
    of waiters: Set<ListedWaiter>, _ roundTrip: Duration
  ) async throws -> Set<ListedWaiter> {
    guard !waiters.isEmpty else { return [] }
    let least: Duration = waiters.isDisjoint(with: listedWaits) ? .milliseconds(2) : .milliseconds(30)
    let end = ContinuousClock.now + min(max(least, roundTrip * 10), .milliseconds(100))
    var lasting = waiters
    while !lasting.isEmpty, .now < end {
      _ = await loop.waitThroughCancellation(
        for: -1, events: 0, until: min(end, .now + .milliseconds(5)))
      lasting.formIntersection(try await listedWaiters(among: lasting.map(\.session)))
    }
    return lasting
  }

  /// `SHOW PROCESSLIST` costs a quarter of the same question to information_schema, which makes a table.
  private func listedWaiters(among sessions: [UInt64]) async throws -> Set<ListedWaiter> {
    let results = try await query("SHOW PROCESSLIST", keeping: 1 << 22)
    guard case .rows(let found) = results.first else { return [] }
    return Set(
      found.rows.compactMap { ListedWaiter($0, columns: found.columns) }
        .filter { sessions.contains($0.session) })
  }

  // MARK: MySQL and TiDB

  private static let mySQLWaits = """
    SELECT t.PROCESSLIST_ID FROM performance_schema.data_lock_waits w \
    JOIN performance_schema.threads t ON t.THREAD_ID = w.REQUESTING_THREAD_ID \
    UNION SELECT t.PROCESSLIST_ID FROM performance_schema.metadata_locks m \
    JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID \
    WHERE m.LOCK_STATUS = 'PENDING'
    """

  private static let tiDBWaits = """
    SELECT t.SESSION_ID FROM information_schema.DATA_LOCK_WAITS w \
    JOIN information_schema.CLUSTER_TIDB_TRX t ON t.ID = w.TRX_ID
    """

  private func lockWaits(_ sql: String, among sessions: [UInt64]) async throws -> LockProbe {
    let first = waits(in: try await query(sql, keeping: 1 << 20), among: sessions)
    guard case .waiting(let waiting) = first, waiting.count > 1 else { return first }
    // The last of them may have closed a cycle, which the server looks for a moment later.
    _ = await loop.waitThroughCancellation(for: -1, events: 0, until: .now + .milliseconds(2))
    return waits(in: try await query(sql, keeping: 1 << 20), among: sessions)
  }
}

/// Picks the sessions out of a result whose only column is a connection id.
func waits(in results: [StatementResult], among sessions: [UInt64]) -> LockProbe {
  switch results.first {
  case .rows(let found):
    let ids = found.rows.compactMap { row -> UInt64? in
      guard case .number(let digits) = row.first else { return nil }
      return UInt64(digits)
    }
    return .waiting(Set(ids).intersection(sessions))
  case .error(let error):
    return .unavailable(
      "the account may not read the server's lock tables (\(error.message)); grant it with "
        + "GRANT PROCESS ON *.*, and on MySQL also GRANT SELECT ON performance_schema.*")
  default:
    return .unavailable("the server's lock tables returned no rows")
  }
}

/// A statement that waits for a lock by its state in the process list.
struct ListedWaiter: Hashable {
  let session: UInt64
  let state: String
  /// The beginning of the statement.
  let statement: SQLValue

  /// - Parameters:
  ///   - row: a row of `SHOW PROCESSLIST`.
  ///   - columns: the names of its columns.
  init?(_ row: [SQLValue], columns: [String]) {
    guard let id = columns.firstIndex(of: "Id"), let state = columns.firstIndex(of: "State"),
      let statement = columns.firstIndex(of: "Info"),
      case .number(let digits) = row[id], let session = UInt64(digits),
      case .text(let text) = row[state], Self.isWait(text)
    else { return nil }
    self.session = session
    self.state = text
    self.statement = row[statement]
  }

  /// The server's states for waits that another session ends.
  static func isWait(_ state: String) -> Bool {
    if state == "User lock" || state == "Waiting for table flush" { return true }
    // The query cache's lock is held for microseconds, by nobody's transaction.
    return state.hasPrefix("Waiting for ") && state.hasSuffix(" lock")
      && state != "Waiting for query cache lock"
  }
}
