/// Explorers on any number of machines that share one exploration.
///
/// They meet in a coordinator under a batch id. Each takes a chunk of the orders at a time, runs it on lanes of its
/// own, and says what it gave; a chunk of a worker that is gone is taken over. No order counts twice, and every worker
/// has the summary of the whole in the end.
public struct Fleet: Sendable {
  /// Where the workers meet; closed when the exploration ends.
  public var coordinator: any Coordinator
  /// The batch id, for messages.
  public var batch: String
  /// How long a worker may be silent before others take over what it works on. Default 10 s.
  public var lease: Duration

  /// Names a fleet.
  public init(_ coordinator: any Coordinator, batch: String, lease: Duration = .seconds(10)) {
    self.coordinator = coordinator
    self.batch = batch
    self.lease = lease
  }
}
