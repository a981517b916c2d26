extension ExploreSummary {
  /// The most outcomes that ``text(width:top:isColored:)`` lists unless told otherwise.
  public static let listedOutcomes = 20

  /// The outcome table for people, with a line break at its end.
  ///
  /// - Parameters:
  ///   - width: how many columns a row may have; what is past them is cut off.
  ///   - top: how many outcomes are listed.
  ///   - isColored: whether what matters stands out, by a terminal's colours.
  public func text(
    width: Int, top: Int = listedOutcomes, isColored: Bool = false
  ) -> String {
    let rows = tableRows(top: top).map { $0.text(columns: width, isColored: isColored) }
    let ends = verdicts(top: top).map { $0.text(isColored: isColored) }
    return (headline + rows + ends).joined(separator: "\n") + "\n"
  }

  private func tableRows(top: Int) -> [StyledLine] {
    let listed = sortedOutcomes.prefix(top)
    var lines = listed.isEmpty ? [] : [StyledLine()]
    for (index, outcome) in listed.enumerated() {
      lines += section(outcome, first: index == 0 ? nil : listed.first?.witness)
    }
    if tally.outcomes.count > listed.count {
      lines.append(
        StyledLine("  and \(tally.outcomes.count - listed.count) more outcomes; --top N shows more")
      )
    }
    return lines
  }

  /// The assertions that do not hold, a line each.
  package var violationText: String {
    violations.flatMap(verdict).map { $0.text(isColored: false) + "\n" }.joined()
  }

  private func verdict(_ violation: Violation) -> [StyledLine] {
    var line = StyledLine("  ")
    line.add("assertion does not hold", .red)
    line.add(" in \(violation.orders) orders: \(violation.assertion)")
    let answers = violation.places.lazy.flatMap(\.witness.assertions)
    guard let error = answers.first(where: { $0.sql == violation.assertion })?.results.error else {
      return [line]
    }
    return [line, StyledLine("    the server refuses it: \(error.text)")]
  }

  /// What must be read to its end, and is not cut.
  private func verdicts(top: Int) -> [StyledLine] {
    let errors = sortedOutcomes.prefix(top).errorTexts {
      scenario.sessions[$0.client].steps[$0.step].name
    }
    var lines = errors.map { StyledLine("  \($0)") }
    for violation in violations {
      lines += verdict(violation)
      lines += violation.places.prefix(top).map { place in
        StyledLine(
          "    \(place.orders) of outcome \(place.witness.outcome.short), such as "
            + "\(token(of: place.witness))  \(orderText(place.witness))")
      }
      if violation.places.count > top {
        lines.append(
          StyledLine("    and \(violation.places.count - top) more outcomes; --top N shows more"))
      }
    }
    for surprise in nondeterminism {
      var line = StyledLine("  ")
      line.add("nondeterminism", .red)
      line.add(
        ": after the same steps, \(slotsText(surprise.dispatched)) did something else than before")
      lines.append(line)
    }
    lines += remarks.map { StyledLine("  note: \($0)") }
    if let failure {
      var line = StyledLine("  ")
      line.add("stopped", .yellow)
      line.add(": \(failure.message)")
      lines.append(line)
    }
    if let remainingRanks {
      lines.append(
        StyledLine(
          "  to go on: --ranks \(remainingRanks.lowerBound)..\(remainingRanks.upperBound - 1)"))
    }
    return lines
  }

  /// One outcome in full: its witness, step by step.
  ///
  /// - Parameter id: the outcome's id, or the beginning of it.
  public func text(ofOutcome id: String) -> String? {
    let found = tally.outcomes.filter { $0.digest.description.hasPrefix(id) }
    guard found.count == 1, let outcome = found.first else { return nil }
    return text(of: outcome.witness)
  }

  /// One execution in full, step by step.
  package func text(of execution: Execution) -> String {
    let order =
      execution.permutation.map { scenario.permutations[$0].steps }
      ?? Slot.slots(of: execution.order).map {
        PermutationStep(StepReference(session: $0.client, step: $0.step))
      }
    var permutation = TranscriptPermutation(order: order, execution: execution)
    for (index, step) in execution.steps.enumerated() {
      permutation.steps[index].remark = step.wait.flatMap(remark)
    }
    var text = TranscriptPrinter(scenario, isForDisplay: true).text(of: permutation)
    for check in execution.checks {
      text +=
        "final: \(check.sql)\n  " + check.results.map(\.shortText).joined(separator: ", ") + "\n"
    }
    return text
  }

  /// Whom a step waited for, in a line; `nil` if nothing is known.
  private func remark(on wait: StepWait) -> String? {
    var parts: [String] = []
    if wait.isAssumed { parts.append("is assumed to wait") }
    let holders = wait.holders.map { holder in
      switch holder {
      case .client(let client): scenario.sessions[client].name
      case .outsider(let connection): "connection \(connection)"
      }
    }
    if !holders.isEmpty { parts.append("waits for \(holders.joined(separator: ", "))") }
    if !wait.wokenAfter.isEmpty {
      let names = wait.wokenAfter.map { scenario.sessions[$0].name }
      parts.append("wakes after \(names.joined(separator: ", "))")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// The outcomes, the one of the most orders first.
  public var sortedOutcomes: [RunTally.Outcome] {
    tally.outcomes.sorted {
      ($0.orders, $1.witness.rank, $1.digest.value) > ($1.orders, $0.witness.rank, $0.digest.value)
    }
  }

  private var headline: [String] {
    let milliseconds = max(1, duration.milliseconds)
    let rate = tally.ordersRun * 1000 / UInt128(milliseconds)
    let run =
      tally.ordersRun == orders ? "\(orders) orders" : "\(tally.ordersRun) of \(orders) orders"
    var marks: [String] = []
    if tally.deferredOrders > 0 { marks.append("\(tally.deferredOrders) deferred") }
    if tally.lockWaits > 0 { marks.append("\(tally.lockWaits) lock waits") }
    if tally.deadlocks > 0 { marks.append("\(tally.deadlocks) deadlocks") }
    if tally.errors > tally.deadlocks {
      marks.append("\(tally.errors - tally.deadlocks) other errors")
    }
    if tally.cancelled > 0 { marks.append("\(tally.cancelled) cancelled") }
    return [
      "\(scenario.name.escapedForDisplay): \(run): \(executions) executions, \(tally.outcomes.count) outcomes",
      "  " + (marks.isEmpty ? "" : marks.joined(separator: ", ") + "; ")
        + "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) s, \(rate) orders/s, "
        + (lanes == 1 ? "1 lane" : "\(lanes) lanes"),
    ]
  }

  private func section(_ outcome: RunTally.Outcome, first: Execution?) -> [StyledLine] {
    var head = StyledLine("  ")
    head.add(outcome.digest.short, .bold)
    head.add("  \(outcome.orders) orders")
    if !outcome.marks.isEmpty {
      head.add(" (")
      for (index, mark) in outcome.marks.enumerated() {
        if index > 0 { head.add(", ") }
        head.add(mark, mark == "deferred" ? .yellow : .red)
      }
      head.add(")")
    }
    var example = StyledLine("    such as ", .faint)
    example.add("\(token(of: outcome.witness))")
    example.add("  \(orderText(outcome.witness))", .faint)
    return [head, example, StyledLine("    " + difference(outcome.witness, from: first))]
  }

  /// The names of an execution's steps, in the sequence in which they were dispatched.
  func orderText(_ execution: Execution) -> String {
    slotsText(execution.steps.map { Slot(client: $0.client, step: $0.step) })
  }

  /// The names of steps, in their sequence.
  package func slotsText(_ slots: [Slot]) -> String {
    slots.map { scenario.sessions[$0.client].steps[$0.step].name }.joined(separator: " ")
  }

  /// What one execution gave that another did not; all of its final state where there is no other.
  package func difference(_ execution: Execution, from other: Execution?) -> String {
    var parts: [String] = []
    if let other {
      let others = Dictionary(
        other.steps.map { (Slot(client: $0.client, step: $0.step), $0.results) },
        uniquingKeysWith: { first, _ in first })
      for (client, session) in scenario.sessions.enumerated() {
        for step in execution.steps where step.client == client {
          guard others[Slot(client: client, step: step.step)] != step.results else { continue }
          parts.append("\(session.steps[step.step].name): \(step.results.shortText)")
        }
      }
    }
    for (index, check) in execution.checks.enumerated() {
      if let other, index < other.checks.count, other.checks[index].results == check.results {
        continue
      }
      parts.append("final: \(check.results.shortText)")
    }
    return parts.isEmpty ? "the first outcome" : parts.joined(separator: "; ")
  }
}

extension [StatementResult] {
  /// The results in a few words.
  var shortText: String { isEmpty ? "nothing" : map(\.shortText).joined(separator: ", ") }
}

extension StatementResult {
  /// The result in a few words.
  var shortText: String {
    switch self {
    case .ok(let affected): "\(affected) changed"
    case .cancelled: "cancelled"
    case .error(let error): "error \(error.code)"
    case .rows(let rows):
      rows.rows.isEmpty
        ? "\(rows.count) rows"
        : rows.rows.map { "(" + $0.map(\.shortText).joined(separator: ", ") + ")" }
          .joined(separator: " ")
    }
  }
}

extension SQLValue {
  /// The value as people write it.
  var shortText: String {
    switch self {
    case .null: "NULL"
    case .number(let digits): digits
    case .text(let text): text.escapedForDisplay
    case .binary(let bytes): "\(bytes.count) bytes"
    }
  }
}
