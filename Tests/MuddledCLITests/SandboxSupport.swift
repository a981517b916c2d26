import MuddledCore
import MuddledSandbox
import Subprocess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a program printed, and how it ended.
struct ProgramRun {
  let status: TerminationStatus
  let output: String
  let errors: String

  /// Runs a program to its end.
  init(_ program: String, _ arguments: [String], setting: [String: String] = [:]) async throws {
    var changes: [Environment.Key: String?] = [:]
    for (name, value) in setting { changes[Environment.Key(rawValue: name)!] = value }
    let executable: Executable =
      program.contains("/") ? .path(.init(program)) : .name(program)
    let result = try await run(
      executable, arguments: .init(arguments), environment: .inherit.updating(changes),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    status = result.terminationStatus
    output = result.standardOutput
    errors = result.standardError
  }
}

extension Sandbox {
  /// What the `mariadb` client prints for a statement, over the unix socket.
  func query(_ sql: String) async throws -> String {
    let run = try await ProgramRun(
      "mariadb",
      [
        "--no-defaults", "--user=root", "--socket=" + mariaDBSocket, "--batch",
        "--skip-column-names", "--execute=" + sql,
      ])
    guard run.status.isSuccess else { throw MuddledError(.unusableInput, run.errors) }
    return run.output
  }
}

/// The path of the built `muddled`, which stands beside the tests' own program.
let muddledProgram: String = {
  var path = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &path, 4095)
  let own = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/muddled"
}()

/// The text of a file; `nil` if it is not there.
func text(of path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 16)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self)
}

/// Whether a process runs; one that has ended but was not yet collected does not.
func isAlive(_ process: Int32) -> Bool {
  guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 512)
  guard fgets(&line, 512, file) != nil else { return false }
  let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return !(text.split(separator: ")").last ?? "").hasPrefix(" Z")
}

/// Whether a path names something.
func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Waits until a condition holds.
///
/// - Returns: whether it held in time.
func waitUntil(
  atMost limit: Duration = .seconds(10), _ condition: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + limit
  while true {
    let isLast = ContinuousClock.now >= deadline
    // Looked at once more after the deadline: on a loaded machine this task may have slept past it.
    if try await condition() { return true }
    if isLast { return false }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// Makes a folder for one test, and removes it after.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  var template = Array("/tmp/muddled-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw MuddledError(.unavailable, "no folder") }
  let path = String(
    decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  do {
    let result = try await body(path)
    _ = try await ProgramRun("rm", ["-rf", "--", path])
    return result
  } catch {
    _ = try await ProgramRun("rm", ["-rf", "--", path])
    throw error
  }
}

/// Writes a text file.
func write(_ text: String, to path: String) {
  guard let file = fopen(path, "w") else { preconditionFailure("cannot write \(path)") }
  fputs(text, file)
  fclose(file)
}
