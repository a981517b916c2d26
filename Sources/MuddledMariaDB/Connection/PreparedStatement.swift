import CMariaDB
import MuddledCore

/// A value bound to a prepared statement.
enum BoundValue: Sendable {
  case bytes([UInt8])
  case number(UInt64)

  static func text(_ text: String) -> BoundValue { .bytes(Array(text.utf8)) }
}

/// What a prepared statement returned; the values are in the server's text form.
enum PreparedResult: Sendable {
  case rows([[[UInt8]?]])
  case ok(affected: UInt64)
  case error(ServerError)
}

/// The one owner of a `MYSQL_STMT *`, with room for the columns of a row.
///
/// A class, so that a connection can keep its statements in a dictionary; it never leaves the
/// connection's actor.
final class PreparedStatement {
  /// Longer values are fetched once more, with room for them.
  private static let columnBytes = 1024

  let pointer: UnsafeMutablePointer<MYSQL_STMT>
  private var binds: UnsafeMutableBufferPointer<MYSQL_BIND>
  private let buffers: UnsafeMutableRawPointer
  private let lengths: UnsafeMutablePointer<UInt>
  private let nulls: UnsafeMutablePointer<my_bool>

  /// Takes over a statement that was prepared.
  init(_ pointer: UnsafeMutablePointer<MYSQL_STMT>) {
    self.pointer = pointer
    let count = Int(mysql_stmt_field_count(pointer))
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
    if count > 0 { mysql_stmt_bind_result(pointer, binds.baseAddress) }
  }

  deinit {
    // Waits for nothing: the server does not answer this command.
    mysql_stmt_close(pointer)
    binds.deallocate()
    buffers.deallocate()
    lengths.deallocate()
    nulls.deallocate()
  }

  var hasRows: Bool { binds.count > 0 }

  var lastError: ServerError {
    ServerError(
      code: Int(mysql_stmt_errno(pointer)), sqlstate: String(cString: mysql_stmt_sqlstate(pointer)),
      message: String(cString: mysql_stmt_error(pointer)))
  }

  /// The values of the row that was fetched last.
  var row: [[UInt8]?] {
    (0..<binds.count).map { column in
      if nulls[column] != 0 { return nil }
      let length = Int(lengths[column])
      if length <= Self.columnBytes {
        let start = buffers + column * Self.columnBytes
        return Array(UnsafeRawBufferPointer(start: start, count: length))
      }
      return longValue(column, length)
    }
  }

  private func longValue(_ column: Int, _ length: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      var bind = MYSQL_BIND()
      var got: UInt = 0
      bind.buffer_type = MYSQL_TYPE_STRING
      bind.buffer = UnsafeMutableRawPointer(buffer.baseAddress)
      bind.buffer_length = UInt(length)
      withUnsafeMutablePointer(to: &got) { pointer in
        bind.length = pointer
        let code = mysql_stmt_fetch_column(self.pointer, &bind, UInt32(column), 0)
        precondition(code == 0, "a column that was just fetched cannot be read")
      }
      count = length
    }
  }
}

/// The memory of a statement's bound values, for as long as the statement runs.
struct BoundParameters: ~Copyable {
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
