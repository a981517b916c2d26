import Dispatch
import MuddledCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Turns the signals that ask a process to end into calls, instead of its death.
///
/// The handler only writes into a pipe. What comes before somebody observes stays there, so that no
/// signal is lost: a dispatch source for signals must ignore them before it can see them.
struct Signals {
  /// Where the handler writes to; -1 before there is a pipe.
  private static let writingEnd = Atomic<Int32>(-1)

  private let source: any DispatchSourceRead
  private let readingEnd: Int32

  /// Catches SIGINT, SIGTERM and SIGHUP from now on, until the process ends. May be made once.
  init() throws {
    var ends: [Int32] = [-1, -1]
    // Neither end may wait: not the handler if nobody reads, and not the reader if all is read.
    guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFL, O_NONBLOCK) == 0 }) else {
      throw MuddledError(
        .unavailable, "muddled cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    readingEnd = ends[0]
    source = DispatchSource.makeReadSource(
      fileDescriptor: readingEnd, queue: DispatchQueue(label: "muddled.signals"))
    // Before the handler, which must not be the first to touch the value.
    Self.writingEnd.store(ends[1], ordering: .sequentiallyConsistent)
    var action = sigaction()
    action.sa_flags = SA_RESTART
    action.__sigaction_handler.sa_handler = { _ in
      let code = errno
      var byte: UInt8 = 0
      _ = write(Signals.writingEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
      errno = code
    }
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaction(number, &action, nil) }
  }

  /// Calls `body` for each signal with how many came so far, on a thread of its own.
  func observe(_ body: @escaping @Sendable (Int) -> Void) {
    let readingEnd = readingEnd
    let count = Counter()
    source.setEventHandler {
      var byte: UInt8 = 0
      while read(readingEnd, &byte, 1) == 1 { body(count.next()) }
    }
    source.resume()
  }

  /// Ends the calls; the signals have no effect from here on.
  func cancel() { source.cancel() }

  private final class Counter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
  }
}

/// Runs something that a signal to end cancels; a second signal ends the process at once.
func interruptible<Value: Sendable>(
  on executor: (any TaskExecutor)? = nil, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let signals = try Signals()
  let work = Task(executorPreference: executor) { try await body() }
  signals.observe { count in
    // Who asks twice does not want to wait for a farewell.
    if count > 1 { _exit(130) }
    StandardStreams.writeError(
      "muddled: ending after what is under way; once more ends it at once and tidies nothing up\n"
    )
    work.cancel()
  }
  defer { signals.cancel() }
  return try await work.value
}
