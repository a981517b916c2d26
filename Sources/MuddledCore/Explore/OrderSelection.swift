/// Which orders of a scenario are run.
public enum OrderSelection: Sendable, Hashable {
  /// Every order of all steps.
  case all
  /// The scenario's own permutation lines.
  case permutations
  /// The orders of these ranks.
  case ranks(Range<UInt128>)
  /// So many orders, chosen evenly and without repetition by this seed.
  case sample(count: Int, seed: UInt64)
  /// The order that a token names.
  case token(Token)
  /// One line of the scenario's permutations, by its index.
  case permutation(Int)
}

/// One sequence of steps to run, and what it is called.
struct PlannedOrder: Sendable {
  /// Its place in the list of all orders, or among the scenario's permutation lines.
  let target: Token.Target
  let slots: [Slot]
}

/// The orders of a selection, in sequence, made one by one.
struct OrderPlan: Sendable {
  /// How many orders there are.
  let count: UInt128
  /// The rank of the first order if they are a range, so that an interrupted run can be gone on with.
  let firstRank: UInt128?
  private let make: @Sendable (UInt128) -> PlannedOrder

  /// Works out a selection.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the selection names what is not there.
  init(_ selection: OrderSelection, of scenario: Scenario) throws {
    let space = try scenario.orderSpace()
    let lines = scenario.permutations.map { line in
      line.steps.map { Slot(client: $0.step.session, step: $0.step.step) }
    }
    switch selection {
    case .token(let token):
      switch try token.target(in: scenario) {
      case .rank(let rank): try self.init(.ranks(rank..<rank + 1), of: scenario)
      case .permutation(let index): try self.init(.permutation(index), of: scenario)
      }
    case .all: self.init(ranks: 0..<space.count, in: space)
    case .ranks(let ranks):
      guard ranks.upperBound <= space.count else {
        throw MuddledError(
          .usage, "there are \(space.count) orders; their ranks go from 0 to \(space.count - 1)")
      }
      self.init(ranks: ranks, in: space)
    case .sample(let count, let seed):
      let ranks = Self.sample(count, of: space.count, seed: seed)
      self.init(count: UInt128(ranks.count), firstRank: nil) { Self.order(ranks[Int($0)], space) }
    case .permutations:
      self.init(count: UInt128(lines.count), firstRank: nil) {
        PlannedOrder(target: .permutation(Int($0)), slots: lines[Int($0)])
      }
    case .permutation(let index):
      guard lines.indices.contains(index) else {
        throw MuddledError(.usage, "the scenario has \(lines.count) permutation lines")
      }
      self.init(count: 1, firstRank: nil) { _ in
        PlannedOrder(target: .permutation(index), slots: lines[index])
      }
    }
  }

  private init(ranks: Range<UInt128>, in space: OrderSpace) {
    self.init(count: UInt128(ranks.count128), firstRank: ranks.lowerBound) {
      Self.order(ranks.lowerBound + $0, space)
    }
  }

  private init(
    count: UInt128, firstRank: UInt128?, make: @escaping @Sendable (UInt128) -> PlannedOrder
  ) {
    self.count = count
    self.firstRank = firstRank
    self.make = make
  }

  subscript(index: UInt128) -> PlannedOrder { make(index) }

  /// A part of the orders, in sequence.
  subscript(indices: Range<UInt128>) -> OrderPlan {
    OrderPlan(
      count: indices.count128, firstRank: firstRank.map { $0 + indices.lowerBound },
      make: { [make] in make(indices.lowerBound + $0) })
  }

  private static func order(_ rank: UInt128, _ space: OrderSpace) -> PlannedOrder {
    PlannedOrder(target: .rank(rank), slots: Slot.slots(of: space.unrank(rank).slots))
  }

  /// Chooses numbers below a bound, each set of them equally likely (Floyd's algorithm; Bentley and
  /// Floyd, "A sample of brilliance", CACM 1987).
  static func sample(_ count: Int, of total: UInt128, seed: UInt64) -> [UInt128] {
    guard UInt128(count) < total else { return Array(0..<UInt128(total)) }
    var random = SplitMix64(seed: seed)
    var chosen: Set<UInt128> = []
    for bound in (total - UInt128(count))..<total {
      let candidate = UInt128.random(in: 0...bound, using: &random)
      chosen.insert(chosen.contains(candidate) ? bound : candidate)
    }
    return chosen.sorted()
  }
}

extension Range<UInt128> {
  /// The number of elements, which may be more than an `Int` holds.
  fileprivate var count128: UInt128 { upperBound - lowerBound }
}
