import Testing

/// What the nodes of a batch sent to the server, seen in its general log.
struct BatchLogCheck {
  /// The clients of the statements, in the server's sequence.
  let clients: [String]
  /// The statements in the same sequence.
  let statements: [String]

  /// Finds each node's session: the only connection of its account that any of its statements came on.
  ///
  /// - Parameters:
  ///   - log: the server's log.
  ///   - scripts: each node's statements.
  init(
    _ log: GeneralLog, scripts: [[String]], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var clientOfConnection: [UInt64: String] = [:]
    for (index, script) in scripts.enumerated() {
      let connections = log.connections(of: "node\(index + 1)")
      let used = connections.filter { connection in
        log.queries(on: [connection]).contains { script.contains($0.argument) }
      }
      try #require(
        used.count == 1, "node \(index + 1) ran its steps on connections \(used)",
        sourceLocation: sourceLocation)
      clientOfConnection[used[0]] = "\(index + 1)"
    }
    let everyScript = Set(scripts.flatMap(\.self))
    let strays = log.entries.filter { entry in
      clientOfConnection[entry.connection] == nil
        && (everyScript.contains(entry.argument) && entry.command != "Connect")
    }
    #expect(strays == [], "a step ran on another connection", sourceLocation: sourceLocation)
    let queries = log.queries(on: Array(clientOfConnection.keys))
    clients = queries.map { clientOfConnection[$0.connection]! }
    statements = queries.map(\.argument)
  }

  /// Checks that the statements are every order of the scripts, one after the other, by ascending rank.
  func expectEveryOrder(of scripts: [[String]], sourceLocation: SourceLocation = #_sourceLocation) {
    let orders = allMerges(scripts.map(\.count))
    let length = scripts.map(\.count).reduce(0, +)
    #expect(statements.count == orders.count * length, sourceLocation: sourceLocation)
    let blocks = clients.inBlocks(of: length).map(Array.init)
    #expect(Set(blocks).count == orders.count, sourceLocation: sourceLocation)
    #expect(blocks == orders, sourceLocation: sourceLocation)
    for (rank, (slots, sent)) in zip(blocks, statements.inBlocks(of: length)).enumerated() {
      let each = scripts.indices.map { index in
        zip(slots, sent).filter { $0.0 == "\(index + 1)" }.map(\.1)
      }
      #expect(each == scripts, "order \(rank)", sourceLocation: sourceLocation)
    }
  }
}
