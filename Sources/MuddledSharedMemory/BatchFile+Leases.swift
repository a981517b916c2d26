internal import CSharedMemory
internal import MuddledCore

// The leases: a place for each node that holds one.
extension BatchFile {
  /// Renews as ``Coordinator/renewLease(of:)`` says. A node that lives will leave again, so nothing keeps the file but
  /// its lease.
  func renewLease(of node: String?) throws -> [Lease] {
    try locked {
      let now = BootClock.now
      if let node {
        try renew(Array(node.utf8), now)
        header.pointee.is_kept = 0
        header.pointee.used_at = now
      }
      var held: [(id: [UInt8], age: UInt64)] = []
      for place in leases where place.is_held != 0 {
        held.append((Self.id(of: place), now - min(now, place.renewed_at)))
      }
      held.sort { $0.id.lexicographicallyPrecedes($1.id) }
      return held.map {
        Lease(node: String(decoding: $0.id, as: UTF8.self), age: .nanoseconds($0.age))
      }
    }
  }

  /// Frees the place of a node; one without a lease is ignored.
  func dropLease(of node: String) throws {
    try locked {
      guard let index = place(of: Array(node.utf8)) else { return }
      muddled_store(&leases[index].is_held, 0)
    }
  }

  /// Has the file stay although the last one leaves, until a lease is renewed.
  func keep() throws {
    try locked { header.pointee.is_kept = 1 }
  }

  private func renew(_ id: [UInt8], _ now: UInt64) throws {
    if let index = place(of: id) {
      muddled_store_wide(&leases[index].renewed_at, now)
      return
    }
    guard let index = leases.firstIndex(where: { $0.is_held == 0 }) else {
      throw MuddledError(
        .unavailable,
        "\(path) has no place for another node: \(Self.leasePlaces) nodes take part in batch "
          + "\(batch.debugDescription).")
    }
    leases[index].renewed_at = now
    leases[index].length = UInt32(id.count)
    withUnsafeMutableBytes(of: &leases[index].id) { $0.copyBytes(from: id) }
    muddled_store(&leases[index].is_held, 1)
  }

  private func place(of id: [UInt8]) -> Int? {
    leases.firstIndex { $0.is_held != 0 && Int($0.length) == id.count && Self.id(of: $0) == id }
  }

  private static func id(of place: muddled_lease) -> [UInt8] {
    withUnsafeBytes(of: place.id) { Array($0.prefix(Int(place.length))) }
  }
}
