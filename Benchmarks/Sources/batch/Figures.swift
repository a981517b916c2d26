import Foundation

/// The middle of some figures; a busy machine disturbs it less than a mean.
func median(_ figures: [Double]) -> Double {
  let sorted = figures.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Microseconds that `body` takes.
func microseconds(_ body: () throws -> Void) rethrows -> Double {
  let time = try ContinuousClock().measure(body).components
  return Double(time.seconds) * 1e6 + Double(time.attoseconds) / 1e12
}

/// A figure with as many decimals as are worth reading.
func text(_ figure: Double, _ decimals: Int = 1) -> String {
  String(format: "%.\(decimals)f", figure)
}

func column(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// What must hold, and whether it does so far.
struct Verdicts {
  private(set) var allHold = true

  /// Prints whether a figure stays within its limit.
  mutating func expect(_ what: String, _ figure: Double, atMost limit: Double, unit: String = "") {
    let holds = figure <= limit
    allHold = allHold && holds
    print(
      "  \(holds ? "ok  " : "MISS") \(what): \(text(figure))\(unit), at most \(text(limit, 0))\(unit)"
    )
  }
}

/// The machine's load, as every figure depends on it.
func load() -> String {
  var loads = [0.0, 0.0, 0.0]
  getloadavg(&loads, 3)
  return loads.map { text($0, 2) }.joined(separator: " ")
}
