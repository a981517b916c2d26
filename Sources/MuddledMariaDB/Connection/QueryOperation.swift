import CMariaDB
import MuddledCore

extension MySQLHandle {
  /// A statement to be sent, and what it returns to be taken.
  ///
  /// - Parameters:
  ///   - sql: one statement.
  ///   - limit: how many bytes of rows to keep; further rows are counted and digested.
  func query(_ sql: String, keeping limit: Int) -> QueryOperation {
    QueryOperation(sql, on: mysql, keeping: limit)
  }
}

/// A statement under way: sends it, and takes all that it returns, without blocking.
///
/// Everything that has arrived is taken at once; only a wait for the server gives control back.
final class QueryOperation {
  private enum Stage {
    case sending
    case fetching(UnsafeMutablePointer<MYSQL_RES>)
    case advancing
  }

  private let mysql: UnsafeMutablePointer<MYSQL>
  /// The library reads the text until the reply has come.
  private let text: UnsafeMutableBufferPointer<CChar>
  private var stage = Stage.sending
  private var code: Int32 = 0
  private var row: MYSQL_ROW?
  private var reader: ResultReader?
  private var bytesLeft: Int

  /// What came, in sequence; a server's error is the last of them.
  private(set) var results: [StatementResult] = []
  /// Why the connection is lost, if it is.
  private(set) var loss: ServerError?

  fileprivate init(_ sql: String, on mysql: UnsafeMutablePointer<MYSQL>, keeping limit: Int) {
    self.mysql = mysql
    bytesLeft = limit
    var sql = sql
    text = sql.withUTF8 { bytes in
      let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
      _ = UnsafeMutableRawBufferPointer(copy).initializeMemory(as: UInt8.self, from: bytes)
      return copy
    }
  }

  deinit {
    if case .fetching(let result) = stage { mysql_free_result(result) }
    text.deallocate()
  }

  /// Begins.
  ///
  /// - Returns: the events to wait for; none if all is done.
  func start() -> MySQLEvents {
    let wanted = mysql_real_query_start(&code, mysql, text.baseAddress, UInt(text.count))
    return MySQLEvents(rawValue: wanted != 0 ? wanted : proceed())
  }

  /// Goes on after a wait.
  ///
  /// - Parameter events: those that came.
  /// - Returns: the events to wait for; none if all is done.
  func resume(_ events: MySQLEvents) -> MySQLEvents {
    let wanted =
      switch stage {
      case .sending: mysql_real_query_cont(&code, mysql, events.rawValue)
      case .fetching(let result): mysql_fetch_row_cont(&row, result, events.rawValue)
      case .advancing: mysql_next_result_cont(&code, mysql, events.rawValue)
      }
    return MySQLEvents(rawValue: wanted != 0 ? wanted : proceed())
  }

  /// Takes what the library's last call gave, and makes the next calls up to one that must wait.
  private func proceed() -> Int32 {
    while true {
      let wanted: Int32?
      if case .fetching(let result) = stage {
        wanted = fetched(result)
      } else if code != 0 {
        // Sending gives an error as any other number, advancing as one above 0; below, there is no more.
        if case .advancing = stage, code < 0 { return 0 }
        wanted = fail()
      } else {
        wanted = beginResult()
      }
      guard let wanted else { return 0 }
      if wanted != 0 { return wanted }
    }
  }

  private func beginResult() -> Int32? {
    guard mysql_field_count(mysql) > 0 else {
      results.append(.ok(affected: mysql_affected_rows(mysql)))
      return advance()
    }
    guard let result = mysql_use_result(mysql) else { return fail() }
    stage = .fetching(result)
    reader = ResultReader(result, keeping: bytesLeft)
    return mysql_fetch_row_start(&row, result)
  }

  private func fetched(_ result: UnsafeMutablePointer<MYSQL_RES>) -> Int32? {
    if let row {
      reader?.take(row)
      return mysql_fetch_row_start(&self.row, result)
    }
    stage = .advancing
    defer { mysql_free_result(result) }
    guard mysql_errno(mysql) == 0 else { return fail() }
    if let reader {
      bytesLeft = reader.bytesLeft
      results.append(.rows(reader.rows))
    }
    reader = nil
    return advance()
  }

  private func advance() -> Int32? {
    stage = .advancing
    guard mysql_more_results(mysql) != 0 else { return nil }
    return mysql_next_result_start(&code, mysql)
  }

  private func fail() -> Int32? {
    let error = mysql.lastError
    if error.meansLostConnection { loss = error } else { results.append(.error(error)) }
    return nil
  }
}
