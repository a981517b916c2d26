/// One place in a sequence of steps.
public struct Slot: Hashable, Sendable {
  /// The index of the client.
  public let client: Int
  /// The index of the step in its client.
  public let step: Int

  /// Makes a slot.
  public init(client: Int, step: Int) {
    self.client = client
    self.step = step
  }

  /// The slots of an order: the first slot of a client runs its first step, and so on.
  ///
  /// - Parameter order: the client index of each slot.
  public static func slots(of order: [UInt8]) -> [Slot] {
    var next = Array(repeating: 0, count: Int(order.max() ?? 0) + 1)
    return order.map { client in
      defer { next[Int(client)] += 1 }
      return Slot(client: Int(client), step: next[Int(client)])
    }
  }
}
