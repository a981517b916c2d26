import MuddledCore
import Subprocess
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A server that ends when this process ends, however that happens.
///
/// A small shell, in a session of its own that no terminal can interrupt, starts the server and reads
/// from a ``Lifeline``: a line names a signal for the server, the end of the input means that it must die.
final class ServerProcess: Sendable {
  /// The shell's program. Its arguments: a file for the server's process id, the server and its arguments.
  ///
  /// The inner shell writes its own id before it becomes the server, so the file is complete before
  /// the server can answer. Only the subshell reads the lifeline; it goes on if the outer shell is killed.
  private static let script = """
    exec 3<&0 </dev/null
    sh -c 'echo "$$" >"$0"; exec "$@"' "$@" 3<&- >&2 &
    server=$!
    (
      while read -r signal <&3; do kill -s "$signal" "$server"; done
      kill -s KILL "$server"
    ) 2>/dev/null &
    reader=$!
    wait "$server"
    status=$?
    kill -s KILL "$reader"
    exit "$status"
    """

  /// Comes first in the script: takes back what threads that drive connections do for the server's sake, and the server
  /// would inherit; but not what was chosen for the whole program.
  private static let ordinaryTurns =
    Thread.takesOrdinaryTurns ? "chrt --other --pid 0 \"$$\" 2>/dev/null\n" : ""

  private let lifeline: Lifeline
  private let ending: Task<Void, Never>
  private let ended: Ended
  private let pidFile: String

  /// Whether the process has ended; shared with the task that waits for it.
  private final class Ended: Sendable {
    let flag = Atomic<Bool>(false)
  }

  /// Starts a server; does not wait until it answers.
  ///
  /// - Parameters:
  ///   - command: the server's program and its arguments.
  ///   - pidFile: where its process id is written.
  ///   - output: the file that what it prints is appended to.
  ///   - keeper: a descriptor that must stay open as long as the server lives.
  init(command: [String], pidFile: String, output: String, keeper: Int32) throws {
    var other: Int32 = -1
    let lifeline = try Lifeline(other: &other)
    let theirs = other
    let log = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard log >= 0 else {
      let words = systemMessage(errno)
      close(theirs)
      throw MuddledError(.unavailable, "The sandbox cannot write \(output): \(words).")
    }
    var platform = PlatformOptions()
    platform.createSession = true
    let configuration = Subprocess.Configuration(
      executable: .path("/bin/sh"),
      arguments: .init(
        ["-c", Self.ordinaryTurns + Self.script, "muddled-sandbox", pidFile] + command),
      // A login or a service manager of the caller's must not reach the server.
      environment: .inherit.updating(["MYSQL_PWD": nil, "NOTIFY_SOCKET": nil]),
      platformOptions: platform)
    let ended = Ended()
    self.lifeline = lifeline
    self.pidFile = pidFile
    self.ended = ended
    unlink(pidFile)
    // Not a child task: a cancelled caller must not have its server killed in the middle of an orderly stop.
    ending = Task.detached {
      _ = try? await run(
        configuration,
        input: .fileDescriptor(.init(rawValue: theirs), closeAfterSpawningProcess: true),
        output: .fileDescriptor(.init(rawValue: keeper), closeAfterSpawningProcess: false),
        error: .fileDescriptor(.init(rawValue: log), closeAfterSpawningProcess: true))
      ended.flag.store(true, ordering: .releasing)
    }
  }

  /// Whether the server has ended.
  var hasEnded: Bool { ended.flag.load(ordering: .acquiring) }

  /// The server's process id; `nil` before it has one and after it has ended.
  var processID: Int32? {
    guard !hasEnded, let bytes = readFile(pidFile, lastBytes: 32) else { return nil }
    return Int32(bytes.split(separator: "\n").first ?? "")
  }

  /// Sends the server a signal by its name, such as `TERM`.
  func send(signal: String) { lifeline.send(signal) }

  /// Kills the server if it still runs, and waits until it is gone.
  func kill() async {
    lifeline.cut()
    await ending.value
  }

  /// Waits until the server has ended by itself or by a signal; kills it after the limit.
  func waitForEnd(atMost limit: Duration) async {
    let killer = Task.detached { [self] in
      try await Task.sleep(for: limit)
      lifeline.cut()
    }
    await ending.value
    killer.cancel()
  }
}
