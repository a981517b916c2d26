import Foundation
import MuddledCore
import MuddledSandbox
import Testing

@testable import MuddledMariaDB

@Suite(
  "MariaDBSession on a real server", .timeLimit(.minutes(20)), .serialized,
  .mariaDB("--local-infile=ON", generalLog: true))
struct SessionTests {
  @Test("Every kind of value keeps what the server wrote")
  func values() async throws {
    let database = try await testDatabase()
    let session = try await database.openSession()
    let results = try await session.execute(
      """
      SELECT 1 AS n, 1.50 AS d, 1e3 AS f, -7, NULL, 'grün', x'00ff', b'101' + 0,
      DATE '2024-02-03', CAST('a' AS BINARY), 0x41, '' AS leer, CAST(1.5e300 AS DOUBLE)
      """)
    #expect(
      rows(results) == [
        [
          .number("1"), .number("1.50"), .number("1000"), .number("-7"), .null, .text("grün"),
          .binary([0, 255]), .number("5"), .text("2024-02-03"), .binary([0x61]), .binary([0x41]),
          .text(""), .number("1.5e300"),
        ]
      ])
    _ = try await session.execute(
      """
      CREATE TABLE v (z INT(5) ZEROFILL, b BIT(4), bl BLOB, tx TEXT, e ENUM('x', 'y'), s SET('p', 'q'),
      ti TIME, ts DATETIME(3), y YEAR, j JSON, g GEOMETRY, vb VARBINARY(3), de DECIMAL(5, 2), u BIGINT UNSIGNED)
      """)
    let insert = try await session.execute(
      """
      INSERT INTO v VALUES (7, 5, 'ab', 'cd', 'y', 'p,q', '01:02:03', '2024-01-01 00:00:00.125', 2024,
      '{"a": 1}', POINT(1, 2), 'xyz', 0.5, 18446744073709551615)
      """)
    #expect(insert == [.ok(affected: 1)])
    let row = rows(try await session.execute("SELECT * FROM v"))[0]
    #expect(
      Array(row[..<10]) == [
        .text("00007"), .binary([5]), .binary([0x61, 0x62]), .text("cd"), .text("y"), .text("p,q"),
        .text("01:02:03"), .text("2024-01-01 00:00:00.125"), .text("2024"), .text(#"{"a": 1}"#),
      ])
    guard case .binary = row[10] else {
      Issue.record("a geometry must be binary, not \(row[10])")
      return
    }
    #expect(
      Array(row[11...]) == [
        .binary(Array("xyz".utf8)), .number("0.50"), .number("18446744073709551615"),
      ])
    await session.close()
    await database.close()
  }

  @Test("A server's error is a result, and the session goes on")
  func errors() async throws {
    let database = try await testDatabase()
    let session = try await database.openSession()
    guard case .error(let error) = try await session.execute("SELECT * FROM nowhere").first else {
      Issue.record("no error")
      return
    }
    #expect(error.code == 1146 && error.sqlstate == "42S02" && error.message.contains("nowhere"))
    // An error after the first row has come.
    let late = try await session.execute(
      "SELECT IF(seq < 3, seq, (SELECT 1 UNION SELECT 2)) FROM seq_1_to_5")
    guard case .error(let lateError) = late.first else {
      Issue.record("no error: \(late)")
      return
    }
    #expect(lateError.code == 1242)
    #expect(rows(try await session.execute("SELECT 1")) == [[.number("1")]])
    guard
      case .error(let local) = try await session.execute(
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE v"
      ).first
    else {
      Issue.record("LOAD DATA LOCAL must be off")
      return
    }
    #expect(local.code == 4166 || local.code == 1148, "\(local)")
    await session.close()
    await database.close()
  }

  @Test("A procedure returns each of its results, then the OK of its CALL")
  func severalResults() async throws {
    let database = try await testDatabase()
    let session = try await database.openSession()
    _ = try await session.execute("DROP PROCEDURE IF EXISTS p")
    _ = try await session.execute("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 'x', 2; END")
    let results = try await session.execute("CALL p()")
    #expect(results.count == 3)
    #expect(results.last == .ok(affected: 0))
    guard case .rows(let second) = results[1] else {
      Issue.record("no rows")
      return
    }
    #expect(second.rows == [[.text("x"), .number("2")]])
    _ = try await session.execute("DROP PROCEDURE p")
    await session.close()
    await database.close()
  }

  @Test("Rows past the limit are counted and digested, and equal rows have equal digests")
  func limit() async throws {
    var options = MariaDBDatabase.Options()
    options.keptResultBytes = 10_000
    let database = try await testDatabase(options: options)
    let session = try await database.openSession()
    var digests: [Digest?] = []
    for count in [5000, 5000, 5001, 3] {
      let results = try await session.execute("SELECT seq, 'abc' FROM seq_1_to_\(count)")
      guard case .rows(let found) = results[0] else {
        Issue.record("no rows")
        return
      }
      #expect(found.count == UInt64(count))
      #expect(found.rows.first == [.number("1"), .text("abc")])
      #expect(found.rows.count < 400)
      digests.append(found.digest)
    }
    #expect(digests[0] != nil && digests[0] == digests[1])
    #expect(digests[2] != nil && digests[2] != digests[0])
    #expect(digests[3] == nil)
    await session.close()
    await database.close()
  }

  @Test("A statement of 20 MB passes in both directions if the server allows it")
  func long() async throws {
    let database = try await testDatabase()
    _ = try await database.run(["SET GLOBAL max_allowed_packet = 67108864"])
    let session = try await database.openSession()
    let text = String(repeating: "ü", count: 10_000_000)
    #expect(
      rows(try await session.execute("SELECT CHAR_LENGTH('\(text)')")) == [[.number("10000000")]])
    await session.close()
    await database.close()
  }

  @Test("A reset undoes a transaction, settings, locks and USE, and keeps connection and charset")
  func reset() async throws {
    for name in ["t", ""] {
      let database = try await testDatabase { $0.database = name }
      let session = try await database.openSession()
      let probe = "SELECT DATABASE(), @x, @@sql_mode = '', @@character_set_client, CONNECTION_ID()"
      let before = rows(try await session.execute(probe))
      for sql in [
        "CREATE TABLE IF NOT EXISTS t.r (a INT) ENGINE = InnoDB", "SET @x = 1, sql_mode = ''",
        "CREATE TEMPORARY TABLE t.tmp (a INT)", "BEGIN", "INSERT INTO t.r VALUES (1)", "USE u",
        "DO GET_LOCK('l', 0)",
      ] {
        let results = try await session.execute(sql)
        if case .error(let error) = results[0] { Issue.record("\(error)") }
      }
      try await session.reset()
      #expect(rows(try await session.execute(probe)) == before)
      #expect(rows(try await session.execute("SELECT COUNT(*) FROM t.r")) == [[.number("0")]])
      #expect(rows(try await session.execute("SELECT IS_FREE_LOCK('l')")) == [[.number("1")]])
      // The database itself may be dropped and made again.
      if name == "t" {
        _ = try await session.execute("DROP DATABASE t")
        _ = try await session.execute("CREATE DATABASE t")
        try await session.reset()
        #expect(rows(try await session.execute(probe)) == before)
      }
      await session.close()
      await database.close()
    }
  }

  @Test("The general log shows a session's own statements and nothing else of it")
  func generalLog() async throws {
    let database = try await testDatabase()
    let session = try await database.openSession()
    _ = try await session.execute("SELECT 'only this'")
    try await session.reset()
    await session.close()
    _ = try await database.run(["FLUSH GENERAL LOGS"])
    let id = "\(session.connectionID)"
    let log = try String(contentsOfFile: Sandbox.ofTest.generalLog, encoding: .utf8)
    let lines = log.split(separator: "\n").filter { line in
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      return words.contains { $0 == id } && words.contains("Query")
    }
    #expect(lines.count == 1 && lines.allSatisfy { $0.contains("only this") }, "\(lines)")
    await database.close()
  }

  @Test("A collation of the DSN holds from the start and after a reset")
  func collation() async throws {
    let database = try await testDatabase { $0.collation = "utf8mb4_bin" }
    let session = try await database.openSession()
    let probe = "SELECT @@collation_connection"
    #expect(rows(try await session.execute(probe)) == [[.text("utf8mb4_bin")]])
    try await session.reset()
    #expect(rows(try await session.execute(probe)) == [[.text("utf8mb4_bin")]])
    await session.close()
    await database.close()
    let wrong = try await testDatabase { $0.collation = "klingon_ci" }
    let error = await #expect(throws: MuddledError.self) { _ = try await wrong.openSession() }
    #expect(error?.code == .configuration)
  }

  @Test("A killed session is lost, and a cancelled statement is the server's error 1317")
  func killed() async throws {
    let database = try await testDatabase()
    let session = try await database.openSession()
    async let slow = session.execute("SELECT SLEEP(30) FROM seq_1_to_2")
    try await Task.sleep(for: .milliseconds(50))
    try await database.cancelStatement(of: session.connectionID)
    guard case .error(let error) = try await slow.first else {
      Issue.record("not cancelled")
      return
    }
    #expect(error.code == 1317)
    #expect(rows(try await session.execute("SELECT 1")) == [[.number("1")]])
    try await database.endSession(session.connectionID, seenAgo: .zero)
    try await database.endSession(session.connectionID, seenAgo: .zero)
    try await database.cancelStatement(of: session.connectionID)
    await #expect(throws: SessionLost.self) { try await session.execute("SELECT 1") }
    await #expect(throws: SessionLost.self) { try await session.execute("SELECT 1") }
    await #expect(throws: SessionLost.self) { try await session.reset() }
    await session.close()
    await database.close()
  }

  @Test("endSession leaves another account's session alone")
  func foreignSession() async throws {
    let database = try await testDatabase()
    _ = try await database.run(["CREATE OR REPLACE USER other IDENTIFIED BY 'pw'"])
    let others = try await testDatabase {
      $0.user = "other"
      $0.password = "pw"
      $0.database = ""
    }
    let session = try await others.openSession()
    try await database.endSession(session.connectionID, seenAgo: .zero)
    #expect(rows(try await session.execute("SELECT 1")) == [[.number("1")]])
    await session.close()
    await database.close()
  }

  @Test("A cancelled task ends its session on the server too")
  func cancelledTask() async throws {
    let database = try await testDatabase()
    let session = try await database.openSession()
    let task = Task { try await session.execute("SELECT SLEEP(30)") }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let left = try await database.run([
      "SELECT SLEEP(0.05)",
      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = \(session.connectionID)",
    ])
    #expect(rows(left[1]) == [[.number("0")]])
    await session.close()
    await database.close()
  }

  @Test("Resets run up to the first failure and leave no setting behind")
  func run() async throws {
    let database = try await testDatabase()
    let results = try await database.run([
      "SET @a = 1", "SELECT @a", "SELECT broken", "SELECT 'never'",
    ])
    #expect(results.count == 3)
    #expect(rows(results[1]) == [[.number("1")]])
    #expect(rows(try await database.run(["SELECT @a"])[0]) == [[.null]])
    _ = try await database.run(["USE u", "BEGIN"])
    #expect(
      rows(try await database.run(["SELECT DATABASE(), @@in_transaction"])[0])
        == [[.text("t"), .number("0")]])
    await database.close()
  }

  @Test("More sessions than allowed are refused, and a closed one makes room")
  func cap() async throws {
    var options = MariaDBDatabase.Options()
    options.maximumConnections = 3
    let database = try await testDatabase(options: options)
    let first = try await database.openSession()
    let second = try await database.openSession()
    let error = await #expect(throws: MuddledError.self) { _ = try await database.openSession() }
    #expect(error?.code == .configuration)
    await first.close()
    await first.close()
    let third = try await database.openSession()
    await #expect(throws: MuddledError.self) { _ = try await database.openSession() }
    await second.close()
    await third.close()
    await database.close()
  }

  @Test(
    "A refused login is a configuration error without the password, a missing server unavailable")
  func refusals() async throws {
    let port = UInt16(try Sandbox.ofTest.mariaDBPort)
    let refusals: [(MuddledError.Code, String, (inout MariaDBDSN) -> Void)] = [
      (
        .configuration, "login",
        {
          $0.user = "nobody"; $0.password = "s3cret-pw"
        }
      ),
      (.configuration, "no database nix", { $0.database = "nix" }),
      (.configuration, "TLS", { $0.tls = .unverified }),
      (.unavailable, "/nowhere.sock", { $0.socket = "/nowhere.sock" }),
      (
        .unavailable, "127.0.0.1:1",
        {
          $0.socket = nil; $0.port = 1
        }
      ),
      (
        .unavailable, "no.such.host.invalid",
        {
          $0.socket = nil; $0.host = "no.such.host.invalid"
        }
      ),
      (
        .configuration, "127.0.0.1:\(port)",
        {
          $0.socket = nil; $0.port = port; $0.password = "s3cret-pw"
        }
      ),
    ]
    for (code, word, change) in refusals {
      let database = try await testDatabase(change)
      let error = await #expect(throws: MuddledError.self) { _ = try await database.openSession() }
      #expect(error?.code == code, "\(error?.message ?? "")")
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("s3cret") == false)
    }
  }

  @Test("A server that never answers is given up after the connect time-out")
  func silentServer() async throws {
    let listener = try SilentListener()
    defer { listener.close() }
    let database = try await testDatabase {
      $0.socket = nil
      $0.port = listener.port
      $0.connectTimeout = .milliseconds(200)
    }
    let start = ContinuousClock.now
    let error = await #expect(throws: MuddledError.self) { _ = try await database.openSession() }
    #expect(error?.code == .unavailable)
    #expect(ContinuousClock.now - start < .seconds(10))
  }
}
