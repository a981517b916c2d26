import Synchronization

/// What a statement's words tell of it.
struct StatementTraits {
  /// Whether it could take a lock that the end of a transaction does not release.
  let mayOutliveTransaction: Bool
  /// Whether it could make or use stored code.
  let mayMakeStoredCode: Bool
  /// Whether it could change more of its session than rows and the transaction, or read what others left there.
  let mayTouchSession: Bool
  /// Whether it gives one result, and means the same as one of several in a text.
  let mayBeJoined: Bool

  init(_ statement: String) {
    mayOutliveTransaction = StatementWords.mayOutliveTransaction(statement)
    mayMakeStoredCode = StatementWords.mayMakeStoredCode(statement)
    mayTouchSession = StatementWords.mayTouchSession(statement)
    mayBeJoined = !mayTouchSession && !StatementWords.mayHideItsEnd(statement)
  }
}

/// Remembers the traits of statements, which come again in every order, and how those are run that were asked for last.
final class StatementTraitsMemory: Sendable {
  private let known = Mutex<[String: StatementTraits]>([:])
  private let lastPlan = Mutex<StatementPlan?>(nil)
  /// How many statements are remembered, each of up to so many bytes.
  private static let limit = (statements: 1000, bytes: 1 << 10)

  func traits(of statement: String) -> StatementTraits {
    if let traits = known.withLock({ $0[statement] }) { return traits }
    let traits = StatementTraits(statement)
    guard statement.utf8.count <= Self.limit.bytes else { return traits }
    known.withLock { known in
      if known.count >= Self.limit.statements { known = [:] }
      known[statement] = traits
    }
    return traits
  }

  /// How to run statements one after the other; what was asked last is remembered.
  ///
  /// - Parameter isJoining: whether those that need not be apart are sent as one text.
  func plan(for statements: [String], joining isJoining: Bool) -> StatementPlan {
    let known = lastPlan.withLock { $0 }
    if let known, known.isJoining == isJoining, known.statements == statements { return known }
    let plan = StatementPlan(statements, traits: statements.map(traits), joining: isJoining)
    lastPlan.withLock { $0 = plan }
    return plan
  }
}
