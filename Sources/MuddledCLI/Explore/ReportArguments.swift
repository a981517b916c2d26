import ArgumentParser
import MuddledCore
import MuddledReports

/// The arguments that name files for reports.
struct ReportArguments: ParsableArguments {
  @Option(help: .init("Write a page for a browser to this file.", valueName: "file"))
  var html: String?

  @Option(
    help: .init("Write JUnit's XML for CI to this file.", valueName: "file"))
  var junit: String?

  @Option(
    help: .init("Write the outcome table in Markdown to this file.", valueName: "file"))
  var markdown: String?

  @Option(
    help: .init(
      "Write the outcome table as JSON to this file; with -, a report goes to standard output, in place of the table.",
      valueName: "file"))
  var json: String?

  private var given: [(flag: String, path: String, format: ReportFormat)] {
    let all: [(String, String?, ReportFormat)] = [
      ("--html", html, .html), ("--junit", junit, .junit), ("--markdown", markdown, .markdown),
      ("--json", json, .json),
    ]
    return all.compactMap { flag, path, format in path.map { (flag, $0, format) } }
  }

  /// Whether a report takes the place of the table for people.
  var useStandardOutput: Bool { given.contains { $0.path == "-" } }

  /// Those who write the reports that were asked for.
  ///
  /// - Parameters:
  ///   - scenario: what is explored, for the command that replays a witness.
  ///   - listedOutcomes: how many outcomes reports for people list.
  /// - Throws: ``MuddledError`` if a file cannot be written.
  func reporters(
    of scenario: ScenarioArguments, listedOutcomes: Int
  ) throws -> [any Reporter] {
    for (index, one) in given.enumerated() {
      if let other = given[..<index].first(where: { $0.path == one.path }) {
        throw MuddledError(
          .usage, "\(other.flag) and \(one.flag) name the same file \(one.path.quoted)")
      }
    }
    let options = ReportOptions(
      replayArguments: scenario.words, listedOutcomes: listedOutcomes)
    return try given.map { _, path, format in
      try ReportFileReporter(path: path, format: format, options: options)
    }
  }
}
