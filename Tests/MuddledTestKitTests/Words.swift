import Synchronization

/// Collects texts from closures that run anywhere.
final class Words: Sendable {
  private let texts = Mutex<[String]>([])

  var all: [String] { texts.withLock { $0 } }

  func add(_ text: String) { texts.withLock { $0.append(text) } }
}

/// Notes that something was seen.
final class Confirmed: Sendable {
  private let flag = Atomic(false)

  var isConfirmed: Bool { flag.load(ordering: .acquiring) }

  func confirm() { flag.store(true, ordering: .releasing) }
}
