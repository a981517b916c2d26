extension Scenario {
  /// The scenario in the grammar of PostgreSQL's isolation tester; read again it is the same, but for
  /// what that grammar has no words for: ``name``, ``reset``, ``checks`` and ``assertions``.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unusableInput`` if the scenario does
  ///   not keep the grammar's rules (see ``validate()``), if a block has a `}` or was split at
  ///   another delimiter than `;`, or if a name has a
  ///   line feed or a NUL: the grammar has no way to write them.
  public var specText: String {
    get throws {
      try validateGrammar()
      var lines: [String] = []
      for block in setup { lines += ["setup \(try written(block))", ""] }
      if let teardown { lines += ["teardown \(try written(teardown))", ""] }
      for session in sessions { lines += try written(session) + [""] }
      for permutation in permutations { lines.append(try written(permutation)) }
      while lines.last == "" { lines.removeLast() }
      return lines.joined(separator: "\n") + "\n"
    }
  }

  private func written(_ session: ScenarioSession) throws -> [String] {
    var lines = ["session \(try written(session.name))"]
    if let setup = session.setup { lines.append("setup \(try written(setup))") }
    for step in session.steps {
      lines.append("step \(try written(step.name)) \(try written(step.block))")
    }
    if let teardown = session.teardown { lines.append("teardown \(try written(teardown))") }
    return lines
  }

  private func written(_ permutation: Permutation) throws -> String {
    let words = try permutation.steps.map { step in
      let name = try written(self[step.step].name)
      guard !step.markers.isEmpty else { return name }
      return name + "(" + (try step.markers.map(written).joined(separator: ", ")) + ")"
    }
    return (["permutation"] + words).joined(separator: " ")
  }

  private func written(_ marker: Marker) throws -> String {
    switch marker {
    case .always: "*"
    case .step(let place): try written(self[place].name)
    case .notices(let place, let count): "\(try written(self[place].name)) notices \(count)"
    }
  }

  private func written(_ block: SQLBlock) throws -> String {
    guard !block.text.utf8.contains(where: { $0 == UInt8(ascii: "}") || $0 == 0 }) else {
      throw MuddledError(
        .unusableInput,
        "The scenario \(name) cannot be written as a scenario file: an SQL block there ends at the "
          + "first }, which one of its blocks has inside.")
    }
    guard SQLBlock(block.text).statements.map(\.text) == block.statements.map(\.text) else {
      throw MuddledError(
        .unusableInput,
        "The scenario \(name) cannot be written as a scenario file: the statements of one of its "
          + "blocks were split at another delimiter than `;`.")
    }
    return "{ \(block.text) }"
  }

  /// A name as it is, or in quotes if it would not be read as a name without them.
  private func written(_ name: String) throws -> String {
    guard !name.utf8.contains(where: { $0 == 0x0a || $0 == 0 }) else {
      throw MuddledError(
        .unusableInput,
        "The scenario \(self.name) cannot be written as a scenario file: "
          + "the name \(name.debugDescription) has a line feed or a NUL.")
    }
    let isBare =
      name.utf8.first?.startsName == true && name.utf8.allSatisfy(\.continuesName)
      && SpecKeyword(rawValue: name) == nil
    return isBare
      ? name
      : "\""
        + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        + "\""
  }
}
