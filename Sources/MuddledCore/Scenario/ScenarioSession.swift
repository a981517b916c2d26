/// One client of a scenario.
public struct ScenarioSession: Hashable, Sendable {
  /// The session's name, which is the client's id.
  public var name: String
  /// What the session runs before the first step of each order.
  public var setup: SQLBlock?
  /// The steps in the client's own sequence.
  public var steps: [ScenarioStep]
  /// What the session runs after the last step of each order.
  public var teardown: SQLBlock?

  /// Makes a session; nothing is checked before ``Scenario/validate()``.
  public init(
    name: String, setup: SQLBlock? = nil, steps: [ScenarioStep], teardown: SQLBlock? = nil
  ) {
    self.name = name
    self.setup = setup
    self.steps = steps
    self.teardown = teardown
  }
}

/// One step of a session: what is dispatched at once, and waited for as one.
public struct ScenarioStep: Hashable, Sendable {
  /// The step's name, which no other step of the scenario has.
  public var name: String
  /// What the step runs: usually one statement, but there may be several, or none.
  public var block: SQLBlock

  /// Makes a step.
  public init(name: String, block: SQLBlock) {
    self.name = name
    self.block = block
  }
}

/// Where a step stands in its scenario.
public struct StepReference: Hashable, Sendable {
  /// The index of the session, from 0.
  public var session: Int
  /// The index of the step in its session, from 0.
  public var step: Int

  /// Makes a reference.
  public init(session: Int, step: Int) {
    self.session = session
    self.step = step
  }
}
