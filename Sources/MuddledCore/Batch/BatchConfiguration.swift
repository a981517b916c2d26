/// What one node of a batch needs to know.
public struct BatchConfiguration: Sendable {
  /// This node's id: 1 to 200 bytes of UTF-8.
  public var node: String
  /// The ids of the other nodes.
  public var partners: [String]
  /// The id that all processes of the batch share: 1 to 200 bytes of UTF-8.
  public var batch: String
  /// The statements of this node, in sequence; at least one.
  public var steps: [Step]
  /// The statements that one node runs before each order, if this node brings some.
  public var reset: [String]?
  /// The queries that one node runs after each order, if this node brings some.
  public var checks: [String]?
  /// After this time without a sign of life a node counts as lost. Default 5 s.
  public var lease: Duration = .seconds(5)
  /// How long the others wait for a lost node to come back. Default 30 s.
  public var rejoinTimeout: Duration = .seconds(30)
  /// How long to wait for all partners to register. Default 30 s.
  public var registerTimeout: Duration = .seconds(30)
  /// How long only blocked statements may be left before the last one is cancelled. Default 5 s.
  public var stallTimeout: Duration = .seconds(5)
  /// When the server does not say who waits for a lock: after this time without a reply a
  /// statement is assumed to be blocked. Default 500 ms.
  public var assumeBlockedTimeout: Duration = .milliseconds(500)
  /// How long a statement that waits for no lock may run before it is cancelled, and how long a
  /// statement of the reset or the checks may take at all. Default 60 s.
  public var stepTimeout: Duration = .seconds(60)
  /// How often one order is run again because a session broke, before the node gives up. Default 3.
  public var attemptLimit = 3

  /// Makes a configuration with default times.
  public init(node: String, partners: [String], batch: String, steps: [Step]) {
    self.node = node
    self.partners = partners
    self.batch = batch
    self.steps = steps
  }

  /// All nodes of the batch, in the sequence of the clients.
  var members: [String] { ([node] + partners).sorted(by: ClientOrder.precedes) }

  /// Refuses what cannot be run, before anything is.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` for ids, with code
  ///   ``MuddledError/Code/unusableInput`` for an empty list of steps.
  public func validate() throws {
    for (what, id) in [("node id", node), ("batch id", batch)]
      + partners.map({ ("partner id", $0) })
    {
      guard !id.isEmpty else { throw MuddledError(.usage, "the \(what) is empty; give it a text") }
      guard id.utf8.count <= CoordinatorLimits.idBytes else {
        throw MuddledError(
          .usage,
          "the \(what) \(String(id.prefix(20)).quoted)… has \(id.utf8.count) bytes; "
            + "at most \(CoordinatorLimits.idBytes) are allowed")
      }
    }
    guard !partners.isEmpty else {
      throw MuddledError(
        .usage, "node \(node.quoted) has no partners; name at least one other node")
    }
    guard !partners.contains(node) else {
      throw MuddledError(
        .usage, "node \(node.quoted) stands among its own partners; name only the other nodes")
    }
    if let twice = partners.first(where: { id in partners.count { $0 == id } > 1 }) {
      throw MuddledError(.usage, "partner \(twice.quoted) is named twice; name each partner once")
    }
    guard !steps.isEmpty else {
      throw MuddledError(.unusableInput, "node \(node.quoted) has no statements to run")
    }
  }
}
