/// Prints what PostgreSQL's isolation tester prints, so that expected files can be compared.
///
/// The text depends on the values alone, never on timing:
///
/// - `step a1: SQL` is printed for a step that is done, and may be reported, before the next
///   dispatch; its results follow: tables, and `ERROR:  …` lines. `step a1: SQL <waiting ...>` is
///   printed instead for one that is not done then, was seen to wait, is marked `(*)`, or is held
///   back by another marker.
/// - After each dispatched step the waiting ones are gone through in the sequence in which they began
///   to wait. `step a1: <... completed>` and its results are printed for each that is done and not
///   held back; they are gone through again as long as that may have released a marked one.
/// - `(*)` only asks for `<waiting ...>` at first. `(b1)` holds a report back while `b1` was
///   dispatched and is not reported. `(b1 notices 2)` holds it back until the session of `b1` had
///   two more notices than when the marked step was dispatched.
/// - Before a session's next step is printed, its last one is reported; at the end, all are. The
///   isolation tester gives up if a marker is still not met then. Here a line says that it was not,
///   and the report follows.
/// - Of a setup or teardown only the last result is printed, and only if it has rows, or is an error.
///
/// The results of a step that muddled itself cancelled are printed as an error, in PostgreSQL's
/// words for a user's request, after a line that says who cancelled it.
public struct TranscriptPrinter: Sendable {
  private let scenario: Scenario
  /// Whether tables are aligned as people see them, and not as the isolation tester counts.
  private let isForDisplay: Bool

  /// Makes a printer.
  ///
  /// - Parameter scenario: the scenario that the steps are of.
  public init(_ scenario: Scenario) { self.init(scenario, isForDisplay: false) }

  init(_ scenario: Scenario, isForDisplay: Bool) {
    self.scenario = scenario
    self.isForDisplay = isForDisplay
  }

  /// The first line of a transcript, with its line feed.
  public var header: String { "Parsed test spec with \(scenario.sessions.count) sessions\n" }

  /// What follows for one order that was run, with the empty line in front of it.
  ///
  /// - Parameter permutation: an order of this scenario; steps that are not there trap.
  public func text(of permutation: TranscriptPermutation) -> String {
    let names = permutation.order.map { " " + scenario[$0.step].name }
    var text = "\nstarting permutation:\(names.joined())\n"
    for block in permutation.setup { text += self.text(of: block, "setup") }
    var report = TranscriptReport(
      permutation.steps, scenario: scenario, isForDisplay: isForDisplay)
    text += report.run()
    for block in permutation.teardown { text += self.text(of: block, "teardown") }
    return text
  }

  private func text(of block: TranscriptBlock, _ role: String) -> String {
    let owner = block.session.map { " of session \(scenario.sessions[$0].name)" } ?? ""
    for result in block.results {
      if case .error(let error) = result {
        return "\(role)\(owner) failed: ERROR:  \(error.message)\n"
      }
    }
    guard case .rows(let rows) = block.results.last else { return "" }
    return ResultTable(rows, isForDisplay: isForDisplay).text
  }
}
