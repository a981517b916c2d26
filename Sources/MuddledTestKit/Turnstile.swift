package import Testing

/// Lets a few suites with servers run at a time, so that they do not starve each other.
///
/// All of a package's tests start at once in one process; without this, thirty servers and their clients
/// would share the cores, and nothing could be said about how long anything takes.
package actor Turnstile {
  /// What the tests of all targets share: most of the time a suite waits for its servers.
  package static let servers = Turnstile(places: 2)

  private var places: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  private init(places: Int) { self.places = places }

  /// Waits for a place, and keeps it while `body` runs, which must not ask for another.
  package nonisolated func pass(
    _ body: @concurrent @Sendable () async throws -> Void
  ) async throws {
    await enter()
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
    await leave()
    try outcome.get()
  }

  private func enter() async {
    guard places == 0 else {
      places -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Gives the place to whoever has waited longest.
  private func leave() {
    if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
  }
}

/// Lets a suite begin when the ``Turnstile`` has a place for it.
package struct TurnstileTrait: SuiteTrait, TestScoping {
  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await Turnstile.servers.pass(function)
  }
}

extension Trait where Self == TurnstileTrait {
  /// For suites that start servers of their own: few of them run at a time.
  package static var inTurn: Self { Self() }
}
