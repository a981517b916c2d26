import ArgumentParser
import MuddledCore
import MuddledReports

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
    let arguments = scenario
    let scenario = try await arguments.load()
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
    guard expect != nil || !record else {
      throw MuddledError(.usage, "--record goes with --expect FILE, the file that it writes")
    }
    // Files are looked at before anything is run.
    let expected =
      if let expect, !record { try await ExpectedTranscript.reading(expect) } else {
        nil as ExpectedTranscript?
      }
    let recordFile = record ? try expect.map { try ReportFile($0) } : nil
    let transcripts = options.wantsTranscripts ? TranscriptReporter(scenario) : nil
    var reporters: [any Reporter] = []
    if let events {
      guard events != "-" else {
        throw MuddledError(
          .usage, "--events writes to a file, beside the table on standard output; name a file")
      }
      reporters.append(try EventFileReporter(path: events))
    }
    if let transcripts { reporters.append(transcripts) }
    let transcriptFile = try transcript.map { try ReportFile($0) }
    reporters.append(console)
    reporters += try reports.reporters(of: arguments, listedOutcomes: top)
    let explorers = (options, reporters)
    let shared = try fleet.load()
    guard shared == nil || !options.wantsTranscripts else {
      throw MuddledError(
        .usage,
        "--transcript and --expect are about all orders, and with --batch this process runs some of them; leave one out"
      )
    }
    let batch = fleet.batch ?? ""
    let summary = try await ServerForExploring.with(db ?? shared?.databaseDSN) { database in
      try await interruptible {
        let explorer = Explorer(
          database: database, options: explorers.0, reporters: explorers.1)
        guard let shared else { return try await explorer.explore(scenario) }
        try explorer.checkSharing(of: scenario)
        let loop = EventLoop()
        defer { loop.stop() }
        let coordinator = try await shared.makeCoordinator(batch: batch, loop: loop)
        return try await explorer.explore(
          scenario, with: Fleet(coordinator, batch: batch, lease: shared.lease))
      }
    }
    if let outcome {
      guard let text = summary.text(ofOutcome: outcome) else {
        throw MuddledError(
          .usage,
          summary.tally.outcomes.contains { $0.digest.description.hasPrefix(outcome) }
            ? "more than one outcome begins with \(outcome.quoted); give more of its id"
            : "there is no outcome \(outcome.quoted); the table shows the ids that there are")
      }
      try StandardStreams.write(text)
    }
    let isAsExpected = try compare(
      await transcripts?.text ?? "", transcriptFile, recordFile, expected)
    return isAsExpected && summary.violations.isEmpty
  }

  private var console: ConsoleReporter {
    ConsoleReporter(
      progress: quiet ? .none : Terminal.progress, listedOutcomes: top, layout: Terminal.layout,
      output: { [isShown = !reports.useStandardOutput] in
        if isShown { try StandardStreams.write($0) }
      },
      diagnostics: StandardStreams.writeError)
  }

  private func compare(
    _ text: String, _ transcript: ReportFile?, _ record: ReportFile?,
    _ expected: ExpectedTranscript?
  ) throws -> Bool {
    try transcript?.write(text)
    try record?.write(text)
    guard let difference = expected?.difference(to: text), !difference.isEmpty else { return true }
    try StandardStreams.write(difference.text)
    return false
  }
}
