import MuddledCore
import Synchronization

/// Keeps what one node reads in the log from it while it is held.
final class ReadingHold: Sendable {
  private let isHeld = Atomic(false)

  func hold() { isHeld.store(true, ordering: .relaxed) }

  func release() { isHeld.store(false, ordering: .relaxed) }

  fileprivate func pass() async {
    while isHeld.load(ordering: .relaxed), !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(1))
    }
  }
}

/// A coordinator whose reader gets what it reads only once it is not held any more.
struct HeldReader: TransientCoordinator {
  let coordinator: any Coordinator
  let hold: ReadingHold

  func records(from position: UInt64, waitingAtMost limit: Duration) async throws -> [LogRecord] {
    let records = try await coordinator.records(from: position, waitingAtMost: limit)
    await hold.pass()
    return records
  }

  func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    try await coordinator.append(record, at: position)
  }

  func renewLease(of node: String?) async throws -> [Lease] {
    try await coordinator.renewLease(of: node)
  }

  func dropLease(of node: String) async throws { try await coordinator.dropLease(of: node) }

  func trim(before position: UInt64) async throws { try await coordinator.trim(before: position) }

  func keep() async throws { try await (coordinator as? any TransientCoordinator)?.keep() }

  func close() async { await coordinator.close() }
}
