import MuddledCore

/// The outcome table in GitHub's flavour of Markdown.
///
/// All that comes from the scenario or the server stands in code, where it means nothing to Markdown.
struct MarkdownReport {
  private let summary: ExploreSummary
  private let options: ReportOptions

  init(_ summary: ExploreSummary, _ options: ReportOptions) {
    self.summary = summary
    self.options = options
  }

  var text: String {
    (headline + verdicts + table + notes + stories).joined(separator: "\n") + "\n"
  }

  private var headline: [String] {
    let tally = summary.tally
    let run =
      tally.ordersRun == summary.orders
      ? "\(summary.orders)" : "\(tally.ordersRun) of \(summary.orders)"
    var parts = [
      "**\(run)** orders", "\(summary.executions) executions",
      "**\(tally.outcomes.count)** outcomes",
    ]
    let counts: [(String, UInt128)] = [
      ("deferred", tally.deferredOrders), ("lock waits", UInt128(tally.lockWaits)),
      ("deadlocks", UInt128(tally.deadlocks)),
      ("other errors", UInt128(tally.errors - min(tally.errors, tally.deadlocks))),
      ("cancelled", UInt128(tally.cancelled)),
    ]
    parts += counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
    return ["### muddled: \(code(summary.scenario.name))", "", parts.joined(separator: " · "), ""]
  }

  private var verdicts: [String] {
    guard !summary.scenario.assertions.isEmpty else { return [] }
    return summary.scenario.assertions.map { assertion in
      guard let violation = summary.violations.first(where: { $0.assertion == assertion }) else {
        return summary.failure == nil
          ? "- ✅ \(code(assertion)) holds" : "- ⬜ \(code(assertion)) held so far"
      }
      return "- ❌ \(code(assertion)) does not hold in **\(violation.orders)** orders"
    } + [""]
  }

  private var table: [String] {
    let sorted = summary.sortedOutcomes
    guard let first = sorted.first else { return [] }
    let listed = sorted.prefix(options.listedOutcomes)
    var lines = [
      "| outcome | orders | share | | what differs | token |", "|---|---:|---:|---|---|---|",
    ]
    for (index, outcome) in listed.enumerated() {
      let share = outcome.orders * 1000 / max(1, summary.tally.ordersRun)
      let other = index == 0 ? nil : first.witness
      let cells = [
        code(outcome.digest.short), "\(outcome.orders)", "\(share / 10).\(share % 10) %",
        outcome.marks.joined(separator: ", "),
        code(summary.difference(outcome.witness, from: other).cut(to: 200)),
        code(summary.token(of: outcome.witness).description),
      ]
      lines.append(
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |")
    }
    let rest = sorted.count - listed.count
    return lines + (rest > 0 ? ["", "and \(rest) more outcomes", ""] : [""])
  }

  private var notes: [String] {
    var lines = summary.remarks.map { "- note: \(code($0))" }
    for surprise in summary.nondeterminism {
      lines.append(
        "- nondeterminism: after the same steps, \(code(summary.slotsText(surprise.dispatched))) did "
          + "something else than before")
    }
    if let failure = summary.failure { lines.append("- **stopped**: \(code(failure.message))") }
    return lines.isEmpty ? [] : lines + [""]
  }

  /// The first witness of each assertion that does not hold, folded; of the first outcome, if all hold.
  private var stories: [String] {
    let broken = summary.violations.prefix(options.listedOutcomes).compactMap { violation in
      violation.places.first.map {
        ("Where \(html(violation.assertion)) does not hold", $0.witness)
      }
    }
    let first = summary.sortedOutcomes.first.map { ("The most frequent outcome", $0.witness) }
    return (broken.isEmpty ? first.map { [$0] } ?? [] : Array(broken)).flatMap { title, witness in
      let token = summary.token(of: witness).description
      let story = summary.text(of: witness).trimmingLineFeeds
      return [
        "<details><summary>\(title)</summary>", "", fenced(options.replayCommand(token), "sh"), "",
        fenced(story, ""), "", "</details>", "",
      ]
    }
  }

  private func html(_ text: String) -> String { MarkupText().escapeText(text.onOneLine) }

  /// A code span: delimited by more back-ticks than stand in it (CommonMark, section 6.1).
  private func code(_ text: String) -> String {
    let shown = text.onOneLine.escapedForDisplay
    guard !shown.isEmpty else { return "" }
    let fence = String(repeating: "`", count: shown.longestRun(of: "`") + 1)
    let space = shown.hasPrefix("`") || shown.hasSuffix("`") ? " " : ""
    return fence + space + shown + space + fence
  }

  private func fenced(_ text: String, _ language: String) -> String {
    let fence = String(repeating: "`", count: max(3, text.longestRun(of: "`") + 1))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // Nobody sees a control character, and a file with one is not taken for text.
    let shown = lines.map { String($0).replacing("\t", with: "  ").escapedForDisplay }
    return "\(fence)\(language)\n\(shown.joined(separator: "\n"))\n\(fence)"
  }
}

extension String {
  /// The text, or its beginning with a mark that it was cut.
  func cut(to length: Int) -> String { count <= length ? self : prefix(length - 1) + "…" }

  fileprivate var trimmingLineFeeds: String {
    String(drop { $0 == "\n" }.reversed().drop { $0 == "\n" }.reversed())
  }

  /// How often a character stands next to itself at most.
  fileprivate func longestRun(of character: Unicode.Scalar) -> Int {
    var (longest, run) = (0, 0)
    for scalar in unicodeScalars {
      run = scalar == character ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
