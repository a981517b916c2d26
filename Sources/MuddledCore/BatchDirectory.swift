/// All batches of one store, for people who look into it: beside ``Coordinator``, which is one batch of it.
///
/// Looking changes nothing: no table, key, stream or file is made, no lease renewed, nothing kept for longer. What
/// the records mean is worked out by ``overview(of:lease:)`` and its siblings, the same for every store.
///
/// Every operation may wait for the store, may be called from any task, and throws ``MuddledError`` with code
/// ``MuddledError/Code/unavailable`` when the store cannot be reached.
public protocol BatchDirectory: Sendable {
  /// The ids of the batches in the store, in the order of their bytes; none if muddled never used the store.
  func batches() async throws -> [String]

  /// What the store holds of a batch; `nil` if it holds nothing.
  func batch(_ id: String) async throws -> StoredBatch?

  /// Removes all that the store holds of a batch, whoever takes part in it; one that is not there is ignored.
  func remove(_ id: String) async throws

  /// Ends the connections of this value; no other operation may follow.
  func close() async
}

/// What a store holds of one batch.
public struct StoredBatch: Sendable, Hashable {
  /// The batch's id.
  public let id: String
  /// How long ago the batch was first used, by the store's clock.
  public let age: Duration
  /// When the store last heard of each node, in the order of the ids' bytes.
  public let leases: [Lease]
  /// The records that are kept, in order.
  public let records: [LogRecord]

  /// Makes a description, as an implementation of ``BatchDirectory`` does for its callers.
  public init(id: String, age: Duration, leases: [Lease], records: [LogRecord]) {
    self.id = id
    self.age = age
    self.leases = leases
    self.records = records
  }

  /// Reads a batch through a coordinator of its own, for stores where a coordinator that only looks changes nothing.
  package init(id: String, age: Duration, reading coordinator: any Coordinator) async throws {
    var records: [LogRecord] = []
    while true {
      let next = records.last.map { $0.position + 1 } ?? 0
      let more = try await coordinator.records(from: next, waitingAtMost: .zero)
      if more.isEmpty { break }
      // Trimmed meanwhile: what came before the gap is of no use any more.
      if let first = more.first, first.position > next { records = [] }
      records += more
    }
    self.init(
      id: id, age: age, leases: try await coordinator.renewLease(of: nil), records: records)
  }
}

extension BatchDirectory {
  /// What there is to know of every batch in the store, in the order of the ids' bytes.
  ///
  /// - Parameter lease: after this time without a sign of life a node counts as gone.
  public func overviews(lease: Duration) async throws -> [BatchOverview] {
    var overviews: [BatchOverview] = []
    for id in try await batches() {
      // One that was removed meanwhile is left out.
      guard let batch = try await batch(id) else { continue }
      overviews.append(BatchOverview(batch, lease: lease))
    }
    return overviews
  }

  /// What there is to know of one batch.
  ///
  /// - Parameters:
  ///   - id: the batch's id.
  ///   - lease: after this time without a sign of life a node counts as gone.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if it is not in the store.
  public func overview(of id: String, lease: Duration) async throws -> BatchOverview {
    guard let batch = try await batch(id) else {
      throw MuddledError(
        .usage,
        "there is no batch \(id.quoted) in this store; 'muddled batch list' shows those that there are"
      )
    }
    return BatchOverview(batch, lease: lease)
  }

  /// Removes a batch in which nobody takes part now.
  ///
  /// - Parameters:
  ///   - id: the batch's id.
  ///   - lease: after this time without a sign of life a node counts as gone.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if it is not in the store, or a node
  ///   takes part in it.
  public func removeIdle(_ id: String, lease: Duration) async throws {
    let overview = try await overview(of: id, lease: lease)
    let live = overview.nodes.filter { $0.presence == .live }
    guard live.isEmpty else {
      let whose = live.count == 1 ? "the lease of node" : "the leases of nodes"
      throw MuddledError(
        .usage,
        "batch \(id.quoted) is in use: \(whose) \(live.map(\.id).quotedList) "
          + "\(live.count == 1 ? "has" : "have") not run out (\(lease.milliseconds) ms, lease_ms); "
          + "stop its processes first")
    }
    try await remove(id)
  }
}
