import MuddledCore

/// How the values of a column are written.
enum ValueKind {
  case number
  case text
  case binary

  /// A value from the text that the server sent.
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
private func isJSONNumber(_ bytes: some Sequence<UInt8>) -> Bool {
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
