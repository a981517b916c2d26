import MuddledCore

/// What the page's script draws, as JSON: every outcome with its witness.
///
/// Statements and results stand in it once and are named by their place in a list, as most outcomes share most of
/// them.
struct PageData {
  /// The JSON, in which nothing can end the element that it stands in.
  private(set) var text = ""
  /// How many outcomes were left out.
  private(set) var omitted = 0

  /// What the outcomes may take in all, in bytes.
  private static let outcomesLimit = 4_000_000
  /// How many rows of a result are shown, and how much of a value.
  private static let (shownRows, shownLength) = (50, 400)

  private let summary: ExploreSummary
  /// For each client, where its steps begin in the list of all.
  private let firstSteps: [Int]
  private var marks: [String] = []
  private var markPlaces: [String: Int] = [:]
  private var results: [JSONLine] = []
  private var resultPlaces: [[StatementResult]: Int] = [:]

  init(_ summary: ExploreSummary, _ options: ReportOptions) {
    self.summary = summary
    var next = 0
    firstSteps = summary.scenario.sessions.map { session in
      defer { next += session.steps.count }
      return next
    }
    let broken = Set(summary.violations.flatMap { $0.places.map(\.witness.outcome) })
    var outcomes: [JSONLine] = []
    var size = 0
    for outcome in summary.sortedOutcomes {
      guard size < Self.outcomesLimit else {
        omitted += 1
        continue
      }
      let line = self.line(of: outcome, isBroken: broken.contains(outcome.digest))
      size += line.bytes.count
      outcomes.append(line)
    }
    var line = JSONLine()
    line.object { line in
      line.key("replay")
      line.string(options.replayCommand("TOKEN"))
      line.key("ordersRun")
      line.number(summary.tally.ordersRun)
      line.key("clients")
      line.array(summary.scenario.clients) { $0.string($1) }
      line.key("steps")
      line.array(steps) { line, step in
        line.list { line in
          line.number(step.client)
          line.string(step.step.name)
          line.string(step.step.block.text.trimmed.cut(to: 2000))
        }
      }
      line.key("checks")
      line.array(summary.tally.outcomes.first?.witness.checks ?? []) { $0.string($1.sql) }
      line.key("marks")
      line.array(marks) { $0.string($1) }
      line.key("results")
      line.array(results) { $0.literal($1.text) }
      line.key("outcomes")
      line.array(outcomes) { $0.literal($1.text) }
    }
    // Outside of strings JSON has none; inside they could be read as the end of the script, or as a comment.
    text = line.text.replacing("<", with: "\\u003c")
  }

  /// Each step's client, name and statements, the steps of the first client first.
  private var steps: [(client: Int, step: ScenarioStep)] {
    summary.scenario.sessions.enumerated().flatMap { client, session in
      session.steps.map { (client, $0) }
    }
  }

  private mutating func line(of outcome: RunTally.Outcome, isBroken: Bool) -> JSONLine {
    let witness = outcome.witness
    let marks = ((isBroken ? ["assertion fails"] : []) + outcome.marks).map { place(ofMark: $0) }
    let steps = witness.steps.flatMap { step in
      [firstSteps[step.client] + step.step, place(of: step.results)]
    }
    let checks = witness.checks.map { place(of: $0.results) }
    var line = JSONLine()
    line.object { line in
      line.key("id")
      line.string(outcome.digest.short)
      line.key("token")
      line.string(summary.token(of: witness).description)
      line.key("orders")
      line.number(outcome.orders)
      line.key("marks")
      line.array(marks) { $0.number($1) }
      line.key("steps")
      line.array(steps) { $0.number($1) }
      line.key("checks")
      line.array(checks) { $0.number($1) }
      line.key("waits")
      line.array(witness.steps.enumerated().filter { $1.wasBlocked }) { line, wait in
        line.wait(of: wait.element, at: wait.offset)
      }
      if witness.isDeferred {
        line.key("written")
        line.array(written(witness)) { $0.number($1) }
      }
    }
    return line
  }

  /// The steps in the sequence that the order asked for.
  private func written(_ witness: Execution) -> [Int] {
    if let permutation = witness.permutation {
      return summary.scenario.permutations[permutation].steps.map {
        firstSteps[$0.step.session] + $0.step.step
      }
    }
    return Slot.slots(of: witness.order).map { firstSteps[$0.client] + $0.step }
  }

  private mutating func place(ofMark mark: String) -> Int {
    if let place = markPlaces[mark] { return place }
    markPlaces[mark] = marks.count
    marks.append(mark)
    return marks.count - 1
  }

  private mutating func place(of list: [StatementResult]) -> Int {
    if let place = resultPlaces[list] { return place }
    var line = JSONLine()
    line.array(list) { $0.shown($1, rows: Self.shownRows, length: Self.shownLength) }
    resultPlaces[list] = results.count
    results.append(line)
    return results.count - 1
  }
}

extension JSONLine {
  fileprivate var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Where a wait began and ended, whom it was for, and whether it was only assumed.
  fileprivate mutating func wait(of step: ExecutedStep, at index: Int) {
    var (clients, outsiders): ([Int], [UInt64]) = ([], [])
    for holder in step.wait?.holders ?? [] {
      switch holder {
      case .client(let client): clients.append(client)
      case .outsider(let connection): outsiders.append(connection)
      }
    }
    list { line in
      line.number(index)
      line.number(step.settledAfter)
      line.array(clients) { $0.number($1) }
      line.array(outsiders) { $0.number($1) }
      line.number(step.wait?.isAssumed == true ? 1 : 0)
    }
  }

  /// One result: its kind, and what there is to show of it.
  fileprivate mutating func shown(_ result: StatementResult, rows limit: Int, length: Int) {
    list { line in
      switch result {
      case .ok(let affected):
        line.string("ok")
        line.number(affected)
      case .cancelled: line.string("cancelled")
      case .error(let error):
        line.string("error")
        line.number(error.code)
        line.string(error.sqlstate)
        line.string(error.message.cut(to: length))
      case .rows(let rows):
        line.string("rows")
        line.array(rows.columns) { $0.string($1.cut(to: length)) }
        line.array(rows.rows.prefix(limit)) { line, row in
          line.array(row) { $0.shown($1, length: length) }
        }
        line.number(rows.count)
      }
    }
  }

  private mutating func shown(_ value: SQLValue, length: Int) {
    switch value {
    case .null: null()
    case .number(let digits): string(digits)
    case .text(let text): string(text.cut(to: length).escapedForDisplay)
    case .binary(let bytes): string("0x" + bytes.prefix(length / 2).map(\.hexadecimal).joined())
    }
  }
}

extension UInt8 {
  fileprivate var hexadecimal: String {
    let digits = String(self, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
