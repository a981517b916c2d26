import Glibc
import MuddledCore

/// A port that takes connections and never says a word.
struct SilentListener {
  private let descriptor: Int32
  let port: UInt16

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = descriptor
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) + listen(socket, 5) + getsockname(socket, $0, &length)
      }
    }
    if code != 0 { throw MuddledError(.unavailable, "There is no port to listen on.") }
    port = UInt16(bigEndian: address.sin_port)
  }

  func close() {
    _ = Glibc.close(descriptor)
  }
}
