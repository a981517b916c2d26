/// What makes the first state of the database, or what a client's session runs before its first step.
///
/// Each text is one statement, or several with `;` between them. In a scenario each text is a block of its own.
///
/// A scenario with neither a ``Reset`` nor a ``Teardown`` starts each order from an empty database, if the
/// explorer made that itself; give a ``Reset`` to be faster.
public struct Setup: ScenarioPart, ClientPart {
  private let statements: [String]

  /// Makes a setup.
  public init(_ statements: String...) { self.statements = statements }

  /// Adds a block for each text.
  public func add(to scenario: inout Scenario) {
    scenario.setup += statements.map { SQLBlock($0, name: "the setup") }
  }

  /// Adds to what the session runs first.
  public func add(to session: inout ScenarioSession) {
    session.setup = SQLBlock(
      session.setup, then: statements, name: "the setup of client \(session.name)")
  }
}

/// What removes again what a ``Setup`` made, or what a client's session runs after its last step.
public struct Teardown: ScenarioPart, ClientPart {
  private let statements: [String]

  /// Makes a teardown of one statement or more.
  public init(_ statements: String...) { self.statements = statements }

  /// Adds to the scenario's teardown.
  public func add(to scenario: inout Scenario) {
    scenario.teardown = SQLBlock(scenario.teardown, then: statements, name: "the teardown")
  }

  /// Adds to what the session runs last.
  public func add(to session: inout ScenarioSession) {
    session.teardown = SQLBlock(
      session.teardown, then: statements, name: "the teardown of client \(session.name)")
  }
}

/// What brings the first state back before each order, for less than teardown and setup cost.
public struct Reset: ScenarioPart {
  private let statements: [String]

  /// Makes a reset of one statement or more.
  public init(_ statements: String...) { self.statements = statements }

  /// Adds to the scenario's reset.
  public func add(to scenario: inout Scenario) {
    scenario.reset = SQLBlock(scenario.reset, then: statements, name: "the reset")
  }
}

/// Queries that look at the final state of each order; without any, every small table is read.
public struct Check: ScenarioPart {
  private let queries: [String]

  /// Makes a check of one query or more.
  public init(_ queries: String...) { self.queries = queries }

  /// Adds the queries to the scenario's checks.
  public func add(to scenario: inout Scenario) { scenario.checks += queries }
}

/// Queries that must give no rows, or one true value, at the end of each order.
public struct Assert: ScenarioPart {
  private let queries: [String]

  /// Makes an assertion of one query or more.
  public init(_ queries: String...) { self.queries = queries }

  /// Adds the queries to the scenario's assertions.
  public func add(to scenario: inout Scenario) { scenario.assertions += queries }
}

extension SQLBlock {
  /// A block of what another one has, and further statements.
  fileprivate init(_ first: SQLBlock?, then statements: [String], name: String) {
    // On a line of its own the delimiter cannot fall into a comment.
    let texts = [first?.text].compactMap(\.self) + statements
    self.init(texts.joined(separator: "\n;\n"), name: name)
  }
}
