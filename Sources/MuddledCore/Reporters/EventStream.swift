/// The lines of the event stream, as `docs/event-stream.md` describes them.
package enum EventStream {
  /// The version of the stream's grammar, which stands in every line.
  package static let version = 1

  /// The line of one order, without a line break.
  package static func line(for execution: Execution, clients: [String]) -> [UInt8] {
    var line = JSONLine()
    line.object { line in
      line.key("event")
      line.string("order")
      line.key("rank")
      if let permutation = execution.permutation {
        line.null()
        line.key("permutation")
        line.number(permutation)
      } else {
        line.number(execution.rank)
      }
      line.key("order")
      line.array(execution.order) { $0.string(clients[Int($1)]) }
      line.key("dispatched")
      line.array(execution.dispatched) { $0.string(clients[Int($1)]) }
      line.key("deferred")
      line.bool(execution.isDeferred)
      line.key("steps")
      line.array(execution.steps) { $0.step($1, clients: clients) }
      line.key("checks")
      line.array(execution.checks) { $0.check($1) }
      if !execution.assertions.isEmpty {
        line.key("assertions")
        line.array(execution.assertions) { line, assertion in
          line.object { line in
            line.key("sql")
            line.string(assertion.sql)
            line.key("holds")
            line.bool(assertion.holds)
          }
        }
      }
      line.key("outcome")
      line.string(execution.outcome.short)
      if let standsFor = execution.standsFor {
        line.key("stands_for")
        line.number(standsFor)
      }
      line.version()
    }
    return line.bytes
  }

  /// The last line of an exploration, without a line break.
  package static func line(for summary: ExploreSummary) -> [UInt8] {
    var line = JSONLine()
    line.object { line in
      line.key("event")
      line.string("summary")
      line.key("scenario")
      line.string(summary.scenario.name)
      line.key("clients")
      line.array(summary.scenario.clients) { $0.string($1) }
      line.key("complete")
      line.bool(summary.tally.ordersRun == summary.orders)
      line.key("orders")
      line.number(summary.orders)
      line.key("executions")
      line.number(summary.executions)
      line.counts(of: summary.tally)
      line.key("abandoned")
      line.number(summary.abandonedOrders)
      line.outcomes(of: summary.tally, clients: summary.scenario.clients) {
        summary.token(of: $0).description
      }
      line.key("violations")
      line.array(summary.violations) { line, violation in
        line.object { line in
          line.key("assertion")
          line.string(violation.assertion)
          line.key("executions")
          line.number(violation.executions)
          line.key("orders")
          line.number(violation.orders)
          line.key("outcomes")
          line.array(violation.places) { line, place in
            line.object { line in
              line.key("outcome")
              line.string(place.witness.outcome.short)
              line.key("orders")
              line.number(place.orders)
              line.key("token")
              line.string(summary.token(of: place.witness).description)
            }
          }
        }
      }
      line.key("nondeterminism")
      line.number(summary.nondeterminism.count)
      line.end(summary.duration, summary.remarks, summary.failure)
    }
    return line.bytes
  }

  /// The last line of a batch, without a line break.
  package static func line(for summary: BatchSummary) -> [UInt8] {
    var line = JSONLine()
    line.object { line in
      line.key("event")
      line.string("summary")
      line.key("batch")
      line.string(summary.batch)
      line.key("node")
      line.string(summary.node)
      line.key("clients")
      line.array(summary.clients) { $0.string($1) }
      line.key("complete")
      line.bool(summary.isComplete)
      line.key("orders")
      if let orders = summary.orders { line.number(orders) } else { line.null() }
      line.key("first_rank")
      line.number(summary.firstRank)
      line.counts(of: summary.tally)
      line.key("abandoned")
      line.number(summary.abandonedOrders)
      line.outcomes(of: summary.tally, clients: summary.clients) { _ in nil }
      line.end(summary.duration, summary.remarks, summary.failure)
    }
    return line.bytes
  }
}

extension JSONLine {
  fileprivate mutating func version() {
    key("version")
    number(EventStream.version)
  }

  fileprivate mutating func counts(of tally: RunTally) {
    let counts: [(String, UInt128)] = [
      ("orders_run", tally.ordersRun), ("statements", UInt128(tally.statements)),
      ("deferred", tally.deferredOrders), ("lock_waits", UInt128(tally.lockWaits)),
      ("deadlocks", UInt128(tally.deadlocks)), ("errors", UInt128(tally.errors)),
      ("cancelled", UInt128(tally.cancelled)),
    ]
    for (name, count) in counts {
      key(name)
      number(count)
    }
  }

  fileprivate mutating func outcomes(
    of tally: RunTally, clients: [String], token: (Execution) -> String?
  ) {
    key("outcomes")
    array(tally.outcomes) { line, outcome in
      line.object { line in
        line.key("outcome")
        line.string(outcome.digest.short)
        line.key("orders")
        line.number(outcome.orders)
        line.key("marks")
        line.array(outcome.marks) { $0.string($1) }
        line.key("witness_rank")
        if outcome.witness.permutation == nil {
          line.number(outcome.witness.rank)
        } else {
          line.null()
        }
        line.key("witness")
        line.array(outcome.witness.order) { $0.string(clients[Int($1)]) }
        if let token = token(outcome.witness) {
          line.key("token")
          line.string(token)
        }
      }
    }
  }

  fileprivate mutating func end(
    _ duration: Duration, _ remarks: [String], _ failure: MuddledError?
  ) {
    key("microseconds")
    number(duration.microseconds)
    key("remarks")
    array(remarks) { $0.string($1) }
    key("failure")
    if let failure { string(failure.message) } else { null() }
    version()
  }

  fileprivate mutating func step(_ step: ExecutedStep, clients: [String]) {
    object { line in
      line.key("client")
      line.string(clients[step.client])
      line.key("step")
      line.number(step.step)
      line.key("sql")
      line.string(step.sql)
      line.results(step.results)
      line.key("blocked")
      line.bool(step.wasBlocked)
      if step.wasBlocked {
        line.key("resumed_after")
        line.number(step.settledAfter)
      }
      if let wait = step.wait { line.wait(wait, clients: clients) }
      line.key("microseconds")
      line.number(step.microseconds)
    }
  }

  private mutating func wait(_ wait: StepWait, clients: [String]) {
    var names: [String] = []
    var connections: [UInt64] = []
    for holder in wait.holders {
      switch holder {
      case .client(let client): names.append(clients[client])
      case .outsider(let connection): connections.append(connection)
      }
    }
    key("waits_for")
    array(names) { $0.string($1) }
    if !connections.isEmpty {
      key("waits_for_connections")
      array(connections) { $0.number($1) }
    }
    if !wait.wokenAfter.isEmpty {
      key("woken_after")
      array(wait.wokenAfter) { $0.string(clients[$1]) }
    }
    if wait.isAssumed {
      key("assumed")
      bool(true)
    }
    key("found_microseconds")
    number(wait.foundMicroseconds)
  }

  fileprivate mutating func check(_ check: ExecutedCheck) {
    object { line in
      line.key("sql")
      line.string(check.sql)
      line.results(check.results)
    }
  }

  /// Writes the first result's fields, and any further results under `more`.
  private mutating func results(_ results: [StatementResult]) {
    guard let first = results.first else { return }
    result(first)
    guard results.count > 1 else { return }
    key("more")
    array(results.dropFirst()) { line, result in line.object { $0.result(result) } }
  }

  private mutating func result(_ result: StatementResult) {
    key("result")
    switch result {
    case .rows(let rows):
      string("rows")
      key("columns")
      array(rows.columns) { $0.string($1) }
      key("rows")
      array(rows.rows) { $0.array($1) { $0.value($1) } }
      if let digest = rows.digest {
        key("row_count")
        number(rows.count)
        key("row_digest")
        string(digest.description)
      }
    case .ok(let affected):
      string("ok")
      key("affected")
      number(affected)
    case .error(let error):
      string("error")
      key("error")
      object { line in
        line.key("code")
        line.number(error.code)
        line.key("sqlstate")
        line.string(error.sqlstate)
        line.key("message")
        line.string(error.message)
      }
    case .cancelled: string("cancelled")
    }
  }

  private mutating func value(_ value: SQLValue) {
    switch value {
    case .null: null()
    case .number(let digits): literal(digits)
    case .text(let text): string(text)
    case .binary(let bytes):
      object { line in
        line.key("base64")
        line.base64(bytes)
      }
    }
  }
}
