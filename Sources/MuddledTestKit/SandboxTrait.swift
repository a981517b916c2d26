package import MuddledSandbox
package import Testing

/// Gives a test or a suite a sandbox of its own, which ends with it.
///
/// A suite's tests share the suite's sandbox, and the suite waits for its place in the ``Turnstile``;
/// a suite whose tests each have one takes its place by ``Testing/Trait/inTurn``.
package struct SandboxTrait: SuiteTrait, TestTrait, TestScoping {
  let options: Sandbox.Options

  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    // A test must not wait for its turn: that would count against its time limit.
    if test.isSuite {
      try await Turnstile.servers.pass { try await run(function) }
    } else {
      try await run(function)
    }
  }

  private func run(_ function: @concurrent @Sendable () async throws -> Void) async throws {
    try await Sandbox.withServers(options) { sandbox in
      try await Sandbox.$current.withValue(sandbox) { try await function() }
    }
  }
}

extension Trait where Self == SandboxTrait {
  /// Starts servers before the test, or before the suite's first one, and stops them afterwards.
  ///
  /// - Parameter options: what the sandbox consists of.
  package static func sandbox(_ options: Sandbox.Options) -> Self { Self(options: options) }
}

extension Sandbox {
  /// The sandbox of the test or suite that runs.
  @TaskLocal static var current: Sandbox?

  /// The sandbox of the test that runs, or else of its suite.
  ///
  /// - Throws: an error if neither has the trait ``Testing/Trait/sandbox(_:)``.
  package static var ofTest: Sandbox {
    get throws { try #require(current, "the test needs the trait .sandbox") }
  }
}
