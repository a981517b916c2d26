import MuddledSandbox
public import Testing

/// Starts one private server for a suite, and gives each of its tests a database of its own; see ``Testing/Trait/ownDatabase``.
public struct TestDatabaseTrait: SuiteTrait, TestTrait, TestScoping {
  /// Whether tests in suites of the suite have it too: yes.
  public var isRecursive: Bool { true }

  /// Gives a scope to the suite, for the server, and to each test case, for its database.
  public func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
    test.isSuite || testCase != nil ? self : nil
  }

  /// Runs a suite beside a server, or a test case with its database.
  public func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    if let sandbox = Sandbox.current {
      if test.isSuite { return try await function() }
      try await run(function, on: sandbox)
    } else {
      // A test must not wait for its turn: that would count against its time limit.
      let serve = SandboxTrait(options: TestDatabase.server)
      try await serve.provideScope(for: test, testCase: testCase) {
        if test.isSuite { return try await function() }
        guard let sandbox = Sandbox.current else { return }
        try await run(function, on: sandbox)
      }
    }
  }

  private func run(
    _ function: @concurrent @Sendable () async throws -> Void, on sandbox: Sandbox
  ) async throws {
    let database = try await TestDatabase.make(on: sandbox)
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(
        try await TestDatabase.$ofTask.withValue(database) { try await function() })
    } catch { outcome = .failure(error) }
    // What the test has to say goes before a server that went away.
    if case .failure = outcome {
      try? await database.remove()
    } else {
      try await database.remove()
    }
    try outcome.get()
  }
}

extension Trait where Self == TestDatabaseTrait {
  /// Starts one private MariaDB for a suite, and gives each of its tests an empty database of its own.
  ///
  /// ```swift
  /// @Suite(.ownDatabase) struct TransferTests {
  ///   @Test func noMoneyIsLost() async throws {
  ///     try await expectInvariant(of: transfer, on: .mariaDB(TestDatabase.current.dsn))
  ///   }
  /// }
  /// ```
  ///
  /// ``TestDatabase/current`` is the database of the test that runs; each case of a test with arguments has one. Two suites
  /// at a time have a server, the others wait. On a single test the trait starts a server for it alone. `mariadbd` must be
  /// installed.
  public static var ownDatabase: Self { Self() }
}
