/// One statement of a client.
public struct Step: Hashable, Sendable {
  /// The statement, without a delimiter at its end.
  public let sql: String

  /// Makes a step.
  ///
  /// - Parameter sql: one statement, without a delimiter at its end.
  public init(_ sql: String) { self.sql = sql }
}
