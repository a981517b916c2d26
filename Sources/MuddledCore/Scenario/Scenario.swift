/// What one process explores: how the database is brought into its first state, clients with their
/// steps, and what is looked at in the end.
///
/// It is a plain value that can be put together in code, read from a scenario file
/// (``reading(_:)``), or made of plain SQL files (``ScenarioFiles``). ``validate()`` says whether it
/// can be run.
public struct Scenario: Hashable, Sendable {
  /// What reports and messages call the scenario, such as its file's name without the extension.
  public var name: String
  /// What makes the first state of the database, each block on its own, outside every client.
  public var setup: [SQLBlock]
  /// What removes again what ``setup`` made.
  public var teardown: SQLBlock?
  /// The clients.
  public var sessions: [ScenarioSession]
  /// The orders that the scenario itself asks for; with none, it asks for all.
  public var permutations: [Permutation]
  /// What brings the database from any order's final state back into its first, for less than
  /// ``teardown`` and ``setup`` cost. PostgreSQL's grammar does not have it.
  public var reset: SQLBlock?
  /// The queries that look at the final state of each order. PostgreSQL's grammar does not have them.
  public var checks: [String]
  /// The queries that must give no rows, or a true value, at the end of each order. PostgreSQL's
  /// grammar does not have them.
  public var assertions: [String]

  /// Makes a scenario; nothing is checked before ``validate()``.
  public init(
    name: String, setup: [SQLBlock] = [], teardown: SQLBlock? = nil, sessions: [ScenarioSession],
    permutations: [Permutation] = [], reset: SQLBlock? = nil, checks: [String] = [],
    assertions: [String] = []
  ) {
    self.name = name
    self.setup = setup
    self.teardown = teardown
    self.sessions = sessions
    self.permutations = permutations
    self.reset = reset
    self.checks = checks
    self.assertions = assertions
  }

  /// The step at a place; a place that is not in the scenario is the caller's bug and traps.
  public subscript(place: StepReference) -> ScenarioStep {
    sessions[place.session].steps[place.step]
  }

  /// The names of the sessions; their indices stand in every order.
  public var clients: [String] { sessions.map(\.name) }

  /// All orders of the sessions' steps.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if there are more sessions or
  ///   orders than can be numbered.
  public func orderSpace() throws -> OrderSpace {
    try OrderSpace(stepCounts: sessions.map(\.steps.count))
  }

  /// Where the steps with these names are, one name for every step of the scenario.
  ///
  /// Of several steps with one name, which ``validate()`` refuses, the first counts.
  public var stepPlaces: [String: StepReference] {
    var places: [String: StepReference] = [:]
    for (client, session) in sessions.enumerated() {
      for (index, step) in session.steps.enumerated() where places[step.name] == nil {
        places[step.name] = StepReference(session: client, step: index)
      }
    }
    return places
  }

  /// Tells apart scenarios of which an order with the same rank may do different things.
  ///
  /// It covers the first state (``setup``, or ``reset`` where there is no setup), ``teardown``, and
  /// the sessions with their names, blocks and steps. It covers neither ``name``, so that a file can
  /// be moved, nor what only looks on or chooses (``checks``, ``assertions``, ``permutations``), nor
  /// a ``reset`` beside a ``setup``, which makes the same state for less.
  public var digest: Digest {
    var digest = Digest()
    digest.update(setup.isEmpty ? [reset] : setup)
    digest.update([teardown])
    digest.update(UInt64(sessions.count))
    for session in sessions {
      digest.update(session.name)
      digest.update([session.setup, session.teardown])
      digest.update(UInt64(session.steps.count))
      for step in session.steps {
        digest.update(step.name)
        digest.update(step.block.text)
      }
    }
    return digest
  }
}

extension Digest {
  /// Adds the texts of blocks, with their number, and a mark where there is none.
  fileprivate mutating func update(_ blocks: [SQLBlock?]) {
    update(UInt64(blocks.count))
    for block in blocks {
      update(block == nil ? 0 : 1)
      if let block { update(block.text) }
    }
  }
}
