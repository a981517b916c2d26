import MuddledCore

extension MariaDBConnection {
  /// Asks whom sessions wait for that were just found to wait.
  ///
  /// The questions to MariaDB are measured; those to MySQL 8 and TiDB follow their manuals (Performance Schema Lock
  /// Tables; DATA_LOCK_WAITS and CLUSTER_TIDB_TRX) and have not been tried on such a server.
  ///
  /// - Parameter turnsListsOn: whether InnoDB may be told to list locks in its status. If it was, `didTurnListsOn` is
  ///   called before the answer.
  func lockHolders(
    of sessions: [UInt64], turnsListsOn: Bool, didTurnListsOn: @Sendable () -> Void
  ) async throws -> LockHolderProbe {
    switch ServerKind(version: serverVersion) {
    case .mariaDB:
      var probe = LockHolderProbe()
      try await addRowLocks(
        of: sessions, to: &probe, turnsListsOn: turnsListsOn, didTurnListsOn: didTurnListsOn)
      try await addMetadataLocks(of: sessions.filter { probe.waits[$0] == nil }, to: &probe)
      return probe
    case .mySQL:
      var probe = try await pairs(Self.mySQLHolders, among: sessions)
      try await addMetadataLocks(of: sessions.filter { probe.waits[$0] == nil }, to: &probe)
      return probe
    case .tiDB: return try await pairs(Self.tiDBHolders, among: sessions)
    }
  }

  /// Has InnoDB no longer list locks in its status.
  func turnLockListsOff() async throws {
    _ = try await query("SET GLOBAL innodb_status_output_locks = OFF", keeping: 0)
  }

  // MARK: Row locks of MariaDB

  /// Who holds a row lock, from InnoDB's status.
  ///
  /// Never from INNODB_LOCK_WAITS, which may tell of a moment 100 ms ago, and does so for all who read it meanwhile.
  private func addRowLocks(
    of sessions: [UInt64], to probe: inout LockHolderProbe, turnsListsOn: Bool,
    didTurnListsOn: @Sendable () -> Void
  ) async throws {
    var locks = try await innoDBLocks()
    if !locks.areListed {
      let refusal = turnsListsOn ? try await turnLockListsOn() : "it is not to be changed"
      if let refusal {
        probe.gap =
          "InnoDB's status lists no locks (\(refusal)); have it do so with SET GLOBAL "
          + "innodb_status_output_locks = ON"
        return
      }
      didTurnListsOn()
      locks = try await innoDBLocks()
    }
    for session in sessions {
      let holders = locks.holders(for: session)
      if !holders.isEmpty { probe.waits[session] = .init(holders: holders) }
    }
  }

  private func innoDBLocks() async throws -> InnoDBLocks {
    let status = try await query("SHOW ENGINE INNODB STATUS", keeping: 1 << 22)
    guard case .rows(let found) = status.first, case .text(let text) = found.rows.first?.last
    else { return InnoDBLocks(status: "") }
    return InnoDBLocks(status: text)
  }

  /// - Returns: why the server refuses; `nil` if it does not.
  private func turnLockListsOn() async throws -> String? {
    let results = try await query("SET GLOBAL innodb_status_output_locks = ON", keeping: 0)
    guard case .error(let error) = results.last else { return nil }
    return error.message
  }

  // MARK: Metadata and user locks

  static let metadataLocks = """
    SELECT \(MetadataLock.columns) FROM performance_schema.metadata_locks m \
    JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
    """

  private func addMetadataLocks(
    of sessions: [UInt64], to probe: inout LockHolderProbe
  ) async throws {
    guard !sessions.isEmpty else { return }
    let results = try await query(Self.metadataLocks, keeping: 1 << 22)
    guard case .rows(let found) = results.first else { return }
    let locks = found.rows.compactMap { MetadataLock($0) }
    for session in sessions {
      if let wanted = locks.first(where: { $0.session == session && $0.isPending }) {
        let holders = Set(locks.filter { wanted.mustWait(for: $0) }.map(\.session))
        if !holders.isEmpty {
          probe.waits[session] = .init(holders: holders, mayLapse: wanted.isUserLock)
        }
      } else if let holder = try await userLockHolder(for: session) {
        probe.waits[session] = .init(holders: [holder], mayLapse: true)
      } else if try await isWaitingForMetadata(session) {
        probe.gap =
          probe.gap
          ?? "the server keeps no list of metadata locks; start it with performance_schema = ON "
          + "and performance_schema_instrument = 'wait/lock/metadata/sql/mdl=ON'"
      }
    }
  }

  /// Who holds the user lock that a session waits for, if its statement names just one, in so many words.
  private func userLockHolder(for session: UInt64) async throws -> UInt64? {
    guard let waiter = try await listed(session), waiter.state == "User lock",
      case .text(let statement) = waiter.statement,
      let name = UserLockName.only(in: statement)
    else { return nil }
    let results = try await query("SELECT IS_USED_LOCK('\(name)')", keeping: 1 << 10)
    guard case .rows(let found) = results.first, case .number(let digits)? = found.rows.first?.first
    else { return nil }
    return UInt64(digits).flatMap { $0 == session ? nil : $0 }
  }

  private func isWaitingForMetadata(_ session: UInt64) async throws -> Bool {
    try await listed(session)?.state.hasSuffix("metadata lock") ?? false
  }

  private func listed(_ session: UInt64) async throws -> ListedWaiter? {
    let results = try await query("SHOW FULL PROCESSLIST", keeping: 1 << 22)
    guard case .rows(let found) = results.first else { return nil }
    return found.rows.lazy.compactMap { ListedWaiter($0, columns: found.columns) }
      .first { $0.session == session }
  }

  // MARK: MySQL and TiDB

  private static let mySQLHolders = """
    SELECT r.PROCESSLIST_ID, b.PROCESSLIST_ID FROM performance_schema.data_lock_waits w \
    JOIN performance_schema.threads r ON r.THREAD_ID = w.REQUESTING_THREAD_ID \
    JOIN performance_schema.threads b ON b.THREAD_ID = w.BLOCKING_THREAD_ID
    """

  private static let tiDBHolders = """
    SELECT r.SESSION_ID, b.SESSION_ID FROM information_schema.DATA_LOCK_WAITS w \
    JOIN information_schema.CLUSTER_TIDB_TRX r ON r.ID = w.TRX_ID \
    JOIN information_schema.CLUSTER_TIDB_TRX b ON b.ID = w.CURRENT_HOLDING_TRX_ID
    """

  /// Reads rows of a session that waits and one that it waits for.
  private func pairs(_ sql: String, among sessions: [UInt64]) async throws -> LockHolderProbe {
    let results = try await query(sql, keeping: 1 << 20)
    var probe = LockHolderProbe()
    switch results.first {
    case .rows(let found):
      for row in found.rows where row.count == 2 {
        guard case .number(let waiter) = row[0], case .number(let holder) = row[1],
          let waiter = UInt64(waiter), let holder = UInt64(holder), waiter != holder,
          sessions.contains(waiter)
        else { continue }
        probe.waits[waiter, default: .init(holders: [])].holders.insert(holder)
      }
    case .error(let error): probe.gap = "the server's lock tables cannot be read (\(error.message))"
    default: break
    }
    return probe
  }
}
