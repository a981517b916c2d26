import MuddledCore
import Testing

extension DatabaseConformance {
  /// A node that was killed leaves sessions behind, which others end.
  package func endSession() async throws {
    try await withSessions(2) { database, table, sessions async throws in
      let update = "UPDATE \(table) SET a = a + 1 WHERE id = 1"
      try await execute("BEGIN", update, on: sessions[0])
      let wait = try await waiting(update, on: sessions[1], of: database)
      for _ in 0..<2 {
        try await database.endSession(sessions[0].connectionID, seenAgo: .zero)
      }
      #expect(try await wait.end(within: slack) == [.ok(affected: 1)])
      #expect(try await value(of: 1, in: table, on: sessions[1]) == .number("11"))
      let late = UnderWay { try await sessions[0].execute("SELECT 1") }
      await #expect(throws: SessionLost.self) { try await late.end(within: slack) }
    }
  }

  /// A session that was seen before the server started was another one.
  package func endsNoStranger() async throws {
    try await withSessions(1) { database, table, sessions async throws in
      let years = Duration.seconds(50 * 365 * 24 * 3600)
      try await database.endSession(sessions[0].connectionID, seenAgo: years)
      #expect(try await value(of: 1, in: table, on: sessions[0]) == .number("10"))
    }
  }

  /// ``Database/run(_:limit:announcing:)`` for resets and checks.
  package func run() async throws {
    try await withSessions(1) { database, table, sessions async throws in
      let all = try await database.run([
        "UPDATE \(table) SET a = 11 WHERE id = 1", "SELECT a FROM \(table) ORDER BY id",
      ])
      #expect(
        all == [
          [.ok(affected: 1)],
          [.rows(ResultRows(columns: ["a"], rows: [[.number("11")], [.number("20")]]))],
        ])
      #expect(try await value(of: 1, in: table, on: sessions[0]) == .number("11"))
      let stopped = try await database.run([
        "UPDATE \(table) SET a = 12 WHERE id = 1", "SELEC",
        "UPDATE \(table) SET a = 13 WHERE id = 1",
      ])
      #expect(stopped.count == 2 && stopped.last?.last?.isError == true, "\(stopped)")
      #expect(try await value(of: 1, in: table, on: sessions[0]) == .number("12"))
      #expect(try await database.run([]) == [])
      // What one call begins is over before the next.
      _ = try await database.run(["BEGIN", "UPDATE \(table) SET a = 14 WHERE id = 1"])
      _ = try await database.run(["UPDATE \(table) SET a = 24 WHERE id = 2"])
      #expect(try await value(of: 2, in: table, on: sessions[0]) == .number("24"))
    }
  }

  /// Where it is known over which connection a reset goes, one that comes too late can be kept from the server.
  package func announcement() async throws {
    try await withSessions(1) { database, table, sessions async throws in
      struct Refusal: Error {}
      let update = "UPDATE \(table) SET a = a + 1 WHERE id = 1"
      await #expect(throws: Refusal.self) {
        _ = try await database.run([update], limit: slack) { _ in throw Refusal() }
      }
      #expect(try await value(of: 1, in: table, on: sessions[0]) == .number("10"))
      let other = try await make()
      let late = UnderWay {
        try await database.run([update], limit: slack) {
          try await other.endSession($0, seenAgo: .zero)
        }
      }
      let error = await #expect(throws: MuddledError.self) { try await late.end(within: slack) }
      #expect(error?.code == .unavailable)
      #expect(try await value(of: 1, in: table, on: sessions[0]) == .number("10"))
      await other.close()
      _ = try await database.run([update])
      #expect(try await value(of: 1, in: table, on: sessions[0]) == .number("11"))
    }
  }

  /// A reset that waits for a lock which nobody will release must not stop the run for ever.
  package func runLimit() async throws {
    try await withSessions(1) { database, table, sessions async throws in
      let update = "UPDATE \(table) SET a = 11 WHERE id = 1"
      try await execute("BEGIN", update, on: sessions[0])
      let stuck = UnderWay { try await database.run([update], limit: .milliseconds(300)) }
      let error = await #expect(throws: MuddledError.self) { try await stuck.end(within: slack) }
      #expect(error?.code == .unavailable)
      try await execute("COMMIT", on: sessions[0])
      let next = try await database.run(["SELECT a FROM \(table) WHERE id = 2"])
      #expect(next == [[.rows(ResultRows(columns: ["a"], rows: [[.number("20")]]))]])
    }
  }

  /// ``Database/tableQueries(limitedTo:)`` for checks that nobody wrote.
  package func tableQueries() async throws {
    try await withTable { database, table async throws in
      let more = ["\(table)_c", "\(table)_a", "\(table)_b"]
      _ = try await database.run(more.map { "CREATE TABLE \($0) (id INT PRIMARY KEY)" })
      for limit in [1, 5] {
        let all = try await database.tableQueries(limitedTo: limit)
        // Other tables may be there.
        let names = ([table] + more).sorted()
        let queries = all.filter { $0.contains(table) }
        try #require(queries.count == names.count, "\(queries)")
        for (query, name) in zip(queries, names) {
          #expect(query.contains(name), "\(query) stands where the one of \(name) should")
        }
        let results = try await database.run(queries)
        let counts = results.map { results -> UInt64? in
          if case .rows(let found)? = results.first { found.count } else { nil }
        }
        #expect(counts == [UInt64(min(limit, 2)), 0, 0, 0])
      }
      _ = try await database.run(more.map { "DROP TABLE \($0)" })
    }
  }

  /// Whoever starts a run is told whether to start the server or to look at the account.
  package func refusals() async throws {
    for (make, code) in [(absent, MuddledError.Code.unavailable), (refused, .configuration)] {
      let database = try await make()
      let attempt = UnderWay { _ = try await database.openSession() }
      let error = await #expect(throws: MuddledError.self) { try await attempt.end(within: slack) }
      #expect(error?.code == code, "\(error?.message ?? "")")
      #expect(error?.message.contains(" ") == true)
      await database.close()
    }
  }
}
