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
  }

  /// How many orders were accounted for.
  public private(set) var ordersRun: UInt128 = 0
  /// How many executions were run.
  public private(set) var executions: UInt64 = 0
  /// How many statements the clients ran.
  public private(set) var statements: UInt64 = 0
  /// How many orders were infeasible as written.
  public private(set) var deferredOrders: UInt128 = 0
  /// How many statements waited for a lock.
  public private(set) var lockWaits: UInt64 = 0
  /// How many statements the server ended to break a deadlock.
  public private(set) var deadlocks: UInt64 = 0
  /// How many statements failed, deadlocks among them.
  public private(set) var errors: UInt64 = 0
  /// How many statements muddled cancelled.
  public private(set) var cancelled: UInt64 = 0
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
    for step in execution.steps {
      if step.wasBlocked { lockWaits += 1 }
      for result in step.results {
        switch result {
        case .error(let error): codes.append(error.code)
        case .cancelled: cancelled += 1
        case .rows, .ok: break
        }
      }
    }
    errors += UInt64(codes.count)
    let deadlocks = codes.count { $0 == ServerError.deadlockCode }
    self.deadlocks += UInt64(deadlocks)
    if let place = places[execution.outcome] {
      outcomes[place].executions += 1
    } else {
      places[execution.outcome] = outcomes.count
      outcomes.append(
        Outcome(
          digest: execution.outcome, orders: 0, executions: 1, witness: execution,
          hasDeferred: false, hasDeadlock: deadlocks > 0, hasError: !codes.isEmpty))
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

extension ServerError {
  /// `ER_LOCK_DEADLOCK`, by which MySQL, MariaDB and TiDB end a transaction to break a deadlock.
  static let deadlockCode = 1213
  /// `ER_QUERY_INTERRUPTED`, the answer to a statement that `KILL QUERY` ended.
  static let interruptedCode = 1317
}
