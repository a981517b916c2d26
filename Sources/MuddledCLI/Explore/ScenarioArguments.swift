import ArgumentParser
import MuddledCore

/// The arguments that name a scenario: a file, or plain SQL files.
struct ScenarioArguments: ParsableArguments {
  @Argument(
    help: .init(
      "A scenario file, in the grammar of PostgreSQL's isolation tester.", valueName: "scenario"))
  var scenario: String?

  @Option(help: .init("A client's SQL file; give one for each client.", valueName: "file"))
  var client: [String] = []

  @Option(
    help: .init("SQL that makes the first state: a file, or sql:STATEMENT.", valueName: "sql"))
  var setup: [String] = []

  @Option(
    help: .init(
      "SQL that brings the first state back before each order, instead of teardown and setup.",
      valueName: "sql"))
  var reset: String?

  @Option(
    help: .init(
      "A query for the final state: a file, or sql:STATEMENT, or the query itself.",
      valueName: "sql"))
  var check: [String] = []

  @Option(help: .init("SQL that removes what setup made.", valueName: "sql"))
  var teardown: String?

  @Option(
    name: .customLong("assert"),
    help: .init(
      "A query that must give no rows, or a true value, at the end of each order.",
      valueName: "query"))
  var assertions: [String] = []

  /// The same arguments as words of a command line, for `muddled replay`.
  var words: [String] {
    var words = scenario.map { [$0] } ?? []
    func add(_ flag: String, _ values: [String]) {
      for value in values { words += [flag, value] }
    }
    add("--client", client)
    add("--setup", setup)
    add("--reset", reset.map { [$0] } ?? [])
    add("--check", check)
    add("--teardown", teardown.map { [$0] } ?? [])
    add("--assert", assertions)
    return words
  }

  func load() async throws -> Scenario {
    var loaded: Scenario
    if let scenario {
      guard client.isEmpty else {
        throw MuddledError(.usage, "give either a scenario file or --client files, not both")
      }
      loaded = try await Scenario.reading(scenario)
      for source in setup { loaded.setup.append(try await ScenarioFiles.block(source, "setup")) }
      if let teardown { loaded.teardown = try await ScenarioFiles.block(teardown, "teardown") }
      if let reset { loaded.reset = try await ScenarioFiles.block(reset, "reset") }
    } else {
      guard !client.isEmpty else {
        throw MuddledError(.usage, "name a scenario file, or give --client FILE for each client")
      }
      loaded = try await ScenarioFiles(
        clients: client, setup: setup, reset: reset, checks: [], teardown: teardown
      ).load()
    }
    for source in check {
      let isQuery = source.contains(" ") && !source.hasPrefix("sql:")
      let block = try await ScenarioFiles.block(isQuery ? "sql:" + source : source, "check")
      loaded.checks += block.statements.map(\.text)
    }
    loaded.assertions += assertions
    try loaded.validate()
    return loaded
  }
}
