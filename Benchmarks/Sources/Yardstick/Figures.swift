import Foundation

/// The middle of some figures; a busy machine disturbs it less than a mean.
package func median(_ figures: [Double]) -> Double {
  let sorted = figures.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Microseconds that `body` takes.
package func microseconds(_ body: () throws -> Void) rethrows -> Double {
  let time = try ContinuousClock().measure(body).components
  return Double(time.seconds) * 1e6 + Double(time.attoseconds) / 1e12
}

/// A figure with as many decimals as are worth reading.
package func text(_ figure: Double, _ decimals: Int = 1) -> String {
  String(format: "%.\(decimals)f", figure)
}

package func column(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// What must hold, and whether it does so far.
package struct Verdicts {
  package private(set) var allHold = true

  package init() {}

  /// Prints whether a figure stays within its limit.
  package mutating func expect(
    _ what: String, _ figure: Double, atMost limit: Double, unit: String = "", decimals: Int = 1
  ) {
    note(
      figure <= limit,
      "\(what): \(text(figure, decimals))\(unit), at most \(text(limit, limit < 1 ? 1 : 0))\(unit)")
  }

  /// Prints whether a figure reaches its limit.
  package mutating func expect(_ what: String, _ figure: Double, atLeast limit: Double) {
    note(figure >= limit, "\(what): \(text(figure, 2)), at least \(text(limit, 2))")
  }

  private mutating func note(_ holds: Bool, _ sentence: String) {
    allHold = allHold && holds
    print("  \(holds ? "ok  " : "MISS") \(sentence)")
  }
}

/// The figure that so many per cent of some figures do not exceed (nearest rank).
package func percentile(_ percent: Int, of figures: [Double]) -> Double {
  let sorted = figures.sorted()
  return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
}

/// The most memory that a process has held so far (VmHWM); 0 if it is gone.
package func peakKilobytes(of process: Int32) -> Int {
  let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return line.flatMap { Int($0.split(separator: " ").dropLast().last ?? "") } ?? 0
}

/// Makes a folder for one run.
package func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("muddled-benchmark-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

/// The machine's load, as every figure depends on it.
package func load() -> String {
  var loads = [0.0, 0.0, 0.0]
  getloadavg(&loads, 3)
  return loads.map { text($0, 2) }.joined(separator: " ")
}
