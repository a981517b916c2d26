import MuddledCore
import Testing

/// The lines of an events file.
struct EventFile {
  /// All lines, in their sequence.
  let lines: [JSON]

  /// Reads a file, every line of which must be a JSON object.
  init(path: String) throws {
    guard let text = contents(of: path) else {
      throw MuddledError(.missingInput, "there is no events file at \(path)")
    }
    guard text.isEmpty || text.hasSuffix("\n") else {
      throw MuddledError(.unusableInput, "the last line of \(path) is not complete")
    }
    lines = try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      try JSON(parsing: $0)
    }
  }

  /// The lines of orders.
  var orders: [JSON] { lines.filter { $0["event"] == .string("order") } }

  /// The lines of summaries.
  var summaries: [JSON] { lines.filter { $0["event"] == .string("summary") } }

  /// The orders' ranks.
  var ranks: [Int] { orders.compactMap { $0["rank"]?.int } }

  /// The orders without their times.
  var timelessOrders: [JSON] { orders.map { $0.without(["microseconds", "found_microseconds"]) } }

  /// The summaries without times and what is the node's own.
  var timelessSummaries: [JSON] {
    summaries.map { $0.without(["microseconds", "node", "remarks"]) }
  }
}

/// A JSON value whose numbers keep their digits.
enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// A member of an object.
  subscript(key: String) -> JSON? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  /// An element of an array.
  subscript(index: Int) -> JSON? {
    if case .array(let elements) = self, elements.indices.contains(index) {
      elements[index]
    } else {
      nil
    }
  }

  /// The elements of an array; none of anything else.
  var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }

  /// The text of a string.
  var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The value of a number.
  var int: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }

  /// The texts of an array of strings.
  var texts: [String] { elements.compactMap(\.text) }

  /// The same without these members, however deep.
  func without(_ keys: Set<String>) -> JSON {
    switch self {
    case .array(let elements): .array(elements.map { $0.without(keys) })
    case .object(let members):
      .object(members.filter { !keys.contains($0.key) }.mapValues { $0.without(keys) })
    default: self
    }
  }
}
