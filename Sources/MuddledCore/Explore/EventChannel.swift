import Synchronization

/// Hands events from the run to whoever iterates over them; the run waits while many are not taken.
final class EventChannel: Reporter {
  private struct State {
    var events: [RunEvent] = []
    /// The run, which waits for room.
    var producer: CheckedContinuation<Void, Never>?
    /// Those who wait for an event.
    var consumers: [CheckedContinuation<RunEvent?, Never>] = []
    /// Whether no event will come any more.
    var isFinished = false
    /// Whether nobody takes any more.
    var isLeft = false
  }

  /// How many events wait to be taken before the run does.
  private static let limit = 64

  private let state = Mutex(State())

  /// Takes one event; waits for room.
  func report(_ event: RunEvent) async {
    await withCheckedContinuation { continuation in
      let consumer = state.withLock { state -> CheckedContinuation<RunEvent?, Never>? in
        if state.isLeft {
          continuation.resume()
        } else if !state.consumers.isEmpty {
          continuation.resume()
          return state.consumers.removeFirst()
        } else {
          state.events.append(event)
          if state.events.count < Self.limit {
            continuation.resume()
          } else {
            state.producer = continuation
          }
        }
        return nil
      }
      consumer?.resume(returning: event)
    }
  }

  /// The next event; `nil` at the end.
  func next() async -> RunEvent? {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        if !state.events.isEmpty {
          continuation.resume(returning: state.events.removeFirst())
          state.producer?.resume()
          state.producer = nil
        } else if state.isFinished {
          continuation.resume(returning: nil)
        } else {
          state.consumers.append(continuation)
        }
      }
    }
  }

  /// Ends the events, once all were taken.
  func finish() {
    state.withLock { state in
      state.isFinished = true
      for consumer in state.consumers { consumer.resume(returning: nil) }
      state.consumers = []
    }
  }

  /// Takes no more events, so that the run waits for nobody.
  ///
  /// - Returns: whether there may have been more.
  func leave() -> Bool {
    state.withLock { state in
      defer { (state.isLeft, state.events) = (true, []) }
      state.producer?.resume()
      state.producer = nil
      return !state.isFinished || !state.events.isEmpty
    }
  }
}
