import Synchronization

/// Lets one task at a time through, in the order in which they came.
///
/// Waiting does not end when a task is cancelled: whoever is inside does something bounded.
final class Gate: Sendable {
  private struct State {
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// Runs `body` while no other task is inside.
  func pass<Success>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Success
  ) async rethrows -> Success {
    let isFree = state.withLock { state in
      defer { state.isTaken = true }
      return !state.isTaken
    }
    if !isFree { await queue() }
    defer { leave() }
    return try await body()
  }

  private func queue(isolation: isolated (any Actor)? = #isolation) async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.isTaken { state.waiting.append(continuation) }
        defer { state.isTaken = true }
        return !state.isTaken
      }
      if isFree { continuation.resume() }
    }
  }

  /// Hands the gate to the next task without opening it in between.
  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if state.waiting.isEmpty {
        state.isTaken = false
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
