import MuddledCore
import MuddledMariaDB
import MuddledSandbox
import MuddledTestKit
import Synchronization
import Testing

/// One test after the other: those that change a table make it first.
@Suite(
  "DatabaseLoader", .timeLimit(.minutes(20)), .serialized,
  .mariaDB("--sql-mode=ANSI_QUOTES", "--autocommit=0", "--character-set-server=latin1"))
struct DatabaseLoaderTests {
  private static let table =
    "(node_id VARCHAR(200), sequence INT, statement MEDIUMTEXT) CHARACTER SET utf8mb4"

  /// Runs statements in the database `t`.
  private func run(_ statements: [String]) async throws {
    let database = try await testDatabase()
    let results = try await database.run(statements)
    await database.close()
    if case .error(let error)? = results.last?.last { Issue.record("\(error)") }
  }

  /// Makes the default table anew, with these rows.
  private func fill(_ rows: String, columns: String = table) async throws {
    try await run([
      "DROP TABLE IF EXISTS muddled_steps", "CREATE TABLE muddled_steps \(columns)",
      "INSERT INTO muddled_steps VALUES \(rows)",
    ])
  }

  private func loader(
    _ node: String, _ change: (inout DatabaseLoader.Table, inout MariaDBDSN) -> Void = { _, _ in }
  ) throws -> DatabaseLoader {
    var table = DatabaseLoader.Table()
    var dsn = try Sandbox.ofTest.dsn
    change(&table, &dsn)
    return DatabaseLoader(dsn, node: node, table: table)
  }

  /// Checks that a load is refused, with all of these words and no password.
  private func expectRefusal(
    _ code: MuddledError.Code, _ words: [String], by loader: DatabaseLoader,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    await MuddledTestKit.expectRefusal(
      code, words, hiding: "hidden", by: loader, sourceLocation: sourceLocation)
  }

  private static let nodes = Mutex(0)

  @Test("It does what every loader does", arguments: LoaderConformance.checks)
  func conformance(check: LoaderConformance.Check) async throws {
    let dsn = try Sandbox.ofTest.dsn
    try await run(["CREATE TABLE IF NOT EXISTS conformance \(Self.table)"])
    var table = DatabaseLoader.Table()
    table.name = "conformance"
    let loader = { @Sendable [table] in DatabaseLoader(dsn, node: $0, table: table) }
    try await check.run(
      LoaderConformance(
        make: { statements in
          let node = "node \(Self.nodes.withLock { $0 += 1; return $0 })"
          let database = MariaDBDatabase(dsn)
          // In any sequence but theirs.
          for (index, statement) in statements.enumerated().reversed() {
            let text = statement.utf8.map { byte in
              (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
            let results = try await database.run([
              "INSERT INTO conformance VALUES ('\(node)', \(index * 3 - 2), CONVERT(x'\(text)' USING utf8mb4))"
            ])
            #expect(results == [[.ok(affected: 1)]])
          }
          await database.close()
          return loader(node)
        }, absent: { loader("nobody") }))
  }

  @Test("The table, its database and its columns can have any names")
  func names() async throws {
    try await run([
      "CREATE DATABASE IF NOT EXISTS u",
      "CREATE TABLE u.`my ``steps` (`the client` INT, `select` BIGINT UNSIGNED, `sql` BLOB)",
      "INSERT INTO u.`my ``steps` VALUES (7, 18446744073709551615, 'COMMIT'), (7, 2, 'BEGIN;'), (0, 1, 'x')",
    ])
    let named = try loader("7") { table, _ in
      table.name = "u.my `steps"
      table.nodeColumn = "the client"
      table.sequenceColumn = "select"
      table.statementColumn = "sql"
    }
    #expect(try await named.load() == [Step("BEGIN"), Step("COMMIT")])
    // A text that is no number is not the node 0.
    let other = DatabaseLoader(named.dsn, node: "x", table: named.table)
    await expectRefusal(.missingInput, ["has no row whose the client is \"x\""], by: other)
  }

  @Test("Ids that differ in a byte are different nodes, and none is taken for SQL")
  func ids() async throws {
    let ids = ["a", "A", "a ", "á", "a\u{301}", "1", "01", "' OR 1 = 1 -- ", "日本"]
    let rows = ids.enumerated().map { "('\($1.replacing("'", with: "''"))', 1, 'SELECT \($0)')" }
    try await fill(rows.joined(separator: ", "))
    for (index, id) in ids.enumerated() {
      #expect(try await loader(id).load() == [Step("SELECT \(index)")], "\(id)")
    }
    // Whatever the character sets of the table and the connection are.
    try await fill(
      "('é', 1, 'SELECT ''ü''')",
      columns: "(node_id CHAR(9), sequence VARCHAR(9), statement TEXT) CHARACTER SET latin1")
    let latin = try loader("é") { $1.charset = "latin1" }
    #expect(try await latin.load() == [Step("SELECT 'ü'")])
  }

  @Test("Numbers that stand in a column of text are a sequence of numbers")
  func textSequence() async throws {
    try await fill(
      "('1', '10', 'COMMIT'), ('1', '9', 'SELECT 1'), ('1', '-1', 'BEGIN')",
      columns: "(node_id TEXT, sequence VARCHAR(9), statement TEXT)")
    #expect(try await loader("1").load().map(\.sql) == ["BEGIN", "SELECT 1", "COMMIT"])
  }

  @Test("A table, a column, a row or a statement that is not there is named")
  func missing() async throws {
    try await fill("('1', 1, 'SELECT 1'), ('2', 5, NULL), ('3', NULL, 'x'), ('4', 1, ' ; ')")
    await expectRefusal(
      .missingInput, ["the table nowhere at root@unix(", "is not there: create it"],
      by: try loader("1") { table, _ in table.name = "nowhere" })
    await expectRefusal(
      .missingInput, ["muddled_steps", "has no row whose node_id is \"9\": insert"],
      by: try loader("9"))
    await expectRefusal(
      .unusableInput,
      ["has no column id, stmt; it has node_id, sequence, statement: name the right one"],
      by: try loader("1") { table, _ in (table.nodeColumn, table.statementColumn) = ("id", "stmt") }
    )
    await expectRefusal(
      .unusableInput, ["the sequence 5 of node \"2\" has NULL as its statement: write one"],
      by: try loader("2"))
    await expectRefusal(
      .unusableInput, ["column sequence is NULL for node \"3\": it must hold whole numbers"],
      by: try loader("3"))
    await expectRefusal(
      .unusableInput, ["table muddled_steps, node \"4\", sequence 1: there is no statement"],
      by: try loader("4"))
    await expectRefusal(
      .configuration, ["No database selected", "name a database"],
      by: try loader("1") { _, dsn in dsn.database = "" })
  }

  @Test("Rows whose sequence nobody can tell, and statements that cannot be used, are named")
  func unusable() async throws {
    try await fill(
      "('1', 3, 'SELECT 1'), ('1', 3, 'SELECT 2'), ('2', 1, 'SELECT ''a'), ('3', 1, 'BEGIN; COMMIT')"
    )
    await expectRefusal(
      .unusableInput, ["the sequence 3 of node \"1\" stands there twice"], by: try loader("1"))
    await expectRefusal(
      .unusableInput, ["node \"2\", sequence 1:1: the ' that opens here is never closed"],
      by: try loader("2"))
    await expectRefusal(
      .unusableInput, ["sequence 1: there are 2 statements"], by: try loader("3"))
    try await fill(
      "('1', 1.5, 'x'), ('2', 1, x'ff')",
      columns: "(node_id TEXT, sequence DECIMAL(3,1), statement BLOB)")
    await expectRefusal(
      .unusableInput, ["column sequence is \"1.5\" for node \"1\""], by: try loader("1"))
    await expectRefusal(
      .unusableInput, ["column sequence is \"1.0\" for node \"2\""], by: try loader("2"))
    try await run(["ALTER TABLE muddled_steps MODIFY sequence INT"])
    await expectRefusal(.unusableInput, ["sequence 1:1: byte 1", "UTF-8"], by: try loader("2"))
  }

  @Test("More statements than a loader takes are refused")
  func tooMany() async throws {
    try await run([
      "DROP TABLE IF EXISTS muddled_steps", "CREATE TABLE muddled_steps \(Self.table)",
      "INSERT INTO muddled_steps SELECT '1', seq, 'DO 1' FROM seq_1_to_100000",
    ])
    #expect(try await loader("1").load().count == LoaderLimits.steps)
    try await run(["INSERT INTO muddled_steps VALUES ('1', 0, 'DO 1')"])
    await expectRefusal(
      .unusableInput, ["has more than 100000 statements of node \"1\""], by: try loader("1"))
  }

  @Test("A server that refuses the login or the table, or is not there, is named without a secret")
  func servers() async throws {
    try await fill("('1', 1, 'SELECT 1')")
    try await run([
      "CREATE USER IF NOT EXISTS blind IDENTIFIED BY 'hidden'", "GRANT USAGE ON t.* TO blind",
      "CREATE DATABASE IF NOT EXISTS u", "GRANT INSERT ON t.muddled_steps TO blind",
    ])
    func account(_ user: String, _ password: String) throws -> DatabaseLoader {
      try loader("1") { _, dsn in (dsn.user, dsn.password) = (user, password) }
    }
    await expectRefusal(
      .configuration, ["refuses to read the table muddled_steps at blind@unix(", "SELECT"],
      by: try account("blind", "hidden"))
    await expectRefusal(
      .configuration, ["refuses the login of blind"], by: try account("blind", "hidden2"))
    await expectRefusal(
      .unavailable, ["127.0.0.1:1", "is it running?"],
      by: try loader("1") { _, dsn in
        (dsn.socket, dsn.port, dsn.password) = (nil, 1, "hidden")
      })
  }

  @Test("A server that does not answer is given up")
  func silence() async throws {
    try await fill("('1', 1, 'SELECT 1')")
    let database = try await testDatabase()
    let holder = try await database.openSession()
    _ = try await holder.execute("LOCK TABLES muddled_steps WRITE")
    let start = ContinuousClock.now
    let error = await muddledError {
      _ = try await DatabaseLoader(
        try Sandbox.ofTest.dsn, node: "1", timeout: .milliseconds(300)
      ).load()
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("the table muddled_steps") == true, "\(error?.message ?? "")")
    #expect(ContinuousClock.now - start < .seconds(8))
    await holder.close()
    await database.close()
  }
}
