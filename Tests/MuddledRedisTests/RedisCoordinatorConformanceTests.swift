import MuddledRedis
import MuddledSandbox
import MuddledTestKit
import Testing

@Suite("RedisCoordinator is a coordinator", .timeLimit(.minutes(20)), .redis())
struct RedisCoordinatorConformanceTests {
  @Test("It does what every coordinator does", arguments: CoordinatorConformance.checks)
  func conformance(check: CoordinatorConformance.Check) async throws {
    let url = try Sandbox.ofTest.socketURL
    try await check.run(CoordinatorConformance { try RedisCoordinator(url: url, batch: $0) })
  }

  @Test("Over TCP, records of any size come back, and nodes hand over to each other")
  func tcp() async throws {
    let url = try Sandbox.ofTest.portURL
    let conformance = CoordinatorConformance { try RedisCoordinator(url: url, batch: $0) }
    try await conformance.anyBytes()
    try await conformance.waitersWake()
    let nodes = try (0..<2).map { _ in try RedisCoordinator(url: url, batch: "over TCP") }
    for position in 0..<100 as Range<UInt64> {
      let (ours, theirs) = (nodes[Int(position % 2)], nodes[Int(1 - position % 2)])
      async let wait = theirs.records(from: position, waitingAtMost: .seconds(10))
      #expect(try await ours.append([1], at: position) == .appended)
      #expect(try await wait.count == 1)
    }
    for node in nodes { await node.close() }
  }
}
