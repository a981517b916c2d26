extension Scenario {
  /// Makes a scenario from its parts.
  ///
  /// ```swift
  /// let transfer = Scenario("transfer") {
  ///   Setup("CREATE TABLE account (id INT PRIMARY KEY, balance INT)", "INSERT INTO account VALUES (1, 100)")
  ///   Client("alice") { "BEGIN"; "UPDATE account SET balance = 60 WHERE id = 1"; "COMMIT" }
  ///   Client("bob") { Step("read", "SELECT balance FROM account WHERE id = 1") }
  ///   Check("SELECT * FROM account")
  /// }
  /// ```
  ///
  /// A scenario that cannot be run is a bug in the code that holds it, and traps with a sentence that says what is
  /// wrong: no client, one without steps or without a name, two of one name, a step without a statement, a quote
  /// that is never closed. For SQL that comes from elsewhere there are
  /// ``init(name:setup:teardown:sessions:permutations:reset:checks:assertions:)`` and ``validate()``, which throws.
  ///
  /// - Parameters:
  ///   - name: what reports call the scenario.
  ///   - file: the file that the message of a trap names.
  ///   - line: the line that it names.
  ///   - parts: ``Setup``, ``Client``, ``Check`` and so on; `if` and `for` work as usual.
  public init(
    _ name: String, file: StaticString = #file, line: UInt = #line,
    @ScenarioBuilder parts: () -> [any ScenarioPart]
  ) {
    self.init(name: name, sessions: [])
    for part in parts() { part.add(to: &self) }
    nameSteps()
    // In an optimised build too, which leaves out the message of a precondition.
    if let problem { fatalError(problem, file: file, line: line) }
  }

  /// Gives each step without a name the one of its session and its place from 1.
  mutating func nameSteps() {
    let separator = sessions.contains { $0.name.last?.isNumber == true } ? "_" : ""
    for client in sessions.indices {
      for index in sessions[client].steps.indices
      where sessions[client].steps[index].name.isEmpty {
        sessions[client].steps[index].name = sessions[client].name + separator + "\(index + 1)"
      }
    }
  }

  /// Why a scenario in code cannot be run.
  private var problem: String? {
    if sessions.isEmpty {
      return "The scenario \(name) has no client: give it at least one, as Client(\"alice\") { … }."
    }
    for session in sessions {
      if session.name.isEmpty {
        return "The scenario \(name) has a client without a name: give it one."
      }
      for step in session.steps where step.block.problem == nil && step.block.statements.isEmpty {
        return "The scenario \(name) has an empty step, \(step.name.quoted) of client "
          + "\(session.name.quoted): write a statement into it or remove it."
      }
    }
    for query in checks + assertions where SQLBlock(query).statements.count != 1 {
      return "The scenario \(name) has a check or an assertion that is not one query, "
        + "\(query.quoted): write one query into each text."
    }
    do { try validate() } catch { return "\(error)" }
    return nil
  }
}
