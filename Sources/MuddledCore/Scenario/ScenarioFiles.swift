/// A scenario in plain SQL files, one for each client, and SQL for what is around them.
///
/// Every value but a client's is the path of a file or, behind a leading `sql:`, SQL itself.
public struct ScenarioFiles: Sendable {
  /// The clients' files, each statement of which is a step.
  public var clients: [String]
  /// What makes the first state of the database.
  public var setup: [String]
  /// What brings the database back into its first state.
  public var reset: String?
  /// The queries that look at the final state; of each, every statement is one.
  public var checks: [String]
  /// What removes again what ``setup`` made.
  public var teardown: String?

  /// Names the files; none is looked at before ``load()``.
  public init(
    clients: [String], setup: [String] = [], reset: String? = nil, checks: [String] = [],
    teardown: String? = nil
  ) {
    self.clients = clients
    self.setup = setup
    self.reset = reset
    self.checks = checks
    self.teardown = teardown
  }

  /// Reads all files.
  ///
  /// A session has the name of its file without folders and extension, and `-2` and so on for the
  /// second of one name; its steps have that name and their place from 1, such as `a1` and `a2` for
  /// `a.sql`, with `_` between if a session's name ends in a digit. What a name in an order
  /// cannot have (white space, commas, quotes, parentheses) becomes `_`.
  ///
  /// - Returns: the scenario, named after its clients; ``Scenario/validate()`` was not asked yet.
  /// - Throws: as ``SQLScript/reading(_:as:)`` does, and ``MuddledError`` with code
  ///   ``MuddledError/Code/usage`` if there is no client.
  public func load() async throws -> Scenario {
    guard !clients.isEmpty else {
      throw MuddledError(.usage, "There is no client: give at least one file with --client.")
    }
    let names = sessionNames
    var sessions: [ScenarioSession] = []
    for (name, path) in zip(names, clients) {
      let statements = try await SQLScript.reading(path, as: "client file").statements
      let steps = statements.map { statement in
        ScenarioStep(name: "", block: SQLBlock(statement.text, statements: [statement]))
      }
      sessions.append(ScenarioSession(name: name, steps: steps))
    }
    var scenario = Scenario(name: names.joined(separator: "+"), sessions: sessions)
    scenario.nameSteps()
    for source in setup { scenario.setup.append(try await Self.block(source, "setup")) }
    if let reset { scenario.reset = try await Self.block(reset, "reset") }
    if let teardown { scenario.teardown = try await Self.block(teardown, "teardown") }
    for source in checks {
      scenario.checks += try await Self.block(source, "check").statements.map(\.text)
    }
    return scenario
  }

  /// Reads a file, or takes the SQL behind a leading `sql:`.
  ///
  /// - Parameters:
  ///   - source: the path of a file, or `sql:` and SQL.
  ///   - role: what messages call it, such as `reset`.
  /// - Throws: as ``SQLScript/reading(_:as:)`` does; also ``MuddledError`` with code
  ///   ``MuddledError/Code/unusableInput`` if the SQL holds no statement or cannot be split.
  public static func block(_ source: String, _ role: String) async throws -> SQLBlock {
    guard source.hasPrefix("sql:") else {
      let statements = try await SQLScript.reading(source, as: "\(role) file").statements
      return SQLBlock(statements.map(\.text).joined(separator: ";\n"), statements: statements)
    }
    let block = SQLBlock(String(source.dropFirst("sql:".count)), name: "the \(role) SQL")
    if let problem = block.problem { throw problem }
    guard !block.statements.isEmpty else {
      throw MuddledError(
        .unusableInput, "The \(role) \"\(source)\" holds no statement: write one behind `sql:`.")
    }
    return block
  }

  private var sessionNames: [String] {
    var taken: Set<String> = []
    return clients.map { path in
      let stem = String(FileStem(path).text.map { Self.isPlain($0) ? $0 : "_" })
      var (name, count) = (stem, 1)
      while !taken.insert(name).inserted {
        count += 1
        name = "\(stem)-\(count)"
      }
      return name
    }
  }

  private static func isPlain(_ character: Character) -> Bool {
    !character.isWhitespace && !",\"'`(){}#".contains(character)
  }
}
