import FolderMuddled
import MuddledTestKit
import Testing

@Suite("What this package makes does what muddled asks for", .timeLimit(.minutes(5)))
struct ConformanceTests {
  @Test("FolderLoader does what every loader does", arguments: LoaderConformance.checks)
  func loader(check: LoaderConformance.Check) async throws {
    try await withTemporaryFolder { folder in
      try await check.run(
        LoaderConformance(
          make: { FolderLoader(path: try writeFolder(of: $0, in: folder)) },
          absent: { FolderLoader(path: folder + "/none") }))
    }
  }

  @Test(
    "FolderCoordinator does what every coordinator does", arguments: CoordinatorConformance.checks)
  func coordinator(check: CoordinatorConformance.Check) async throws {
    try await withTemporaryFolder { folder in
      try await check.run(
        CoordinatorConformance { batch in try FolderCoordinator(path: folder, batch: batch) })
    }
  }
}
