/// Sees to it that no execution is run twice, although nobody knows which execution an order comes to before
/// it was run.
///
/// Orders that lead, through what is known, to the same unknown sequence of dispatches may come to the same
/// execution. One of them is run; the others wait until more is known.
struct DistinctClaims: Sendable {
  /// Orders under way, and where what is known of them ends.
  private var frontiers: [UInt128: Digest] = [:]
  /// Orders that wait for one of those.
  private var postponed: [Digest: [UInt128]] = [:]
  /// Orders that waited, the last first.
  private var ready: [UInt128] = []

  /// Whether nothing is under way or waits.
  var isEmpty: Bool { frontiers.isEmpty && ready.isEmpty }

  /// An order that waited and can be looked at again.
  mutating func nextReady() -> UInt128? { ready.popLast() }

  /// Notes that an order is run now, unless one with the same frontier is; then it waits for that one.
  ///
  /// - Returns: whether it is to be run.
  mutating func begin(_ index: UInt128, at frontier: Digest) -> Bool {
    if postponed[frontier] != nil {
      postponed[frontier]?.append(index)
      return false
    }
    postponed[frontier] = []
    frontiers[index] = frontier
    return true
  }

  /// Notes that an order was run, and that what it showed is known.
  mutating func end(_ index: UInt128) {
    guard let frontier = frontiers.removeValue(forKey: index) else { return }
    ready += (postponed.removeValue(forKey: frontier) ?? []).reversed()
  }
}
