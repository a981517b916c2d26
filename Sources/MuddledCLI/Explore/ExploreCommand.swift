import ArgumentParser
import MuddledCore

/// `muddled explore`: all clients of a scenario in one process.
struct ExploreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore",
    abstract: "Run a scenario in every order from one process, and show the outcomes.",
    discussion: """
      muddled explore Examples/lost-update.spec
      muddled explore --client a.sql --client b.sql --reset reset.sql --check 'SELECT * FROM t' --db DSN

      Without --db (or MUDDLED_DB_DSN) a private MariaDB is started for the run. Exit codes: 0 done, 1 an \
      assertion does not hold or the transcript differs, 64 usage, 65 the scenario cannot be used, 66 a \
      file is missing, 69 the server is not there or was lost, 78 configuration, 130 interrupted.
      """)

  @OptionGroup var scenario: ScenarioArguments
  @OptionGroup(title: "Orders") var orders: OrderArguments

  @Option(
    help: .init(
      "The server; orders run in databases muddled_lane_1 … made on it.", valueName: "dsn"))
  var db: String?

  @OptionGroup(title: "Limits") var limits: LimitArguments

  @Option(
    help: .init(
      "How many orders run side by side; 0 runs them in the DSN's own database. Default: what the "
        + "machine gains from.", valueName: "count"))
  var lanes: Int?

  @Flag(help: "Run each execution once, and account for every order that comes to it.")
  var distinct = false

  @OptionGroup(title: "Sharing") var fleet: FleetArguments

  @OptionGroup(title: "Reports") var reports: ReportArguments

  @Option(help: .init("Write one JSON line for each order to this file.", valueName: "file"))
  var events: String?

  @Option(
    help: .init(
      "Write what PostgreSQL's isolation tester would print to this file.", valueName: "file"))
  var transcript: String?

  @Option(
    help: .init(
      "Compare the transcript with this file, and its alternatives _1, _2.", valueName: "file"))
  var expect: String?

  @Flag(help: "Write the transcript to the file of --expect instead of comparing.")
  var record = false

  @Option(help: "How many outcomes are listed.")
  var top = ExploreSummary.listedOutcomes

  @Option(help: .init("Show the witness of this outcome in full.", valueName: "id"))
  var outcome: String?

  @Flag(name: .shortAndLong, help: "Show no progress.")
  var quiet = false

  func run() async throws {
    var holds = true
    try await exitingWithCode { holds = try await explore() }
    if !holds { throw ExitCode(1) }
  }

  /// - Returns: whether everything that was asked to hold does.
  private func explore() async throws -> Bool {
    let scenario = try await self.scenario.load()
    let options = try self.options(for: scenario)
    try refuseContradictions()
    let shared = try fleet.load()
    // Files are looked at before anything is run.
    let files = try await TranscriptFiles(write: transcript, expect: expect, isRecording: record)
    let transcripts = options.wantsTranscripts ? TranscriptReporter(scenario) : nil
    var reporters: [any Reporter] = []
    if let events { reporters.append(try EventFileReporter(path: events)) }
    if let transcripts { reporters.append(transcripts) }
    reporters.append(console)
    reporters += try reports.reporters(of: self.scenario, listedOutcomes: top)
    let summary = try await explore(scenario, options, reporters, with: shared)
    if let outcome { try show(outcome, of: summary) }
    let isAsExpected = try files.writeAndCompare(await transcripts?.text ?? "")
    return isAsExpected && summary.violations.isEmpty
  }

  private func options(for scenario: Scenario) throws -> ExploreOptions {
    var options = ExploreOptions()
    options.selection = try orders.selection(of: scenario)
    options.limits = limits.limits
    let lanes = try lanes ?? Explorer.gainfulLanes(for: scenario, options.selection)
    guard (0...64).contains(lanes) else {
      throw MuddledError(.usage, "--lanes takes a number from 0 to 64")
    }
    options.lanes = lanes == 0 ? nil : lanes
    options.isDistinct = distinct
    options.wantsTranscripts = transcript != nil || expect != nil
    return options
  }

  private func refuseContradictions() throws {
    guard expect != nil || !record else {
      throw MuddledError(.usage, "--record goes with --expect FILE, the file that it writes")
    }
    guard events != "-" else {
      throw MuddledError(
        .usage, "--events writes to a file, beside the table on standard output; name a file")
    }
    guard fleet.batch == nil || (transcript == nil && expect == nil) else {
      throw MuddledError(
        .usage,
        "--transcript and --expect are about all orders, and with --batch this process runs some of them; leave one out"
      )
    }
  }

  /// Explores on the server that was named or on one of its own, alone or with other workers.
  private func explore(
    _ scenario: Scenario, _ options: ExploreOptions, _ reporters: [any Reporter],
    with shared: Configuration?
  ) async throws -> ExploreSummary {
    let batch = fleet.batch ?? ""
    return try await ServerForExploring.with(db ?? shared?.databaseDSN) { database in
      try await interruptible {
        let explorer = Explorer(database: database, options: options, reporters: reporters)
        guard let shared else { return try await explorer.explore(scenario) }
        try explorer.checkSharing(of: scenario)
        let loop = EventLoop()
        defer { loop.stop() }
        let coordinator = try await shared.makeCoordinator(batch: batch, loop: loop)
        return try await explorer.explore(
          scenario, with: Fleet(coordinator, batch: batch, lease: shared.lease))
      }
    }
  }

  private func show(_ outcome: String, of summary: ExploreSummary) throws {
    guard let text = summary.text(ofOutcome: outcome) else {
      throw MuddledError(
        .usage,
        summary.tally.outcomes.contains { $0.digest.description.hasPrefix(outcome) }
          ? "more than one outcome begins with \(outcome.quoted); give more of its id"
          : "there is no outcome \(outcome.quoted); the table shows the ids that there are")
    }
    try StandardStreams.write(text)
  }

  private var console: ConsoleReporter {
    ConsoleReporter(
      progress: quiet ? .none : Terminal.progress, listedOutcomes: top, layout: Terminal.layout,
      output: { [isShown = !reports.useStandardOutput] in
        if isShown { try StandardStreams.write($0) }
      },
      diagnostics: StandardStreams.writeError)
  }
}
