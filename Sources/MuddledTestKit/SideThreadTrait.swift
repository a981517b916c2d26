import MuddledCore
package import Testing

/// Runs a test, or the tests of a suite, on one thread beside the shared pool.
///
/// For tests that compute for seconds: the pool has a thread for each core and no more, and tests that
/// wait for a server or look at the time must not stand in line behind them. All such tests share the
/// thread, so that they take no more than their part of the cores either.
package struct SideThreadTrait: SuiteTrait, TestTrait, TestScoping {
  /// Lives as long as the process, like the pool.
  private static let thread = EventLoop()

  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(Self.thread) { try await function() }
  }
}

extension Trait where Self == SideThreadTrait {
  /// Keeps tests that compute for seconds off the threads of all others.
  package static var sideThread: Self { Self() }
}
