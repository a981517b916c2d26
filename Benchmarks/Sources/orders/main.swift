// How fast orders are enumerated, beside a bare loop over the same orders in the same run.
//
//     swift run -c release --package-path Benchmarks orders
//
// Each figure is the best of several rounds: other processes can only make a round slower. It
// exits with 1 if the cursor is slower than the 20 million orders a second that are promised.

import Glibc
import MuddledCore

/// A way of going through all orders of a space.
struct Contender {
  let name: String
  /// Goes through some rounds of the space and returns a checksum, which must be the same for all.
  let run: (OrderSpace) -> UInt64
}

/// Takes part of each order, so that no way can leave the order out.
@inline(__always)
func mix(_ sum: UInt64, _ first: UInt8, _ last: UInt8) -> UInt64 {
  sum &* 31 &+ UInt64(first) &* 7 &+ UInt64(last)
}

let contenders = [
  Contender(name: "bare loop") { bareLoop($0) },
  Contender(name: "OrderCursor") { space in
    var cursor = OrderCursor(space)
    let last = space.slotCount - 1
    var sum: UInt64 = 0
    repeat { sum = mix(sum, cursor.slots[0], cursor.slots[last]) } while cursor.advance()
    return sum
  },
  Contender(name: "space.orders") { space in
    let last = space.slotCount - 1
    var sum: UInt64 = 0
    for order in space.orders { sum = mix(sum, order.slots[0], order.slots[last]) }
    return sum
  },
]

/// Runs a contender for so many orders at least, and returns nanoseconds for each order.
func measure(_ contender: Contender, _ space: OrderSpace, checksum: UInt64) -> Double {
  let passes = max(1, 4_000_000 / Int(space.count))
  var best = Double.infinity
  for _ in 0..<7 {
    let time = ContinuousClock().measure {
      for _ in 0..<passes {
        precondition(contender.run(space) == checksum, "\(contender.name) saw other orders")
      }
    }
    best = min(best, nanoseconds(time) / Double(passes * Int(space.count)))
  }
  return best
}

func column(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

func oneDecimal(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}

print(
  "shape".padding(12), "way".padding(12), column("orders", 10), column("ns/order", 9),
  column("million/s", 10), column("ratio to bare loop", 19))
var isFastEnough = true
for (name, shape) in [("2 x 8", [8, 8]), ("3 x 4", [4, 4, 4]), ("3 x 5", [5, 5, 5])] {
  let space = try OrderSpace(stepCounts: shape)
  let checksum = bareLoop(space)
  var bare = 0.0
  let memoryBefore = residentKilobytes()
  for contender in contenders {
    let time = measure(contender, space, checksum: checksum)
    if contender.name == "bare loop" { bare = time }
    if contender.name == "OrderCursor", time > 50 { isFastEnough = false }
    print(
      name.padding(12), contender.name.padding(12), column("\(space.count)", 10),
      column(oneDecimal(time), 9), column(oneDecimal(1000 / time), 10),
      column(oneDecimal(time / bare), 19))
  }
  print("  peak memory grew by \(residentKilobytes() - memoryBefore) KiB")
}
measureRanks()
if !isFastEnough {
  print("OrderCursor is slower than 20 million orders a second")
  exit(1)
}
