extension Registration {
  /// Whether the other process of the same id brought the same members, steps, reset and checks.
  func isSameWork(as other: Registration) -> Bool {
    members == other.members && steps == other.steps && reset == other.reset
      && checks == other.checks
  }

  /// Says in which way this differs from what the same node registered before; `nil` if it does not.
  func difference(from earlier: Registration) -> MuddledError? {
    if members != earlier.members {
      return MuddledError(
        .usage,
        "it registered with the nodes \(earlier.members.quotedList) before and names "
          + "\(members.quotedList) now")
    }
    for (what, isSame) in [
      ("SQL", steps == earlier.steps), ("reset", reset == earlier.reset),
      ("check", checks == earlier.checks),
    ] where !isSame {
      return MuddledError(
        .unusableInput, "its \(what) differs from the \(what) that it registered before")
    }
    return nil
  }
}

extension BatchState.Node {
  /// Says why two nodes cannot be in one batch; `nil` if they can.
  func conflict(with other: Self) -> MuddledError? {
    if registration.members != other.registration.members {
      return MuddledError(
        .usage,
        "the nodes do not agree on who takes part: node \(id.quoted) expects the nodes "
          + "\(registration.members.quotedList), node \(other.id.quoted) expects "
          + "\(other.registration.members.quotedList); start all with matching partners and a new batch id"
      )
    }
    for (what, own, others) in [
      ("resets", registration.reset, other.registration.reset),
      ("checks", registration.checks, other.registration.checks),
    ] where own != nil && others != nil && own != others {
      return MuddledError(
        .unusableInput,
        "node \(id.quoted) and node \(other.id.quoted) bring different \(what); "
          + "give them to one node, or the same ones to both, and choose a new batch id")
    }
    return nil
  }
}

/// The sequence in which the nodes' ids stand as clients: numbers by value, before all other ids; these by their bytes.
enum ClientOrder {
  static func precedes(_ left: String, _ right: String) -> Bool {
    switch (number(left), number(right)) {
    case (let left?, let right?) where left != right: left < right
    case (.some, .none): true
    case (.none, .some): false
    default: left.utf8.lexicographicallyPrecedes(right.utf8)
    }
  }

  private static func number(_ id: String) -> UInt64? {
    id.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt64(id) : nil
  }
}

extension String {
  /// The text in double quotes, with what would break a line or a terminal escaped.
  package var quoted: String { "\"" + escapedForDisplay + "\"" }

  /// The text with control characters written as escapes, so that it stays on its line.
  package var escapedForDisplay: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .format:
        text += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension [String] {
  /// The texts in quotes, with commas between them.
  var quotedList: String { map(\.quoted).joined(separator: ", ") }
}
