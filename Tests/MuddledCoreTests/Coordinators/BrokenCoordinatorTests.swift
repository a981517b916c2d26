import MuddledCore
import MuddledTestKit
import Synchronization
import Testing

/// A coordinator with one fault.
private final class BrokenCoordinator: Coordinator {
  enum Fault: CaseIterable {
    case manyWinners, losesEmptyRecords, cutsLongRecords, skipsFirst, storesPastEnd, wakesEarly
    case ignoresCancellation, oneWaitAtATime, sharesBatches, foldsBatchIDs, foldsNodeIDs
    case forgetsTrimmed, trimsTooMuch, trimsNothing, keepsDropped, reversesLeases, renewsAll
    case renewsWhenAsked, keepsTimedOutWaits, answersTwice, staysCancelled
  }

  let fault: Fault
  let base: InProcessCoordinator
  /// What a wait left behind for the next one.
  private let leftover = Mutex<[LogRecord]?>(nil)

  init(_ fault: Fault, store: InProcessStore, batch: String) throws {
    self.fault = fault
    switch fault {
    case .sharesBatches: base = try store.coordinator(batch: "the only one")
    case .foldsBatchIDs: base = try store.coordinator(batch: batch.lowercased())
    default: base = try store.coordinator(batch: batch)
    }
  }

  func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    switch fault {
    case .losesEmptyRecords where record.isEmpty: return .appended
    case .cutsLongRecords: return try await base.append(Array(record.prefix(65_535)), at: position)
    case .manyWinners:
      _ = try await base.append(record, at: position)
      return .appended
    case .storesPastEnd:
      let log = try await base.records(from: 0, waitingAtMost: .zero)
      return try await base.append(record, at: min(position, UInt64(log.count)))
    case .forgetsTrimmed:
      let first = try await base.records(from: 0, waitingAtMost: .zero).first
      if let first, position < first.position { return .appended }
      return try await base.append(record, at: position)
    default: return try await base.append(record, at: position)
    }
  }

  func records(
    from position: UInt64, waitingAtMost limit: Duration
  ) async throws -> [LogRecord] {
    switch fault {
    case .skipsFirst:
      return Array(try await base.records(from: position, waitingAtMost: limit).dropFirst())
    case .wakesEarly:
      return try await base.records(from: position, waitingAtMost: .zero)
    case .ignoresCancellation:
      let limit = min(limit, .seconds(2))
      let wait = Task { try await base.records(from: position, waitingAtMost: limit) }
      return try await wait.value
    case .oneWaitAtATime where limit > .zero:
      // As if the second wait had taken the place of the first, whose answer then never comes.
      let records = try await base.records(from: position, waitingAtMost: limit)
      return position == 0 ? [] : records
    case .answersTwice:
      if let again = leftover.withLock({ $0.take() }) { return again }
      let records = try await base.records(from: position, waitingAtMost: limit)
      if !records.isEmpty { leftover.withLock { $0 = records } }
      return records
    case .keepsTimedOutWaits, .staysCancelled:
      if let nothing = leftover.withLock({ $0.take() }) { return nothing }
      let records = try await base.records(from: position, waitingAtMost: limit)
      let isOurs = Task.isCancelled == (fault == .staysCancelled)
      if records.isEmpty, isOurs { leftover.withLock { $0 = [] } }
      return records
    default: return try await base.records(from: position, waitingAtMost: limit)
    }
  }

  func renewLease(of node: String?) async throws -> [Lease] {
    switch fault {
    case .foldsNodeIDs: return try await base.renewLease(of: node?.lowercased())
    case .reversesLeases: return try await base.renewLease(of: node).reversed()
    case .renewsAll where node != nil, .renewsWhenAsked where node == nil:
      for lease in try await base.renewLease(of: nil) {
        _ = try await base.renewLease(of: lease.node)
      }
      return try await base.renewLease(of: node)
    default: return try await base.renewLease(of: node)
    }
  }

  func dropLease(of node: String) async throws {
    if fault != .keepsDropped { try await base.dropLease(of: node) }
  }

  func trim(before position: UInt64) async throws {
    if fault == .trimsNothing { return }
    try await base.trim(before: fault == .trimsTooMuch ? position + 1 : position)
  }

  func close() async {}
}

@Suite("The conformance checks find each fault", .timeLimit(.minutes(20)))
struct BrokenCoordinatorTests {
  private typealias Check = @Sendable (CoordinatorConformance) async throws -> Void

  private static func check(for fault: BrokenCoordinator.Fault) -> Check {
    switch fault {
    case .manyWinners: { try await $0.oneWinnerPerPosition() }
    case .losesEmptyRecords, .cutsLongRecords: { try await $0.anyBytes() }
    case .skipsFirst: { try await $0.readsFromTheMiddle() }
    case .storesPastEnd: { try await $0.noAppendPastTheEnd() }
    case .wakesEarly: { try await $0.deadlines() }
    case .ignoresCancellation, .staysCancelled: { try await $0.cancellation() }
    case .oneWaitAtATime: { try await $0.manyWaitsOfOneHandle() }
    case .sharesBatches: { try await $0.separateBatches() }
    case .foldsBatchIDs: { try await $0.awkwardBatchIDs() }
    case .foldsNodeIDs: { try await $0.awkwardNodeIDs() }
    case .forgetsTrimmed, .trimsTooMuch: { try await $0.trim() }
    case .trimsNothing: { try await $0.trimMuch() }
    case .keepsTimedOutWaits, .answersTwice: { try await $0.waitsAfterTimeouts() }
    case .keepsDropped, .reversesLeases: { try await $0.leases() }
    case .renewsAll, .renewsWhenAsked: { try await $0.leaseAges() }
    }
  }

  @Test(
    "A coordinator with this fault fails the check for it",
    arguments: BrokenCoordinator.Fault.allCases)
  private func finds(_ fault: BrokenCoordinator.Fault) async {
    let store = InProcessStore()
    let conformance = CoordinatorConformance(
      slack: .seconds(1), make: { try BrokenCoordinator(fault, store: store, batch: $0) })
    await withKnownIssue { try await Self.check(for: fault)(conformance) }
  }
}
