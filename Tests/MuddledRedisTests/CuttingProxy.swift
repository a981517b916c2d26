import Glibc
import MuddledCore
import MuddledRedis
import MuddledSandbox
import Synchronization

/// Stands between a client and a server on unix sockets, and can cut a connection after a command was
/// carried out and before its reply is passed on.
final class CuttingProxy: Sendable {
  let path: String
  private let server: String
  private let listener: Int32
  /// Cut at the next request that holds these bytes.
  private let cutAt = Mutex<[UInt8]?>(nil)
  private let isStopped = Atomic(false)

  var url: RedisURL { RedisURL(endpoint: .unix(path: path)) }
  /// Whether a cut that was asked for has been made.
  var hasCut: Bool { cutAt.withLock { $0 == nil } }

  /// Listens in the sandbox's folder and passes on to its Redis.
  init(to sandbox: Sandbox) throws {
    path = sandbox.folder + "/proxy.sock"
    server = sandbox.redisSocket
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.withAddress(path, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
      throw MuddledError(.unavailable, "The proxy cannot listen at \(path): errno \(errno).")
    }
    Self.detach { [self] in
      while !isStopped.load(ordering: .relaxed) {
        guard Self.isReadable([listener])[0] else { continue }
        let client = accept(listener, nil, nil)
        if client >= 0 { Self.detach { [self] in forward(client) } }
      }
      close(listener)
    }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Cuts the connection of the next request that holds `text`, once the server has answered it.
  func cut(at text: String) { cutAt.withLock { $0 = Array(text.utf8) } }

  private func forward(_ client: Int32) {
    let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer {
      close(client)
      close(upstream)
    }
    guard Self.withAddress(server, { connect(upstream, $0, $1) }) == 0 else { return }
    var dropsReply = false
    while !isStopped.load(ordering: .relaxed) {
      let ready = Self.isReadable([client, upstream])
      if ready[0] {
        guard let bytes = Self.copy(from: client, to: upstream) else { return }
        dropsReply = cutAt.withLock { cut in
          guard let text = cut, bytes.contains(text) else { return dropsReply }
          cut = nil
          return true
        }
      }
      if ready[1] {
        guard !dropsReply, Self.copy(from: upstream, to: client) != nil else { return }
      }
    }
  }

  private static func copy(from source: Int32, to target: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(source, &bytes, bytes.count)
    guard count > 0, send(target, bytes, count, Int32(MSG_NOSIGNAL)) == count else {
      return nil
    }
    return Array(bytes[..<count])
  }

  private static func isReadable(_ descriptors: [Int32]) -> [Bool] {
    var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    poll(&polled, nfds_t(polled.count), 50)
    return polled.map { $0.revents != 0 }
  }

  private static func detach(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body: body))
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    pthread_detach(thread)
  }

  private final class Box {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
