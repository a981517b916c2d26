/// What one node saw of a batch, whether it came to its end or not.
@dynamicMemberLookup
public struct BatchSummary: Sendable {
  /// The batch's id.
  public let batch: String
  /// This node's id.
  public let node: String
  /// The ids of all nodes, in the sequence of the clients; empty if they never came together.
  public internal(set) var clients: [String] = []
  /// How many orders there are; `nil` if the nodes never came together.
  public internal(set) var orders: UInt128?
  /// The rank of the first order that this node saw: later than 0 if it joined a batch again.
  public internal(set) var firstRank: UInt128 = 0
  /// What the orders gave that were run whole while this node watched.
  public internal(set) var tally = RunTally()
  /// How often an order was abandoned and run again whole.
  public internal(set) var abandonedOrders: UInt64 = 0
  /// From the moment at which all nodes were there to the last result.
  public internal(set) var duration: Duration = .zero
  /// What a reader must know to judge the figures, a sentence each.
  public internal(set) var remarks: [String] = []
  /// Why the batch did not come to its end; `nil` if it did.
  public internal(set) var failure: MuddledError?

  init(batch: String, node: String) {
    self.batch = batch
    self.node = node
  }

  /// Whether every order of the batch has been run, be it before this node joined.
  public var isComplete: Bool { orders.map { firstRank + tally.ordersRun == $0 } ?? false }

  /// The counts of ``tally``.
  public subscript<Value>(dynamicMember member: KeyPath<RunTally, Value>) -> Value {
    tally[keyPath: member]
  }
}
