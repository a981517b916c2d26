public import MuddledCore

/// A form in which an exploration's summary is written to a file.
public struct ReportFormat: Hashable, Sendable {
  private enum Kind: Hashable { case html, json, junit, markdown }

  private let kind: Kind

  /// One page with everything in it, for a browser: the outcomes, and of each the time line of its witness.
  public static let html = ReportFormat(kind: .html)
  /// The summary line of the event stream.
  public static let json = ReportFormat(kind: .json)
  /// JUnit's XML, for CI: a test case for each outcome and for each assertion.
  public static let junit = ReportFormat(kind: .junit)
  /// The outcome table in GitHub's flavour of Markdown, for a pull request.
  public static let markdown = ReportFormat(kind: .markdown)

  /// The report, with a line break at its end.
  public func text(of summary: ExploreSummary, options: ReportOptions = ReportOptions()) -> String {
    switch kind {
    case .html: PageReport(summary, options).text
    case .json: String(decoding: EventStream.line(for: summary), as: UTF8.self) + "\n"
    case .junit: JUnitReport(summary, options).text
    case .markdown: MarkdownReport(summary, options).text
    }
  }
}
