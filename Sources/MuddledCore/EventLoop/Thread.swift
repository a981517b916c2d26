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

  package func start() {
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(context).toOpaque()
    let code = pthread_create(
      &thread, nil,
      { argument in
        let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        start.body()
        return nil
      }, argument)
    precondition(code == 0, "pthread_create failed with \(code)")
    pthread_detach(thread)
  }
}
