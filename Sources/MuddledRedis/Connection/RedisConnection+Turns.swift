/// The queue of those who want to use a connection.
struct Turn {
  var isTaken = false
  var waiting: [CheckedContinuation<Void, Never>] = []
}

extension RedisConnection {
  /// Runs `body` alone on the open connection, again and again while the connection breaks.
  ///
  /// - Parameter body: gets the connection, and whether it was begun before and broke; then what it
  ///   did to the server is unknown.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` when the server is away
  ///   for longer than ``RedisOptions/reconnectTimeout``, and what `body` throws.
  package func perform<Result: Sendable>(
    _ body:
      @Sendable (_ connection: isolated RedisConnection, _ isRepeated: Bool) async throws
      -> Result
  ) async throws -> Result {
    await takeTurn()
    defer { passTurn() }
    var isRepeated = false
    while true {
      do {
        try await open()
        defer { isRepeated = true }
        return try await body(self, isRepeated)
      } catch let broken as ConnectionBroken {
        try await pause(after: broken)
      }
    }
  }

  /// Ends the connection once those before have had their turn.
  package func closeInTurn() async {
    await takeTurn()
    close()
    passTurn()
  }

  private func takeTurn() async {
    guard turn.isTaken else {
      turn.isTaken = true
      return
    }
    await withCheckedContinuation { turn.waiting.append($0) }
  }

  private func passTurn() {
    if turn.waiting.isEmpty {
      turn.isTaken = false
    } else {
      turn.waiting.removeFirst().resume()
    }
  }
}
