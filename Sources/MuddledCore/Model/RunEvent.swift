/// Something that a ``Reporter`` is told of.
public enum RunEvent: Sendable {
  /// A sentence for people about the course of the run.
  case notice(String)
  /// All clients are there, and the orders can begin.
  case started(RunStart)
  /// An order was run whole.
  case order(Execution)
  /// An order was run whole before this process joined, and the log still tells of it; an earlier process of the
  /// same id may have died before it could report it.
  case earlierOrder(Execution)
  /// The same order as a transcript shows it; only of an exploration.
  case transcript(TranscriptPermutation)
  /// The batch is over, at its end or before it.
  case summary(BatchSummary)
  /// The exploration is over, at its end or before it.
  case explored(ExploreSummary)
}

/// What is known before the first order.
public struct RunStart: Sendable {
  /// The clients' ids; their indices stand in every order.
  public let clients: [String]
  /// How many orders there are.
  public let orders: UInt128
  /// The rank of the first order that will be run; 0 in an exploration, which counts its own orders.
  public let firstRank: UInt128
  /// Whether the clients are nodes of a batch, and not all in this process.
  public internal(set) var isBatch = true
}
