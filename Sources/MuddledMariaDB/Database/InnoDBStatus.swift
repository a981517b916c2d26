/// Reads the text of `SHOW ENGINE INNODB STATUS`.
enum InnoDBStatus {
  /// The connection ids of the transactions that wait for a lock.
  ///
  /// Waits for InnoDB's own tables, its dictionary and statistics, are left out: DDL in any database takes locks
  /// on them, and no client holds one longer than its statement lasts.
  ///
  /// Only the section TRANSACTIONS counts: the one about the latest deadlock also says LOCK WAIT. In a
  /// transaction's entry that mark stands before the line with the connection id, and the statement's
  /// text, which can say anything, comes after it.
  static func lockWaits(in text: String) -> Set<UInt64> {
    var waiting: Set<UInt64> = []
    var isInSection = false
    var isEntryOpen = false
    var isWaiting = false
    /// The transaction whose wait the next line describes.
    var described: UInt64?
    var last: UInt64?
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      if !isInSection {
        isInSection = line.elementsEqual("TRANSACTIONS".utf8)
      } else if line.starts(with: "---TRANSACTION ".utf8) {
        isEntryOpen = true
        isWaiting = false
        last = nil
      } else if isEntryOpen, line.starts(with: "LOCK WAIT".utf8) {
        isWaiting = true
      } else if isEntryOpen, let id = connectionID(line) {
        if isWaiting {
          waiting.insert(id)
          last = id
        }
        isEntryOpen = false
      } else if line.starts(with: "------- TRX HAS BEEN WAITING ".utf8) {
        described = last
      } else if let session = described {
        if isOwnTable(Substring(line)) { waiting.remove(session) }
        described = nil
      } else if line.elementsEqual("FILE I/O".utf8) {
        break
      }
    }
    return waiting
  }

  /// Whether a lock's description names a table of InnoDB's own, such as `SYS_TABLES` without a database.
  private static func isOwnTable(_ description: Substring) -> Bool {
    ["table `SYS_", "table `mysql`.`innodb_"].contains { description.contains($0) }
  }

  /// MySQL says `MySQL thread id`; MariaDB said so as well before 10.5.
  private static func connectionID(_ line: Substring.UTF8View) -> UInt64? {
    for mark in ["MariaDB thread id ", "MySQL thread id "] where line.starts(with: mark.utf8) {
      let digits = line.dropFirst(mark.utf8.count).prefix { $0 != UInt8(ascii: ",") }
      return UInt64(Substring(digits))
    }
    return nil
  }
}
