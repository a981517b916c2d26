public import MuddledCore
import Synchronization

/// A MariaDB, MySQL or TiDB server as the database under test.
///
/// Sessions are connections of their own. Everything else goes over one control connection, which is
/// opened at its first use, and again when it was lost. All connections of a value are driven by one
/// thread; operations may be called from any task.
public final class MariaDBDatabase: Database {
  /// What can be chosen for a database.
  public struct Options: Sendable, Hashable {
    /// The most connections at the same time, the control connection included; at least 2. Default 10.
    public var maximumConnections = 10
    /// How many bytes of rows are kept of one statement; further rows are counted and digested.
    /// Default 1 MiB.
    public var keptResultBytes = 1 << 20
    /// The longest silence of the server inside a reply on the control connection, so that a frozen
    /// server is noticed; ``run(_:limit:announcing:)`` has a bound of its own. Default 10 s.
    public var controlTimeout = Duration.seconds(10)
    /// Whether the server variable `innodb_status_output_locks` may be turned on while whoever waits for a lock is asked
    /// for its holder; it only makes the text of InnoDB's status longer. Default: yes.
    public var turnsLockListsOn = true
    /// Whether plain reads and changes of rows that follow each other in ``run(_:limit:announcing:)`` go to the server as
    /// one text, which saves an exchange for each; its general log then shows them as one entry. Default: no.
    public var joinsStatements = false

    /// Makes the default options.
    public init() {}
  }

  /// Where the server is, and how to log in.
  public let dsn: MariaDBDSN
  /// What was chosen.
  public let options: Options
  /// The thread that drives the connections; a task that prefers it changes no threads.
  public let loop: EventLoop

  let control: ControlConnection
  let statements: StatementTraitsMemory
  /// Whether this value has the server list locks, which it did not do before.
  let didTurnLockListsOn = Mutex(false)
  private let openSessions = Mutex(0)
  /// Whether nobody but this value's sessions uses the database, as in a lane.
  private let isExclusive: Bool
  /// The sessions that are open, by the server's ids.
  private let sessions = Mutex<[UInt64: WeakSession]>([:])
  /// Whether the server has stored code, which can take locks unseen; `nil` before it was asked.
  private let storedCode = Mutex<Bool?>(nil)

  /// Makes a database; nothing is connected yet.
  public convenience init(_ dsn: MariaDBDSN, options: Options = Options()) {
    self.init(dsn, options: options, loop: .mariaDB)
  }

  /// Makes a database whose connections are driven by `loop`.
  ///
  /// - Parameter isExclusive: whether nobody but this value's sessions uses the database.
  package init(
    _ dsn: MariaDBDSN, options: Options = Options(), loop: EventLoop, isExclusive: Bool = false
  ) {
    precondition(options.maximumConnections >= 2, "a database needs at least 2 connections")
    self.dsn = dsn
    self.options = options
    self.loop = loop
    self.isExclusive = isExclusive
    statements = StatementTraitsMemory()
    control = ControlConnection(dsn, options: options, loop: loop)
  }

  /// Opens a session that belongs to one client alone.
  ///
  /// - Throws: ``MuddledError``: ``MuddledError/Code/unavailable`` if the server is not there;
  ///   ``MuddledError/Code/configuration`` if it refuses the login, or if there would be more
  ///   connections than ``Options/maximumConnections``.
  public func openSession() async throws -> any DatabaseSession {
    try claimConnection()
    do {
      let connection = try await MariaDBConnection.open(dsn, on: loop, breaksWhenCancelled: true)
      let session = await MariaDBSession(connection, of: self)
      sessions.withLock { $0[session.connectionID] = WeakSession(session: session) }
      return session
    } catch {
      releaseConnection()
      throw error
    }
  }

  /// Asks the server which of these sessions wait for a lock at this moment.
  ///
  /// One exchange with a MariaDB server if all of them wait for row locks; up to three, and 2 ms, if
  /// one seems to wait for a table's or a user's lock.
  public func lockWaits(among sessions: [UInt64]) async throws -> LockProbe {
    guard !sessions.isEmpty else { return .waiting([]) }
    let mayBeMet = await mayBeMet(sessions)
    return try await control.repeatable {
      try await $0.lockWaits(among: sessions, mayBeMet: mayBeMet)
    }
  }

  /// Whether a session, but for those of the server itself, may have what one of these waits for.
  private func mayBeMet(_ waiting: [UInt64]) async -> Bool {
    guard isExclusive, waiting.count == 1 else { return true }
    let others = sessions.withLock { sessions in
      sessions.values.compactMap(\.session).filter { $0.connectionID != waiting[0] }
    }
    for other in others where await other.holdsLocks() { return true }
    return false
  }

  /// Cancels the statement that the session runs now, if any, and leaves the session open.
  public func cancelStatement(of session: UInt64) async throws {
    try await control.repeatable { try await $0.kill("QUERY", session) }
  }

  /// Ends a session that logged in with the same account, if the server still has it, and has not
  /// been started since the session was seen: then another has its number.
  public func endSession(_ session: UInt64, seenAgo age: Duration) async throws {
    let user = dsn.user
    try await control.repeatable { connection in
      if age > .zero {
        // The server tells whole seconds.
        let uptime = try await connection.serverUptime()
        guard let uptime, uptime > age + .seconds(2) else { return }
      }
      let owner = try await connection.query(
        "SELECT USER FROM information_schema.PROCESSLIST WHERE ID = \(session)", keeping: 1 << 16)
      guard case .rows(let found) = owner.first, found.rows == [[.text(user)]] else { return }
      try await connection.kill("CONNECTION", session)
    }
  }

  /// Runs statements outside every client, each on its own, in autocommit mode.
  ///
  /// They share one session, so that a setting holds for those after it in the same call; no setting
  /// is left for the next call.
  public func run(
    _ statements: [String], limit: Duration,
    announcing announce: @Sendable (UInt64) async throws -> Void
  ) async throws -> [[StatementResult]] {
    let plan = self.statements.plan(for: statements, joining: options.joinsStatements)
    if plan.mayMakeStoredCode { noteStoredCode() }
    return try await control.run(plan, limit: limit, announcing: announce)
  }

  /// Whether a session that ran nothing but these statements is as good as a new one to them all, once no
  /// transaction is open: known by the words of plain reads and changes of rows.
  public func leaveNoTrace(_ statements: [String]) -> Bool {
    !statements.contains { self.statements.traits(of: $0).mayTouchSession }
  }

  /// Ends the control connection; sessions are closed by their owners.
  public func close() async {
    await restoreLockLists()
    await control.close()
  }

  // MARK: Stored code

  func noteStoredCode() { storedCode.withLock { $0 = true } }

  /// Whether the server has stored code, or may have by now; the server is asked once.
  func hasStoredCode() async -> Bool {
    if let known = storedCode.withLock({ $0 }) { return known }
    let results = try? await control.repeatable {
      try await $0.query(StatementWords.countStoredCode, keeping: 1 << 10)
    }
    guard case .rows(let found)? = results?.first else { return true }
    return storedCode.withLock { known in
      let answer = known ?? (found.rows != [[.number("0")]])
      known = answer
      return answer
    }
  }

  // MARK: The number of connections

  private func claimConnection() throws {
    let most = options.maximumConnections
    let isFree = openSessions.withLock { count in
      // One is kept for control.
      guard count < most - 1 else { return false }
      count += 1
      return true
    }
    guard !isFree else { return }
    throw MuddledError(
      .configuration,
      "the database \(dsn) may have \(most) connections, of which one is for control, and all are in "
        + "use; allow more with the key open, or run fewer clients")
  }

  func releaseConnection(_ session: UInt64? = nil) {
    if let session { sessions.withLock { $0[session] = nil } }
    openSessions.withLock { $0 -= 1 }
  }
}

/// A session that is not kept open by being known.
private struct WeakSession: Sendable {
  weak let session: MariaDBSession?
}

extension EventLoop {
  /// The thread of all connections whose owner did not ask for another; it lives as long as the process.
  package static let mariaDB = EventLoop()
}
