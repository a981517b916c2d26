/// A database under test: opens sessions, and looks at them from outside.
///
/// Implement it over one server (or one entrance of a cluster). Every operation may wait for the
/// server. ``openSession()`` throws a ``MuddledError`` with code
/// ``MuddledError/Code/unavailable`` if the server is not there, and
/// ``MuddledError/Code/configuration`` if it refuses the login; the others throw
/// ``MuddledError/Code/unavailable`` when the connection is lost.
///
/// `DatabaseConformance` of `MuddledTestKit` checks an implementation and its sessions.
public protocol Database: Sendable {
  /// The thread that drives the sessions: a task that prefers it talks to them without changing threads.
  var loop: EventLoop { get }

  /// Opens a session that belongs to one client alone.
  func openSession() async throws -> any DatabaseSession

  /// Asks the server which of these sessions wait for a lock at this moment.
  ///
  /// A wait that closes a cycle, which the server is about to break, is none that this tells of.
  ///
  /// - Parameter sessions: the sessions' ``DatabaseSession/connectionID``s.
  func lockWaits(among sessions: [UInt64]) async throws -> LockProbe

  /// Cancels the statement that the session runs now, if any, and leaves the session open.
  func cancelStatement(of session: UInt64) async throws

  /// Ends a session, or another connection, of a process that is gone, if the server still has it.
  ///
  /// Servers number their sessions anew when they start. So nothing is ended that may be somebody else's: not
  /// if the server has been running for less than `age`, and not a session of another account.
  ///
  /// - Parameters:
  ///   - session: the session's ``DatabaseSession/connectionID``, or what
  ///     ``run(_:limit:announcing:)`` announced.
  ///   - age: how long ago the session was known to be there; zero if it is known to be there now.
  func endSession(_ session: UInt64, seenAgo age: Duration) async throws

  /// Runs statements outside every client: a reset or checks, each on its own, in autocommit mode.
  ///
  /// Nothing is sent twice: when the connection breaks, the call fails.
  ///
  /// - Parameters:
  ///   - statements: what to run; nothing after the first that fails.
  ///   - limit: how long the server may be silent in a statement before it counts as gone.
  ///   - announce: called in each call, before anything is sent, with the id of the one connection that the statements
  ///     go over, as ``endSession(_:seenAgo:)`` takes it. If it throws, nothing is sent, and its error is thrown.
  /// - Returns: one entry for each statement that was run.
  func run(
    _ statements: [String], limit: Duration,
    announcing announce: @Sendable (UInt64) async throws -> Void
  ) async throws -> [[StatementResult]]

  /// Queries that read the tables of the database: one for each table, sorted by the tables' names.
  ///
  /// - Parameter rows: how many rows each query gives at most.
  func tableQueries(limitedTo rows: Int) async throws -> [String]

  /// Whether a session that ran nothing but these statements is as good as a new one to them all, while it
  /// ``DatabaseSession/holdsLocks()`` no more.
  ///
  /// Only for speed: it saves a ``DatabaseSession/reset()`` after each order. When in doubt, `false`, which is
  /// what a database answers that does not implement it.
  func leaveNoTrace(_ statements: [String]) -> Bool

  /// Ends the connections that the other operations made; sessions are closed by their owners.
  ///
  /// An operation that is called later connects again.
  func close() async
}

/// One client's session: a single connection, never exchanged for another.
///
/// All operations belong to one task at a time.
public protocol DatabaseSession: Sendable {
  /// The id by which the server knows this session, as ``Database/cancelStatement(of:)`` takes it.
  var connectionID: UInt64 { get }

  /// Runs one statement and waits for all it returns.
  ///
  /// - Parameter sql: one statement, without a delimiter at its end.
  /// - Returns: one result, or several for a statement that calls a procedure. A server's error is
  ///   a result too.
  /// - Throws: ``SessionLost`` if the connection broke.
  func execute(_ sql: String) async throws -> [StatementResult]

  /// Runs statements up to the first that fails, and calls back: a loop of ``execute(_:)`` without its task.
  ///
  /// An explorer keeps as many statements under way as there are clients, from one task. A session that
  /// implements only ``execute(_:)`` gets this from it. Cancelling a task has no effect; ``close()`` ends
  /// what is under way as lost.
  ///
  /// - Parameters:
  ///   - statements: what to run, in sequence.
  ///   - loop: the database's ``Database/loop``, on whose thread this is called.
  ///   - completion: takes all results, or ``SessionLost``; called once, on the loop's thread.
  func run(
    _ statements: [String], on loop: EventLoop,
    then completion: @escaping @Sendable (Result<[StatementResult], any Error>) -> Void)

  /// Whether other sessions may still notice this one, through an open transaction or a lock.
  ///
  /// When in doubt, `true`. If it is `false`, the moment of the next ``reset()`` makes no difference to anybody else.
  func holdsLocks() async -> Bool

  /// Rolls back what is open and brings the session back to the state of a new one.
  ///
  /// - Throws: ``SessionLost`` if the connection broke.
  func reset() async throws

  /// Ends the session. Does nothing if it is lost.
  func close() async
}

/// The connection of a session broke; what its statement did is unknown.
public struct SessionLost: Error, Sendable, CustomStringConvertible {
  /// What the driver said, without secrets.
  public let description: String

  /// Makes the error, as an implementation of ``DatabaseSession`` does.
  public init(_ description: String) { self.description = description }
}

/// What the server said of waiting sessions.
public enum LockProbe: Hashable, Sendable {
  /// The sessions that wait for a lock at this moment, of those that were asked about.
  case waiting(Set<UInt64>)
  /// The server does not tell this account, and why; only time can tell then.
  case unavailable(String)
}

extension DatabaseSession {
  /// Runs statements in a task that prefers the loop.
  public func run(
    _ statements: [String], on loop: EventLoop,
    then completion: @escaping @Sendable (Result<[StatementResult], any Error>) -> Void
  ) {
    Task(executorPreference: loop) {
      var results: [StatementResult] = []
      do {
        for statement in statements {
          results += try await execute(statement)
          if case .error = results.last { break }
        }
        completion(.success(results))
      } catch {
        completion(.failure(error))
      }
    }
  }
}

extension Database {
  /// In doubt.
  public func leaveNoTrace(_ statements: [String]) -> Bool { false }

  /// Runs statements outside every client, over whatever connection there is.
  ///
  /// - Parameters:
  ///   - statements: what to run; nothing after the first that fails.
  ///   - limit: how long the server may be silent in a statement before it counts as gone.
  /// - Returns: one entry for each statement that was run.
  public func run(_ statements: [String], limit: Duration) async throws -> [[StatementResult]] {
    try await run(statements, limit: limit) { _ in }
  }

  /// Runs statements outside every client, each of which may take a minute.
  ///
  /// - Returns: one entry for each statement that was run; the last one is the first that failed.
  public func run(_ statements: [String]) async throws -> [[StatementResult]] {
    try await run(statements, limit: .seconds(60))
  }
}
