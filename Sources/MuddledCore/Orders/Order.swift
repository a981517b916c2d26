/// One merge of the clients' steps: which client's next step runs in each slot.
public struct Order: Hashable, Sendable, CustomStringConvertible {
  /// The index of each slot's client, from 0.
  public let slots: [UInt8]

  /// Makes an order.
  ///
  /// - Parameter slots: the index of each slot's client, from 0.
  public init(slots: [UInt8]) { self.slots = slots }

  /// The order with the clients counted from 1, such as `1 2 2 1`.
  public var description: String {
    slots.map { String(Int($0) + 1) }.joined(separator: " ")
  }

  /// The order in the clients' own ids, such as `alice bob bob alice`.
  ///
  /// - Parameter clients: the id of each client; one for every index in ``slots``, or it traps.
  public func description(clients: [String]) -> String {
    slots.map { clients[Int($0)] }.joined(separator: " ")
  }
}
