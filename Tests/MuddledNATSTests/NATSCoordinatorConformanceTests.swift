#if NATS
  import MuddledSandbox
  import MuddledTestKit
  import Testing

  @Suite("A queue of NATS makes a coordinator", .timeLimit(.minutes(10)), .nats())
  struct NATSCoordinatorConformanceTests {
    @Test("It does what every coordinator does", arguments: CoordinatorConformance.checks)
    func conformance(check: CoordinatorConformance.Check) async throws {
      let sandbox = try Sandbox.ofTest
      try await check.run(CoordinatorConformance { try sandbox.node($0) })
    }
  }
#endif
