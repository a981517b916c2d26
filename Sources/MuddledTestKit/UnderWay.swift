import Synchronization
import Testing

/// Something that was begun and may never end: a check can look at it without waiting for it.
final class UnderWay<Value: Sendable>: Sendable {
  private final class Outcome: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }

  private let outcome: Outcome

  /// Begins it.
  init(_ body: @escaping @Sendable @concurrent () async throws -> Value) {
    let outcome = Outcome()
    self.outcome = outcome
    Task {
      let result: Result<Value, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      outcome.result.withLock { $0 = result }
    }
  }

  /// Whether it has ended.
  var hasEnded: Bool { outcome.result.withLock { $0 != nil } }

  /// Its value or error; fails the test if it does not end in time.
  func end(
    within limit: Duration, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while !hasEnded, .now < deadline { try await Task.sleep(for: .milliseconds(1)) }
    let result = outcome.result.withLock { $0 }
    return try #require(result, "it did not end in time", sourceLocation: sourceLocation).get()
  }
}
