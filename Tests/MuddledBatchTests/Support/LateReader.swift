import MuddledCore

/// A coordinator whose reader comes late to each record, as one on a busy machine does.
struct LateReader: Coordinator {
  let coordinator: any Coordinator
  let delay: Duration

  func records(from position: UInt64, waitingAtMost limit: Duration) async throws -> [LogRecord] {
    // A delay before the wait would be over before there is anything to be late for.
    let first = try await coordinator.records(from: position, waitingAtMost: limit)
    guard !first.isEmpty, delay > .zero else { return first }
    try? await Task.sleep(for: delay)
    return try await coordinator.records(from: position, waitingAtMost: .zero)
  }

  func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    try await coordinator.append(record, at: position)
  }

  func renewLease(of node: String?) async throws -> [Lease] {
    try await coordinator.renewLease(of: node)
  }

  func dropLease(of node: String) async throws { try await coordinator.dropLease(of: node) }

  func trim(before position: UInt64) async throws { try await coordinator.trim(before: position) }

  func close() async { await coordinator.close() }
}
