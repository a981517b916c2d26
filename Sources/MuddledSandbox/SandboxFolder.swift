import MuddledCore
import Subprocess
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A temporary folder that is removed when this process and the servers in it are gone.
///
/// A small shell makes it, waits for the end of a connection whose other end this process and the shell
/// above each server hold, and removes it then. So it goes whenever this process is killed, even if that is
/// right after the folder was made.
final class SandboxFolder: Sendable {
  /// The longest path of a unix socket: `sun_path` holds 108 bytes with the one that ends it (unix(7)).
  private static let socketPathBytes = 107
  /// The longest name of a socket in the folder, with its slash.
  private static let socketNameBytes = "/mariadb.sock".utf8.count

  /// Its input is the connection, which it also answers to, if anybody is still there to hear
  /// it. Its argument: where to make the folder.
  private static let script = """
    trap '' PIPE
    folder=$(mktemp -d -- "$1/muddled-XXXXXX") || exit
    echo "$folder" >&0
    while read -r _; do :; done
    rm -rf -- "$folder"
    """

  /// The folder's absolute path.
  let path: String
  private let keeper: Lifeline
  private let keeping: Keeping

  /// The shell, as the task that waits for its end.
  private final class Keeping: Sendable {
    let task: Task<Void, Never>
    private let ended: Ended

    private final class Ended: Sendable {
      let flag = Atomic<Bool>(false)
    }

    var hasEnded: Bool { ended.flag.load(ordering: .acquiring) }

    init(_ configuration: Subprocess.Configuration, input: Int32) {
      let ended = Ended()
      self.ended = ended
      task = Task.detached {
        _ = try? await run(
          configuration,
          input: .fileDescriptor(.init(rawValue: input), closeAfterSpawningProcess: true),
          output: .discarded, error: .discarded)
        ended.flag.store(true, ordering: .releasing)
      }
    }
  }

  /// Makes a folder that only this user can enter; waits for the shell that does.
  ///
  /// - Throws: ``MuddledError/Code/unavailable`` if nothing can be written where temporary files go.
  init() async throws {
    let parent = Self.parent
    var other: Int32 = -1
    let keeper = try Lifeline(other: &other)
    var platform = PlatformOptions()
    platform.createSession = true
    let keeping = Keeping(
      .init(
        executable: .path("/bin/sh"), arguments: ["-c", Self.script, "muddled-sandbox", parent],
        platformOptions: platform),
      input: other)
    var answer = ""
    while !answer.hasSuffix("\n") {
      let hasEnded = keeping.hasEnded
      if let part = keeper.receive() {
        answer += part
      } else if hasEnded {
        throw MuddledError(
          .unavailable,
          "The sandbox cannot make a folder in \(parent); point TMPDIR at one that can be written.")
      } else {
        try await Task.sleep(for: .milliseconds(1))
      }
    }
    path = String(answer.dropLast())
    self.keeper = keeper
    self.keeping = keeping
  }

  /// The descriptor that every process which uses the folder must hold.
  var keeperDescriptor: Int32 { keeper.descriptor }

  /// Removes the folder, and waits until that is done; the servers in it must be gone.
  func remove() async {
    keeper.cut()
    await keeping.task.value
  }

  /// TMPDIR if a socket's path fits below it, else `/tmp`.
  private static var parent: String {
    let wanted = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let bytes = wanted.utf8.count + "/muddled-XXXXXX".utf8.count + socketNameBytes
    return wanted.hasPrefix("/") && bytes <= socketPathBytes ? wanted : "/tmp"
  }
}
