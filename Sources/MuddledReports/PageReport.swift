import MuddledCore

/// The HTML page: a template with the figures, and the outcomes as data that the page's script draws.
struct PageReport {
  private let summary: ExploreSummary
  private let options: ReportOptions

  init(_ summary: ExploreSummary, _ options: ReportOptions) {
    self.summary = summary
    self.options = options
  }

  // Mustache reads these by name.
  private struct Page {
    let name: String
    let lead: String
    let failure: String?
    let ordersRun: String
    let outcomeCount: Int
    let clientCount: Int
    let figures: [Figure]
    let hasAssertions: Bool
    let assertions: [Assertion]
    let blocks: [Block]
    let hasNotes: Bool
    let notes: [String]
    let omitted: String?
    let style: String
    let script: String
    let data: String
  }

  private struct Figure {
    let name: String
    let value: String
    let isNotable: Bool
  }

  private struct Assertion {
    let state: String
    let verdict: String
    let sql: String
    let replay: String?
  }

  private struct Block {
    let name: String
    let text: String
  }

  private static let template = MarkupText.template(PackageResources.page_mustache)
  private static let style = String(decoding: PackageResources.page_css, as: UTF8.self)
  private static let script =
    String(decoding: PackageResources.timeline_js, as: UTF8.self)
    + String(decoding: PackageResources.page_js, as: UTF8.self)

  var text: String {
    let data = PageData(summary, options)
    let notes = self.notes
    return Self.template.render(
      Page(
        name: summary.scenario.name, lead: lead,
        failure: summary.failure.map { "\($0.message)" },
        ordersRun: "\(summary.tally.ordersRun)", outcomeCount: summary.tally.outcomes.count,
        clientCount: summary.scenario.sessions.count, figures: figures,
        hasAssertions: !summary.scenario.assertions.isEmpty, assertions: assertions,
        blocks: blocks, hasNotes: !notes.isEmpty, notes: notes,
        omitted: data.omitted == 0
          ? nil : "The \(data.omitted) rarest outcomes are left out, to keep the page small.",
        style: Self.style, script: Self.script, data: data.text))
  }

  private var lead: String {
    let run =
      summary.tally.ordersRun == summary.orders
      ? "All \(summary.orders)" : "\(summary.tally.ordersRun) of \(summary.orders)"
    let names = summary.scenario.clients.joined(separator: ", ")
    let milliseconds = max(1, summary.duration.milliseconds)
    let rate = summary.tally.ordersRun * 1000 / UInt128(milliseconds)
    return "\(run) orders of the clients \(names), in "
      + "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) s, "
      + "\(rate) a second on \(summary.lanes == 1 ? "1 lane" : "\(summary.lanes) lanes")."
  }

  private var figures: [Figure] {
    let tally = summary.tally
    let counts: [(String, UInt128, Bool)] = [
      ("outcomes", UInt128(tally.outcomes.count), false), ("orders run", tally.ordersRun, false),
      ("executions", UInt128(summary.executions), false), ("deferred", tally.deferredOrders, false),
      ("lock waits", UInt128(tally.lockWaits), false),
      ("deadlocks", UInt128(tally.deadlocks), true),
      ("other errors", UInt128(tally.errors - min(tally.errors, tally.deadlocks)), true),
      ("cancelled", UInt128(tally.cancelled), true),
    ]
    return counts.map {
      Figure(name: $0.0, value: "\($0.1)".grouped, isNotable: $0.2 && $0.1 > 0)
    }
  }

  private var assertions: [Assertion] {
    summary.scenario.assertions.map { sql in
      guard let violation = summary.violations.first(where: { $0.assertion == sql }) else {
        return summary.failure == nil
          ? Assertion(state: "held", verdict: "✓ Holds", sql: sql, replay: nil)
          : Assertion(state: "open", verdict: "Held so far", sql: sql, replay: nil)
      }
      return Assertion(
        state: "broken", verdict: "✗ Does not hold in \(violation.orders) orders", sql: sql,
        replay: violation.places.first.map {
          options.replayCommand(summary.token(of: $0.witness).description)
        })
    }
  }

  private var blocks: [Block] {
    let scenario = summary.scenario
    var blocks = scenario.setup.map { Block(name: "Setup", text: $0.text.trimmed) }
    if let reset = scenario.reset { blocks.append(Block(name: "Reset", text: reset.text.trimmed)) }
    for session in scenario.sessions {
      let steps = session.steps.map { "\($0.name): \($0.block.text.trimmed)" }
      blocks.append(Block(name: session.name, text: steps.joined(separator: "\n")))
    }
    return blocks
  }

  private var notes: [String] {
    summary.remarks
      + summary.nondeterminism.map {
        "Nondeterminism: after the same steps, \(summary.slotsText($0.dispatched)) did something else than "
          + "before."
      }
      + (summary.remainingRanks.map {
        ["To go on: --ranks \($0.lowerBound)..\($0.upperBound - 1)"]
      } ?? [])
  }
}

extension String {
  /// The text without white space at its ends.
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }

  /// Digits with a thin space between every three.
  fileprivate var grouped: String {
    var text = ""
    for (index, digit) in enumerated() {
      if index > 0, (count - index) % 3 == 0 { text += "\u{202f}" }
      text.append(digit)
    }
    return text
  }
}
