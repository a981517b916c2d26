import ArgumentParser
import MuddledCore

/// The arguments that choose orders.
struct OrderArguments: ParsableArguments {
  @Flag(help: "Run all orders, whatever permutation lines the scenario has.")
  var all = false

  @Option(help: .init("Run one order: step names, or the client of each slot.", valueName: "order"))
  var order: String?

  @Option(help: .init("Run the order of this rank.", valueName: "rank"))
  var rank: String?

  @Option(help: .init("Run the orders of these ranks, such as 0..99.", valueName: "ranks"))
  var ranks: String?

  @Option(help: .init("Run so many orders, chosen evenly.", valueName: "count"))
  var sample: Int?

  @Option(help: .init("The seed of --sample.", valueName: "seed"))
  var seed: UInt64 = 0

  /// More orders than this are run only if that is said.
  static let unaskedLimit: UInt128 = 1_000_000

  /// How long so many orders take at 500 a second, in a unit that people grasp.
  static func estimate(_ orders: UInt128) -> String {
    let minutes = orders / 500 / 60
    if minutes < 120 { return "\(minutes) minutes" }
    if minutes < 48 * 60 { return "\(minutes / 60) hours" }
    let days = minutes / (24 * 60)
    return days < 730 ? "\(days) days" : "\(days / 365) years"
  }

  func selection(of scenario: Scenario) throws -> OrderSelection {
    let given = [all, order != nil, rank != nil, ranks != nil, sample != nil].count { $0 }
    guard given <= 1 else {
      throw MuddledError(.usage, "give only one of --all, --order, --rank, --ranks and --sample")
    }
    let space = try scenario.orderSpace()
    if let order {
      let rank = try space.rank(of: try scenario.order(from: order))
      return .ranks(rank..<rank + 1)
    }
    if let rank {
      let rank = try space.rank(from: rank)
      return .ranks(rank..<rank + 1)
    }
    if let ranks { return .ranks(try space.ranks(from: ranks)) }
    if let sample {
      guard sample > 0 else { throw MuddledError(.usage, "--sample takes a number above 0") }
      return .sample(count: sample, seed: seed)
    }
    if !all, !scenario.permutations.isEmpty { return .permutations }
    guard all || space.count <= Self.unaskedLimit else {
      throw MuddledError(
        .usage,
        "the scenario has \(space.count) orders, which take about \(Self.estimate(space.count)) at 500 a "
          + "second; choose some by --sample N or --ranks A..B, or run them with --all")
    }
    return .all
  }
}
