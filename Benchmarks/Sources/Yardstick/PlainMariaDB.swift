import CPlainMariaDB

/// A connection by plain, blocking calls of libmariadb: what everything here is compared with.
package struct PlainMariaDB: ~Copyable {
  private let mysql: UnsafeMutablePointer<MYSQL>

  package init(socket: String, database: String) {
    mysql = mysql_init(nil)
    guard mysql_real_connect(mysql, nil, "root", nil, database, 0, socket, 0) != nil else {
      fatalError("no connection to \(socket): \(String(cString: mysql_error(mysql)))")
    }
  }

  deinit { mysql_close(mysql) }

  /// Runs a statement and reads all that it returns.
  @discardableResult
  package func run(_ sql: String) -> [[String?]] {
    guard mysql_real_query(mysql, sql, UInt(sql.utf8.count)) == 0 else {
      fatalError("\(sql): \(String(cString: mysql_error(mysql)))")
    }
    guard let result = mysql_store_result(mysql) else { return [] }
    defer { mysql_free_result(result) }
    let columns = Int(mysql_num_fields(result))
    var rows: [[String?]] = []
    while let row = mysql_fetch_row(result) {
      rows.append((0..<columns).map { row[$0].map { String(cString: $0) } })
    }
    return rows
  }

  /// Brings the session back to the state of a new one, as a batch does after each order.
  package func reset() { mysql_reset_connection(mysql) }

  /// The first value that a statement returns.
  package func number(_ sql: String, column: Int = 0) -> Int {
    run(sql).first?[column].flatMap { Int($0) } ?? 0
  }
}
