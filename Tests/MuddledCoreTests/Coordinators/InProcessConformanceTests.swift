import MuddledCore
import MuddledTestKit
import Testing

@Suite("InProcessCoordinator is a coordinator", .timeLimit(.minutes(20)))
struct InProcessConformanceTests {
  private let store = InProcessStore()

  @Test("It does what every coordinator does", arguments: CoordinatorConformance.checks)
  func conformance(check: CoordinatorConformance.Check) async throws {
    try await check.run(CoordinatorConformance { [store] in try store.coordinator(batch: $0) })
  }
}
