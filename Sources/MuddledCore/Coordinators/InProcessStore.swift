import Synchronization

/// A store in this process's memory, in which nodes in the same process meet.
///
/// ``coordinator(batch:)`` may be called from any task, any number of times for each batch.
public final class InProcessStore: Sendable {
  private let clock: StoreClock
  private let retention: Duration
  /// The logs by their batch ids' bytes, because Swift takes some texts of different bytes for equal.
  private let logs = Mutex<[[UInt8]: InProcessLog]>([:])

  /// Makes an empty store on the system's monotonic clock.
  public convenience init() { self.init(clock: ContinuousClock()) }

  /// Makes an empty store.
  ///
  /// - Parameters:
  ///   - clock: gives the leases their ages and ends the waits.
  ///   - retention: how long a batch stays that nobody uses; by default 7 days.
  public init<C: Clock>(clock: C, retention: Duration = .seconds(7 * 24 * 60 * 60))
  where C.Duration == Duration {
    self.clock = StoreClock(clock)
    self.retention = retention
  }

  /// A handle on the log of a batch, which is empty if the batch is new.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the id is not of 1 to
  ///   ``CoordinatorLimits/idBytes`` bytes.
  public func coordinator(batch: String) throws -> InProcessCoordinator {
    try CoordinatorLimits.check(id: batch, of: "batch")
    let key = Array(batch.utf8)
    let log = logs.withLock { logs in
      logs = logs.filter { !$1.isUnused(for: retention) }
      if let log = logs[key] { return log }
      let log = InProcessLog(clock: clock)
      logs[key] = log
      return log
    }
    return InProcessCoordinator(log: log)
  }
}

/// A clock of any type, as a stopwatch that was started with the store.
struct StoreClock: Sendable {
  /// The time since the start.
  let elapsed: @Sendable () -> Duration
  /// Waits for a time, or until the task is cancelled.
  let sleep: @Sendable (Duration) async -> Void

  init<C: Clock>(_ clock: C) where C.Duration == Duration {
    let start = clock.now
    elapsed = { start.duration(to: clock.now) }
    sleep = { try? await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }
  }
}
