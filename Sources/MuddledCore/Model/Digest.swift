/// A 128-bit digest that is the same in every process and on every machine.
///
/// FNV-1a in 128 bits (Fowler, Noll, Vo; RFC 9923): it tells contents apart, and protects against nobody.
/// Add fields through ``update(_:)-(String)`` and ``update(_:)-(UInt64)``, which mark where each ends, so that
/// neighbouring fields do not run together.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// The digest so far.
  public private(set) var value: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d

  private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013b

  /// Makes the digest of nothing.
  public init() {}

  /// Takes back a digest that was written down.
  public init(value: UInt128) { self.value = value }

  /// Adds bytes as they are, without a mark of where they end.
  public mutating func update(bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt128(byte)) &* Self.prime }
  }

  /// Adds a number as eight bytes.
  public mutating func update(_ number: UInt64) {
    var rest = number
    for _ in 0..<8 {
      value = (value ^ UInt128(rest & 0xff)) &* Self.prime
      rest >>= 8
    }
  }

  /// Adds a text with its length.
  public mutating func update(_ text: String) {
    update(UInt64(text.utf8.count))
    update(bytes: text.utf8)
  }

  /// The digest in 32 hexadecimal digits.
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }

  /// The first 12 hexadecimal digits, for people.
  public var short: String { String(description.prefix(12)) }
}
