import Foundation
import MuddledCore
import MuddledSandbox
import MuddledTestKit
import Testing

@testable import MuddledMariaDB

@Suite(
  "Statements that are sent as one", .timeLimit(.minutes(5)), .mariaDB(generalLog: true))
struct JoinedStatementsTests {
  private func withDatabase(
    _ body: (MariaDBDatabase) async throws -> Void
  ) async throws {
    let database = try await testDatabase(options: .exploring)
    do { try await body(database) } catch {
      await database.close()
      throw error
    }
    await database.close()
  }

  @Test("Plain ones are one entry in the server's log, and each has its own result")
  func plain() async throws {
    try await withDatabase { database in
      let table = "joined_\(UInt32.random(in: 0...UInt32.max))"
      let statements = [
        "CREATE TABLE \(table) (a INT PRIMARY KEY)", "INSERT INTO \(table) VALUES (1), (2)",
        "SELECT a FROM \(table) ORDER BY a", "DELETE FROM \(table) WHERE a = 1",
        "SELECT COUNT(*) AS n FROM \(table)",
      ]
      let results = try await database.run(statements)
      #expect(results.count == statements.count && results.allSatisfy { $0.count == 1 })
      #expect(results[1] == [.ok(affected: 2)])
      #expect(rows(results[2]) == [[.number("1")], [.number("2")]])
      #expect(results[3] == [.ok(affected: 1)])
      #expect(rows(results[4]) == [[.number("1")]])
      let log = try String(contentsOfFile: Sandbox.ofTest.generalLog, encoding: .utf8)
      #expect(log.contains(statements[1...].joined(separator: ";\n")))
    }
  }

  @Test("Nothing is run after the first that fails, and what was done before it stays")
  func failure() async throws {
    try await withDatabase { database in
      let table = "failing_\(UInt32.random(in: 0...UInt32.max))"
      _ = try await database.run(["CREATE TABLE \(table) (a INT PRIMARY KEY)"])
      let results = try await database.run([
        "INSERT INTO \(table) VALUES (1)", "INSERT INTO \(table) VALUES (1)",
        "INSERT INTO \(table) VALUES (2)",
      ])
      #expect(results.count == 2)
      guard case .error(let error)? = results.last?.last else {
        Issue.record("the second did not fail: \(results)")
        return
      }
      #expect(error.code == 1062)
      #expect(rows(try await database.run(["SELECT a FROM \(table)"])[0]) == [[.number("1")]])
    }
  }

  @Test("An open transaction is rolled back at the end, as when they are sent one by one")
  func transaction() async throws {
    try await withDatabase { database in
      let table = "open_\(UInt32.random(in: 0...UInt32.max))"
      _ = try await database.run(["CREATE TABLE \(table) (a INT)"])
      _ = try await database.run(["BEGIN", "INSERT INTO \(table) VALUES (1)"])
      _ = try await database.run(["BEGIN", "INSERT INTO \(table) VALUES (2)", "COMMIT"])
      #expect(rows(try await database.run(["SELECT a FROM \(table)"])[0]) == [[.number("2")]])
    }
  }

  @Test("The bound on kept rows is for each of them")
  func bound() async throws {
    var options = MariaDBDatabase.Options.exploring
    options.keptResultBytes = 200
    let database = try await testDatabase(options: options)
    let query = "SELECT seq FROM seq_1_to_3"
    let results = try await database.run([query, query, "SELECT seq FROM seq_1_to_1000", query])
    await database.close()
    for index in [0, 1, 3] { #expect(rows(results[index]).count == 3) }
    guard case .rows(let cut)? = results[2].first else {
      Issue.record("no rows")
      return
    }
    #expect(cut.count == 1000 && cut.rows.count < 1000)
  }

  @Test(
    "One that could be seen to end elsewhere, or that touches its session, is sent alone",
    arguments: [
      "SELECT 'a\\'", "SELECT 1 # no more", "SELECT 1 -- no more", "SELECT 1 /* one */",
      "SET @x = 1",
      "SELECT 1; SELECT 2", "CALL p()", "", "SELECT 1\0", "SELECT @x",
    ])
  func alone(statement: String) {
    #expect(!StatementTraits(statement).mayBeJoined)
    let memory = StatementTraitsMemory()
    let statements = ["SELECT 1", "SELECT 2", statement, "SELECT 3"]
    #expect(memory.plan(for: statements, joining: true).parts.map(\.count) == [2, 1, 1])
    #expect(memory.plan(for: statements, joining: false).parts.map(\.text) == statements)
  }

  @Test("A text that would be long is several")
  func long() {
    let memory = StatementTraitsMemory()
    let statement = "SELECT '\(String(repeating: "a", count: 5000))'"
    let statements = Array(repeating: statement, count: 4)
    #expect(memory.plan(for: statements, joining: true).parts.map(\.count) == [3, 1])
  }
}
