/// Shows a run to people: progress and notices as it goes on, the summary at its end.
///
/// It prints nothing itself but hands its text to the outputs that it was given.
public actor ConsoleReporter: Reporter {
  /// How progress is shown.
  public enum Progress: Hashable, Sendable {
    /// One line that is written over again and again; for a terminal.
    case line
    /// A plain line from time to time; for a file or a pipe.
    case lines
    /// Neither progress nor notices.
    case none
  }

  private let progress: Progress
  private let listedOutcomes: Int
  private let layout: ConsoleLayout
  private let output: @Sendable (String) throws -> Void
  private let diagnostics: @Sendable (String) -> Void
  private var start: RunStart?
  private var ordersRun: UInt128 = 0
  private var shownAt: ContinuousClock.Instant?
  private var beganAt = ContinuousClock.now
  private var hasOpenLine = false

  /// Makes a reporter.
  ///
  /// - Parameters:
  ///   - progress: how progress is shown.
  ///   - listedOutcomes: how many outcomes of an exploration are listed.
  ///   - layout: how wide it may be, and whether it has colours.
  ///   - output: takes the summary, and throws if it cannot; standard output in a program.
  ///   - diagnostics: takes progress and notices; standard error in a program.
  public init(
    progress: Progress, listedOutcomes: Int = ExploreSummary.listedOutcomes,
    layout: ConsoleLayout = ConsoleLayout(), output: @escaping @Sendable (String) throws -> Void,
    diagnostics: @escaping @Sendable (String) -> Void
  ) {
    self.progress = progress
    self.listedOutcomes = listedOutcomes
    self.layout = layout
    self.output = output
    self.diagnostics = diagnostics
  }

  /// Shows one event.
  public func report(_ event: RunEvent) async throws {
    switch event {
    case .notice(let text): say(text)
    case .started(let start):
      self.start = start
      beganAt = .now
      shownAt = .now
      let rest = start.firstRank == 0 ? "" : ", going on at rank \(start.firstRank)"
      say((start.isBatch ? "all nodes are there; " : "") + "\(start.orders) orders\(rest)")
    case .order:
      ordersRun += 1
      showProgress()
    case .transcript, .earlierOrder: break
    case .explored(let summary):
      clearLine()
      try output(
        summary.text(width: layout.columns, top: listedOutcomes, isColored: layout.isColored))
    case .summary(let summary):
      clearLine()
      try output(summary.text(width: layout.columns))
    }
  }

  private func say(_ text: String) {
    guard progress != .none else { return }
    clearLine()
    diagnostics("muddled: \(text)\n")
  }

  private func showProgress() {
    let pause: Duration = progress == .line ? .milliseconds(100) : .seconds(5)
    guard progress != .none, let start, let shownAt, ContinuousClock.now - shownAt >= pause else {
      return
    }
    self.shownAt = .now
    let milliseconds = UInt128(max(1, (ContinuousClock.now - beganAt).milliseconds))
    let line = ProgressLine(
      done: start.firstRank + ordersRun, total: start.orders,
      rate: ordersRun * 1000 / milliseconds)
    if progress == .line {
      // The last column stays free: a terminal may begin a new line after it.
      diagnostics("\r\u{1B}[K\(line.bar(columns: layout.progressColumns - 1))")
      hasOpenLine = true
    } else {
      diagnostics("muddled: \(line.text)\n")
    }
  }

  private func clearLine() {
    if hasOpenLine { diagnostics("\r\u{1B}[K") }
    hasOpenLine = false
  }
}
