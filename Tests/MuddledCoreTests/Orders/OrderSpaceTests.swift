import MuddledCore
import Testing

@Suite("OrderSpace", .timeLimit(.minutes(20)))
struct OrderSpaceTests {
  @Test("The orders of 2 and 2 steps come in lexicographic sequence")
  func listed() throws {
    let space = try OrderSpace(stepCounts: [2, 2])
    #expect(
      space.orders.map(\.description) == [
        "1 1 2 2", "1 2 1 2", "1 2 2 1", "2 1 1 2", "2 1 2 1", "2 2 1 1",
      ])
  }

  @Test("Known shapes have the known counts")
  func counts() throws {
    let known: [([Int], UInt128)] = [
      ([], 1), ([0], 1), ([0, 0], 1), ([5], 1), ([2, 8], 45), ([4, 4, 4], 34_650),
      ([8, 8], 12_870),
      ([3, 3, 2], 560), ([5, 5, 5], 756_756), ([8, 8, 8], 9_465_511_770),
      // The largest of their kind that 128 bits can number.
      ([28, 28, 28], 116939573426172903295569869740819625280),
      ([65, 65], 95067625827960698145584333020095113100),
    ]
    for (shape, count) in known {
      #expect(try OrderSpace(stepCounts: shape).count == count, "\(shape)")
    }
  }

  @Test("A client without steps takes no slot but keeps its index")
  func idleClient() throws {
    let space = try OrderSpace(stepCounts: [0, 1, 0, 1])
    #expect(space.orders.map(\.slots) == [[1, 3], [3, 1]])
    #expect(try space.rank(of: Order(slots: [3, 1])) == 1)
  }

  @Test("Rank and unrank are inverses at the ends and in the middle of huge spaces")
  func huge() throws {
    for shape in [
      [27, 27, 27], [65, 65], [1, 126], Array(repeating: 1, count: 34), [2, 40, 3, 30],
    ] {
      let space = try OrderSpace(stepCounts: shape)
      let middle = space.count / 2
      let ranks = [0, 1, middle - 1, middle, middle + 1, space.count - 2, space.count - 1]
      for rank in ranks {
        #expect(try space.rank(of: space.unrank(rank)) == rank, "\(shape)")
      }
      let (first, last) = (space.unrank(0).slots, space.unrank(space.count - 1).slots)
      #expect(first == first.sorted())
      #expect(last == first.reversed())
      #expect(
        space.orders(in: middle - 1..<middle + 2).map(\.slots)
          == ranks[2...4].map {
            space.unrank($0).slots
          })
    }
  }

  @Test("255 clients and steps without number are taken as long as the orders can be numbered")
  func wide() throws {
    let idle = try OrderSpace(stepCounts: Array(repeating: 0, count: 254) + [1])
    #expect(idle.unrank(0).slots == [254])
    #expect(try OrderSpace(stepCounts: [Int.max - 1, 1]).count == UInt128(Int.max))
  }

  @Test(
    "A shape that cannot be numbered is refused in a sentence with the shape in it",
    arguments: [
      ([30, 30, 30], "Clients with 30 + 30 + 30 steps have more orders than can be numbered"),
      ([66, 66], "Clients with 66 + 66 steps have more orders than can be numbered"),
      ([28, 28, 29, 1], "28 + 28 + 29"), (Array(repeating: 1, count: 35), "1 + 1 + 1"),
      ([Int.max, 1], "\(Int.max) + 1"), ([3, -1], "Client 2 cannot have -1 steps"),
      (Array(repeating: 0, count: 256), "256 clients are too many"),
    ])
  func refused(shape: [Int], sentence: String) {
    let error = #expect(throws: MuddledError.self) { try OrderSpace(stepCounts: shape) }
    #expect(error?.code == .usage)
    #expect(error?.message.contains(sentence) == true, "\(String(describing: error))")
  }

  @Test(
    "What is no order of the space has no rank",
    arguments: [[0, 0, 1], [0, 0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 1, 2], []] as [[UInt8]])
  func foreign(slots: [UInt8]) throws {
    let space = try OrderSpace(stepCounts: [2, 2])
    let error = #expect(throws: MuddledError.self) { try space.rank(of: Order(slots: slots)) }
    #expect(error?.code == .usage)
  }

  @Test("A range of ranks gives these orders, and an empty one at the end gives none")
  func ranges() throws {
    let space = try OrderSpace(stepCounts: [3, 2, 2])
    let all = Array(space.orders)
    #expect(Array(space.orders(in: 17..<101)) == Array(all[17..<101]))
    #expect(Array(space.orders(in: 210..<210)) == [])
    #expect(space.orders.underestimatedCount == 0, "a huge space must not be reserved for")
  }

  @Test("Slots that someone kept stay as they were when the cursor moves on")
  func keptSlots() throws {
    var cursor = OrderCursor(try OrderSpace(stepCounts: [1, 1]))
    let kept = cursor.slots
    let moved = cursor.advance()
    #expect(moved)
    #expect(kept == [0, 1])
    #expect(cursor.slots == [1, 0])
    let movedPastEnd = cursor.advance()
    #expect(!movedPastEnd)
    #expect(cursor.rank == 1)
  }

  @Test("An order is written in the clients' own ids")
  func description() {
    let order = Order(slots: [0, 1, 1, 0])
    #expect(order.description == "1 2 2 1")
    #expect(order.description(clients: ["alice", "bob"]) == "alice bob bob alice")
  }
}
