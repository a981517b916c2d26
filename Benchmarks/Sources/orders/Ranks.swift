import Glibc
import MuddledCore

/// Prints what `unrank` and `rank` cost for small and huge spaces.
func measureRanks() {
  print()
  for (name, shape) in [
    ("2 x 8", [8, 8]), ("3 x 4", [4, 4, 4]), ("3 x 28", [28, 28, 28]),
    ("34 x 1", [Int](repeating: 1, count: 34)),
  ] {
    guard let space = try? OrderSpace(stepCounts: shape) else { continue }
    let rounds: UInt128 = 100_000
    let stride = max(1, space.count / rounds)
    var orders: [Order] = []
    let unranking = ContinuousClock().measure {
      for round in 0..<rounds { orders.append(space.unrank(round &* stride % space.count)) }
    }
    var sum: UInt128 = 0
    let ranking = ContinuousClock().measure {
      for order in orders { sum &+= (try? space.rank(of: order)) ?? 0 }
    }
    precondition(sum > 0)
    let count = Double(rounds)
    print(
      name.padding(12), "unrank", oneDecimal(nanoseconds(unranking) / count), "ns, rank",
      oneDecimal(nanoseconds(ranking) / count), "ns")
  }
}

func nanoseconds(_ time: Duration) -> Double {
  Double(time.components.seconds) * 1e9 + Double(time.components.attoseconds) / 1e9
}

/// The most memory that this process has held so far.
func residentKilobytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss
}

extension String {
  func padding(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}
