import Foundation
import MuddledCore
import MuddledSandbox

extension BatchStage {
  /// What batches have left in the store: the names of rows, keys, streams or files; tables may stay.
  func leftovers(of kind: StoreKind) async throws -> [String] {
    switch kind {
    case .db:
      var found: [String] = []
      for table in ["muddled_batch", "muddled_lease", "muddled_log"] {
        let isThere = try await sandbox.query("SHOW TABLES FROM meeting LIKE '\(table)'")
        guard !isThere.isEmpty else { continue }
        let rows = try await sandbox.query("SELECT HEX(batch) FROM meeting.\(table)")
        found += rows.split(separator: "\n").map { "\(table): \($0)" }
      }
      return found
    case .redis:
      let keys = try await ProgramRun("redis-cli", ["-s", sandbox.redisSocket, "KEYS", "*"])
      return keys.output.split(separator: "\n").map(String.init)
    case .queue:
      // Where the server keeps its streams of files.
      let streams = sandbox.folder + "/nats/jetstream/$G/streams"
      return (try? FileManager.default.contentsOfDirectory(atPath: streams)) ?? []
    case .sharedMemory: return sharedFiles
    }
  }
}
