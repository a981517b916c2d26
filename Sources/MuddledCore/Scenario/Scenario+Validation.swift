extension Scenario {
  /// The most sessions that a scenario takes: an order names one in a byte.
  public static let sessionLimit = OrderSpace.clientLimit

  /// Checks whether the scenario can be run.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unusableInput`` for no session or more
  ///   than ``sessionLimit``, a session without steps, two sessions or two steps of one name, a
  ///   block that cannot be split into statements, an empty permutation, one that names a step that
  ///   is not there, or a marker on a step that is not in its permutation, or belongs to the
  ///   session that is marked.
  public func validate() throws {
    try validateGrammar()
    guard sessions.count <= Self.sessionLimit else {
      throw unusable("has \(sessions.count) sessions: give it at most \(Self.sessionLimit).")
    }
    var names: Set<String> = []
    for session in sessions where !names.insert(session.name).inserted {
      throw unusable("has two sessions named \"\(session.name)\": rename one.")
    }
    for block in blocks { if let problem = block.problem { throw problem } }
  }

  /// Checks what PostgreSQL's isolation tester checks, no more.
  func validateGrammar() throws {
    guard !sessions.isEmpty else {
      throw unusable("has no session: give it at least one with a step.")
    }
    for session in sessions {
      guard !session.steps.isEmpty else {
        throw unusable(
          "has a session without steps, \"\(session.name)\": give it one or remove it.")
      }
    }
    try validateSteps()
    for (index, permutation) in permutations.enumerated() {
      try validate(permutation, "permutation \(index + 1)")
    }
  }

  private func validateSteps() throws {
    var owners: [String: String] = [:]
    for session in sessions {
      for step in session.steps {
        if let owner = owners.updateValue(session.name, forKey: step.name) {
          let place =
            owner == session.name
            ? "in session \"\(owner)\"" : "in sessions \"\(owner)\" and \"\(session.name)\""
          throw unusable("has two steps named \"\(step.name)\", \(place): rename one.")
        }
      }
    }
  }

  /// What PostgreSQL's isolation tester refuses about one permutation.
  private func validate(_ permutation: Permutation, _ title: String) throws {
    guard !permutation.steps.isEmpty else { throw unusable("has no step in its \(title).") }
    let present = Set(permutation.steps.map(\.step))
    for place in permutation.steps.map(\.step) {
      guard contains(place) else {
        throw unusable(
          "has a \(title) with step \(place.step + 1) of session \(place.session + 1), "
            + "which is not there.")
      }
    }
    for step in permutation.steps {
      for other in step.markers.compactMap(\.step) {
        let marked = self[step.step].name
        guard present.contains(other) else {
          let name = contains(other) ? "\"\(self[other].name)\"" : "a step that is not there"
          throw unusable(
            "has a \(title) that marks step \"\(marked)\" with \(name): "
              + "name a step of the same permutation.")
        }
        guard other.session != step.step.session else {
          throw unusable(
            "has a \(title) that marks step \"\(marked)\" with \"\(self[other].name)\", "
              + "a step of its own session: name one of another session.")
        }
      }
    }
  }

  private func contains(_ place: StepReference) -> Bool {
    sessions.indices.contains(place.session)
      && sessions[place.session].steps.indices.contains(place.step)
  }

  /// Every block of the scenario, in the sequence of a scenario file.
  private var blocks: [SQLBlock] {
    let outer = setup + [reset, teardown].compactMap(\.self)
    return outer
      + sessions.flatMap { session in
        [session.setup].compactMap(\.self) + session.steps.map(\.block)
          + [session.teardown].compactMap(\.self)
      }
  }

  private func unusable(_ words: String) -> MuddledError {
    MuddledError(.unusableInput, "The scenario \(name) \(words)")
  }
}

extension Marker {
  /// The other step that the marker names.
  var step: StepReference? {
    switch self {
    case .always: nil
    case .step(let place), .notices(let place, _): place
    }
  }
}
