/// A range of the orders of a space, one after the other in lexicographic sequence.
///
/// It can be gone through many times, and takes the memory of one order.
public struct OrderSequence: Sequence, Sendable {
  /// The space that the orders belong to.
  public let space: OrderSpace
  /// The ranks of the orders.
  public let ranks: Range<UInt128>

  fileprivate init(space: OrderSpace, ranks: Range<UInt128>) {
    precondition(
      ranks.upperBound <= space.count, "ranks \(ranks) are past the last of \(space.count) orders")
    self.space = space
    self.ranks = ranks
  }

  /// Starts at the first order of the range.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// Gives one order after the other.
  public struct Iterator: IteratorProtocol, Sendable {
    private let sequence: OrderSequence
    private var cursor: OrderCursor?
    private var left: UInt128

    fileprivate init(_ sequence: OrderSequence) {
      self.sequence = sequence
      left = sequence.ranks.upperBound - sequence.ranks.lowerBound
    }

    /// The next order, or `nil` after the last of the range.
    public mutating func next() -> Order? {
      guard left > 0 else { return nil }
      left -= 1
      if cursor == nil {
        cursor = OrderCursor(sequence.space, startingAt: sequence.ranks.lowerBound)
      } else {
        _ = cursor?.advance()
      }
      return (cursor?.slots).map(Order.init(slots:))
    }
  }
}

extension OrderSpace {
  /// All orders, in lexicographic sequence.
  public var orders: OrderSequence { orders(in: 0..<count) }

  /// The orders with these ranks, in lexicographic sequence.
  ///
  /// - Parameter ranks: a range within `0..<count`; anything else is the caller's bug and traps.
  public func orders(in ranks: Range<UInt128>) -> OrderSequence {
    OrderSequence(space: self, ranks: ranks)
  }
}
