/// How statements are run one after the other, outside every client.
struct StatementPlan: Sendable {
  /// What is sent at once.
  struct Part {
    var text: String
    /// How many statements it holds.
    var count = 1
  }

  let statements: [String]
  /// Whether statements that need not be apart are one part.
  let isJoining: Bool
  private(set) var parts: [Part] = []
  /// Whether one of them could make or use stored code.
  let mayMakeStoredCode: Bool
  /// Whether one of them could leave its session changed.
  let mayTouchSession: Bool

  /// A longer text would gain little, and servers refuse one beyond their `max_allowed_packet`.
  private static let joinedBytes = 1 << 14

  /// - Parameter traits: those of each statement.
  init(_ statements: [String], traits: [StatementTraits], joining isJoining: Bool) {
    self.statements = statements
    self.isJoining = isJoining
    mayMakeStoredCode = traits.contains(where: \.mayMakeStoredCode)
    mayTouchSession = traits.contains(where: \.mayTouchSession)
    var mayGrow = false
    for (text, traits) in zip(statements, traits) {
      if mayGrow, traits.mayBeJoined, let last = parts.indices.last,
        parts[last].text.utf8.count + text.utf8.count < Self.joinedBytes
      {
        parts[last].text += ";\n" + text
        parts[last].count += 1
      } else {
        parts.append(Part(text: text))
        mayGrow = isJoining && traits.mayBeJoined
      }
    }
  }
}
