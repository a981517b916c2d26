/// What the nodes of a batch tell each other through the coordinator's log.
///
/// All nodes derive the same ``BatchState`` from the same log, so these events are all that is said.
enum BatchEvent: Hashable, Sendable {
  /// The sender takes part, or takes part again under a higher incarnation.
  case registered(Registration)
  /// The sender has these connections now.
  case connected(session: UInt64, outside: UInt64?)
  /// The order of this rank starts now: its reset is done. A snapshot lets the log before it be forgotten.
  case begin(rank: UInt128, attempt: UInt32, snapshot: BatchSnapshot?)
  /// The sender's statement in flight has its reply.
  case ran(StepReport)
  /// The same, with the results that this step of the sender had the last time since the last snapshot.
  case ranAlike(microseconds: UInt64)
  /// The sender's statement in flight waits for a lock, says the server.
  case blocked
  /// The sender's session is back in its first state; its server connection has this id.
  case released(connectionID: UInt64)
  /// The order is over, and this is what the checks returned.
  case finished(checks: [[StatementResult]])
  /// The sender's session broke while the order ran: the order has to be run again.
  case sessionLost
  /// The sender leaves, and why, in a sentence that others can show.
  case left(reason: String)
  /// A node whose lease has run out is gone.
  case lost(node: String, incarnation: UInt32)
  /// All orders were run.
  case ended(orders: UInt128)
}

/// What a node says of itself when it joins a batch.
struct Registration: Hashable, Sendable {
  /// Chosen at random by each process, so that two of one id tell themselves apart.
  var instance: UInt64
  /// All nodes that the sender expects in the batch, itself among them, sorted.
  var members: [String]
  var steps: [String]
  /// The statements of the sender's reset script, if it has one.
  var reset: [String]?
  /// The queries of the sender's check script, if it has one.
  var checks: [String]?
  /// The server's id of the sender's session.
  var connectionID: UInt64
  /// That of the connection over which it sends what is run outside every client, once it has one.
  var outsideConnectionID: UInt64?
}

/// How one step of the sender went.
struct StepReport: Hashable, Sendable {
  var results: [StatementResult]
  var microseconds: UInt64

  /// Whether the results take so little room that every node can keep them for each step.
  var isSmall: Bool {
    var left = 1 << 14
    for case .rows(let rows) in results {
      for row in rows.rows {
        for value in row {
          left -= value.byteCount + 8
          if left < 0 { return false }
        }
      }
    }
    return true
  }
}

extension SQLValue {
  fileprivate var byteCount: Int {
    switch self {
    case .null: 0
    case .number(let text), .text(let text): text.utf8.count
    case .binary(let bytes): bytes.count
    }
  }
}

/// Everything that a node that joins later must know of the log before this point.
struct BatchSnapshot: Hashable, Sendable {
  struct Node: Hashable, Sendable {
    var id: String
    var incarnation: UInt32
    var registration: Registration
  }
  var nodes: [Node]
}

/// One record of the log: events of one sender that take effect together.
struct BatchRecord: Hashable, Sendable {
  /// The sender's id.
  var node: String
  /// The sender's incarnation; records of an earlier incarnation have no effect.
  var incarnation: UInt32
  /// The order and the attempt that the sender believed in; with others, the events have no effect.
  var rank: UInt128
  var attempt: UInt32
  var events: [BatchEvent]
}
