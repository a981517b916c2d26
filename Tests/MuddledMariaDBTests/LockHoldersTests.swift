import MuddledCore
import MuddledSandbox
import Testing

@testable import MuddledMariaDB

@Suite(
  "Lock holders on a real server", .timeLimit(.minutes(20)), .serialized,
  .sandbox(
    Sandbox.Options(
      database: "t",
      mariaDBArguments: Sandbox.Options.lockListArguments + ["--innodb-lock-wait-timeout=20"])))
struct LockHoldersTests {
  /// What each of some sessions runs, in sequence; the last statement of each session but the first waits.
  static let cases: [[[String]]] = [
    [["UPDATE r SET v = 1 WHERE id = 20"], ["UPDATE r SET v = 2 WHERE id = 20"]],
    [
      ["UPDATE r SET v = 1 WHERE id = 20"], ["UPDATE r SET v = 2 WHERE id = 20"],
      ["DELETE FROM r WHERE id = 20"],
    ],
    // A reader waits for the writer alone, which waits for another reader. Each changes a record of its own first: the
    // table cannot tell apart transactions that have changed nothing.
    [
      ["UPDATE r SET v = 1 WHERE id = 10", "SELECT * FROM r WHERE id = 20 LOCK IN SHARE MODE"],
      ["UPDATE r SET v = 1 WHERE id = 30", "UPDATE r SET v = 2 WHERE id = 20"],
      ["UPDATE r SET v = 1 WHERE id = 40", "SELECT * FROM r WHERE id = 20 LOCK IN SHARE MODE"],
    ],
    // An insertion into a gap that another has locked, and one behind the last record.
    [["SELECT * FROM r WHERE id > 20 AND id < 30 FOR UPDATE"], ["INSERT INTO r VALUES (25, 0)"]],
    [["SELECT * FROM r WHERE id > 35 FOR UPDATE"], ["INSERT INTO r VALUES (50, 0)"]],
    // A record that was inserted and has no lock of its own before somebody asks.
    [["INSERT INTO r VALUES (25, 0)"], ["SELECT * FROM r WHERE id = 25 FOR UPDATE"]],
    [["INSERT INTO r VALUES (25, 0)"], ["INSERT INTO r VALUES (25, 1)"]],
    // By way of a secondary index, and a scan of all records.
    [
      ["UPDATE r SET v = 1 WHERE id = 20"],
      ["SELECT * FROM r FORCE INDEX (v) WHERE v = 0 FOR UPDATE"],
    ],
    [
      ["UPDATE r SET v = 1 WHERE id = 30"], ["SELECT * FROM r FOR UPDATE"],
      ["SELECT * FROM r FOR UPDATE"],
    ],
  ]

  @Test("InnoDB's own table of waits says the same", arguments: cases)
  func sameAsTable(sessions statements: [[String]]) async throws {
    let database = try await testDatabase(loop: EventLoop())
    _ = try await database.run([
      "CREATE OR REPLACE TABLE r (id INT PRIMARY KEY, v INT, KEY v (v)) ENGINE=InnoDB",
      "INSERT INTO r VALUES (10, 0), (20, 0), (30, 0), (40, 0)",
    ])
    var sessions: [any DatabaseSession] = []
    var waiting: [Task<[StatementResult], any Error>] = []
    for (index, own) in statements.enumerated() {
      let session = try await database.openSession()
      sessions.append(session)
      _ = try await session.execute("BEGIN")
      for sql in own.dropLast() { _ = try await session.execute(sql) }
      let last = own.last ?? ""
      if index == 0 {
        _ = try await session.execute(last)
      } else {
        waiting.append(Task { try await session.execute(last) })
        let all = Set(sessions.dropFirst().map(\.connectionID))
        try await until("all wait") {
          try await database.lockWaits(among: Array(all)) == .waiting(all)
        }
      }
    }
    let ids = sessions.dropFirst().map(\.connectionID)
    let probe = try await database.lockHolders(of: ids)
    #expect(probe.gap == nil)
    let told = ids.flatMap { id in
      (probe.waits[id]?.holders ?? []).map { "\(id) waits for \($0)" }
    }
    #expect(told.sorted() == (try await Self.table(database, waiters: ids.count)))
    for session in sessions { await session.close() }
    for task in waiting { _ = try? await task.value }
    await database.close()
  }

  /// What INNODB_LOCK_WAITS says once it tells of all waiters; it may be 100 ms old, and is not renewed while it is
  /// read more often than that.
  private static func table(_ database: MariaDBDatabase, waiters: Int) async throws -> [String] {
    let sql = """
      SELECT DISTINCT CONCAT(r.trx_mysql_thread_id, ' waits for ', b.trx_mysql_thread_id) \
      FROM information_schema.INNODB_LOCK_WAITS w \
      JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id \
      JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id ORDER BY 1
      """
    var told: [String] = []
    try await until("the table tells of all") {
      try await Task.sleep(for: .milliseconds(150))
      told = rows(try await database.run([sql])[0]).compactMap { row -> String? in
        guard case .text(let text) = row[0] else { return nil }
        return text
      }
      return Set(told.map { $0.prefix { $0 != " " } }).count == waiters
    }
    return told.sorted()
  }
}

/// Asks until something is so; gives up after 10 s.
private func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
  let end = ContinuousClock.now + .seconds(10)
  while try await !isSo() {
    try #require(ContinuousClock.now < end, "it never came to this: \(what)")
  }
}

@Suite("Reading what servers list of locks")
struct LockListParsingTests {
  /// Two wait for the record 2 that transaction 23 has locked; the statement of the last is a trap.
  static let status = """
    TRANSACTIONS
    ------------
    ---TRANSACTION 25, ACTIVE 1 sec starting index read
    LOCK WAIT 2 lock struct(s), heap size 1128, 1 row lock(s)
    MariaDB thread id 7, OS thread handle 14, query id 12 localhost root Updating
    update t set v = '
    RECORD LOCKS space id 5 page no 3 n bits 320 index PRIMARY of table `d`.`t` trx id 23 lock_mode X waiting
    Record lock, heap no 9 PHYSICAL RECORD: n_fields 4; compact format; info bits 0
    MariaDB thread id 99, x'
    ------- TRX HAS BEEN WAITING 100 us FOR THIS LOCK TO BE GRANTED:
    RECORD LOCKS space id 5 page no 3 n bits 320 index PRIMARY of table `d`.`t` trx id 25 lock_mode X locks rec but not gap waiting
    Record lock, heap no 2 PHYSICAL RECORD: n_fields 4; compact format; info bits 0
     0: len 4; hex 80000001; asc     ;;

    ------------------
    TABLE LOCK table `d`.`t` trx id 25 lock mode IX
    ---TRANSACTION 24, ACTIVE 1 sec starting index read
    LOCK WAIT 2 lock struct(s), heap size 1128, 1 row lock(s)
    MariaDB thread id 6, OS thread handle 14, query id 9 localhost root Updating
    update t set v = 2
    ------- TRX HAS BEEN WAITING 200 us FOR THIS LOCK TO BE GRANTED:
    RECORD LOCKS space id 5 page no 3 n bits 320 index PRIMARY of table `d`.`t` trx id 24 lock mode S locks rec but not gap waiting
    Record lock, heap no 2
    ------------------
    TABLE LOCK table `d`.`t` trx id 24 lock mode IX
    ---TRANSACTION 23, ACTIVE 1 sec
    2 lock struct(s), heap size 1128, 1 row lock(s)
    MariaDB thread id 5, OS thread handle 14, query id 8 localhost root
    TABLE LOCK table `d`.`t` trx id 23 lock mode IX
    RECORD LOCKS space id 5 page no 3 n bits 320 index PRIMARY of table `d`.`t` trx id 23 lock_mode X locks rec but not gap
    Record lock, heap no 2 PHYSICAL RECORD: n_fields 4; compact format; info bits 0
    --------
    FILE I/O
    """

  @Test("Holders and those before in the queue, and nothing that a statement's text says")
  func innoDB() {
    let locks = InnoDBLocks(status: Self.status)
    #expect(locks.areListed)
    #expect(locks.holders(for: 6) == [5])
    #expect(locks.holders(for: 7) == [5, 6])
    #expect(locks.holders(for: 5) == [])
    #expect(locks.holders(for: 99) == [])
  }

  @Test("A status without lists is known as such, and names nobody")
  func unlisted() {
    let lines = Self.status.split(separator: "\n").filter { !$0.hasPrefix("TABLE LOCK") }
    let locks = InnoDBLocks(
      status: lines.prefix { !$0.hasPrefix("---TRANSACTION 23") }.joined(separator: "\n"))
    #expect(!locks.areListed)
    #expect(locks.holders(for: 6) == [])
  }

  @Test("A user lock's name is taken from a statement only if there can be no doubt")
  func userLockNames() {
    #expect(UserLockName.only(in: "SELECT GET_LOCK('my.lock', 10)") == "my.lock")
    #expect(UserLockName.only(in: "select get_lock( \"x\" , 1)") == "x")
    for sql in [
      "SELECT GET_LOCK('a', 1), GET_LOCK('b', 1)", "SELECT GET_LOCK(@name, 1)",
      "SELECT GET_LOCK('it''s', 1)", "SELECT GET_LOCK(CONCAT('a', 'b'), 1)", "SELECT f('a', 1)",
    ] { #expect(UserLockName.only(in: sql) == nil, "\(sql)") }
  }
}
