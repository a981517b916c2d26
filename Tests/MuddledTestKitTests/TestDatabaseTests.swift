import MuddledMariaDB
import MuddledSandbox
import MuddledTestKit
import Testing

@Suite("A database for each test", .ownDatabase, .timeLimit(.minutes(1)))
struct TestDatabaseTests {
  /// What the tests of the suite saw: each adds its server and its database.
  static let seen = Words()

  @Test("Each test, and each case of one, has an empty database of its own", arguments: 1...3)
  func own(number: Int) async throws {
    let own = try TestDatabase.current
    let database = try MariaDBDatabase.mariaDB(own.dsn)
    let made = try await database.run(["CREATE TABLE t (n INT)", "SELECT DATABASE()"])
    #expect(made[0].error == nil, "another test's table is there")
    #expect(made[1].rows?.rows == [[.text(own.name)]])
    let names = Self.seen.all
    #expect(!names.contains(own.dsn), "another test has the same database")
    Self.seen.add(own.dsn)
    #expect(names.allSatisfy { $0.hasPrefix("root:@unix(\(own.sandbox.mariaDBSocket))") })
    await database.close()
  }

  @Suite("In a suite of the suite")
  struct Inner {
    @Test("The server is the same, and the database another one")
    func own() async throws {
      let own = try TestDatabase.current
      let names = TestDatabaseTests.seen.all
      #expect(!names.contains(own.dsn))
      TestDatabaseTests.seen.add(own.dsn)
      #expect(names.allSatisfy { $0.hasPrefix("root:@unix(\(own.sandbox.mariaDBSocket))") })
      let database = try MariaDBDatabase.mariaDB(own.tcpDSN)
      #expect(try await database.run(["CREATE TABLE t (n INT)"])[0].error == nil)
      await database.close()
    }
  }

  @Test("A database is dropped after its test")
  func dropped() async throws {
    let own = try TestDatabase.current
    let second = try await own.sandbox.makeDatabase()
    let database = try MariaDBDatabase.mariaDB(own.dsn)
    func names() async throws -> [String?] {
      try await database.run(["SHOW DATABASES"])[0].rows?.values(of: "Database").map(\.string) ?? []
    }
    #expect(try await names().contains(second))
    try await own.sandbox.removeDatabase(second)
    #expect(try await !names().contains(second))
    await database.close()
  }
}

@Suite("A database for one test")
struct SingleTestDatabaseTests {
  @Test("The trait on a test alone starts a server for it", .ownDatabase, .timeLimit(.minutes(1)))
  func single() async throws {
    let database = try MariaDBDatabase.mariaDB(TestDatabase.current.dsn)
    #expect(try await database.run(["SELECT 1"])[0].rows?[0, "1"].int == 1)
    await database.close()
  }

  @Test("Without the trait there is none, and the error says what is missing")
  func none() throws {
    try withKnownIssue {
      _ = try TestDatabase.current
    } matching: { issue in
      issue.comments.map(\.rawValue).joined().contains("needs the trait .ownDatabase")
    }
  }
}
