#if NATS
  import MuddledCore
  import MuddledSandbox
  import MuddledTestKit
  import Testing

  @Suite("A queue of NATS makes a coordinator", .timeLimit(.minutes(20)), .nats())
  struct NATSCoordinatorConformanceTests {
    @Test("It does what every coordinator does", arguments: CoordinatorConformance.checks)
    func conformance(check: CoordinatorConformance.Check) async throws {
      let sandbox = try Sandbox.ofTest
      try await check.run(CoordinatorConformance { try sandbox.node($0) })
    }

    @Test("Nodes that come at the same moment make one stream")
    func sameMoment() async throws {
      let sandbox = try Sandbox.ofTest
      for round in 0..<20 {
        let nodes = try (0..<8).map { _ in try sandbox.node("round \(round)") }
        let won = try await withThrowingTaskGroup(of: Bool.self) { group in
          for node in nodes {
            group.addTask { try await node.append([1], at: 0) == .appended }
          }
          return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
        for node in nodes { await node.close() }
      }
    }
  }
#endif
