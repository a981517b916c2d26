/// What there is to know of a batch from outside: who takes part, and how far it is.
public struct BatchOverview: Sendable, Hashable {
  /// How things stand with a batch.
  public enum State: Sendable, Hashable {
    /// Not every node has registered yet.
    case registering
    /// Every node has registered, and at least one lives.
    case running
    /// Orders are left to run, and no node lives; the same commands go on with it.
    case stopped
    /// Its nodes do not fit together, for this reason.
    case refused(String)
    /// Every order was run.
    case ended
    /// Another version of muddled, or something else, wrote its records.
    case unreadable
  }

  /// How things stand with a node.
  public enum Presence: String, Sendable, Hashable {
    /// Its lease has not run out.
    case live
    /// Its lease has run out.
    case lost
    /// It said that it leaves.
    case left
    /// Others expect it, and it has never come.
    case missing
  }

  /// One node of a batch.
  public struct Node: Sendable, Hashable {
    /// The node's id.
    public let id: String
    /// How things stand with it.
    public let presence: Presence
    /// How long ago the store last heard of it; `nil` if it holds no lease.
    public let lastSeen: Duration?
    /// How many steps it has in each order; `nil` if that is not known.
    public let steps: Int?
  }

  /// The batch's id.
  public let id: String
  /// How long ago the batch was first used, by the store's clock.
  public let age: Duration
  /// How things stand with it.
  public let state: State
  /// The nodes that registered, hold a lease or are expected, in the sequence of the clients; an ended batch knows
  /// of none.
  public let nodes: [Node]
  /// How many orders were run whole.
  public let ordersRun: UInt128
  /// How many orders there are; `nil` before every node has registered.
  public let orders: UInt128?

  /// Works out from a batch's records what they mean.
  ///
  /// - Parameters:
  ///   - batch: what the store holds.
  ///   - lease: after this time without a sign of life a node counts as gone.
  public init(_ batch: StoredBatch, lease: Duration) {
    id = batch.id
    age = batch.age
    if let fleet = try? FleetState(of: batch.records) {
      nodes = Self.nodes(fleet, batch.leases, lease)
      (ordersRun, orders) = (fleet.ordersRun, fleet.work?.orders)
      let isLive = nodes.contains { $0.presence == .live }
      state = fleet.isEnded ? .ended : isLive ? .running : .stopped
      return
    }
    let log = try? Self.state(after: batch.records)
    nodes = Self.nodes(log ?? BatchState(), batch.leases, lease)
    ordersRun = log?.endedOrders ?? log?.rank ?? 0
    orders = log?.endedOrders ?? log?.space?.count
    let isLive = nodes.contains { $0.presence == .live }
    state =
      switch log?.stage {
      case nil: .unreadable
      case .registering: .registering
      case .ended: .ended
      case .refused(_, let reason): .refused(reason)
      case .preparing, .running, .releasing, .checking: isLive ? .running : .stopped
      }
  }

  private static func state(after records: [LogRecord]) throws -> BatchState {
    var state = BatchState()
    var framing = RecordFraming()
    for record in records {
      guard let message = try framing.add(record) else { continue }
      _ = state.apply(try BatchRecord(decoding: message.payload))
    }
    return state
  }

  private static func nodes(_ fleet: FleetState, _ leases: [Lease], _ lease: Duration) -> [Node] {
    let ids = Set(fleet.workers + leases.map(\.node))
    return ids.sorted(by: ClientOrder.precedes).map { id in
      let lastSeen = leases.first { $0.node == id }?.age
      return Node(
        id: id, presence: lastSeen.map { $0 <= lease ? .live : .lost } ?? .left,
        lastSeen: lastSeen, steps: nil)
    }
  }

  private static func nodes(_ log: BatchState, _ leases: [Lease], _ lease: Duration) -> [Node] {
    let expected = log.nodes.flatMap(\.registration.members)
    let ids = Set(log.nodes.map(\.id) + leases.map(\.node) + expected)
    return ids.sorted(by: ClientOrder.precedes).map { id in
      let registered = log.index(of: id).map { log.nodes[$0] }
      let lastSeen = leases.first { $0.node == id }?.age
      let presence: Presence =
        switch (lastSeen, registered?.presence) {
        case (let lastSeen?, _): lastSeen <= lease ? .live : .lost
        case (nil, nil): .missing
        // Who holds no lease has left, whether it could say so or not.
        case (nil, _): .left
        }
      return Node(
        id: id, presence: presence, lastSeen: lastSeen,
        steps: registered?.registration.steps.count)
    }
  }
}
