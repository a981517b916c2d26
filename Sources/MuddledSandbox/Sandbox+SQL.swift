import MuddledCore
import Subprocess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension Sandbox {
  /// Runs a file of SQL with the `mariadb` client in ``Options/database``, up to its first error.
  ///
  /// - Parameter file: the file's path.
  /// - Throws: ``MuddledError/Code/missingInput`` if the file cannot be read,
  ///   ``MuddledError/Code/unusableInput`` with the client's words if the server refuses a statement,
  ///   ``MuddledError/Code/unavailable`` if the client is not installed.
  public nonisolated func runSQL(file: String) async throws {
    try Self.checkReadable(file)
    let input = open(file, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw Self.unreadable(file, errno) }
    let refusal = try await runClient(
      [options.database],
      input: .fileDescriptor(.init(rawValue: input), closeAfterSpawningProcess: true))
    if let refusal {
      throw MuddledError(.unusableInput, "The init SQL \(file) failed: \(refusal)")
    }
  }

  /// Makes an empty database beside ``Options/database``, and gives its name: `test_1` and so on.
  ///
  /// - Throws: ``MuddledError/Code/unavailable`` if the server does not answer, or the client is not installed.
  public func makeDatabase() async throws -> String {
    madeDatabases += 1
    let name = "test_\(madeDatabases)"
    try await change("CREATE DATABASE `\(name)`")
    return name
  }

  /// Drops a database that ``makeDatabase()`` made.
  ///
  /// - Throws: ``MuddledError/Code/unavailable`` if it is not there, or the server does not answer.
  public func removeDatabase(_ name: String) async throws {
    try await change("DROP DATABASE `\(name)`")
  }

  private nonisolated func change(_ statement: String) async throws {
    if let refusal = try await runClient(["--execute=" + statement], input: .none) {
      throw MuddledError(.unavailable, "The sandbox cannot run \(statement): \(refusal)")
    }
  }

  /// Runs the client as `root`.
  ///
  /// - Returns: its words if it failed.
  private nonisolated func runClient(
    _ arguments: [String], input: some InputProtocol
  ) async throws -> String? {
    let client = try Programs(folders: options.searchPath).path(of: .client)
    let own = [
      "--no-defaults", "--user=root", "--socket=" + mariaDBSocket,
      "--default-character-set=utf8mb4",
    ]
    let result = try await run(
      .path(.init(client)), arguments: .init(own + arguments),
      environment: .inherit.updating(["MYSQL_PWD": nil]), input: input, output: .discarded,
      error: .string(limit: 1 << 20))
    if result.terminationStatus.isSuccess { return nil }
    // The client repeats a long statement between two rules first.
    let lines = result.standardError.split(separator: "\n")
    return String(lines.last { $0.hasPrefix("ERROR") } ?? lines.last ?? "it was stopped")
  }

  /// Throws ``MuddledError/Code/missingInput`` unless the path names a file that can be read.
  static func checkReadable(_ file: String) throws {
    var status = stat()
    guard access(file, R_OK) == 0, stat(file, &status) == 0 else { throw unreadable(file, errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw unreadable(file, EISDIR) }
  }

  private static func unreadable(_ file: String, _ code: Int32) -> MuddledError {
    MuddledError(
      .missingInput,
      "The init SQL \(file) cannot be read: \(systemMessage(code)); name a file that exists.")
  }
}
