// How results stand in a coordinator's log.

extension ByteWriter {
  mutating func write(_ result: StatementResult) {
    switch result {
    case .rows(let rows):
      write(UInt8(0))
      write(rows.columns) { $0.write($1) }
      write(rows.rows) { $0.write($1) { $0.write($1) } }
      write(rows.count)
      write(rows.digest) { $0.write($1.value) }
    case .ok(let affected):
      write(UInt8(1))
      write(affected)
    case .error(let error):
      write(UInt8(2))
      write(UInt64(bitPattern: Int64(error.code)))
      write(error.sqlstate)
      write(error.message)
    case .cancelled:
      write(UInt8(3))
    }
  }

  private mutating func write(_ value: SQLValue) {
    switch value {
    case .null: write(UInt8(0))
    case .number(let digits):
      write(UInt8(1))
      write(digits)
    case .text(let text):
      write(UInt8(2))
      write(text)
    case .binary(let bytes):
      write(UInt8(3))
      write(bytes)
    }
  }
}

extension ByteReader {
  mutating func statementResult() throws -> StatementResult {
    switch try number() {
    case 0:
      return .rows(
        ResultRows(
          columns: try list { try $0.text() },
          rows: try list { try $0.list { try $0.sqlValue() } },
          count: try number(as: UInt64.self),
          digest: try optional { Digest(value: try $0.number()) }))
    case 1: return .ok(affected: try number(as: UInt64.self))
    case 2:
      return .error(
        ServerError(
          code: Int(Int64(bitPattern: try number(as: UInt64.self))), sqlstate: try text(),
          message: try text()))
    case 3: return .cancelled
    default: throw MalformedBytes()
    }
  }

  private mutating func sqlValue() throws -> SQLValue {
    switch try number() {
    case 0: return .null
    case 1: return .number(try text())
    case 2: return .text(try text())
    case 3: return .binary(try raw())
    default: throw MalformedBytes()
    }
  }
}
