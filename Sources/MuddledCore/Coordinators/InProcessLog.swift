import Synchronization

/// The log and the leases of one batch in an ``InProcessStore``.
final class InProcessLog: Sendable {
  private struct Waiter {
    let id: UInt64
    let position: UInt64
    let timer: Task<Void, Never>
    let continuation: CheckedContinuation<[LogRecord], Never>
  }

  private struct HeldLease {
    let node: String
    /// When it was renewed, by the store's clock.
    var renewed: Duration
  }

  private struct State {
    /// The records that are kept.
    var records: [LogRecord] = []
    /// Where the log ends: the position of the next record.
    var end: UInt64 = 0
    /// In the order of the ids' bytes.
    var leases: [HeldLease] = []
    var waiters: [Waiter] = []
    var nextWaiterID: UInt64 = 0
    var lastUse: Duration
  }

  private let clock: StoreClock
  private let state: Mutex<State>

  init(clock: StoreClock) {
    self.clock = clock
    state = Mutex(State(lastUse: clock.elapsed()))
  }

  /// Nobody waits, and nobody has used it for so long.
  func isUnused(for time: Duration) -> Bool {
    state.withLock { $0.waiters.isEmpty && clock.elapsed() - $0.lastUse >= time }
  }

  func append(_ bytes: [UInt8], at position: UInt64) throws -> AppendResult {
    let record = LogRecord(position: position, bytes: bytes)
    let woken = try use { state -> [Waiter]? in
      guard position <= state.end else {
        throw MuddledError(
          .internalBug, "A record was appended at \(position) to a log that ends at \(state.end).")
      }
      guard position == state.end else { return nil }
      state.records.append(record)
      state.end += 1
      let split = state.waiters.partition { $0.position <= position }
      defer { state.waiters.removeSubrange(split...) }
      return Array(state.waiters[split...])
    }
    guard let woken else { return .taken }
    for waiter in woken { resume(waiter, returning: [record]) }
    return .appended
  }

  func records(from position: UInt64, waitingAtMost limit: Duration) async -> [LogRecord] {
    let id = use { state in
      state.nextWaiterID += 1
      return state.nextWaiterID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let found = use { state -> [LogRecord]? in
          let records = state.records.drop { $0.position < position }
          guard records.isEmpty, limit > .zero else { return Array(records) }
          let timer = Task { [self, clock] in
            await clock.sleep(limit)
            endWait(id)
          }
          let waiter = Waiter(
            id: id, position: position, timer: timer, continuation: continuation)
          state.waiters.append(waiter)
          return nil
        }
        if let found { continuation.resume(returning: found) }
        // A cancellation that came before the waiter was there found nothing to end.
        if Task.isCancelled { endWait(id) }
      }
    } onCancel: {
      endWait(id)
    }
  }

  func renewLease(of node: String?) -> [Lease] {
    let now = clock.elapsed()
    return use { state in
      if let node {
        let index = state.leases.firstIndex { !$0.node.utf8.lexicographicallyPrecedes(node.utf8) }
        let place = index ?? state.leases.endIndex
        if let index, state.leases[index].node.utf8.elementsEqual(node.utf8) {
          state.leases[index].renewed = now
        } else {
          state.leases.insert(HeldLease(node: node, renewed: now), at: place)
        }
      }
      return state.leases.map { Lease(node: $0.node, age: max(.zero, now - $0.renewed)) }
    }
  }

  func dropLease(of node: String) {
    use { state in state.leases.removeAll { $0.node.utf8.elementsEqual(node.utf8) } }
  }

  func trim(before position: UInt64) {
    use { state in state.records.removeAll { $0.position < position } }
  }

  private func endWait(_ id: UInt64) {
    let waiter = use { state -> Waiter? in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
      return state.waiters.remove(at: index)
    }
    if let waiter { resume(waiter, returning: []) }
  }

  private func resume(_ waiter: Waiter, returning records: [LogRecord]) {
    waiter.timer.cancel()
    waiter.continuation.resume(returning: records)
  }

  private func use<T>(_ body: (inout sending State) throws -> sending T) rethrows -> sending T {
    try state.withLock { state in
      state.lastUse = clock.elapsed()
      return try body(&state)
    }
  }
}
