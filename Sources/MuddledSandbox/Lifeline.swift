import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// This process's end of a connection to a process that must not outlive it.
///
/// However this process ends, the kernel closes this end, and the other process reads the end of its
/// input. Both ends are closed on exec from the moment that they exist, so that no child that
/// another thread starts at the same time can keep the connection open.
struct Lifeline: ~Copyable, Sendable {
  /// The descriptor of our end; open as long as this value lives.
  let descriptor: Int32

  /// Makes a connection.
  ///
  /// - Parameter other: gets the descriptor of the other end, which the caller must close.
  init(other: inout Int32) throws {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, SocketKind.stream, 0, &ends) == 0 else {
      throw MuddledError(
        .unavailable,
        "The sandbox cannot make a socket pair: \(systemMessage(errno)); close some files.")
    }
    descriptor = ends[0]
    other = ends[1]
  }

  deinit { close(descriptor) }

  /// Sends one line; says nothing if the other process is gone.
  func send(_ line: String) {
    sendQuietly(line + "\n", to: descriptor)
  }

  /// What the other process has said, without waiting; `nil` if it has said nothing.
  func receive() -> String? {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }

  /// Ends the connection at once, whoever else may hold this end.
  func cut() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
}
