import CMariaDB
import MuddledCore

/// Turns the rows of one result into Swift values while they come.
struct ResultReader {
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

/// How the values of a column are written.
private enum ValueKind {
  case number
  case text
  case binary

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

  func value(_ bytes: UnsafeRawBufferPointer) -> SQLValue {
    switch self {
    case .number where isJSONNumber(bytes): .number(String(decoding: bytes, as: UTF8.self))
    case .number, .text:
      String(validating: bytes, as: UTF8.self).map(SQLValue.text) ?? .binary(Array(bytes))
    case .binary: .binary(Array(bytes))
    }
  }
}

/// Whether the bytes are a number in the grammar of JSON (RFC 8259, section 6).
func isJSONNumber(_ bytes: some Sequence<UInt8>) -> Bool {
  var rest = Array(bytes)[...]
  func digits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    rest = rest[digits.endIndex...]
    return digits
  }
  if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
  let whole = digits(&rest)
  guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
  if rest.first == UInt8(ascii: ".") {
    rest.removeFirst()
    if digits(&rest).isEmpty { return false }
  }
  if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
    rest.removeFirst()
    if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
      rest.removeFirst()
    }
    if digits(&rest).isEmpty { return false }
  }
  return rest.isEmpty
}
