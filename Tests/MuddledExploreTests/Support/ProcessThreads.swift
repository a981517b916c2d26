import Foundation

/// The threads of this process.
enum ProcessThreads {
  /// How many there are, as the kernel lists them.
  static var count: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
  }

  /// Waits until there are fewer than this many, or traps: a thread that ends shows for a moment longer.
  static func expect(fewerThan limit: Int) async {
    for _ in 0..<500 {
      if count < limit { return }
      try? await Task.sleep(for: .milliseconds(10))
    }
    fatalError("\(count) threads are left, and not fewer than \(limit)")
  }
}
