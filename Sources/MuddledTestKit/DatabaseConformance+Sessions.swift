import MuddledCore
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension DatabaseConformance {
  /// Values keep what they are, and a refused statement is a result like any other.
  package func results() async throws {
    try await withSessions(1) { _, table, sessions async throws in
      let session = sessions[0]
      #expect(
        try await session.execute("UPDATE \(table) SET a = NULL WHERE id = 2") == [.ok(affected: 1)]
      )
      #expect(
        try await session.execute("SELECT id, a FROM \(table) ORDER BY id") == [
          .rows(
            ResultRows(
              columns: ["id", "a"],
              rows: [[.number("1"), .number("10")], [.number("2"), .null]]))
        ])
      #expect(
        try await session.execute("SELECT 'it''s é 🙂' AS x, 'NULL' AS y, '' AS z") == [
          .rows(
            ResultRows(
              columns: ["x", "y", "z"], rows: [[.text("it's é 🙂"), .text("NULL"), .text("")]]))
        ])
      #expect(
        try await session.execute("SELECT a FROM \(table) WHERE id = 3") == [
          .rows(ResultRows(columns: ["a"], rows: []))
        ])
      #expect(
        try await session.execute("DELETE FROM \(table) WHERE id > 0") == [.ok(affected: 2)])
      for statement in ["SELEC 1", "SELECT * FROM \(table)_none"] {
        let refused = try await session.execute(statement)
        guard case .error(let error)? = refused.last else {
          Issue.record("\(statement) gave \(refused)")
          continue
        }
        #expect(!error.message.isEmpty && error.sqlstate.utf8.count == 5, "\(error)")
      }
      try await execute("INSERT INTO \(table) VALUES (1, 1)", on: session)
      #expect(try await value(of: 1, in: table, on: session) == .number("1"))
    }
  }

  /// What one session has begun, another does not see before it is committed.
  package func separateSessions() async throws {
    try await withSessions(3) { _, table, sessions async throws in
      #expect(Set(sessions.map(\.connectionID)).count == 3)
      try await execute("BEGIN", "UPDATE \(table) SET a = 11 WHERE id = 1", on: sessions[0])
      try await execute("BEGIN", "UPDATE \(table) SET a = 22 WHERE id = 2", on: sessions[1])
      #expect(try await value(of: 1, in: table, on: sessions[0]) == .number("11"))
      #expect(try await value(of: 1, in: table, on: sessions[2]) == .number("10"))
      #expect(try await value(of: 2, in: table, on: sessions[2]) == .number("20"))
      try await execute("COMMIT", on: sessions[0])
      try await execute("ROLLBACK", on: sessions[1])
      #expect(try await value(of: 1, in: table, on: sessions[2]) == .number("11"))
      #expect(try await value(of: 2, in: table, on: sessions[2]) == .number("20"))
    }
  }

  /// ``DatabaseSession/run(_:on:then:)`` does what a loop of ``DatabaseSession/execute(_:)`` does.
  package func lists() async throws {
    try await withSessions(2) { database, table, sessions async throws in
      let update = { (value: Int) in "UPDATE \(table) SET a = \(value) WHERE id = 1" }
      let stopped = try await list(
        [update(1), "SELECT a FROM \(table) WHERE id = 1", "SELEC", update(2)],
        on: sessions[0], of: database)
      #expect(stopped.count == 3 && stopped.last?.isError == true, "\(stopped)")
      #expect(stopped.first == .ok(affected: 1))
      #expect(try await value(of: 1, in: table, on: sessions[1]) == .number("1"))
      let whole = try await list([update(3), update(4)], on: sessions[0], of: database)
      #expect(whole == [.ok(affected: 1), .ok(affected: 1)])
      #expect(try await list([], on: sessions[0], of: database) == [])
      await sessions[0].close()
      await #expect(throws: SessionLost.self) {
        try await list([update(5)], on: sessions[0], of: database)
      }
    }
  }

  /// Runs a list and checks how it calls back.
  private func list(
    _ statements: [String], on session: any DatabaseSession, of database: any Database
  ) async throws -> [StatementResult] {
    let calls = Calls()
    let loop = database.loop
    await Task(executorPreference: loop) {
      let thread = pthread_self()
      session.run(statements, on: loop) { result in
        calls.note(result, isOnLoop: pthread_equal(pthread_self(), thread) != 0)
      }
    }.value
    let start = ContinuousClock.now
    while calls.results.isEmpty, ContinuousClock.now - start < slack {
      try await Task.sleep(for: .milliseconds(1))
    }
    // A second call would follow the first at once.
    try await Task.sleep(for: .milliseconds(20))
    #expect(calls.results.count == 1, "it called back \(calls.results.count) times")
    #expect(calls.areOnLoop, "it called back on another thread than the loop's")
    return try #require(calls.results.first, "it never called back").get()
  }

  /// What came back, and where.
  private final class Calls: Sendable {
    private let state = Mutex<(results: [Result<[StatementResult], any Error>], areOnLoop: Bool)>(
      ([], true))

    var results: [Result<[StatementResult], any Error>] { state.withLock { $0.results } }
    var areOnLoop: Bool { state.withLock { $0.areOnLoop } }

    func note(_ result: Result<[StatementResult], any Error>, isOnLoop: Bool) {
      state.withLock { state in
        state.results.append(result)
        state.areOnLoop = state.areOnLoop && isOnLoop
      }
    }
  }

  /// A session is used for many orders, and must be the same at the start of each.
  package func reset() async throws {
    try await withSessions(2) { _, table, sessions async throws in
      let id = sessions[0].connectionID
      for _ in 0..<3 {
        try await execute("BEGIN", "UPDATE \(table) SET a = 99 WHERE id = 1", on: sessions[0])
        try await sessions[0].reset()
        #expect(sessions[0].connectionID == id)
        #expect(try await value(of: 1, in: table, on: sessions[0]) == .number("10"))
        let other = UnderWay {
          try await sessions[1].execute("UPDATE \(table) SET a = 10 WHERE id = 1")
        }
        let passed = try await other.end(within: slack)
        #expect(!passed.hasError, "\(passed)")
        // In autocommit mode again, whatever was open before.
        try await execute("UPDATE \(table) SET a = 21 WHERE id = 2", on: sessions[0])
        #expect(try await value(of: 2, in: table, on: sessions[1]) == .number("21"))
      }
    }
  }

  /// What a session leaves behind when it is closed in the middle of a transaction.
  package func close() async throws {
    try await withSessions(2) { _, table, sessions async throws in
      try await execute("BEGIN", "UPDATE \(table) SET a = 99 WHERE id = 1", on: sessions[0])
      await sessions[0].close()
      await sessions[0].close()
      let other = UnderWay {
        try await sessions[1].execute("UPDATE \(table) SET a = a + 1 WHERE id = 1")
      }
      #expect(try await other.end(within: slack) == [.ok(affected: 1)])
      #expect(try await value(of: 1, in: table, on: sessions[1]) == .number("11"))
      await #expect(throws: SessionLost.self) { try await sessions[0].execute("SELECT 1") }
      await #expect(throws: SessionLost.self) { try await sessions[0].reset() }
    }
  }

  /// A statement whose session is closed under it does not stay for ever.
  package func closeWhileWaiting() async throws {
    try await withSessions(2) { database, table, sessions async throws in
      let update = "UPDATE \(table) SET a = 11 WHERE id = 1"
      try await execute("BEGIN", update, on: sessions[0])
      let wait = try await waiting(update, on: sessions[1], of: database)
      await sessions[1].close()
      await #expect(throws: SessionLost.self) { try await wait.end(within: slack) }
    }
  }
}
