import MuddledSharedMemory
import MuddledTestKit
import Testing

@Suite("SharedMemoryCoordinator is a coordinator", .timeLimit(.minutes(20)))
struct SharedMemoryConformanceTests {
  @Test("It does what every coordinator does", arguments: CoordinatorConformance.checks)
  func conformance(check: CoordinatorConformance.Check) async throws {
    try await Folder.with { folder in
      let options = SharedMemoryOptions(folder: folder.path)
      try await check.run(
        CoordinatorConformance {
          try await SharedMemoryCoordinator(name: "test", batch: $0, options: options)
        })
    }
  }
}
