public import MuddledCore
import Synchronization

/// One client's session on a MariaDB, MySQL or TiDB server.
///
/// A procedure's last result is the `OK` of its `CALL`, after those of its statements.
///
/// When the task of an operation is cancelled, the operation throws `CancellationError`; the
/// session is lost, and the server is asked to end it, so that it holds no locks.
public final class MariaDBSession: DatabaseSession {
  /// The id by which the server knows this session.
  public let connectionID: UInt64

  private let connection: MariaDBConnection
  private let database: MariaDBDatabase
  private let isClosed = Mutex(false)
  /// Whether a lock may be held that outlives a transaction.
  private let mayHoldLock = Mutex(false)

  init(_ connection: MariaDBConnection, of database: MariaDBDatabase) async {
    self.connection = connection
    self.database = database
    connectionID = await connection.connectionID
  }

  deinit { release() }

  /// Runs one statement and waits for all it returns, however long that takes.
  ///
  /// A statement that ``MariaDBDatabase/cancelStatement(of:)`` ended returns the server's error 1317.
  ///
  /// - Throws: ``SessionLost`` if the connection broke.
  public func execute(_ sql: String) async throws -> [StatementResult] {
    note(sql)
    return try await endingIfCancelled {
      try await connection.query(sql, keeping: database.options.keptResultBytes)
    }
  }

  /// Runs statements up to the first that fails, and calls back on the thread of the database's loop.
  public func run(
    _ statements: [String], on loop: EventLoop,
    then completion: @escaping @Sendable (Result<[StatementResult], any Error>) -> Void
  ) {
    for sql in statements { note(sql) }
    let limit = database.options.keptResultBytes
    connection.assumeIsolated { $0.run(statements, keeping: limit, then: completion) }
  }

  /// Remembers what a statement may leave behind.
  private func note(_ sql: String) {
    let traits = database.statements.traits(of: sql)
    if traits.mayOutliveTransaction { mayHoldLock.withLock { $0 = true } }
    if traits.mayMakeStoredCode { database.noteStoredCode() }
  }

  /// Whether other sessions may still notice this one, through an open transaction or a lock.
  ///
  /// The server tells of an open transaction. Locks that outlive it are known by the words of the statements
  /// since the last reset; with stored code in the database, which may do anything, the answer is always `true`.
  public func holdsLocks() async -> Bool {
    if mayHoldLock.withLock({ $0 }) { return true }
    if await connection.isInTransaction { return true }
    return await database.hasStoredCode()
  }

  /// Rolls back what is open and brings the session back to the state of a new one.
  ///
  /// - Throws: ``SessionLost`` if the connection broke, or the server has no such reset.
  public func reset() async throws {
    try await endingIfCancelled { try await connection.reset() }
    mayHoldLock.withLock { $0 = false }
  }

  /// Ends the session. Does nothing if it is lost.
  public func close() async {
    await connection.close()
    release()
  }

  private func endingIfCancelled<Success>(
    _ body: () async throws -> Success
  ) async throws -> Success {
    do {
      return try await body()
    } catch let error as CancellationError {
      try? await database.endSession(connectionID, seenAgo: .zero)
      throw error
    }
  }

  private func release() {
    let wasOpen = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    if wasOpen { database.releaseConnection(connectionID) }
  }
}
