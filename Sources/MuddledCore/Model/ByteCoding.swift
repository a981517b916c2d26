/// Writes numbers, texts and lists into bytes; ``ByteReader`` reads them back.
///
/// Numbers are little-endian base 128 (LEB128), lengths stand before what they measure.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ number: UInt128) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func write(_ number: some UnsignedInteger) { write(UInt128(number)) }

  mutating func write(_ text: String) {
    write(UInt128(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func write(_ raw: [UInt8]) {
    write(UInt128(raw.count))
    bytes.append(contentsOf: raw)
  }

  mutating func write<Element>(
    _ list: [Element], _ writeElement: (inout ByteWriter, Element) -> Void
  ) {
    write(UInt128(list.count))
    for element in list { writeElement(&self, element) }
  }

  mutating func write<Value>(_ value: Value?, _ writeValue: (inout ByteWriter, Value) -> Void) {
    guard let value else { return write(UInt128(0)) }
    write(UInt128(1))
    writeValue(&self, value)
  }
}

/// Bytes that nobody of this version wrote.
struct MalformedBytes: Error {}

/// Reads back what ``ByteWriter`` wrote, and throws ``MalformedBytes`` rather than trust a length.
struct ByteReader {
  /// What was not read yet.
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number() throws -> UInt128 {
    var value: UInt128 = 0
    var shift: UInt128 = 0
    while let byte = rest.popFirst() {
      guard shift < 128 else { throw MalformedBytes() }
      value |= UInt128(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw MalformedBytes()
  }

  mutating func number<Number: FixedWidthInteger>(as type: Number.Type) throws -> Number {
    guard let value = Number(exactly: try number()) else { throw MalformedBytes() }
    return value
  }

  mutating func raw() throws -> [UInt8] {
    let count = try number(as: Int.self)
    guard count <= rest.count else { throw MalformedBytes() }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func text() throws -> String {
    let count = try number(as: Int.self)
    guard count <= rest.count else { throw MalformedBytes() }
    defer { rest = rest.dropFirst(count) }
    guard let text = String(validating: rest.prefix(count), as: UTF8.self) else {
      throw MalformedBytes()
    }
    return text
  }

  mutating func list<Element>(
    _ readElement: (inout ByteReader) throws -> Element
  ) throws -> [Element] {
    let count = try number(as: Int.self)
    // Every element takes at least a byte.
    guard count <= rest.count else { throw MalformedBytes() }
    var list: [Element] = []
    list.reserveCapacity(count)
    for _ in 0..<count { list.append(try readElement(&self)) }
    return list
  }

  mutating func optional<Value>(
    _ readValue: (inout ByteReader) throws -> Value
  ) throws -> Value? {
    try number() == 0 ? nil : try readValue(&self)
  }
}
