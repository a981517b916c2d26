/// One client of a scenario in code: `Client("alice") { "BEGIN"; Step("read", "SELECT …"); "COMMIT" }`.
public struct Client: ScenarioPart {
  /// The client's name, which no other client of the scenario has.
  public let name: String
  private let parts: [any ClientPart]

  /// Makes a client.
  ///
  /// A step without a name of its own gets the client's and its place from 1, such as `alice1`, with `_` between
  /// if a client's name ends in a digit.
  ///
  /// - Parameters:
  ///   - name: the client's name.
  ///   - parts: its steps in sequence, and a ``Setup`` and ``Teardown`` of its session.
  public init(_ name: String, @ClientBuilder parts: () -> [any ClientPart]) {
    self.name = name
    self.parts = parts()
  }

  /// Adds the client behind the others.
  public func add(to scenario: inout Scenario) {
    var session = ScenarioSession(name: name, steps: [])
    for part in parts { part.add(to: &session) }
    scenario.sessions.append(session)
  }
}

extension Step: ClientPart {
  /// Adds the step behind the others.
  public func add(to session: inout ScenarioSession) {
    let place = name ?? "\(session.steps.count + 1)"
    let block = SQLBlock(sql, name: "step \(place) of client \(session.name)")
    session.steps.append(ScenarioStep(name: name ?? "", block: block))
  }
}
