import MuddledCore

extension JSON {
  /// Reads a value in the grammar of RFC 8259; an object must not name a member twice.
  init(parsing text: some StringProtocol) throws {
    var parser = JSONParser(rest: Array(text.utf8)[...])
    self = try parser.value()
    parser.skipSpace()
    guard parser.rest.isEmpty else { throw parser.failure("nothing more") }
  }
}

/// Reads JSON strictly, and keeps the digits of numbers, which Foundation's parser does not.
struct JSONParser {
  var rest: ArraySlice<UInt8>

  func failure(_ wanted: String) -> MuddledError {
    MuddledError(
      .unusableInput,
      "not JSON: \(wanted) wanted at \(String(decoding: rest.prefix(40), as: UTF8.self))")
  }

  mutating func skipSpace() {
    rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
  }

  mutating func value() throws -> JSON {
    skipSpace()
    switch rest.first {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    default: return try word()
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func object() throws -> JSON {
    var members: [String: JSON] = [:]
    rest.removeFirst()
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      let key = try string()
      guard take(":") else { throw failure("a colon") }
      guard members.updateValue(try value(), forKey: key) == nil else {
        throw failure("\(key) only once")
      }
    } while take(",")
    guard take("}") else { throw failure("}") }
    return .object(members)
  }

  private mutating func array() throws -> JSON {
    var elements: [JSON] = []
    rest.removeFirst()
    if take("]") { return .array(elements) }
    repeat { elements.append(try value()) } while take(",")
    guard take("]") else { throw failure("]") }
    return .array(elements)
  }

  private mutating func string() throws -> String {
    guard rest.popFirst() == UInt8(ascii: "\"") else { throw failure("a string") }
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("UTF-8") }
        return text
      case UInt8(ascii: "\\"): bytes += try escape()
      case 0..<0x20: throw failure("no control character")
      default: bytes.append(byte)
      }
    }
    throw failure("a quote")
  }

  private mutating func escape() throws -> [UInt8] {
    let escapes: [(Unicode.Scalar, UInt8)] = [
      ("\"", 0x22), ("\\", 0x5c), ("/", 0x2f), ("b", 8), ("f", 12), ("n", 10), ("r", 13), ("t", 9),
    ]
    guard let letter = rest.popFirst() else { throw failure("an escape") }
    if let (_, byte) = escapes.first(where: { UInt8(ascii: $0.0) == letter }) { return [byte] }
    // Pairs of surrogates are not written by muddled, which escapes control characters only.
    guard letter == UInt8(ascii: "u"), rest.count >= 4,
      let code = UInt32(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(code)
    else { throw failure("an escape") }
    rest = rest.dropFirst(4)
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func word() throws -> JSON {
    let end: Set<UInt8> = [0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x5d, 0x7d]
    let bytes = rest.prefix { !end.contains($0) }
    let text = String(decoding: bytes, as: UTF8.self)
    switch text {
    case "null", "true", "false": break
    default:
      // Almost every number is a short one, and the expression is slow.
      let isPlain = bytes.first != 0x30 && bytes.allSatisfy { (0x30...0x39).contains($0) }
      guard
        isPlain && !bytes.isEmpty
          || text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
      else {
        throw failure("a value")
      }
    }
    rest = rest.dropFirst(bytes.count)
    switch text {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: return .number(text)
    }
  }
}
