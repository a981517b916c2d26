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
    let client = try Programs(folders: options.searchPath).path(of: .client)
    let input = open(file, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw Self.unreadable(file, errno) }
    let result = try await run(
      .path(.init(client)),
      arguments: [
        "--no-defaults", "--user=root", "--socket=" + mariaDBSocket,
        "--default-character-set=utf8mb4", options.database,
      ],
      environment: .inherit.updating(["MYSQL_PWD": nil]),
      input: .fileDescriptor(.init(rawValue: input), closeAfterSpawningProcess: true),
      output: .discarded,
      error: .string(limit: 1 << 20))
    guard result.terminationStatus.isSuccess else {
      // The client repeats a long statement between two rules first.
      let lines = result.standardError.split(separator: "\n")
      let words = lines.last { $0.hasPrefix("ERROR") } ?? lines.last ?? "it was stopped"
      throw MuddledError(.unusableInput, "The init SQL \(file) failed: \(words)")
    }
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
