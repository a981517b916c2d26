import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// JUnit's XML as both the schema of Ant's JUnit task and that of Jenkins's xUnit plug-in accept it.
///
/// An outcome is a test case, which fails if an assertion does not hold in it; so is an assertion, which fails if it
/// does not hold somewhere. A run that did not come to its end is an error, and its assertions are skipped unless
/// they failed.
struct JUnitReport {
  private let summary: ExploreSummary
  private let options: ReportOptions

  init(_ summary: ExploreSummary, _ options: ReportOptions) {
    self.summary = summary
    self.options = options
  }

  /// One test case. Mustache reads these by name.
  private struct Case {
    let classname: String
    let name: String
    let time: String
    var verdict: Verdict?
  }

  private struct Verdict {
    let element: String
    let type: String
    let message: String
    let text: String
  }

  private struct Property {
    let name: String
    let value: String
  }

  private struct Suite {
    let name: String
    let timestamp: String
    let time: String
    let tests: Int
    let failures: Int
    let errors: Int
    let skipped: Int
    let properties: [Property]
    let cases: [Case]
    let output: String
    let diagnostics: String
  }

  var text: String {
    let cases = outcomes + assertions + ending
    func count(_ element: String) -> Int { cases.count { $0.verdict?.element == element } }
    let suite = Suite(
      name: summary.scenario.name.onOneLine, timestamp: timestamp,
      time: Self.seconds(summary.duration.microseconds), tests: cases.count,
      failures: count("failure"), errors: count("error"), skipped: count("skipped"),
      properties: properties, cases: cases,
      output: summary.text(width: 100, top: options.listedOutcomes),
      diagnostics: summary.remarks.map { "note: \($0)\n" }.joined())
    return Self.template.render(suite)
  }

  private static let template = MarkupText.template(PackageResources.junit_mustache)

  private var outcomes: [Case] {
    summary.sortedOutcomes.map { outcome in
      let broken = summary.violations.filter { violation in
        violation.places.contains { $0.witness.outcome == outcome.digest }
      }
      var verdict: Verdict?
      if let first = broken.first {
        verdict = Verdict(
          element: "failure", type: "assertion",
          message: "the assertion does not hold: "
            + broken.map(\.assertion).joined(separator: "; ").onOneLine,
          text: story(
            first.places.first { $0.witness.outcome == outcome.digest }?.witness ?? outcome.witness)
        )
      }
      // The share of the run's time that its orders took.
      let share =
        UInt128(summary.duration.microseconds) * outcome.orders
        / max(1, summary.tally.ordersRun)
      return Case(
        classname: className("outcome"), name: "outcome \(outcome.digest.short)",
        time: Self.seconds(UInt64(clamping: share)), verdict: verdict)
    }
  }

  private var assertions: [Case] {
    summary.scenario.assertions.map { assertion in
      Case(
        classname: className("assertion"), name: assertion.onOneLine, time: "0.000",
        verdict: verdict(on: assertion))
    }
  }

  private func verdict(on assertion: String) -> Verdict? {
    if let violation = summary.violations.first(where: { $0.assertion == assertion }) {
      let places = violation.places.prefix(options.listedOutcomes)
      let rest = violation.places.count - places.count
      return Verdict(
        element: "failure", type: "assertion",
        message: "does not hold in \(violation.orders) of \(summary.tally.ordersRun) orders",
        text: places.map {
          "\($0.orders) orders of outcome \($0.witness.outcome.short), such as this one:\n"
            + story($0.witness)
        }.joined(separator: "\n") + (rest > 0 ? "\nand of \(rest) more outcomes\n" : ""))
    }
    guard summary.failure != nil else { return nil }
    return Verdict(
      element: "skipped", type: "incomplete",
      message: "held in the \(summary.tally.ordersRun) of \(summary.orders) orders that were run",
      text: "")
  }

  /// A test case that fails if not all orders were run; none if all were.
  private var ending: [Case] {
    guard let failure = summary.failure else { return [] }
    let message =
      "\(summary.tally.ordersRun) of \(summary.orders) orders were run: \(failure.message)"
    return [
      Case(
        classname: className("run"), name: "every order is run", time: "0.000",
        verdict: Verdict(
          element: "error", type: failure.code.description, message: message.onOneLine, text: ""))
    ]
  }

  /// An execution step by step, and how to run it again.
  private func story(_ execution: Execution) -> String {
    let token = summary.token(of: execution).description
    return summary.text(of: execution) + "replay: \(options.replayCommand(token))\n"
  }

  private func className(_ kind: String) -> String {
    "muddled.\(summary.scenario.name.replacing(".", with: "_").onOneLine).\(kind)"
  }

  private var properties: [Property] {
    let tally = summary.tally
    return [
      ("orders", "\(summary.orders)"), ("orders run", "\(tally.ordersRun)"),
      ("executions", "\(summary.executions)"), ("outcomes", "\(tally.outcomes.count)"),
      ("deferred", "\(tally.deferredOrders)"), ("lock waits", "\(tally.lockWaits)"),
      ("deadlocks", "\(tally.deadlocks)"), ("errors", "\(tally.errors)"),
      ("cancelled", "\(tally.cancelled)"),
    ].map { Property(name: $0.0, value: $0.1) }
  }

  /// When the run began, as the schemas want it: no fraction and no zone; it is UTC.
  private var timestamp: String {
    var seconds = time_t(options.beganAt)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }

  /// Seconds with three places.
  private static func seconds(_ microseconds: UInt64) -> String {
    let milliseconds = (microseconds + 500) / 1000
    return "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst())"
  }
}

extension String {
  /// The text with every run of white space as one space: what names in reports are compared by.
  var onOneLine: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
