import Synchronization

@testable import MuddledCore

/// A coordinator that declares a node lost right before the first snapshot gets into the log, and trims nothing.
final class LossBeforeSnapshot: Coordinator {
  private struct State {
    var framing = RecordFraming()
    var hasStruck = false
    var trims: [UInt64] = []
  }

  private let coordinator: any Coordinator
  private let victim: String
  /// Whether the snapshot waits until the victim has registered again.
  private let victimIsBack: Bool
  private let state = Mutex(State())

  init(_ coordinator: any Coordinator, victim: String, victimIsBack: Bool) {
    self.coordinator = coordinator
    self.victim = victim
    self.victimIsBack = victimIsBack
  }

  /// Whether the loss stands in the log.
  var hasStruck: Bool { state.withLock { $0.hasStruck } }

  /// Where the log would begin after each trim.
  var trims: [UInt64] { state.withLock { $0.trims } }

  func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    guard try mustStrike(before: LogRecord(position: position, bytes: record)) else {
      return try await coordinator.append(record, at: position)
    }
    let loss = BatchRecord(
      node: victim, incarnation: 0, rank: 0, attempt: 0,
      events: [.lost(node: victim, incarnation: 1)])
    let frames = RecordFraming.frames(for: loss.encoded(), instance: 0)
    guard try await coordinator.append(frames[0], at: position) == .appended else { return .taken }
    state.withLock { $0.hasStruck = true }
    if victimIsBack {
      while try await coordinator.records(from: position + 1, waitingAtMost: .seconds(10)).isEmpty {
      }
    }
    return .taken
  }

  private func mustStrike(before record: LogRecord) throws -> Bool {
    try state.withLock { state in
      guard !state.hasStruck, let message = try state.framing.add(record) else { return false }
      return try BatchRecord(decoding: message.payload).events.contains {
        if case .begin(_, _, .some) = $0 { true } else { false }
      }
    }
  }

  func records(from position: UInt64, waitingAtMost limit: Duration) async throws -> [LogRecord] {
    try await coordinator.records(from: position, waitingAtMost: limit)
  }

  func renewLease(of node: String?) async throws -> [Lease] {
    try await coordinator.renewLease(of: node)
  }

  func dropLease(of node: String) async throws { try await coordinator.dropLease(of: node) }

  func trim(before position: UInt64) async throws {
    state.withLock { $0.trims.append(position) }
  }

  func close() async { await coordinator.close() }
}
