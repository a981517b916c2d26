/// A place in the list of all orders, which moves on to the next order without making anything.
///
/// It takes as much memory as one order, and a step costs a few nanoseconds as long as nobody
/// keeps a copy of ``slots`` (a kept copy stays as it is, and costs the next step an allocation).
/// Nothing here waits. For plain loops see ``OrderSpace/orders``.
public struct OrderCursor: Sendable {
  /// The rank of the order at this place.
  public private(set) var rank: UInt128
  /// The index of each slot's client in the order at this place.
  public private(set) var slots: [UInt8]
  /// The first slot that the last move changed; all before it are as they were. At the start 0.
  public private(set) var firstChanged = 0

  /// Makes a cursor that stands at an order.
  ///
  /// - Parameters:
  ///   - space: the orders to go through.
  ///   - rank: the order to stand at, from 0 to below ``OrderSpace/count``; anything else traps.
  public init(_ space: OrderSpace, startingAt rank: UInt128 = 0) {
    self.rank = rank
    slots = space.slots(ofRank: rank)
  }

  /// Moves on to the next order in lexicographic sequence.
  ///
  /// - Returns: `false` at the last order, where the cursor then stays.
  public mutating func advance() -> Bool {
    guard let changed = makeNextPermutation(&slots) else { return false }
    firstChanged = changed
    rank &+= 1
    return true
  }
}

/// Turns a permutation of a multiset into the next one; `nil`, and no change, if it is the last.
///
/// - Returns: the index of the first element that changed.
private func makeNextPermutation(_ slots: inout [UInt8]) -> Int? {
  // One check that the storage is ours instead of one for each write.
  slots.withUnsafeMutableBufferPointer { slots in
    // The tail from `tail` on falls: it is the last of its permutations.
    var tail = slots.count - 1
    while tail > 0, slots[tail - 1] >= slots[tail] { tail -= 1 }
    guard tail > 0 else { return nil }
    let pivot = slots[tail - 1]
    var successor = slots.count - 1
    while slots[successor] <= pivot { successor -= 1 }
    slots.swapAt(tail - 1, successor)
    // The tail still falls; backwards it is the first of its permutations.
    var (low, high) = (tail, slots.count - 1)
    while low < high {
      slots.swapAt(low, high)
      low += 1
      high -= 1
    }
    return tail - 1
  }
}
