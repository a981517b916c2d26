import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Kinds of sockets, closed on exec from the start.
enum SocketKind {
  #if canImport(Glibc)
    static let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    static let streamWithoutWaiting = stream | Int32(SOCK_NONBLOCK.rawValue)
  #else
    static let stream = SOCK_STREAM | SOCK_CLOEXEC
    static let streamWithoutWaiting = stream | SOCK_NONBLOCK
  #endif
}

/// Sends a text to a socket; no signal and no error if the other side is gone.
func sendQuietly(_ text: String, to descriptor: Int32) {
  let bytes = Array(text.utf8)
  _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
}

/// The C library's words for an error number.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }

/// A connection to a server on this machine that is only there to see whether the server answers.
struct ProbeConnection: ~Copyable {
  private let descriptor: Int32

  /// Connects; `nil` if nobody listens. Never waits: on one machine that is said at once.
  init?(_ endpoint: Server.Endpoint) {
    switch endpoint {
    case .unix(let path): self.init(socket: path)
    case .port(let port): self.init(port: port)
    }
  }

  private init?(port: Int) {
    let descriptor = socket(AF_INET, SocketKind.stream, 0)
    guard descriptor >= 0 else { return nil }
    var address = loopback(port)
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  private init?(socket path: String) {
    let descriptor = socket(AF_UNIX, SocketKind.streamWithoutWaiting, 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Sends a command.
  func write(_ text: String) { sendQuietly(text, to: descriptor) }

  /// What has come so far; `nil` if nothing has, an empty list if the server has hung up.
  func read() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    if count < 0 { return errno == EAGAIN || errno == EINTR ? nil : [] }
    return Array(bytes[..<count])
  }
}

/// The address of a port of 127.0.0.1.
private func loopback(_ port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
  return address
}

/// A TCP port of 127.0.0.1 that nobody listens on at this moment.
///
/// It is taken from below the range that the kernel hands out to outgoing connections (32768 and
/// up by default), so that only another sandbox's dice can take it before the server does.
package func freePort() throws -> Int {
  for _ in 0..<1000 {
    let port = Int.random(in: 20_000..<32_000)
    let descriptor = socket(AF_INET, SocketKind.stream, 0)
    guard descriptor >= 0 else { break }
    defer { close(descriptor) }
    var address = loopback(port)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if bound == 0 { return port }
  }
  throw MuddledError(
    .unavailable, "The sandbox finds no free TCP port between 20000 and 31999 of 127.0.0.1.")
}
