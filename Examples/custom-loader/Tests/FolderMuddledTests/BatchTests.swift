import FolderMuddled
import Logging
import MuddledCore
import MuddledMariaDB
import MuddledSandbox
import Testing

@Suite("A batch whose nodes load from folders and meet in one", .timeLimit(.minutes(5)))
struct BatchTests {
  @Test("Two nodes run every order on a real server")
  func batch() async throws {
    let clients = ["1": ["BEGIN", "SELECT 1", "COMMIT"], "2": ["SELECT 2", "SELECT 3;"]]
    try await Sandbox.withServers { sandbox in
      let dsn = try MariaDBDSN(sandbox.mariaDBDSN())
      try await withTemporaryFolder { folder in
        let summaries = try await withThrowingTaskGroup(of: BatchSummary.self) { group in
          for (node, statements) in clients {
            let loader = FolderLoader(path: try writeFolder(of: statements, in: folder))
            group.addTask {
              try await BatchRunner(
                BatchConfiguration(
                  node: node, partners: clients.keys.filter { $0 != node }, batch: "folders",
                  steps: try await loader.load()),
                database: MariaDBDatabase(dsn),
                coordinator: try FolderCoordinator(path: folder + "/meeting", batch: "folders"),
                reporters: [], logger: Logger(label: "test")
              ).run()
            }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(summaries.count == 2)
        for summary in summaries {
          #expect(summary.isComplete && summary.orders == 10 && summary.statements == 50)
        }
      }
    }
  }
}
