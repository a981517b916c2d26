// How executions stand in a coordinator's log.

extension ByteWriter {
  mutating func write(_ execution: Execution) {
    write(execution.rank)
    write(execution.permutation) { $0.write(UInt($1)) }
    write(execution.standsFor) { $0.write($1) }
    write(execution.assertions) { $0.write($1) }
    write(execution.order)
    write(execution.dispatched)
    write(execution.steps) { $0.write($1) }
    write(execution.checks) { $0.write($1) }
  }

  private mutating func write(_ check: ExecutedCheck) {
    write(check.sql)
    write(check.results) { $0.write($1) }
  }

  private mutating func write(_ step: ExecutedStep) {
    write(UInt(step.client))
    write(UInt(step.step))
    write(step.sql)
    write(step.results) { $0.write($1) }
    write(UInt(step.wasBlocked ? 1 : 0))
    write(UInt(step.settledAfter))
    write(step.microseconds)
    write(step.wait) { $0.write($1) }
  }

  private mutating func write(_ wait: StepWait) {
    write(wait.foundMicroseconds)
    write(UInt(wait.isAssumed ? 1 : 0))
    write(UInt(wait.mayLapse ? 1 : 0))
    write(wait.wokenAfter) { $0.write(UInt($1)) }
    write(wait.holders) { writer, holder in
      switch holder {
      case .client(let client):
        writer.write(UInt8(0))
        writer.write(UInt(client))
      case .outsider(let connection):
        writer.write(UInt8(1))
        writer.write(connection)
      }
    }
  }
}

extension ByteReader {
  mutating func execution() throws -> Execution {
    let rank = try number()
    let permutation = try optional { try $0.number(as: Int.self) }
    let standsFor = try optional { try $0.number() }
    let assertions = try list { try $0.check() }
    var execution = Execution(
      rank: rank, order: try raw(), dispatched: try raw(), steps: try list { try $0.step() },
      checks: try list { try $0.check() })
    (execution.permutation, execution.standsFor) = (permutation, standsFor)
    execution.assertions = assertions
    return execution
  }

  private mutating func check() throws -> ExecutedCheck {
    ExecutedCheck(sql: try text(), results: try list { try $0.statementResult() })
  }

  private mutating func step() throws -> ExecutedStep {
    var step = ExecutedStep(
      client: try number(as: Int.self), step: try number(as: Int.self), sql: try text(),
      results: try list { try $0.statementResult() }, wasBlocked: try number() != 0,
      settledAfter: try number(as: Int.self), microseconds: try number(as: UInt64.self))
    step.wait = try optional { try $0.wait() }
    return step
  }

  private mutating func wait() throws -> StepWait {
    var wait = StepWait(
      foundMicroseconds: try number(as: UInt64.self), isAssumed: try number() != 0)
    wait.mayLapse = try number() != 0
    wait.wokenAfter = try list { try $0.number(as: Int.self) }
    wait.holders = try list {
      try $0.number() == 0
        ? .client(try $0.number(as: Int.self))
        : .outsider(connection: try $0.number(as: UInt64.self))
    }
    return wait
  }
}
