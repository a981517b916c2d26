import MuddledCore

/// Keeps the transcripts of a run.
actor TranscriptReporter: Reporter {
  private let printer: TranscriptPrinter
  private(set) var text: String

  init(_ scenario: Scenario) {
    printer = TranscriptPrinter(scenario)
    text = printer.header
  }

  func report(_ event: RunEvent) async throws {
    if case .transcript(let permutation) = event { text += printer.text(of: permutation) }
  }
}
