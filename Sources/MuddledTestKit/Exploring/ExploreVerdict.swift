package import MuddledCore

/// What an exploration gave that a test did not expect, in the words of the test's failure.
package struct ExploreVerdict {
  private let report: ExploreSummary
  /// How many orders are shown step by step.
  private static let shownOrders = 3

  /// Judges what an exploration found.
  package init(_ report: ExploreSummary) { self.report = report }

  /// Compares what the outcomes come to with what is expected.
  ///
  /// - Parameter value: what an outcome comes to.
  /// - Returns: the failure; `nil` if each outcome is expected, and each expected one was there.
  package func outcomes<Value: Hashable>(
    _ expected: Set<Value>, by value: (NamedExecution) throws -> Value
  ) rethrows -> String? {
    var missing = expected
    var unexpected: [(ExploreSummary.Outcome, String)] = []
    for outcome in report.outcomes {
      let found = try value(outcome.witness)
      missing.remove(found)
      if !expected.contains(found) { unexpected.append((outcome, "gives \(found)")) }
    }
    var lines: [String] = []
    if !unexpected.isEmpty {
      lines.append("\(share(unexpected.map(\.0))) another outcome than is expected.")
    }
    for value in missing.map({ "\($0)" }).sorted() {
      lines.append("No order gives \(value), which is expected.")
    }
    return text(lines, unexpected)
  }

  /// Looks for outcomes in which something does not hold.
  ///
  /// - Returns: the failure; `nil` if it holds in all.
  package func invariant(
    _ name: String, _ holds: (NamedExecution) throws -> Bool
  ) rethrows -> String? {
    let broken = try report.outcomes.filter { try !holds($0.witness) }
    let words = "does not hold: \(name)"
    return text(
      broken.isEmpty ? [] : ["\(share(broken)) an outcome in which it \(words)."],
      broken.map { ($0, words) })
  }

  /// Looks for assertions of the scenario that do not hold.
  ///
  /// - Returns: the failure; `nil` if all hold.
  package func assertions() -> String? {
    let broken = report.violations.flatMap { violation in
      violation.places.map { ($0, violation.assertion) }
    }
    let lines = report.violations.map {
      "\($0.orders) of \(report.tally.ordersRun) orders do not hold: \($0.assertion)"
    }
    return text(
      lines,
      broken.map { place, assertion in
        (report.scenario.naming(place.witness), place.orders, "does not hold: \(assertion)")
      })
  }

  /// Looks for outcomes with a deadlock.
  ///
  /// - Returns: the failure; `nil` if there is none.
  package func noDeadlock() -> String? {
    let dead = report.outcomes.filter(\.hasDeadlock)
    return text(
      dead.isEmpty ? [] : ["\(share(dead)) a deadlock."], dead.map { ($0, "has a deadlock") })
  }

  private func share(_ outcomes: [ExploreSummary.Outcome]) -> String {
    let orders = outcomes.reduce(0) { $0 + $1.orders }
    return "\(orders) of \(report.tally.ordersRun) orders give"
  }

  private func text(_ lines: [String], _ found: [(ExploreSummary.Outcome, String)]) -> String? {
    text(lines, found.map { ($0.0.witness, $0.0.orders, $0.1) })
  }

  private func text(
    _ lines: [String], _ found: [(witness: NamedExecution, orders: UInt128, words: String)]
  ) -> String? {
    guard !lines.isEmpty else { return nil }
    var text = "Scenario \(report.scenario.name): " + lines.joined(separator: "\n")
    for (witness, orders, words) in found.prefix(Self.shownOrders) {
      text += "\n\nOutcome \(witness.execution.outcome.short) of \(orders) orders \(words)."
      text += "\n  order: \(witness.order)\n  token: \(witness.token)\n"
      text += witness.transcript
    }
    if found.count > Self.shownOrders {
      text += "\n\(found.count - Self.shownOrders) more outcomes are not shown."
    }
    for surprise in report.nondeterminism.prefix(1) {
      text +=
        "\nThe scenario is not deterministic: after the same \(surprise.dispatched.count) steps, the last one "
        + "did something else than before."
    }
    if !found.isEmpty {
      text +=
        "\nTo run one of these orders alone, give its token: options.selection = .token(try Token(\"…\"))."
    }
    return text
  }
}
