/// What an exploration found, whether it came to its end or not.
public struct ExploreSummary: Sendable {
  /// An assertion that did not hold.
  public struct Violation: Sendable {
    /// The executions of one outcome in which it did not hold.
    public struct Place: Sendable {
      /// The first of them.
      public let witness: Execution
      /// How many there were.
      public internal(set) var executions: UInt64
      /// How many orders came to them.
      public internal(set) var orders: UInt128
    }

    /// The assertion.
    public let assertion: String
    /// Where it did not hold, by outcome, in the sequence in which the outcomes first came.
    public internal(set) var places: [Place]

    /// How many executions it did not hold in.
    public var executions: UInt64 { places.reduce(0) { $0 + $1.executions } }
    /// How many orders it did not hold in.
    public var orders: UInt128 { places.reduce(0) { $0 + $1.orders } }
  }

  /// Something that happened differently the second time.
  public struct Nondeterminism: Sendable {
    /// The steps that were dispatched, up to the one that did something else than before.
    public let dispatched: [Slot]
  }

  /// The scenario.
  public let scenario: Scenario
  /// How many orders were to be run.
  public let orders: UInt128
  /// What they gave.
  public internal(set) var tally = RunTally()
  /// How many different executions there were: sequences of dispatches.
  public internal(set) var executions: UInt64 = 0
  /// The assertions that did not hold.
  public internal(set) var violations: [Violation] = []
  /// Where the same steps did different things; at most ``nondeterminismLimit`` are kept.
  public internal(set) var nondeterminism: [Nondeterminism] = []
  /// How often an order was run again because a session broke.
  public internal(set) var abandonedOrders: UInt64 = 0
  /// How many lanes were used.
  public internal(set) var lanes = 1
  /// From the first order to the last result.
  public internal(set) var duration: Duration = .zero
  /// What a reader must know to judge the figures, a sentence each.
  public internal(set) var remarks: [String] = []
  /// The ranks that are left to run, if the run ended early and was one of ranks: from the first on that was not run.
  /// Later ones that were run are not part of the summary.
  public internal(set) var remainingRanks: Range<UInt128>?
  /// Why the exploration did not come to its end; `nil` if it did.
  public internal(set) var failure: MuddledError?

  /// How many cases of nondeterminism are kept.
  public static let nondeterminismLimit = 20

  init(scenario: Scenario, orders: UInt128) {
    self.scenario = scenario
    self.orders = orders
  }

  /// The token of an execution's order.
  public func token(of execution: Execution) -> Token {
    scenario.naming(execution).token
  }
}
