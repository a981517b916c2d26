import ArgumentParser
import Logging
import MuddledCore

/// `muddled run`: one node's part in a batch.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Take part in a batch: run every order of all nodes' SQL.",
    discussion: """
      Start one process per client, each with its own config file and id, its partners' ids and \
      the same batch id:

        muddled -c ./config/config.toml  -id 1 -p 2 -b 9982
        muddled -c ./config/config2.toml -id 2 -p 1 -b 9982

      They find each other through the coordinator that the config file names. MUDDLED_DB_DSN, \
      MUDDLED_CDB_DSN, MUDDLED_SQL_DSN, MUDDLED_SQL_URL, MUDDLED_COORDINATOR_URL and \
      MUDDLED_COORDINATOR_NAME override the file.

      Exit codes: 0 done, 64 usage, 65 input that cannot be used, 66 an input is missing, 69 a \
      server, the coordinator or a partner is not there or was lost, 70 a bug in muddled, 78 \
      configuration, 130 interrupted.
      """)

  @OptionGroup var coordinator: CoordinatorArguments

  @Option(
    name: [.customLong("id", withSingleDash: true), .customLong("id")],
    help: .init("This node's id.", valueName: "id"))
  var id: String

  @Option(
    name: [.customShort("p"), .customLong("partners")],
    help: .init(
      "The partners' ids, with commas between them, or the option several times; \\, is a comma in an id.",
      valueName: "ids"))
  var partners: [String]

  @Option(
    name: [.customShort("b"), .customLong("batch")],
    help: .init("The id that all nodes of the batch share.", valueName: "id"))
  var batch: String

  @Option(
    help: .init(
      "Where this node's SQL comes from, file, db, redis or stdin, whatever the config file says.",
      valueName: "kind"))
  var loader: String?

  @Option(help: .init("Write one JSON line for each order to this file.", valueName: "file"))
  var events: String?

  @Flag(name: .shortAndLong, help: "Show neither progress nor notices.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Log details to standard error.")
  var verbose = false

  func validate() throws {
    if quiet && verbose {
      throw ValidationError("--quiet and --verbose exclude each other; give one of them")
    }
  }

  func run() async throws {
    try await exitingWithCode { try await takePart() }
  }

  private func takePart() async throws {
    let configuration = try coordinator.load(loader: loader)
    let node = try await configuration.makeNode(
      id: id, partners: partners.flatMap(Self.splitIDs), batch: batch)
    try node.validate()
    let loop = EventLoop(isWatchful: true)
    let database = try configuration.makeDatabase(loop: loop)
    let reporters = try makeReporters()
    let runner = BatchRunner(
      node, database: database,
      coordinator: try await configuration.makeCoordinator(batch: batch, loop: loop),
      reporters: reporters, logger: logger, loop: loop)
    _ = try await interruptible(on: loop) { try await runner.run() }
  }

  private func makeReporters() throws -> [any Reporter] {
    let console = ConsoleReporter(
      progress: quiet ? .none : Terminal.progress, layout: Terminal.layout,
      output: StandardStreams.write, diagnostics: StandardStreams.writeError)
    guard let events else { return [console] }
    return [try EventFileReporter(path: events), console]
  }

  private var logger: Logger {
    var logger = Logger(label: "muddled") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = verbose ? .trace : .error
    return logger
  }

  /// Splits a list of ids at its commas; a backslash makes the next character part of an id.
  static func splitIDs(_ list: String) -> [String] {
    var ids = [""]
    var isEscaped = false
    for character in list {
      switch character {
      case "\\" where !isEscaped: isEscaped = true
      case "," where !isEscaped: ids.append("")
      default:
        if isEscaped, character != ",", character != "\\" { ids[ids.count - 1].append("\\") }
        ids[ids.count - 1].append(character)
        isEscaped = false
      }
    }
    if isEscaped { ids[ids.count - 1].append("\\") }
    return ids
  }
}
