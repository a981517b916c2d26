public import MuddledCore
import Testing

/// What every ``Database`` and its ``DatabaseSession``s must do, as checks on a real server.
///
/// Run them all from a parameterized test:
/// ```swift
/// @Test("It does what every database does", arguments: DatabaseConformance.checks)
/// func conformance(check: DatabaseConformance.Check) async throws {
///   try await check.run(
///     DatabaseConformance(
///       make: { MyDatabase(address) }, absent: { MyDatabase(nowhere) },
///       refused: { MyDatabase(wrongPassword) }))
/// }
/// ```
/// Each check makes tables `conformance_…` of its own and drops them, so that all may run on one server, also at once.
/// The server must know `VARCHAR`, `BEGIN`, `COMMIT`, row locks in a table with a primary key, and autocommit.
public struct DatabaseConformance: Sendable {
  /// One thing that every database does.
  public typealias Check = ConformanceCheck<DatabaseConformance>

  /// Makes a database, in which the account may make tables.
  public let make: @Sendable () async throws -> any Database
  /// Makes a database whose server is not there.
  public let absent: @Sendable () async throws -> any Database
  /// Makes a database whose server refuses the login.
  public let refused: @Sendable () async throws -> any Database
  /// Whether the server tells who waits for a lock.
  public let tellsLockWaits: Bool
  /// How long anything may take that need not wait.
  public let slack: Duration

  /// Checks what the closures make.
  ///
  /// - Parameters:
  ///   - tellsLockWaits: whether the server tells this account who waits for a lock; true by default.
  ///   - slack: how long anything may take that need not wait; by default 10 s, so that a busy machine fails nothing.
  ///   - make: makes a database, in which the account may make tables, and on which at least 4 sessions may be open;
  ///     the check closes it.
  ///   - absent: makes a database whose server is not there.
  ///   - refused: makes a database whose server refuses the login.
  public init(
    tellsLockWaits: Bool = true, slack: Duration = .seconds(10),
    make: @escaping @Sendable () async throws -> any Database,
    absent: @escaping @Sendable () async throws -> any Database,
    refused: @escaping @Sendable () async throws -> any Database
  ) {
    self.tellsLockWaits = tellsLockWaits
    self.slack = slack
    self.make = make
    self.absent = absent
    self.refused = refused
  }

  /// Everything that a database is checked for.
  public static let checks: [Check] = [
    Check("A session returns rows, counts and errors as results") { try await $0.results() },
    Check("Sessions are their own, each with its transaction") {
      try await $0.separateSessions()
    },
    Check("A list of statements runs to the first that fails, and calls back once, on the loop") {
      try await $0.lists()
    },
    Check("A reset rolls back and lets go, and keeps the session") { try await $0.reset() },
    Check("A session that somebody waits for says that it holds locks") {
      try await $0.holdsLocks()
    },
    Check("A closed session is rolled back, lets go, and is lost") { try await $0.close() },
    Check("A close ends what is under way as lost") { try await $0.closeWhileWaiting() },
    Check("The server tells who waits for a lock, and nobody else") { try await $0.lockWaits() },
    Check("A statement that waits holds up nothing else") { try await $0.waitsAlone() },
    Check("A cancelled statement ends with an error, and its session goes on") {
      try await $0.cancelStatement()
    },
    Check("A session that was ended is lost, and its locks are gone") {
      try await $0.endSession()
    },
    Check("A session is not ended if its number may be somebody else's") {
      try await $0.endsNoStranger()
    },
    Check("Statements outside every client are committed, up to the first that fails") {
      try await $0.run()
    },
    Check("Statements outside every client go over a connection that is announced and can be ended")
    {
      try await $0.announcement()
    },
    Check("A statement outside every client has a limit") { try await $0.runLimit() },
    Check("Queries read each table, in the sequence of names, up to a number of rows") {
      try await $0.tableQueries()
    },
    Check("A server that is not there and a login that is refused are told apart") {
      try await $0.refusals()
    },
  ]
}

// MARK: What the checks share

extension DatabaseConformance {
  /// Gives a database with a new table of two rows, `(1, 10)` and `(2, 20)`, to `body`, and removes both.
  func withTable(
    _ body: (_ database: any Database, _ table: String) async throws -> Void
  ) async throws {
    let database = try await make()
    let table = "conformance_\(String(UInt64.random(in: 0...(.max)), radix: 36))"
    let outcome: Result<Void, any Error>
    do {
      let made = try await database.run([
        "CREATE TABLE \(table) (id INT PRIMARY KEY, a INT)",
        "INSERT INTO \(table) VALUES (1, 10), (2, 20)",
      ])
      try #require(made.count == 2 && !made.joined().hasError, "\(made)")
      outcome = .success(try await body(database, table))
    } catch {
      outcome = .failure(error)
    }
    // Nobody may be left who keeps it from being dropped.
    _ = try? await database.run(["DROP TABLE \(table)"], limit: slack)
    await database.close()
    try outcome.get()
  }

  /// Gives so many sessions to `body` as well, and closes them.
  func withSessions(
    _ count: Int,
    _ body: (
      _ database: any Database, _ table: String, _ sessions: [any DatabaseSession]
    ) async throws -> Void
  ) async throws {
    try await withTable { database, table async throws in
      var sessions: [any DatabaseSession] = []
      let outcome: Result<Void, any Error>
      do {
        for _ in 0..<count { sessions.append(try await database.openSession()) }
        outcome = .success(try await body(database, table, sessions))
      } catch {
        outcome = .failure(error)
      }
      for session in sessions { await session.close() }
      try outcome.get()
    }
  }

  /// Runs statements that must succeed.
  func execute(
    _ statements: String..., on session: any DatabaseSession,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for statement in statements {
      let results = try await session.execute(statement)
      #expect(
        !results.hasError, "\(statement): \(results)",
        sourceLocation: sourceLocation)
    }
  }

  /// The column `a` of a row, as a session sees it.
  func value(
    of id: Int, in table: String, on session: any DatabaseSession
  ) async throws -> SQLValue? {
    let results = try await session.execute("SELECT a FROM \(table) WHERE id = \(id)")
    guard case .rows(let found)? = results.first else { return nil }
    return found.rows.first?.first
  }

  /// Starts a statement that waits for a lock of another session, and waits until the server says so.
  func waiting(
    _ statement: String, on session: any DatabaseSession, of database: any Database
  ) async throws -> UnderWay<[StatementResult]> {
    let wait = UnderWay { try await session.execute(statement) }
    let start = ContinuousClock.now
    while ContinuousClock.now - start < slack {
      try #require(!wait.hasEnded, "\(statement) did not wait for the lock")
      switch try await database.lockWaits(among: [session.connectionID]) {
      case .waiting(let ids) where ids.isEmpty: try await Task.sleep(for: .milliseconds(2))
      case .waiting: return wait
      case .unavailable:
        // Nobody can say when it waits; it will not be sooner.
        try await Task.sleep(for: .milliseconds(300))
        try #require(!wait.hasEnded, "\(statement) did not wait for the lock")
        return wait
      }
    }
    try #require(!tellsLockWaits, "nobody told of the wait of \(statement)")
    return wait
  }
}

extension StatementResult {
  /// Whether the server refused the statement.
  var isError: Bool { if case .error = self { true } else { false } }
}

extension Sequence<StatementResult> {
  /// Whether the server refused one of the statements.
  var hasError: Bool { contains { $0.isError } }
}
