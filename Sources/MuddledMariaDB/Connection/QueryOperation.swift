import CMariaDB
import MuddledCore

extension MySQLHandle {
  /// A statement to be sent, and what it returns to be taken.
  ///
  /// - Parameters:
  ///   - sql: one statement, or several on a connection that was opened for that.
  ///   - limit: how many bytes of rows to keep; further rows are counted and digested.
  ///   - isForEach: whether that holds for each of several results, or for all together.
  func query(_ sql: String, keeping limit: Int, forEach isForEach: Bool = false) -> QueryOperation {
    QueryOperation(sql, on: mysql, keeping: limit, forEach: isForEach)
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
  private let isLimitForEach: Bool

  /// What came, in sequence; a server's error is the last of them.
  private(set) var results: [StatementResult] = []
  /// Why the connection is lost, if it is.
  private(set) var loss: ServerError?

  fileprivate init(
    _ sql: String, on mysql: UnsafeMutablePointer<MYSQL>, keeping limit: Int,
    forEach isForEach: Bool
  ) {
    self.mysql = mysql
    isLimitForEach = isForEach
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
      if !isLimitForEach { bytesLeft = reader.bytesLeft }
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

/// Turns the rows of one result into Swift values while they come.
private struct ResultReader {
  private let result: UnsafeMutablePointer<MYSQL_RES>
  private let kinds: [ValueKind]
  private(set) var rows: ResultRows
  /// How many bytes of rows may still be kept.
  private(set) var bytesLeft: Int

  init(_ result: UnsafeMutablePointer<MYSQL_RES>, keeping limit: Int) {
    self.result = result
    bytesLeft = limit
    let fields = UnsafeBufferPointer(
      start: mysql_fetch_fields(result), count: Int(mysql_num_fields(result)))
    kinds = fields.map(ValueKind.init)
    rows = ResultRows(
      columns: fields.map { field in
        let name = UnsafeRawBufferPointer(start: field.name, count: Int(field.name_length))
        return String(decoding: name, as: UTF8.self)
      }, rows: [])
  }

  /// Takes the row that was fetched last.
  mutating func take(_ row: MYSQL_ROW) {
    guard let lengths = mysql_fetch_lengths(result) else {
      preconditionFailure("mysql_fetch_lengths after a row has none")
    }
    var values: [SQLValue] = []
    values.reserveCapacity(kinds.count)
    var size = 0
    for (column, kind) in kinds.enumerated() {
      let bytes = row[column].map {
        UnsafeRawBufferPointer(start: $0, count: Int(lengths[column]))
      }
      size += (bytes?.count ?? 0) + MemoryLayout<SQLValue>.stride
      values.append(bytes.map(kind.value) ?? .null)
    }
    rows.count += 1
    if rows.digest == nil, size <= bytesLeft {
      bytesLeft -= size
      rows.rows.append(values)
    } else {
      digest(values)
    }
  }

  /// Adds a row that is not kept; the first such one brings in all that are.
  private mutating func digest(_ values: [SQLValue]) {
    var digest = rows.digest ?? Digest()
    if rows.digest == nil {
      bytesLeft = 0
      for value in rows.rows.joined() { digest.update(value) }
    }
    for value in values { digest.update(value) }
    rows.digest = digest
  }
}

extension ValueKind {
  init(_ field: MYSQL_FIELD) {
    // The protocol's mark for "no character set".
    let isBinary = field.charsetnr == 63
    switch field.type {
    case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
      MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE,
      MYSQL_TYPE_YEAR:
      // Zeros in front are what such a column is for.
      self = field.flags & UInt32(ZEROFILL_FLAG) != 0 ? .text : .number
    case MYSQL_TYPE_BIT, MYSQL_TYPE_GEOMETRY:
      self = .binary
    case MYSQL_TYPE_VARCHAR, MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_STRING, MYSQL_TYPE_TINY_BLOB,
      MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_BLOB:
      let isNamed = field.flags & UInt32(ENUM_FLAG | SET_FLAG) != 0
      self = isBinary && !isNamed ? .binary : .text
    default:
      self = .text
    }
  }
}
