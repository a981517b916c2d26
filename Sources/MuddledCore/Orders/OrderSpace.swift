/// All orders in which the steps of several clients can be merged, each client's own sequence kept.
///
/// The orders are numbered by their *rank*: their place, from 0, in the lexicographic list of the
/// clients' indices. The list itself is never stored: a space is as small as its clients are many.
/// Nothing here waits.
public struct OrderSpace: Hashable, Sendable {
  /// How many steps each client has; the index is the client's.
  public let stepCounts: [Int]
  /// How many slots each order has: the steps of all clients.
  public let slotCount: Int
  /// How many orders there are: `(Σn)! / Πn!`, exact; 1 if there is no step at all.
  public let count: UInt128

  /// The most clients that a space takes: a slot names its client in one byte.
  public static let clientLimit = 255

  /// Makes the space of all orders of clients with these numbers of steps.
  ///
  /// - Parameter stepCounts: the number of steps of each client; 0 is allowed.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` for more than ``clientLimit``
  ///   clients, a negative number of steps, or more orders than `UInt128` can number.
  public init(stepCounts: [Int]) throws {
    guard stepCounts.count <= Self.clientLimit else {
      throw MuddledError(
        .usage,
        "\(stepCounts.count) clients are too many: an order takes at most \(Self.clientLimit).")
    }
    var slotCount = 0
    var count: UInt128 = 1
    for (client, steps) in stepCounts.enumerated() {
      guard steps >= 0 else {
        throw MuddledError(
          .usage, "Client \(client + 1) cannot have \(steps) steps: give 0 or more.")
      }
      let (sum, sumOverflows) = slotCount.addingReportingOverflow(steps)
      // Every factor is at least 1, so the whole overflows exactly if a partial product does.
      guard !sumOverflows, let ways = binomial(UInt128(sum), UInt128(steps)) else {
        throw Self.tooMany(stepCounts)
      }
      let (product, productOverflows) = count.multipliedReportingOverflow(by: ways)
      guard !productOverflows else { throw Self.tooMany(stepCounts) }
      (slotCount, count) = (sum, product)
    }
    self.stepCounts = stepCounts
    self.slotCount = slotCount
    self.count = count
  }

  private static func tooMany(_ stepCounts: [Int]) -> MuddledError {
    let shape = stepCounts.map(String.init).joined(separator: " + ")
    return MuddledError(
      .usage,
      "Clients with \(shape) steps have more orders than can be numbered (2^128): "
        + "take fewer clients or steps.")
  }
}

/// The number of ways to choose `chosen` of `total` things; `nil` if it is past `UInt128`.
private func binomial(_ total: UInt128, _ chosen: UInt128) -> UInt128? {
  // On this half of its row each binomial is at least the one before, so that an overflow on the
  // way is an overflow of the result, and comes within some hundred rounds.
  let rounds = min(chosen, total - chosen)
  var ways: UInt128 = 1
  var round: UInt128 = 0
  while round < rounds {
    let product = ways.multipliedFullWidth(by: total - round)
    round += 1
    guard product.high < round else { return nil }
    ways = round.dividingFullWidth(product).quotient
  }
  return ways
}
