internal import MuddledCore

// The leases: a place for each node that holds one.
extension BatchFile {
  /// Renews as ``Coordinator/renewLease(of:)`` says. A node that lives will leave again, so nothing keeps the file but
  /// its lease.
  func renewLease(of node: String?) throws -> [Lease] {
    try locked {
      let now = BootClock.now
      if let node {
        guard header.renewLease(of: Array(node.utf8), at: now) else { throw noPlace }
        header.isKept = false
        header.usedAt = now
      }
      let leases = header.leases.sorted { $0.node.lexicographicallyPrecedes($1.node) }
      return leases.map { lease in
        Lease(
          node: String(decoding: lease.node, as: UTF8.self),
          age: .nanoseconds(now - min(now, lease.renewedAt)))
      }
    }
  }

  /// Frees the place of a node; one without a lease is ignored.
  func dropLease(of node: String) throws {
    try locked { header.dropLease(of: Array(node.utf8)) }
  }

  /// Has the file stay although the last one leaves, until a lease is renewed.
  func keep() throws {
    try locked { header.isKept = true }
  }

  private var noPlace: MuddledError {
    MuddledError(
      .unavailable,
      "\(path) has no place for another node: \(BatchHeader.leasePlaces) nodes take part in batch "
        + "\(batch.debugDescription).")
  }
}
