import MuddledCore
import MuddledTestKit
import Testing

/// Up to how many steps every order of every shape is looked at.
///
/// The shapes of 10 steps have 102 million orders: for these run the tests with `-c release`.
#if DEBUG
  private let wholeSteps = 7
#else
  private let wholeSteps = 10
#endif

@Suite("OrderSpace, every shape up to 10 steps", .timeLimit(.minutes(20)), .sideThread)
struct OrderSpaceExhaustiveTests {
  @Test("The count is that of the formula", arguments: 0...10)
  func count(steps: Int) throws {
    for shape in shapes(ofSteps: steps) {
      let space = try OrderSpace(stepCounts: shape)
      #expect(space.count == multinomial(shape), "\(shape)")
      #expect(space.slotCount == steps)
    }
  }

  @Test(
    "The orders rise, are as many as the count, keep each client's steps, and are their own ranks",
    arguments: 0...wholeSteps)
  func whole(steps: Int) throws {
    for shape in shapes(ofSteps: steps) {
      let space = try OrderSpace(stepCounts: shape)
      var walk = Walk(space, from: 0)
      while walk.step() {}
      #expect(walk.problem == nil)
      #expect(walk.rank == space.count - 1, "\(shape)")
    }
  }

  @Test(
    "Stretches at the start, at the end and between are as if all were gone through",
    arguments: 8...10)
  func stretches(steps: Int) throws {
    for shape in shapes(ofSteps: steps) {
      let space = try OrderSpace(stepCounts: shape)
      let starts = (0...3).map { space.count / 4 * $0 } + [space.count - min(space.count, 10)]
      for start in starts {
        var walk = Walk(space, from: start)
        for _ in 0..<10 where !walk.step() { break }
        #expect(walk.problem == nil)
        #expect(walk.rank == min(start + 10, space.count - 1), "\(shape)")
      }
    }
  }
}

/// Goes through a space with a cursor and compares each order with what it must be.
///
/// One `#expect` for each of so many orders would cost more than the orders, so that the first
/// thing wrong is kept in ``problem``.
private struct Walk {
  let space: OrderSpace
  private var cursor: OrderCursor
  private(set) var rank: UInt128
  private(set) var problem: String?
  private var seen: [Int]

  init(_ space: OrderSpace, from rank: UInt128) {
    self.space = space
    self.rank = rank
    cursor = OrderCursor(space, startingAt: rank)
    seen = space.stepCounts
    check()
  }

  /// Goes on by one order; `false` at the end or if something is wrong.
  mutating func step() -> Bool {
    let before = cursor.slots
    guard problem == nil, cursor.advance() else {
      if cursor.slots != before { problem = "the end of \(space) moved" }
      return false
    }
    rank += 1
    let first = cursor.firstChanged
    if before[..<first] != cursor.slots[..<first] || before[first] >= cursor.slots[first] {
      problem = "\(cursor.slots) does not come after \(before)"
    }
    check()
    return problem == nil
  }

  private mutating func check() {
    let order = Order(slots: cursor.slots)
    for client in seen.indices { seen[client] = 0 }
    for slot in order.slots { seen[Int(slot)] += 1 }
    if seen != space.stepCounts { problem = "\(order) is no order of \(space)" }
    if cursor.rank != rank { problem = "the cursor takes \(order) for \(cursor.rank), not \(rank)" }
    if space.unrank(rank) != order { problem = "\(rank) unranks to \(space.unrank(rank))" }
    if (try? space.rank(of: order)) != rank { problem = "\(order) has a rank other than \(rank)" }
  }
}
