extension Scenario {
  /// The order that a user wrote, such as `a1 b1 a2 b2`, `1,2,1,2` or `alice bob alice bob`.
  ///
  /// Words are separated by white space or commas. If every word is the name of a step, they are
  /// steps; otherwise each names the client of a slot, by its session's name or its place from 1.
  /// A session's name goes before a place.
  ///
  /// - Returns: an order of all steps, each client's in their sequence. What leaves out or repeats
  ///   steps is for the permutations of a scenario file.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the text is no such order,
  ///   or if there are more sessions than a slot can name.
  public func order(from text: String) throws -> Order {
    let words = text.split { $0.isWhitespace || $0 == "," }.map(String.init)
    guard !words.isEmpty else {
      throw MuddledError(.usage, "The order is empty: give the steps, such as \(exampleOrder).")
    }
    _ = try orderSpace()
    let places = stepPlaces
    let clients = clientIndices
    func isClient(_ word: String) -> Bool { clients[word] != nil || client(at: word) != nil }
    let areSteps =
      words.allSatisfy { places[$0] != nil }
      || words.contains { places[$0] != nil } && !words.allSatisfy(isClient)
    return areSteps ? try order(steps: words, places, text) : try order(clients: words, text)
  }

  /// The rank of a permutation, if it is an order: every step once, each session's in their sequence.
  public func rank(of permutation: Permutation) throws -> UInt128? {
    let space = try orderSpace()
    let order = Order(slots: permutation.steps.map { UInt8($0.step.session) })
    guard order.slots.count == space.slotCount, steps(of: order) == permutation.steps.map(\.step)
    else { return nil }
    return try space.rank(of: order)
  }

  /// The step of each slot of an order.
  ///
  /// - Parameter order: an order of this scenario's steps; any other is the caller's bug.
  public func steps(of order: Order) -> [StepReference] {
    Slot.slots(of: order.slots).map { StepReference(session: $0.client, step: $0.step) }
  }

  /// The names of the steps of an order, such as `a1 b1 a2 b2`.
  ///
  /// - Parameter order: an order of this scenario's steps, or it traps.
  public func description(of order: Order) -> String {
    steps(of: order).map { self[$0].name }.joined(separator: " ")
  }

  private var exampleOrder: String {
    "\"" + sessions.flatMap(\.steps).prefix(4).map(\.name).joined(separator: " ") + " …\""
  }

  private var clientIndices: [String: Int] {
    Dictionary(zip(clients, sessions.indices)) { first, _ in first }
  }

  private func client(at word: String) -> Int? {
    guard let place = Int(word), sessions.indices.contains(place - 1) else { return nil }
    return place - 1
  }

  private func order(clients words: [String], _ text: String) throws -> Order {
    let indices = clientIndices
    let slots = try words.map { word in
      guard let index = indices[word] ?? client(at: word) else {
        throw wrong(
          text,
          "\"\(word)\" is neither a step nor a client: name steps, such as \(exampleOrder), "
            + "or the client of each slot from 1 to \(sessions.count)")
      }
      return index
    }
    for (index, session) in sessions.enumerated() {
      let count = slots.count { $0 == index }
      guard count == session.steps.count else {
        throw wrong(
          text,
          "the client \"\(session.name)\" comes \(times(count)), but has "
            + "\(session.steps.count) step\(session.steps.count == 1 ? "" : "s"): "
            + "name it once for each of them")
      }
    }
    return Order(slots: slots.map { UInt8($0) })
  }

  private func order(
    steps words: [String], _ places: [String: StepReference], _ text: String
  ) throws -> Order {
    var next = Array(repeating: 0, count: sessions.count)
    let slots = try words.map { word in
      guard let place = places[word] else {
        throw wrong(text, "no step is named \"\(word)\": the steps are \(stepNames)")
      }
      guard place.step == next[place.session] else {
        let session = sessions[place.session]
        let problem =
          place.step < next[place.session]
          ? "\"\(word)\" comes again or after a later step of \"\(session.name)\""
          : "\"\(word)\" comes before \"\(session.steps[next[place.session]].name)\""
        throw wrong(
          text,
          "\(problem): a client's steps run in their own sequence; "
            + "only a `permutation` line of a scenario file can change it")
      }
      next[place.session] += 1
      return UInt8(place.session)
    }
    for (count, session) in zip(next, sessions) where count < session.steps.count {
      throw wrong(
        text,
        "the step \"\(session.steps[count].name)\" of \"\(session.name)\" is missing: "
          + "an order has every step once; only a `permutation` line of a scenario file can "
          + "leave one out")
    }
    return Order(slots: slots)
  }

  private var stepNames: String {
    let names = sessions.flatMap(\.steps).map(\.name)
    return names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
  }

  private func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  private func wrong(_ text: String, _ problem: String) -> MuddledError {
    MuddledError(.usage, "The order \"\(text)\" cannot be run: \(problem).")
  }
}
