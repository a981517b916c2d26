import ArgumentParser
import MuddledCore
import MuddledMariaDB
import MuddledReports

/// `muddled replay`: one order, step by step.
struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run the one order that a token names, and show it step by step.")

  @Argument(help: .init("A token from an outcome table.", valueName: "token"))
  var token: String

  @OptionGroup var scenario: ScenarioArguments

  @OptionGroup(title: "Limits") var limits: LimitArguments

  @OptionGroup(title: "Reports") var reports: ReportArguments

  @Option(help: .init("The server; without it a private one is started.", valueName: "dsn"))
  var db: String?

  func run() async throws {
    var holds = true
    try await exitingWithCode { holds = try await replay() }
    if !holds { throw ExitCode(1) }
  }

  /// - Returns: whether every assertion holds.
  private func replay() async throws -> Bool {
    let scenario = try await scenario.load()
    var options = ExploreOptions()
    options.selection = .token(try Token(token))
    options.limits = limits.limits
    let chosen = options
    let reporters = try reports.reporters(of: self.scenario, listedOutcomes: 1)
    let summary = try await ServerForExploring.with(db) { database in
      try await interruptible {
        try await Explorer(database: database, options: chosen, reporters: reporters).explore(
          scenario)
      }
    }
    if !reports.useStandardOutput, let outcome = summary.tally.outcomes.first {
      try StandardStreams.write(
        (summary.text(ofOutcome: outcome.digest.description) ?? "")
          + "outcome: \(outcome.digest.short)\n" + summary.violationText)
    }
    return summary.violations.isEmpty
  }
}
