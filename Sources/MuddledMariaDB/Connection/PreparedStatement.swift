import CMariaDB
import MuddledCore

extension MySQLHandle {
  /// A statement that is yet to be prepared.
  func statement() -> PreparedStatement { PreparedStatement(on: mysql) }
}

/// The one owner of a `MYSQL_STMT *`, with room for the columns of a row.
///
/// A class, so that a connection can keep its statements in a dictionary; it never leaves the
/// connection's actor.
final class PreparedStatement {
  /// What a call for the next row gives.
  enum Fetched {
    /// The values, in the server's text form.
    case row([[UInt8]?])
    case end
    case failure(ServerError)
  }

  private let pointer: UnsafeMutablePointer<MYSQL_STMT>
  /// Made when the statement is run for the first time.
  private var columns: ColumnBuffers?

  fileprivate init(on mysql: UnsafeMutablePointer<MYSQL>) {
    guard let pointer = mysql_stmt_init(mysql) else {
      preconditionFailure("mysql_stmt_init is out of memory")
    }
    self.pointer = pointer
  }

  deinit {
    // Waits for nothing: the server does not answer this command.
    mysql_stmt_close(pointer)
  }

  /// How many values must be bound.
  var parameterCount: Int { Int(mysql_stmt_param_count(pointer)) }

  /// Whether the statement returns rows, which are then to be fetched.
  var hasRows: Bool { (columns?.count ?? 0) > 0 }

  /// How many rows the last execution changed.
  var affectedRows: UInt64 { mysql_stmt_affected_rows(pointer) }

  /// Prepares the statement.
  ///
  /// - Returns: what answers why that failed, if it did.
  func prepare(_ sql: String) -> MySQLCall<ServerError?> {
    let text = CTexts(sql)
    return MySQLCall(reading: text) { [pointer] in
      mysql_stmt_prepare_start(&$0, pointer, text[0], UInt(sql.utf8.count))
    } resume: { [pointer] in
      mysql_stmt_prepare_cont(&$0, pointer, $1)
    } answer: { [self] in
      $0 == 0 ? nil : lastError
    }
  }

  /// Runs the statement, which has been prepared.
  ///
  /// - Parameter values: one for each question mark.
  /// - Returns: what answers why that failed, if it did.
  func execute(_ values: [BoundValue]) -> MySQLCall<ServerError?> {
    if columns == nil { columns = ColumnBuffers(of: pointer) }
    // The library reads the values until the call is done, and has them in its own buffer then.
    let parameters = BoundParameters(values)
    if !values.isEmpty { mysql_stmt_bind_param(pointer, parameters.binds.baseAddress) }
    return MySQLCall(reading: parameters) { [pointer] in
      mysql_stmt_execute_start(&$0, pointer)
    } resume: { [pointer] in
      mysql_stmt_execute_cont(&$0, pointer, $1)
    } answer: { [self] in
      $0 == 0 ? nil : lastError
    }
  }

  /// Fetches the next row of what was run.
  func fetch() -> MySQLCall<Fetched> {
    MySQLCall { [pointer] in
      mysql_stmt_fetch_start(&$0, pointer)
    } resume: { [pointer] in
      mysql_stmt_fetch_cont(&$0, pointer, $1)
    } answer: { [self] code in
      switch code {
      // A value that is longer than its buffer counts as truncated, and is read again in full.
      case 0, MYSQL_DATA_TRUNCATED: .row(columns?.row(of: pointer) ?? [])
      case MYSQL_NO_DATA: .end
      default: .failure(lastError)
      }
    }
  }

  /// Ends the fetching, whether or not all rows were.
  func freeResult() { mysql_stmt_free_result(pointer) }

  private var lastError: ServerError {
    ServerError(
      code: Int(mysql_stmt_errno(pointer)), sqlstate: String(cString: mysql_stmt_sqlstate(pointer)),
      message: String(cString: mysql_stmt_error(pointer)))
  }
}

/// Where the library puts the columns of a row that is fetched.
private struct ColumnBuffers: ~Copyable {
  /// Longer values are fetched once more, with room for them.
  private static let columnBytes = 1024

  private let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
  private let buffers: UnsafeMutableRawPointer
  private let lengths: UnsafeMutablePointer<UInt>
  private let nulls: UnsafeMutablePointer<my_bool>

  var count: Int { binds.count }

  /// Makes room for the columns of a statement that was prepared, and binds them.
  init(of statement: UnsafeMutablePointer<MYSQL_STMT>) {
    let count = Int(mysql_stmt_field_count(statement))
    binds = .allocate(capacity: count)
    buffers = .allocate(byteCount: max(1, count * Self.columnBytes), alignment: 16)
    lengths = .allocate(capacity: max(1, count))
    nulls = .allocate(capacity: max(1, count))
    for column in 0..<count {
      var bind = MYSQL_BIND()
      bind.buffer_type = MYSQL_TYPE_STRING
      bind.buffer = buffers + column * Self.columnBytes
      bind.buffer_length = UInt(Self.columnBytes)
      bind.length = lengths + column
      bind.is_null = nulls + column
      binds.initializeElement(at: column, to: bind)
    }
    if count > 0 { mysql_stmt_bind_result(statement, binds.baseAddress) }
  }

  deinit {
    binds.deallocate()
    buffers.deallocate()
    lengths.deallocate()
    nulls.deallocate()
  }

  /// The values of the row that was fetched last.
  func row(of statement: UnsafeMutablePointer<MYSQL_STMT>) -> [[UInt8]?] {
    (0..<binds.count).map { column in
      if nulls[column] != 0 { return nil }
      let length = Int(lengths[column])
      if length <= Self.columnBytes {
        let start = buffers + column * Self.columnBytes
        return Array(UnsafeRawBufferPointer(start: start, count: length))
      }
      return Self.longValue(column, length, of: statement)
    }
  }

  private static func longValue(
    _ column: Int, _ length: Int, of statement: UnsafeMutablePointer<MYSQL_STMT>
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      var bind = MYSQL_BIND()
      var got: UInt = 0
      bind.buffer_type = MYSQL_TYPE_STRING
      bind.buffer = UnsafeMutableRawPointer(buffer.baseAddress)
      bind.buffer_length = UInt(length)
      withUnsafeMutablePointer(to: &got) { pointer in
        bind.length = pointer
        let code = mysql_stmt_fetch_column(statement, &bind, UInt32(column), 0)
        precondition(code == 0, "a column that was just fetched cannot be read")
      }
      count = length
    }
  }
}

/// The memory of a statement's bound values, for as long as a call reads them.
private final class BoundParameters {
  let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
  private let buffers: [UnsafeMutableRawBufferPointer]

  init(_ values: [BoundValue]) {
    binds = .allocate(capacity: values.count)
    buffers = values.map { value in
      switch value {
      case .bytes(let bytes):
        let buffer = UnsafeMutableRawBufferPointer.allocate(
          byteCount: max(1, bytes.count), alignment: 8)
        buffer.copyBytes(from: bytes)
        return UnsafeMutableRawBufferPointer(rebasing: buffer[..<bytes.count])
      case .number(let number):
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
        buffer.storeBytes(of: number, as: UInt64.self)
        return buffer
      }
    }
    for (index, value) in values.enumerated() {
      var bind = MYSQL_BIND()
      bind.buffer = buffers[index].baseAddress
      bind.buffer_length = UInt(buffers[index].count)
      bind.length_value = bind.buffer_length
      if case .number = value {
        bind.buffer_type = MYSQL_TYPE_LONGLONG
        bind.is_unsigned = 1
      } else {
        bind.buffer_type = MYSQL_TYPE_BLOB
      }
      binds.initializeElement(at: index, to: bind)
    }
  }

  deinit {
    binds.deallocate()
    for buffer in buffers { buffer.deallocate() }
  }
}
