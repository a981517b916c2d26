/// What really happened when one order was run.
public struct Execution: Sendable {
  /// The order's place in the list of all orders, from 0; 0 if ``permutation`` names it.
  public let rank: UInt128
  /// The index of the scenario's permutation line that asked for it; `nil` for an order named by its rank.
  public var permutation: Int?
  /// How many orders the execution speaks for, where orders that come to the same are run once; else `nil`.
  public var standsFor: UInt128?
  /// What each assertion returned at the end, in their sequence.
  public var assertions: [ExecutedCheck] = []
  /// The client of each slot, as the order wanted it, as indices into the clients.
  public let order: [UInt8]
  /// The clients in the sequence in which their steps were dispatched.
  public let dispatched: [UInt8]
  /// The steps in the sequence in which they were dispatched.
  public let steps: [ExecutedStep]
  /// What each check returned at the end, in the sequence of the checks.
  public let checks: [ExecutedCheck]
  /// Tells apart what a user can see: each client's results in sequence, and what the checks returned.
  public let outcome: Digest

  /// Whether a slot had to wait for a blocked client, so that the order was infeasible as written.
  public var isDeferred: Bool { order != dispatched }

  /// Makes an execution and works out its outcome.
  public init(
    rank: UInt128, order: [UInt8], dispatched: [UInt8], steps: [ExecutedStep],
    checks: [ExecutedCheck]
  ) {
    self.rank = rank
    self.order = order
    self.dispatched = dispatched
    self.steps = steps
    self.checks = checks
    var digest = Digest()
    let clientCount = steps.map(\.client).max().map { $0 + 1 } ?? 0
    for client in 0..<clientCount {
      let own = steps.filter { $0.client == client }
      digest.update(UInt64(own.count))
      for step in own { digest.update(step.results) }
    }
    digest.update(UInt64(checks.count))
    for check in checks { digest.update(check.results) }
    outcome = digest
  }
}

/// One step as it went.
public struct ExecutedStep: Hashable, Sendable {
  /// The index of the client.
  public let client: Int
  /// The index of the step in its client.
  public let step: Int
  /// The statement.
  public let sql: String
  /// What it returned: one result, or several for a procedure call.
  public let results: [StatementResult]
  /// Whether it had to wait for a lock.
  public let wasBlocked: Bool
  /// The index, among the steps of the execution, of the one that was dispatched last when the reply came: the
  /// step itself, or the later step that ended its wait.
  public let settledAfter: Int
  /// From dispatch to reply, in microseconds, waits included.
  public let microseconds: UInt64
  /// What is known of its wait; `nil` if it did not wait, and for the steps of a batch.
  public var wait: StepWait?

  /// Makes a step.
  public init(
    client: Int, step: Int, sql: String, results: [StatementResult], wasBlocked: Bool,
    settledAfter: Int, microseconds: UInt64
  ) {
    self.client = client
    self.step = step
    self.sql = sql
    self.results = results
    self.wasBlocked = wasBlocked
    self.settledAfter = settledAfter
    self.microseconds = microseconds
  }
}

/// One query of the final state, and what it returned.
public struct ExecutedCheck: Hashable, Sendable {
  /// The query.
  public let sql: String
  /// What it returned.
  public let results: [StatementResult]

  /// Makes a check.
  public init(sql: String, results: [StatementResult]) {
    self.sql = sql
    self.results = results
  }
}

extension Digest {
  /// Adds results, each with a mark of its kind.
  mutating func update(_ results: [StatementResult]) {
    update(UInt64(results.count))
    for result in results { update(result) }
  }

  private mutating func update(_ result: StatementResult) {
    switch result {
    case .rows(let rows):
      update(0)
      update(UInt64(rows.columns.count))
      for column in rows.columns { update(column) }
      update(rows.count)
      if let digest = rows.digest {
        update(digest.description)
      } else {
        for value in rows.rows.joined() { update(value) }
      }
    case .ok(let affected):
      update(1)
      update(affected)
    case .error(let error):
      update(2)
      update(UInt64(bitPattern: Int64(error.code)))
      update(error.sqlstate)
      update(error.message)
    case .cancelled:
      update(3)
    }
  }

  /// Adds one value with a mark of its kind.
  package mutating func update(_ value: SQLValue) {
    switch value {
    case .null: update(0)
    case .number(let digits):
      update(1)
      update(digits)
    case .text(let text):
      update(2)
      update(text)
    case .binary(let bytes):
      update(3)
      update(UInt64(bytes.count))
      update(bytes: bytes)
    }
  }
}
