extension OrderSpace {
  /// The order with this rank, in one pass over its slots.
  ///
  /// - Parameter rank: from 0 to below ``count``; anything else is the caller's bug and traps.
  public func unrank(_ rank: UInt128) -> Order { Order(slots: slots(ofRank: rank)) }

  /// The rank of an order, in one pass over its slots.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if it is no order of this space.
  public func rank(of order: Order) throws -> UInt128 {
    guard order.slots.count == slotCount else {
      throw MuddledError(
        .usage,
        "The order \(order) has \(order.slots.count) slots, but the clients have \(slotCount) steps."
      )
    }
    var rest = Rest(self)
    var rank: UInt128 = 0
    for (index, slot) in order.slots.enumerated() {
      let client = Int(slot)
      guard client < stepCounts.count, rest.steps[client] > 0 else {
        let steps = client < stepCounts.count ? stepCounts[client] : 0
        throw MuddledError(
          .usage,
          "Slot \(index + 1) of the order \(order) is for client \(client + 1), "
            + "which has only \(steps) steps.")
      }
      rank += rest.orders(startingBelow: client)
      rest.take(client)
    }
    return rank
  }

  func slots(ofRank rank: UInt128) -> [UInt8] {
    precondition(rank < count, "rank \(rank) is past the last of \(count) orders")
    var rest = Rest(self)
    var left = rank
    return [UInt8](unsafeUninitializedCapacity: slotCount) { slots, initialized in
      for index in 0..<slotCount {
        var client = 0
        while true {
          let orders = rest.orders(startingWith: client)
          if left < orders { break }
          left -= orders
          client += 1
        }
        slots.initializeElement(at: index, to: UInt8(client))
        initialized = index + 1
        rest.take(client)
      }
    }
  }
}

/// What is left of a space while an order is read or made slot by slot.
private struct Rest {
  /// How many steps each client still has.
  private(set) var steps: [Int]
  /// How many slots are left: the sum of ``steps``.
  private var slots: Int
  /// How many orders these steps have.
  private var orders: UInt128

  init(_ space: OrderSpace) {
    (steps, slots, orders) = (space.stepCounts, space.slotCount, space.count)
  }

  /// Of `n` equally likely next steps, `k` belong to a client: so does the part `k / n` of all orders.
  private func part(_ steps: Int) -> UInt128 {
    let (high, low) = orders.multipliedFullWidth(by: UInt128(steps))
    // The short division is several times faster, and right for all but huge spaces.
    if high == 0 { return low / UInt128(slots) }
    return UInt128(slots).dividingFullWidth((high, low)).quotient
  }

  func orders(startingWith client: Int) -> UInt128 { part(steps[client]) }

  func orders(startingBelow client: Int) -> UInt128 { part(steps[..<client].reduce(0, +)) }

  mutating func take(_ client: Int) {
    orders = orders(startingWith: client)
    steps[client] -= 1
    slots -= 1
  }
}
