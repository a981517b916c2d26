import MuddledCore
import Subprocess
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One `muddled` process that runs beside the test.
final class BatchProcess: Sendable {
  /// How a process ended, and all that it printed.
  struct Ending: Sendable {
    /// The exit code; 128 + n if signal n ended it.
    let code: Int32
    let output: String
    let errors: String

    /// What stands in front of standard error's lines, of which there is one for each notice and each error.
    static let prefix = "muddled: "

    /// The last line of standard error, without the program's name: the error, if it ended with one.
    var lastError: String {
      let line = errors.split(separator: "\n").last ?? ""
      return line.hasPrefix(Self.prefix) ? String(line.dropFirst(Self.prefix.count)) : ""
    }
  }

  /// The process's id.
  let processID: Int32
  private let files: String
  private let ended = Ended()
  private let ending: Task<Int32, any Error>

  private final class Ended: Sendable {
    let flag = Atomic(false)
  }

  /// Starts a process.
  ///
  /// - Parameters:
  ///   - arguments: what follows the program's name.
  ///   - environment: the variables it has besides this process's.
  ///   - directory: its current directory.
  ///   - files: where its output is kept, to which `.out` and `.err` are added.
  ///   - input: the path of the file that is its standard input; by default it has none.
  init(
    _ arguments: [String], environment: [String: String], directory: String, files: String,
    input: String? = nil
  ) async throws {
    var changes: [Environment.Key: String?] = [:]
    for (name, value) in environment { changes[Environment.Key(rawValue: name)!] = value }
    let configuration = Subprocess.Configuration(
      executable: .path(.init(muddledProgram)), arguments: .init(arguments),
      environment: .inherit.updating(changes), workingDirectory: .init(directory))
    let (output, errors) = (try Self.file(files + ".out"), try Self.file(files + ".err"))
    let inputFile = open(input ?? "/dev/null", O_RDONLY | O_CLOEXEC)
    guard inputFile >= 0 else { throw MuddledError(.missingInput, "\(input ?? "") is not there") }
    let (started, start) = AsyncStream<Int32>.makeStream()
    let ended = ended
    self.files = files
    ending = Task.detached {
      defer {
        ended.flag.store(true, ordering: .releasing)
        start.finish()
      }
      let result = try await run(
        configuration,
        input: .fileDescriptor(.init(rawValue: inputFile), closeAfterSpawningProcess: true),
        output: .fileDescriptor(.init(rawValue: output), closeAfterSpawningProcess: true),
        error: .fileDescriptor(.init(rawValue: errors), closeAfterSpawningProcess: true)
      ) { start.yield($0.processIdentifier.value) }
      switch result.terminationStatus {
      case .exited(let code): return code
      case .signaled(let signal): return 128 + signal
      }
    }
    var process: Int32?
    for await id in started {
      process = id
      break
    }
    guard let process else {
      _ = try await ending.value
      throw MuddledError(.unavailable, "\(muddledProgram) did not start")
    }
    processID = process
  }

  private static func file(_ path: String) throws -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw MuddledError(.unavailable, "\(path) cannot be written") }
    return descriptor
  }

  /// What it has printed to standard error so far.
  var errors: String { contents(of: files + ".err") ?? "" }

  /// Whether it has ended.
  var hasEnded: Bool { ended.flag.load(ordering: .acquiring) }

  /// Sends a signal, unless the process has ended.
  func send(_ signal: Int32) {
    if !hasEnded { kill(processID, signal) }
  }

  /// Waits until it has ended; kills it, and fails the test, if that takes too long.
  func finish(
    within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Ending {
    if try await !waitUntil(atMost: limit, { hasEnded }) {
      Issue.record(
        "the process did not end in time; it said: \(errors)", sourceLocation: sourceLocation)
      send(SIGKILL)
    }
    let code = try await ending.value
    return Ending(code: code, output: contents(of: files + ".out") ?? "", errors: errors)
  }

  /// Waits until it has said something on standard error; fails the test if that takes too long.
  func waitForWords(
    _ words: String, atMost limit: Duration = .seconds(10),
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let isSaid = try await waitUntil(atMost: limit) { errors.contains(words) }
    #expect(isSaid, "it said only: \(errors)", sourceLocation: sourceLocation)
  }

  /// Makes sure that it is gone.
  func end() async {
    send(SIGKILL)
    _ = try? await ending.value
  }
}

/// The whole text of a file; `nil` if it is not there.
func contents(of path: String) -> String? {
  bytes(of: path).map { String(decoding: $0, as: UTF8.self) }
}

/// All bytes of a file; `nil` if it is not there.
func bytes(of path: String) -> [UInt8]? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&part, 1, part.count, file)
    guard count > 0 else { return bytes }
    bytes += part[..<count]
  }
}
