/// Counts what executions gave.
public struct RunTally: Sendable {
  /// One outcome, and the orders that gave it.
  public struct Outcome: Sendable {
    /// The outcome's digest.
    public let digest: Digest
    /// How many orders gave it.
    public internal(set) var orders: UInt128
    /// How many executions gave it.
    public internal(set) var executions: UInt64
    /// The first execution that gave it.
    public let witness: Execution
    /// Whether some order that gave it could not run as written.
    public internal(set) var hasDeferred: Bool
    /// Whether a step failed with the server's error for a deadlock.
    public let hasDeadlock: Bool
    /// Whether any step failed.
    public let hasError: Bool
    /// Whether the server ended a wait for a lock after its time-out.
    public let hasLockWaitTimeout: Bool
    /// Whether muddled cancelled a step.
    public let hasCancelled: Bool
    /// Whether a wait was assumed in some order that gave it, because the server does not say who waits.
    public internal(set) var hasAssumedWait: Bool

    /// What is special about it, in a word or two each: `deferred`, `deadlock`, `lock-wait time-out`, `error` (any other),
    /// `cancelled`, `assumed wait`.
    public var marks: [String] {
      let marks = [
        (hasDeferred, "deferred"), (hasDeadlock, "deadlock"),
        (hasLockWaitTimeout, "lock-wait time-out"),
        (hasOtherError, "error"), (hasCancelled, "cancelled"), (hasAssumedWait, "assumed wait"),
      ]
      return marks.filter(\.0).map(\.1)
    }

    /// Whether a step failed otherwise than by a deadlock or a lock-wait time-out.
    let hasOtherError: Bool
  }

  /// How many orders were accounted for.
  public internal(set) var ordersRun: UInt128 = 0
  /// How many executions were run.
  public internal(set) var executions: UInt64 = 0
  /// How many statements the clients ran.
  public internal(set) var statements: UInt64 = 0
  /// How many orders were infeasible as written.
  public internal(set) var deferredOrders: UInt128 = 0
  /// How many statements waited for a lock.
  public internal(set) var lockWaits: UInt64 = 0
  /// How many statements the server ended to break a deadlock.
  public internal(set) var deadlocks: UInt64 = 0
  /// How many statements failed, deadlocks among them.
  public internal(set) var errors: UInt64 = 0
  /// How many statements muddled cancelled.
  public internal(set) var cancelled: UInt64 = 0
  /// The outcomes, in the sequence in which they first came.
  public private(set) var outcomes: [Outcome] = []

  private var places: [Digest: Int] = [:]

  /// Starts with nothing counted.
  public init() {}

  /// Counts an execution that was run, as one order.
  public mutating func add(_ execution: Execution) {
    executions += 1
    statements += UInt64(execution.steps.count)
    var codes: [Int] = []
    var cancelledSteps: UInt64 = 0
    var hasAssumedWait = false
    for step in execution.steps {
      if step.wasBlocked { lockWaits += 1 }
      if step.wait?.isAssumed == true { hasAssumedWait = true }
      for result in step.results {
        switch result {
        case .error(let error): codes.append(error.code)
        case .cancelled: cancelledSteps += 1
        case .rows, .ok: break
        }
      }
    }
    errors += UInt64(codes.count)
    cancelled += cancelledSteps
    let deadlocks = codes.count { $0 == ServerError.deadlockCode }
    self.deadlocks += UInt64(deadlocks)
    if let place = places[execution.outcome] {
      outcomes[place].executions += 1
      if hasAssumedWait { outcomes[place].hasAssumedWait = true }
    } else {
      places[execution.outcome] = outcomes.count
      outcomes.append(
        Outcome(
          digest: execution.outcome, orders: 0, executions: 1, witness: execution,
          hasDeferred: false, hasDeadlock: deadlocks > 0, hasError: !codes.isEmpty,
          hasLockWaitTimeout: codes.contains(ServerError.lockWaitTimeoutCode),
          hasCancelled: cancelledSteps > 0, hasAssumedWait: hasAssumedWait,
          hasOtherError: codes.contains {
            $0 != ServerError.deadlockCode && $0 != ServerError.lockWaitTimeoutCode
          }))
    }
    addOrder(to: execution.outcome, isDeferred: execution.isDeferred)
  }

  /// Counts an order that was not run, as an execution that stands for it gave this outcome.
  public mutating func addOrder(to outcome: Digest, isDeferred: Bool) {
    guard let place = places[outcome] else { return }
    ordersRun += 1
    outcomes[place].orders += 1
    if isDeferred {
      deferredOrders += 1
      outcomes[place].hasDeferred = true
    }
  }
}

extension RunTally {
  /// Counts what another tally counted; its outcomes come after those that are known.
  mutating func merge(_ other: RunTally) {
    ordersRun += other.ordersRun
    executions += other.executions
    statements += other.statements
    deferredOrders += other.deferredOrders
    lockWaits += other.lockWaits
    deadlocks += other.deadlocks
    errors += other.errors
    cancelled += other.cancelled
    for outcome in other.outcomes { merge(outcome) }
  }

  /// Adds an outcome, or what is new about it.
  mutating func merge(_ outcome: Outcome) {
    guard let place = places[outcome.digest] else {
      places[outcome.digest] = outcomes.count
      outcomes.append(outcome)
      return
    }
    outcomes[place].orders += outcome.orders
    outcomes[place].executions += outcome.executions
    if outcome.hasDeferred { outcomes[place].hasDeferred = true }
    if outcome.hasAssumedWait { outcomes[place].hasAssumedWait = true }
  }

  /// The outcome of this digest, if there was one.
  func outcome(_ digest: Digest) -> Outcome? { places[digest].map { outcomes[$0] } }
}

extension ServerError {
  /// `ER_LOCK_DEADLOCK`, by which MySQL, MariaDB and TiDB end a transaction to break a deadlock.
  static let deadlockCode = 1213
  /// `ER_LOCK_WAIT_TIMEOUT`, by which they end a statement that waited for a lock too long.
  static let lockWaitTimeoutCode = 1205
  /// `ER_QUERY_INTERRUPTED`, the answer to a statement that `KILL QUERY` ended.
  static let interruptedCode = 1317
}
