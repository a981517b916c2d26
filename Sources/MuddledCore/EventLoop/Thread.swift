#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A detached POSIX thread that runs one closure.
package struct Thread {
  private final class Start {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let context: Start

  package init(body: @escaping @Sendable () -> Void) {
    context = Start(body)
  }

  /// Names the calling thread among those that run; never 0.
  static var current: UInt {
    #if canImport(Glibc)
      pthread_self()
    #else
      UInt(bitPattern: pthread_self())
    #endif
  }

  /// Whether the program takes ordinary turns (`SCHED_OTHER`), as its first thread does. If not, whoever started it has
  /// chosen so, and no thread changes that.
  package static let takesOrdinaryTurns = sched_getscheduler(getpid()) == 0

  /// Has the calling thread, when it is woken, wait until whoever runs on the core makes room (`SCHED_BATCH`; sched(7)).
  ///
  /// The server wakes a client with the first byte of its reply. A client that takes the core at once has the server
  /// end its work and go to sleep only later, after two more changes of the core's thread: measured on two virtual cores
  /// with four lanes, 28 changes for each order against 21, and 1.17 times as many orders a second without them.
  static func letOthersGoOn() {
    guard takesOrdinaryTurns else { return }
    var parameters = sched_param()
    // The kernel's number of it, which the headers hide from Swift. Where it is refused, as by musl, all is only slower.
    let batch: Int32 = 3
    _ = sched_setscheduler(0, batch, &parameters)
  }

  /// Undoes ``letOthersGoOn()``, which threads inherit from the one that starts them.
  private static func takeOrdinaryTurns() {
    guard takesOrdinaryTurns else { return }
    var parameters = sched_param()
    _ = sched_setscheduler(0, 0, &parameters)
  }

  package func start() {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(context).toOpaque()
    let code = pthread_create(
      &thread, nil,
      { argument in
        let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        Thread.takeOrdinaryTurns()
        start.body()
        return nil
      }, argument)
    precondition(code == 0, "pthread_create failed with \(code)")
    pthread_detach(thread)
  }
}
