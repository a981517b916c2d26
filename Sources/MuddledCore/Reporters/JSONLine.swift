/// Builds one line of JSON.
///
/// Numbers of result rows must stand in the line with the digits that the server sent (`1.50`, twenty-digit
/// integers), which the platform's encoders do not allow.
package struct JSONLine {
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  private static let hexDigits = Array("0123456789abcdef".utf8)
  private static let base64Digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package mutating func object(_ body: (inout JSONLine) throws -> Void) rethrows {
    try enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  package mutating func array<Element>(
    _ elements: some Sequence<Element>, _ body: (inout JSONLine, Element) throws -> Void
  ) rethrows {
    try enclose(UInt8(ascii: "["), UInt8(ascii: "]")) { line in
      for element in elements { try body(&line, element) }
    }
  }

  /// Writes an array of values of several kinds.
  package mutating func list(_ body: (inout JSONLine) throws -> Void) rethrows {
    try enclose(UInt8(ascii: "["), UInt8(ascii: "]"), body)
  }

  package mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  package mutating func string(_ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): bytes += Array("\\n".utf8)
      case UInt8(ascii: "\t"): bytes += Array("\\t".utf8)
      case 0..<0x20:
        bytes += Array("\\u00".utf8)
        bytes += [Self.hexDigits[Int(byte >> 4)], Self.hexDigits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  package mutating func number(_ number: some BinaryInteger) { literal(String(number)) }

  package mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

  package mutating func null() { literal("null") }

  /// Writes text that is JSON already.
  package mutating func literal(_ text: String) {
    separate()
    bytes += Array(text.utf8)
  }

  /// Writes bytes as a string in base 64 (RFC 4648, section 4).
  package mutating func base64(_ raw: [UInt8]) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    for start in stride(from: 0, to: raw.count, by: 3) {
      let group = raw[start..<min(start + 3, raw.count)]
      var bits: UInt32 = 0
      for offset in 0..<3 {
        bits = bits << 8 | (offset < group.count ? UInt32(raw[start + offset]) : 0)
      }
      for digit in 0..<4 {
        bytes.append(
          digit <= group.count
            ? Self.base64Digits[Int(bits >> UInt32(18 - 6 * digit)) & 63] : UInt8(ascii: "="))
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func enclose(
    _ open: UInt8, _ close: UInt8, _ body: (inout JSONLine) throws -> Void
  ) rethrows {
    separate()
    bytes.append(open)
    needsComma = false
    try body(&self)
    bytes.append(close)
    needsComma = true
  }
}
