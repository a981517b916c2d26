/// What a part of an exploration gave, so that the parts can be put together to the summary of the whole.
struct FleetFindings: Sendable {
  var tally = RunTally()
  /// The keys of the sequences of dispatches.
  var executions: Set<UInt64> = []
  var violations: [ExploreSummary.Violation] = []
  var nondeterminism: [ExploreSummary.Nondeterminism] = []
  var abandonedOrders: UInt64 = 0
  var remarks: [String] = []

  init() {}

  /// - Parameters:
  ///   - summary: that of one chunk.
  ///   - executions: the keys of its sequences of dispatches.
  init(_ summary: ExploreSummary, executions: Set<UInt64>) {
    tally = summary.tally
    self.executions = executions
    violations = summary.violations
    nondeterminism = summary.nondeterminism
    abandonedOrders = summary.abandonedOrders
    remarks = summary.remarks
  }

  /// Adds the findings of a later chunk.
  mutating func merge(_ later: FleetFindings) {
    tally.merge(later.tally)
    executions.formUnion(later.executions)
    for violation in later.violations { merge(violation) }
    nondeterminism += later.nondeterminism.prefix(
      ExploreSummary.nondeterminismLimit - nondeterminism.count)
    abandonedOrders += later.abandonedOrders
    remarks += later.remarks.filter { !remarks.contains($0) }
  }

  private mutating func merge(_ violation: ExploreSummary.Violation) {
    guard let index = violations.firstIndex(where: { $0.assertion == violation.assertion }) else {
      violations.append(violation)
      return
    }
    for place in violation.places {
      let outcome = place.witness.outcome
      if let known = violations[index].places.firstIndex(where: { $0.witness.outcome == outcome }) {
        violations[index].places[known].executions += place.executions
        violations[index].places[known].orders += place.orders
      } else {
        violations[index].places.append(place)
      }
    }
  }

  /// Writes the findings into a summary of the whole.
  func apply(to summary: inout ExploreSummary) {
    summary.tally = tally
    summary.executions = UInt64(executions.count)
    summary.violations = violations
    summary.nondeterminism = nondeterminism
    summary.abandonedOrders = abandonedOrders
    summary.remarks = remarks
  }

  /// The execution that stands for an outcome in the findings so far.
  fileprivate func witness(_ outcome: Digest, of assertion: String? = nil) -> Execution? {
    guard let assertion else { return tally.outcome(outcome)?.witness }
    return violations.first { $0.assertion == assertion }?
      .places.first { $0.witness.outcome == outcome }?.witness
  }
}

// MARK: In bytes

extension FleetFindings {
  /// The findings in bytes.
  ///
  /// - Parameter earlier: those of earlier chunks; witnesses that stand there are left out.
  func encoded(after earlier: FleetFindings) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(tally.ordersRun)
    for count in [
      tally.executions, tally.statements, tally.lockWaits, tally.deadlocks, tally.errors,
      tally.cancelled, abandonedOrders,
    ] { writer.write(count) }
    writer.write(tally.deferredOrders)
    writer.write(tally.outcomes) { writer, outcome in
      writer.write(outcome, isKnown: earlier.witness(outcome.digest) != nil)
    }
    var keys: [UInt8] = []
    for key in executions.sorted() {
      withUnsafeBytes(of: key.littleEndian) { keys.append(contentsOf: $0) }
    }
    writer.write(keys)
    writer.write(violations) { writer, violation in
      writer.write(violation.assertion)
      writer.write(violation.places) { writer, place in
        let outcome = place.witness.outcome
        let isKnown = earlier.witness(outcome, of: violation.assertion) != nil
        writer.write(outcome.value)
        writer.write(isKnown ? nil : place.witness) { $0.write($1) }
        writer.write(place.executions)
        writer.write(place.orders)
      }
    }
    writer.write(nondeterminism) { writer, surprise in
      writer.write(surprise.dispatched) {
        $0.write(UInt($1.client))
        $0.write(UInt($1.step))
      }
    }
    writer.write(remarks) { $0.write($1) }
    return writer.bytes
  }

  /// Reads findings back.
  ///
  /// - Parameter earlier: those of all earlier chunks.
  /// - Throws: ``MalformedBytes``.
  init(decoding bytes: [UInt8], after earlier: FleetFindings) throws {
    var reader = ByteReader(bytes[...])
    tally.ordersRun = try reader.number()
    var counts: [UInt64] = []
    for _ in 0..<7 { counts.append(try reader.number(as: UInt64.self)) }
    (tally.executions, tally.statements) = (counts[0], counts[1])
    (tally.lockWaits, tally.deadlocks) = (counts[2], counts[3])
    (tally.errors, tally.cancelled, abandonedOrders) = (counts[4], counts[5], counts[6])
    tally.deferredOrders = try reader.number()
    for outcome in try reader.list({ try $0.outcome { earlier.witness($0) } }) {
      tally.merge(outcome)
    }
    let keys = try reader.raw()
    for start in stride(from: 0, to: keys.count / 8 * 8, by: 8) {
      executions.insert(keys[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
    violations = try reader.list { reader in
      let assertion = try reader.text()
      let places = try reader.list { reader in
        let outcome = Digest(value: try reader.number())
        let written = try reader.optional { try $0.execution() }
        guard let witness = written ?? earlier.witness(outcome, of: assertion) else {
          throw MalformedBytes()
        }
        return ExploreSummary.Violation.Place(
          witness: witness, executions: try reader.number(as: UInt64.self),
          orders: try reader.number())
      }
      return ExploreSummary.Violation(assertion: assertion, places: places)
    }
    nondeterminism = try reader.list { reader in
      ExploreSummary.Nondeterminism(
        dispatched: try reader.list {
          Slot(client: try $0.number(as: Int.self), step: try $0.number(as: Int.self))
        })
    }
    remarks = try reader.list { try $0.text() }
    guard reader.isAtEnd else { throw MalformedBytes() }
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ outcome: RunTally.Outcome, isKnown: Bool) {
    write(outcome.digest.value)
    write(outcome.orders)
    write(outcome.executions)
    write(isKnown ? nil : outcome.witness) { $0.write($1) }
    let marks = [
      outcome.hasDeferred, outcome.hasDeadlock, outcome.hasError, outcome.hasLockWaitTimeout,
      outcome.hasCancelled, outcome.hasAssumedWait, outcome.hasOtherError,
    ]
    write(marks.enumerated().reduce(UInt(0)) { $1.element ? $0 | 1 << UInt($1.offset) : $0 })
  }
}

extension ByteReader {
  fileprivate mutating func outcome(
    _ known: (Digest) -> Execution?
  ) throws -> RunTally.Outcome {
    let digest = Digest(value: try number())
    let orders = try number()
    let executions = try number(as: UInt64.self)
    let written = try optional { try $0.execution() }
    guard let witness = written ?? known(digest) else { throw MalformedBytes() }
    let bits = try number(as: UInt.self)
    let marks = (0..<7).map { bits >> UInt($0) & 1 == 1 }
    return RunTally.Outcome(
      digest: digest, orders: orders, executions: executions, witness: witness,
      hasDeferred: marks[0], hasDeadlock: marks[1], hasError: marks[2],
      hasLockWaitTimeout: marks[3], hasCancelled: marks[4], hasAssumedWait: marks[5],
      hasOtherError: marks[6])
  }
}
