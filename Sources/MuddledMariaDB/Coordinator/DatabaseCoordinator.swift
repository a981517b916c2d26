public import MuddledCore
import Synchronization

/// A ``Coordinator`` on three tables of a MariaDB, MySQL or TiDB database, or of a Galera cluster.
///
/// It makes its tables (`muddled_batch`, `muddled_lease`, `muddled_log`) in the DSN's database, or uses
/// those that it finds. The database's part is no more than that a primary key has one owner; nothing
/// is locked. A waiting reader asks again and again: closely at first, then every quarter of the time
/// that passed in silence, at most every 100 ms.
///
/// Leases are timed by the clock of the server that a node is connected to, so the nodes of a
/// cluster's servers need clocks that agree well within a lease.
///
/// Each value keeps one connection, opened again for up to ``Options/reconnectTimeout`` when it is
/// lost. Operations may be called from any task, and queue up for the connection; a waiting reader
/// holds it only while it looks.
public final class DatabaseCoordinator: Coordinator {
  /// What can be chosen for a coordinator.
  public struct Options: Sendable, Hashable {
    /// How long a lost server is looked for before an operation fails. Default 5 s.
    public var reconnectTimeout = Duration.seconds(5)
    /// The longest silence of the server inside a reply; after it the connection counts as lost.
    /// Default 10 s.
    public var replyTimeout = Duration.seconds(10)
    /// How many days after its last use a batch is forgotten, by whoever comes next. Default 7.
    public var keptDays = 7

    /// Makes the default options.
    public init() {}
  }

  /// Where the tables are.
  public let dsn: MariaDBDSN
  /// The batch's id.
  public let batch: String

  let tables: CoordinatorTables
  private let key: BoundValue
  /// What this value has seen of the log.
  private let seen = Mutex(Seen())

  private struct Seen {
    /// When the log last grew, or when this value was made.
    var at = ContinuousClock.now
    /// Where the log ended then; 0 if nothing of it was seen.
    var end: UInt64 = 0
    /// The connection that saw it: a server that was started again may have lost records.
    var connection: MariaDBConnection?
  }

  /// Connects, makes missing tables, and forgets batches that were left behind long ago.
  ///
  /// - Parameters:
  ///   - dsn: the server, the account, and the database that holds the tables.
  ///   - batch: the batch's id, 1 to 200 bytes of UTF-8.
  ///   - options: what can be chosen.
  ///   - loop: the thread that drives the connection, which the caller keeps alive and stops; by default the one
  ///     that all connections share. A task that prefers it as its executor calls without a change of thread.
  /// - Throws: ``MuddledError``: ``MuddledError/Code/unavailable`` if the server is not there,
  ///   ``MuddledError/Code/configuration`` if it refuses the login or the tables.
  public init(
    _ dsn: MariaDBDSN, batch: String, options: Options = Options(), on loop: EventLoop? = nil
  ) async throws {
    try Self.checkNamesDatabase(dsn)
    precondition(
      (1...CoordinatorLimits.idBytes).contains(batch.utf8.count), "a batch id has 1 to 200 bytes")
    self.dsn = dsn
    self.batch = batch
    key = .text(batch)
    tables = CoordinatorTables(dsn, options: options, loop: loop ?? .mariaDB)
    do {
      try await tables.connection.open()
      try await makeTables()
      _ = try await tables.change(CoordinatorSQL.useBatch, [key])
      try await forgetStaleBatches(days: options.keptDays)
      try await tables.perform { connection, _ in
        try await connection.prepare(all: CoordinatorSQL.everyTurn)
      }
    } catch {
      await tables.connection.close()
      throw error
    }
  }

  /// Looks at a batch through tables that are there; makes and notes nothing.
  init(lookingAt batch: String, in tables: CoordinatorTables) {
    self.tables = tables
    self.batch = batch
    dsn = tables.dsn
    key = .text(batch)
  }

  /// Stores `record` at `position` if the log ends exactly there.
  ///
  /// If the connection breaks, the record may be stored all the same; then what stands at the position
  /// is compared with it, byte by byte.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable``, also if the log has lost records.
  public func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    precondition(record.count <= CoordinatorLimits.recordBytes, "a record has at most 1 MiB")
    let place: [BoundValue] = [key, .number(position)]
    let seen = seen.withLock { $0 }
    // An error thrown inside would be taken for a lost connection; nil says that the log ends before.
    let result: AppendResult? = try await tables.perform { connection, isRepeated in
      let inserted =
        if position > 0, position <= seen.end, connection === seen.connection {
          try await connection.execute(
            CoordinatorSQL.appendNext, place + [.bytes(record)] + place)
        } else {
          try await connection.execute(
            CoordinatorSQL.append,
            place + [.bytes(record)] + place + [.number(position), key, .number(position &- 1)])
        }
      switch inserted {
      case .ok(affected: 1):
        noteEnd(position + 1, on: connection)
        return .appended
      case .ok:
        let trimmed = try await connection.execute(CoordinatorSQL.isTrimmed, place)
        guard case .rows(let rows) = trimmed else { throw trimmed.unexpected }
        if rows.isEmpty { return nil }
      case .error(let error) where error.code != Self.duplicateKey: throw inserted.unexpected
      default: break
      }
      guard isRepeated else { return .taken }
      let stored = try await connection.execute(CoordinatorSQL.record, place)
      guard case .rows(let rows) = stored, rows.first?.first == record else { return .taken }
      return .appended
    }
    guard let result else { throw lost }
    return result
  }

  /// ER_DUP_ENTRY.
  private static let duplicateKey = 1062

  /// The records from `position` on, waiting for the first of them if there is none yet.
  public func records(
    from position: UInt64, waitingAtMost limit: Duration
  ) async throws -> [LogRecord] {
    let end = ContinuousClock.now + limit
    // After the end there is rarely more than one record, and that one is found at less cost.
    // Not after a silence: whoever slept may find the record trimmed, and needs a look at what came after it.
    var looksForOne = seen.withLock {
      position > 0 && position == $0.end && $0.at.duration(to: .now) < PollPace.eager
    }
    while true {
      let found: [LogRecord]
      do {
        found =
          looksForOne
          ? try await record(at: position).map { [$0] } ?? [] : try await look(from: position)
      } catch is CancellationError {
        return []
      }
      if !found.isEmpty { return found }
      let now = ContinuousClock.now
      if now >= end || Task.isCancelled { return [] }
      let silence = seen.withLock { $0.at }.duration(to: now)
      looksForOne = silence < PollPace.eager
      let pause = PollPace.pause(after: silence)
      await tables.loop.sleep(for: min(pause, now.duration(to: end)))
    }
  }

  /// Says that `node` lives, and tells when every node of the batch was last seen.
  public func renewLease(of node: String?) async throws -> [Lease] {
    if let node { _ = try await tables.change(CoordinatorSQL.renewLease, [key, .text(node)]) }
    return try await tables.select(CoordinatorSQL.leases, [key]).map { row in
      let age = try number(row[1])
      return Lease(
        node: String(decoding: row[0] ?? [], as: UTF8.self), age: .microseconds(Int64(age)))
    }
  }

  /// Gives up the lease of `node`.
  public func dropLease(of node: String) async throws {
    _ = try await tables.change(CoordinatorSQL.dropLease, [key, .text(node)])
  }

  /// Deletes every record before `position`, some hundred at a time.
  public func trim(before position: UInt64) async throws {
    _ = try await tables.change(
      CoordinatorSQL.markTrimmed, [.number(position), key, .number(position)])
    try await tables.deleteRecords(of: key, before: position)
  }

  /// Ends the connection; no other operation may follow.
  public func close() async { await tables.connection.close() }

  // MARK: Parts

  static func checkNamesDatabase(_ dsn: MariaDBDSN) throws {
    guard dsn.database.isEmpty else { return }
    throw MuddledError(
      .configuration,
      "the DSN of the coordination database at \(dsn.place) must name a database after the slash")
  }

  private func noteEnd(_ end: UInt64, on connection: MariaDBConnection) {
    seen.withLock { seen in
      let known = seen.connection === connection ? seen.end : 0
      seen = Seen(at: .now, end: max(known, end), connection: connection)
    }
  }

  /// The record at a position, of any length, if there is one.
  private func record(at position: UInt64) async throws -> LogRecord? {
    let key = key
    return try await tables.perform(endsWhenCancelled: true) { connection, _ in
      let answer = try await connection.execute(
        CoordinatorSQL.record, [key, .number(position)])
      guard case .rows(let rows) = answer else { throw answer.unexpected }
      guard let bytes = rows.first?.first ?? nil else { return nil }
      noteEnd(position + 1, on: connection)
      return LogRecord(position: position, bytes: bytes)
    }
  }

  private func look(from position: UInt64) async throws -> [LogRecord] {
    let key = key
    return try await tables.perform(endsWhenCancelled: true) { connection, _ in
      let answer = try await connection.execute(
        CoordinatorSQL.records, [key, .number(position)])
      guard case .rows(let rows) = answer else { throw answer.unexpected }
      var found: [LogRecord] = []
      for row in rows {
        let position = try number(row[0])
        // Positions have no gaps; what follows one was read too early, or belongs to a trim.
        if let last = found.last, position != last.position + 1 { break }
        if let bytes = row[1] {
          found.append(LogRecord(position: position, bytes: bytes))
        } else if found.isEmpty {
          let long = try await connection.execute(CoordinatorSQL.record, [key, .number(position)])
          guard case .rows(let rows) = long else { throw long.unexpected }
          if let bytes = rows.first?.first ?? nil {
            found.append(LogRecord(position: position, bytes: bytes))
          }
          break
        } else {
          break
        }
      }
      if let last = found.last { noteEnd(last.position + 1, on: connection) }
      return found
    }
  }

  private var lost: MuddledError {
    MuddledError(
      .unavailable,
      "the coordination database \(dsn) no longer has the whole log of batch \(batch.debugDescription): "
        + "it was restored without its last data, or rows were deleted; start again under a new batch id"
    )
  }

  private func makeTables() async throws {
    for table in CoordinatorSQL.tables {
      try await make(table.name, columns: table.columns, table.create)
    }
  }

  private func make(_ table: String, columns: String, _ create: String) async throws {
    let look = "SELECT \(columns) FROM \(table) LIMIT 0"
    for attempt in 1...Self.creationAttempts {
      guard let error = try await tables.failure(of: look) else { return }
      // ER_NO_SUCH_TABLE; a cluster ends what is under way when a node changes tables, as a deadlock.
      guard error.code == 1146 || Refusal(error: error).isConflict else {
        throw refused(error, table)
      }
      guard let refusal = try await tables.failure(of: create) else { return }
      // Another node may make it at the same time.
      if try await tables.failure(of: look) == nil { return }
      guard Refusal(error: refusal).isConflict, attempt < Self.creationAttempts else {
        throw refused(refusal, table)
      }
      try await Task.sleep(for: .milliseconds(20 * attempt))
    }
  }

  /// How often a table is made, while a cluster says that others change tables too.
  private static let creationAttempts = 10

  private func refused(_ error: ServerError, _ table: String) -> MuddledError {
    MuddledError(
      .configuration,
      "the coordination database \(dsn) has no usable table \(table), and it cannot be made: "
        + "\(error.message)")
  }

  private func forgetStaleBatches(days: Int) async throws {
    let days = BoundValue.number(UInt64(max(1, days)))
    for row in try await tables.select(CoordinatorSQL.staleBatches, [days, days, days]) {
      guard let batch = row[0] else { continue }
      try await tables.forget(.bytes(batch))
    }
  }
}
