import MuddledCore
import Testing

@testable import MuddledMariaDB

@Suite("Reading what servers say of lock waits")
struct LockProbeParsingTests {
  static let status = """

    =====================================
    LATEST DETECTED DEADLOCK
    ------------------------
    *** (1) TRANSACTION:
    TRANSACTION 20, ACTIVE 0 sec starting index read
    LOCK WAIT 3 lock struct(s), heap size 1128, 2 row lock(s), undo log entries 1
    MariaDB thread id 4, OS thread handle 1, query id 20 localhost root Updating
    update a set v = 1
    ------------
    TRANSACTIONS
    ------------
    Trx id counter 35
    LIST OF TRANSACTIONS FOR EACH SESSION:
    ---TRANSACTION 33, ACTIVE 1 sec starting index read
    mysql tables in use 1, locked 1
    LOCK WAIT 2 lock struct(s), heap size 1128, 1 row lock(s)
    MariaDB thread id 8, OS thread handle 140, query id 31 localhost root Updating
    update a set v = 'LOCK WAIT'
    ------- TRX HAS BEEN WAITING 1001 us FOR THIS LOCK TO BE GRANTED:
    RECORD LOCKS space id 5 page no 3 n bits 320 index PRIMARY of table `t`.`r` trx id 33
    ------------------
    ---TRANSACTION (0x7f), not started
    0 lock struct(s), heap size 1128, 0 row lock(s)
    ---TRANSACTION 32, ACTIVE 1 sec
    2 lock struct(s), heap size 1128, 1 row lock(s), undo log entries 1
    MariaDB thread id 7, OS thread handle 139, query id 29 localhost root
    select 'x
    LOCK WAIT
    MariaDB thread id 99, in the text of a statement'
    ---TRANSACTION 31, ACTIVE 0 sec inserting
    LOCK WAIT 2 lock struct(s), heap size 1128, 1 row lock(s)
    MySQL thread id 6, OS thread handle 139, query id 29 localhost root
    --------
    FILE I/O
    --------
    LOCK WAIT
    MariaDB thread id 5, OS thread handle 139
    """

  @Test("Only the section TRANSACTIONS counts, and no statement's text")
  func innoDB() {
    #expect(InnoDBStatus.lockWaits(in: Self.status) == [8, 6])
    #expect(InnoDBStatus.lockWaits(in: "") == [])
  }

  @Test("Process list states that mean a lock are told from those that do not")
  func states() {
    for state in [
      "Waiting for table metadata lock", "User lock", "Waiting for table level lock",
      "Waiting for backup lock", "Waiting for schema metadata lock", "Waiting for table flush",
      "Waiting for stored function metadata lock",
    ] { #expect(ListedWaiter.isWait(state)) }
    for state in [
      "", "User sleep", "Updating", "Sending data", "Waiting for query cache lock",
      "Waiting for work from SQL thread", "Filling schema table",
    ] { #expect(!ListedWaiter.isWait(state)) }
    let columns = ["Id", "State", "Info"]
    let waiting: [SQLValue] = [.number("7"), .text("User lock"), .text("DO 1")]
    #expect(ListedWaiter(waiting, columns: columns)?.session == 7)
    #expect(ListedWaiter([.number("7"), .null, .null], columns: columns) == nil)
    #expect(ListedWaiter(waiting, columns: ["ID", "State", "Info"]) == nil)
  }

  @Test("A list of connection ids is cut to the sessions asked about; an error says what to grant")
  func idLists() {
    let found = ResultRows(columns: ["id"], rows: [[.number("3")], [.null], [.number("9")]])
    #expect(waits(in: [.rows(found)], among: [3, 4]) == .waiting([3]))
    let denied = ServerError(code: 1142, sqlstate: "42000", message: "SELECT command denied")
    guard case .unavailable(let reason) = waits(in: [.error(denied)], among: [3]) else {
      Issue.record("an error is no answer")
      return
    }
    #expect(reason.contains("denied") && reason.contains("GRANT"))
  }

  @Test("A server's kind is read from its version")
  func kinds() {
    #expect(ServerKind(version: "10.11.19-MariaDB-0+deb12u1") == .mariaDB)
    #expect(ServerKind(version: "8.0.11-TiDB-v7.5.0") == .tiDB)
    #expect(ServerKind(version: "8.0.36") == .mySQL)
  }

  @Test("A wait for InnoDB's own tables, which any DDL on the server may cause, is none")
  func ownTables() {
    func status(_ lock: String) -> String {
      """
      TRANSACTIONS
      ------------
      ---TRANSACTION 2187, ACTIVE 0 sec
      LOCK WAIT 1 lock struct(s), heap size 1128, 0 row lock(s)
      MariaDB thread id 90, OS thread handle 1, query id 3106 localhost root preparing for alter table
      ALTER TABLE item ADD COLUMN note VARCHAR(10)
      ------- TRX HAS BEEN WAITING 96 us FOR THIS LOCK TO BE GRANTED:
      \(lock)
      ------------------
      """
    }
    let own = [
      "TABLE LOCK table `SYS_TABLES` trx id 2187 lock mode X waiting",
      "RECORD LOCKS space id 0 page no 11 n bits 8 index CLUST_IND of table `SYS_INDEXES` trx id 1",
      "TABLE LOCK table `mysql`.`innodb_table_stats` trx id 2187 lock mode X waiting",
    ]
    for lock in own { #expect(InnoDBStatus.lockWaits(in: status(lock)) == []) }
    let users = "TABLE LOCK table `test`.`SYS_TABLES` trx id 2187 lock mode X waiting"
    #expect(InnoDBStatus.lockWaits(in: status(users)) == [90])
  }
}
