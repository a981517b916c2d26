import Foundation

/// Makes a folder, and removes it with all it holds.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
  let path = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: path) }
  try await body(path)
}

/// Writes each statement into a file of a new folder, and returns its path.
func writeFolder(of statements: [String], in parent: String) throws -> String {
  let path = parent + "/" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  for (index, statement) in statements.enumerated() {
    // Names are sorted as texts.
    let name = String("0000\(index)".suffix(5)) + ".sql"
    try Data(statement.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }
  return path
}
