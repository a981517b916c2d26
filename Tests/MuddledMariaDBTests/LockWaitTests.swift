import MuddledCore
import Testing

@testable import MuddledMariaDB

@Suite(
  "Lock waits on a real server", .timeLimit(.minutes(20)), .serialized,
  .mariaDB("--innodb-lock-wait-timeout=20"))
struct LockWaitTests {
  /// Asks until the server says that the session waits; gives up after 10 s.
  func untilWaiting(_ session: any DatabaseSession, _ database: MariaDBDatabase) async throws
    -> Bool
  {
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
      if try await database.lockWaits(among: [session.connectionID])
        == .waiting([session.connectionID])
      {
        return true
      }
    }
    return false
  }

  @Test("A wait for a row is seen at once, and never after the holder's COMMIT has replied")
  func rowLock() async throws {
    let database = try await testDatabase(loop: EventLoop())
    _ = try await database.run([
      "CREATE OR REPLACE TABLE r (id INT PRIMARY KEY, v INT)",
      "INSERT INTO r VALUES (1, 0), (2, 0)",
    ])
    let holder = try await database.openSession()
    let waiter = try await database.openSession()
    let both = [holder.connectionID, waiter.connectionID]
    for _ in 0..<100 {
      _ = try await holder.execute("BEGIN")
      _ = try await holder.execute("UPDATE r SET v = v + 1 WHERE id = 1")
      #expect(try await database.lockWaits(among: both) == .waiting([]))
      async let blocked = waiter.execute("UPDATE r SET v = v + 1 WHERE id = 1")
      #expect(try await untilWaiting(waiter, database))
      #expect(try await database.lockWaits(among: both) == .waiting([waiter.connectionID]))
      _ = try await holder.execute("COMMIT")
      #expect(try await database.lockWaits(among: both) == .waiting([]))
      #expect(try await blocked == [.ok(affected: 1)])
    }
    await holder.close()
    await waiter.close()
    await database.close()
  }

  @Test("A deadlock of the past is not a wait")
  func deadlock() async throws {
    let database = try await testDatabase()
    _ = try await database.run([
      "CREATE OR REPLACE TABLE r (id INT PRIMARY KEY, v INT)",
      "INSERT INTO r VALUES (1, 0), (2, 0)",
    ])
    let first = try await database.openSession()
    let second = try await database.openSession()
    for (session, row) in [(first, 1), (second, 2)] {
      _ = try await session.execute("BEGIN")
      _ = try await session.execute("UPDATE r SET v = v + 1 WHERE id = \(row)")
    }
    async let one = first.execute("UPDATE r SET v = v + 1 WHERE id = 2")
    #expect(try await untilWaiting(first, database))
    async let other = second.execute("UPDATE r SET v = v + 1 WHERE id = 1")
    let errors = try await [one, other].compactMap { results -> Int? in
      guard case .error(let error) = results[0] else { return nil }
      return error.code
    }
    #expect(errors == [1213])
    let status = rows(try await database.run(["SHOW ENGINE INNODB STATUS"])[0])
    guard case .text(let text) = status[0][2] else { return }
    #expect(text.contains("LATEST DETECTED DEADLOCK") && text.contains("LOCK WAIT"))
    #expect(
      try await database.lockWaits(among: [first.connectionID, second.connectionID])
        == .waiting([]))
    await first.close()
    await second.close()
    await database.close()
  }

  @Test(
    "Waits for metadata, tables, user locks and the global read lock are seen",
    arguments: [
      ("BEGIN; SELECT * FROM m", "ALTER TABLE m ADD COLUMN x INT", "COMMIT"),
      ("BEGIN; INSERT INTO m VALUES (9)", "TRUNCATE TABLE m", "COMMIT"),
      ("BEGIN; SELECT * FROM m", "DROP TABLE m", "ROLLBACK"),
      ("LOCK TABLES m WRITE", "SELECT * FROM m", "UNLOCK TABLES"),
      ("LOCK TABLES m READ", "INSERT INTO m VALUES (3)", "UNLOCK TABLES"),
      ("LOCK TABLES my READ LOCAL", "UPDATE my SET a = 3", "UNLOCK TABLES"),
      ("LOCK TABLES my READ", "INSERT INTO my VALUES (3)", "UNLOCK TABLES"),
      ("DO GET_LOCK('muddled', 0)", "DO GET_LOCK('muddled', 15)", "DO RELEASE_LOCK('muddled')"),
      ("FLUSH TABLES WITH READ LOCK", "INSERT INTO m VALUES (4)", "UNLOCK TABLES"),
      ("FLUSH TABLES WITH READ LOCK", "CREATE DATABASE q", "UNLOCK TABLES"),
      ("LOCK TABLES m WRITE", "FLUSH TABLES WITH READ LOCK", "UNLOCK TABLES"),
      ("BEGIN; INSERT INTO m VALUES (1)", "LOCK TABLES m WRITE", "COMMIT"),
      (
        "BACKUP STAGE START; BACKUP STAGE BLOCK_DDL", "ALTER TABLE m ADD COLUMN z INT",
        "BACKUP STAGE END"
      ),
      ("BEGIN; SELECT * FROM m FOR UPDATE", "SELECT * FROM m LOCK IN SHARE MODE", "COMMIT"),
      ("BEGIN; INSERT INTO k VALUES (5)", "INSERT INTO k VALUES (5)", "COMMIT"),
      ("BEGIN; SELECT f()", "DROP FUNCTION f", "COMMIT"),
      ("BEGIN; SELECT NEXTVAL(sq)", "DROP SEQUENCE sq", "COMMIT"),
      ("BEGIN; SELECT * FROM m", "DROP DATABASE t", "COMMIT"),
    ])
  func otherLocks(_ hold: String, _ wait: String, _ release: String) async throws {
    let database = try await testDatabase(loop: EventLoop())
    _ = try await database.run([
      "CREATE OR REPLACE TABLE m (a INT) ENGINE = InnoDB", "INSERT INTO m VALUES (1)",
      "CREATE OR REPLACE TABLE my (a INT) ENGINE = MyISAM", "INSERT INTO my VALUES (1)",
      "CREATE OR REPLACE TABLE k (a INT PRIMARY KEY)", "DROP DATABASE IF EXISTS q",
      "CREATE OR REPLACE FUNCTION f() RETURNS INT RETURN (SELECT MAX(a) FROM m)",
      "CREATE OR REPLACE SEQUENCE sq",
    ])
    let holder = try await database.openSession()
    let waiter = try await database.openSession()
    for sql in hold.split(separator: ";") {
      let results = try await holder.execute(String(sql))
      if case .error(let error) = results[0] { Issue.record("\(error)") }
    }
    let blocked = Task { try await waiter.execute(wait) }
    let isSeen = try await untilWaiting(waiter, database)
    if !isSeen {
      Issue.record("\(try await database.run(["SHOW PROCESSLIST"]))")
    }
    _ = try await holder.execute(release)
    _ = try await blocked.value
    let all = [holder.connectionID, waiter.connectionID]
    #expect(try await database.lockWaits(among: all) == .waiting([]))
    await holder.close()
    await waiter.close()
    await database.close()
  }

  @Test("Without the PROCESS privilege the probe says so, and what to grant")
  func unprivileged() async throws {
    let database = try await testDatabase()
    _ = try await database.run([
      "CREATE OR REPLACE USER small", "GRANT ALL ON t.* TO small",
    ])
    let small = try await testDatabase { $0.user = "small" }
    guard case .unavailable(let reason) = try await small.lockWaits(among: [1]) else {
      Issue.record("the probe must be unavailable")
      return
    }
    #expect(reason.contains("PROCESS"))
    await small.close()
    await database.close()
  }
}
