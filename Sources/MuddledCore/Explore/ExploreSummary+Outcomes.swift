extension ExploreSummary {
  /// One outcome of a scenario, with the witness that shows it.
  ///
  /// All that ``RunTally/Outcome`` counts can be asked of it, such as `outcome.orders` and `outcome.hasDeadlock`.
  @dynamicMemberLookup
  public struct Outcome: Sendable {
    private let tally: RunTally.Outcome
    /// The first execution that gave it.
    public let witness: NamedExecution

    fileprivate init(_ tally: RunTally.Outcome, of scenario: Scenario) {
      self.tally = tally
      witness = scenario.naming(tally.witness)
    }

    /// What was counted of the outcome.
    public subscript<Value>(dynamicMember property: KeyPath<RunTally.Outcome, Value>) -> Value {
      tally[keyPath: property]
    }
  }

  /// The outcomes, each with its witness, the one of the most orders first.
  public var outcomes: [Outcome] { sortedOutcomes.map { Outcome($0, of: scenario) } }
}
