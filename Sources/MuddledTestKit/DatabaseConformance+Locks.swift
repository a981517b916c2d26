import MuddledCore
import Testing

extension DatabaseConformance {
  /// Who says that it holds none may be reset at any time, and would end another's wait then.
  package func holdsLocks() async throws {
    try await withSessions(2) { database, table, sessions async throws in
      for begin in ["UPDATE \(table) SET a = 11 WHERE id = 1", "DELETE FROM \(table) WHERE id = 1"]
      {
        try await execute("BEGIN", begin, on: sessions[0])
        let wait = try await waiting(
          "UPDATE \(table) SET a = 12 WHERE id = 1", on: sessions[1], of: database)
        #expect(await sessions[0].holdsLocks())
        try await sessions[0].reset()
        #expect(try await wait.end(within: slack) == [.ok(affected: 1)])
        try await execute("UPDATE \(table) SET a = 10 WHERE id = 1", on: sessions[1])
      }
    }
  }

  /// ``Database/lockWaits(among:)`` names exactly those who wait, of those who were asked about.
  package func lockWaits() async throws {
    try await withSessions(4) { database, table, sessions async throws in
      let ids = sessions.map(\.connectionID)
      guard tellsLockWaits else {
        guard case .unavailable(let reason) = try await database.lockWaits(among: ids) else {
          Issue.record("the server tells who waits; say so to the conformance suite")
          return
        }
        #expect(!reason.isEmpty)
        return
      }
      #expect(try await database.lockWaits(among: ids) == .waiting([]))
      #expect(try await database.lockWaits(among: []) == .waiting([]))
      try await execute("BEGIN", "UPDATE \(table) SET a = 11 WHERE id = 1", on: sessions[0])
      try await execute("BEGIN", "UPDATE \(table) SET a = 21 WHERE id = 2", on: sessions[1])
      #expect(try await database.lockWaits(among: ids) == .waiting([]))
      let first = try await waiting(
        "UPDATE \(table) SET a = 12 WHERE id = 1", on: sessions[2], of: database)
      #expect(try await database.lockWaits(among: ids) == .waiting([ids[2]]))
      let second = try await waiting(
        "UPDATE \(table) SET a = 22 WHERE id = 2", on: sessions[3], of: database)
      #expect(try await database.lockWaits(among: ids) == .waiting([ids[2], ids[3]]))
      #expect(try await database.lockWaits(among: Array(ids[..<3])) == .waiting([ids[2]]))
      try await execute("COMMIT", on: sessions[0])
      #expect(try await first.end(within: slack) == [.ok(affected: 1)])
      #expect(try await database.lockWaits(among: ids) == .waiting([ids[3]]))
      try await execute("COMMIT", on: sessions[1])
      #expect(try await second.end(within: slack) == [.ok(affected: 1)])
      #expect(try await database.lockWaits(among: ids) == .waiting([]))
    }
  }

  /// A blocking call on the loop's thread would stop all sessions, and the one that could end the wait.
  package func waitsAlone() async throws {
    try await withSessions(3) { database, table, sessions async throws in
      let update = "UPDATE \(table) SET a = a + 1 WHERE id = 1"
      try await execute("BEGIN", update, on: sessions[0])
      let wait = try await waiting(update, on: sessions[1], of: database)
      let others = UnderWay {
        let results = try await sessions[2].execute("SELECT a FROM \(table) WHERE id = 2")
        _ = try await database.run(["UPDATE \(table) SET a = 21 WHERE id = 2"])
        return results + (try await sessions[0].execute("COMMIT"))
      }
      #expect(try await others.end(within: slack).count == 2)
      #expect(try await wait.end(within: slack) == [.ok(affected: 1)])
      #expect(try await value(of: 1, in: table, on: sessions[2]) == .number("12"))
    }
  }

  /// The statement goes, the transaction before it stays, and later statements are not cancelled too.
  package func cancelStatement() async throws {
    try await withSessions(2) { database, table, sessions async throws in
      let update = "UPDATE \(table) SET a = 11 WHERE id = 1"
      try await execute("BEGIN", update, on: sessions[0])
      try await execute("BEGIN", "UPDATE \(table) SET a = 21 WHERE id = 2", on: sessions[1])
      for _ in 0..<2 {
        let wait = try await waiting(update, on: sessions[1], of: database)
        try await database.cancelStatement(of: sessions[1].connectionID)
        let results = try await wait.end(within: slack)
        #expect(results.last?.isError == true, "\(results)")
        #expect(try await value(of: 2, in: table, on: sessions[1]) == .number("21"))
      }
      // Who runs nothing is left alone, and so is who is gone.
      try await database.cancelStatement(of: sessions[1].connectionID)
      try await execute("COMMIT", on: sessions[1])
      #expect(try await value(of: 2, in: table, on: sessions[0]) == .number("21"))
      await sessions[1].close()
      try await database.cancelStatement(of: sessions[1].connectionID)
    }
  }
}
