/// One step of a client: a statement that is dispatched at once, and waited for.
public struct Step: Hashable, Sendable {
  /// The name that reports and orders call the step by; `nil` for the client's and the step's place.
  public let name: String?
  /// The statement, without a delimiter at its end.
  public let sql: String

  /// Makes a step.
  ///
  /// - Parameter sql: one statement, without a delimiter at its end.
  public init(_ sql: String) {
    name = nil
    self.sql = sql
  }

  /// Makes a step with a name of its own, by which its results can be asked for.
  ///
  /// - Parameters:
  ///   - name: a name that no other step of the scenario has. A batch, where steps have numbers, does not use it.
  ///   - sql: one statement, without a delimiter at its end. In an exploration there may be several with `;` between
  ///     them, which are then one step.
  public init(_ name: String, _ sql: String) {
    self.name = name
    self.sql = sql
  }
}
