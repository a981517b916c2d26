#if NATS
  import Glibc
  import Synchronization

  /// What libnats calls in the place of an event loop of its own (`natsOptions_SetEventLoop`).
  ///
  /// libnats may call from any of its threads, holding the lock of the connection; so what is called here only
  /// takes notes. The descriptor is a duplicate, so that the one that is polled is never closed by libnats.
  final class NATSAttachment: Sendable {
    private let socket = Atomic<Int32>(-1)
    private let ownSocket = Atomic<Int32>(-1)
    private let mustWrite = Atomic(false)
    private let isExpected = Atomic(false)
    /// Called when libnats has something to write and nobody on the loop's thread is about to see to it.
    private let onWrite: @Sendable () -> Void

    init(onWrite: @escaping @Sendable () -> Void) { self.onWrite = onWrite }

    deinit {
      let descriptor = descriptor
      if descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// The descriptor to poll; -1 before there is a connection.
    var descriptor: Int32 { socket.load(ordering: .acquiring) }

    /// Whether something waits to be written.
    var hasOutput: Bool { mustWrite.load(ordering: .acquiring) }

    /// Runs a call of libnats after which the caller looks at ``hasOutput`` itself.
    func expectingOutput<Value>(_ body: () -> Value) -> Value {
      isExpected.store(true, ordering: .releasing)
      defer { isExpected.store(false, ordering: .releasing) }
      return body()
    }

    /// Closes the socket where libnats leaves that to the event loop (from version 3.9 on).
    func closeSocket() {
      typealias Close = @convention(c) (UnsafeMutablePointer<Int32>) -> Void
      guard let symbol = dlsym(nil, "natsConnection_ProcessCloseEvent") else { return }
      var socket = ownSocket.exchange(-1, ordering: .acquiringAndReleasing)
      if socket >= 0 { unsafeBitCast(symbol, to: Close.self)(&socket) }
    }

    /// Takes note of the connection's socket.
    ///
    /// - Returns: whether it could be duplicated.
    func take(_ descriptor: Int32) -> Bool {
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
      guard copy >= 0 else { return false }
      ownSocket.store(descriptor, ordering: .releasing)
      socket.store(copy, ordering: .releasing)
      return true
    }

    /// Takes note of whether libnats has something to write.
    func note(output isThere: Bool) {
      mustWrite.store(isThere, ordering: .releasing)
      if isThere, !isExpected.load(ordering: .acquiring) { onWrite() }
    }
  }
#endif
