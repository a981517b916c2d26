import CHiredis
import Glibc

/// The one owner of a hiredis context; no call of it waits, but for the look-up of a host's name.
///
/// The context does not block, so that `redisBufferRead` and `redisBufferWrite` return at once.
struct RedisContext: ~Copyable {
  private let context: UnsafeMutablePointer<redisContext>

  private init(_ context: UnsafeMutablePointer<redisContext>) { self.context = context }

  /// Begins to connect: the socket becomes writable when that is done.
  static func connect(to endpoint: RedisURL.Endpoint) throws(ConnectionBroken) -> RedisContext {
    holdBrokenPipeSignal()
    let made =
      switch endpoint {
      case .tcp(let host, let port): redisConnectNonBlock(host, Int32(port))
      case .unix(let path): redisConnectUnixNonBlock(path)
      }
    guard let made else { throw ConnectionBroken(description: "out of memory") }
    let context = RedisContext(made)
    try context.check(made.pointee.err == 0)
    // A child process must not keep the connection open.
    _ = fcntl(made.pointee.fd, F_SETFD, FD_CLOEXEC)
    return context
  }

  deinit { redisFree(context) }

  /// The socket.
  var descriptor: Int32 { context.pointee.fd }

  /// Throws what kept the socket from connecting.
  func checkConnected() throws(ConnectionBroken) {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0 { code = errno }
    guard code == 0 else { throw ConnectionBroken(description: String(cString: strerror(code))) }
  }

  /// Puts a command into the buffer for ``flush()``.
  mutating func add(_ command: RedisCommand) throws(ConnectionBroken) {
    let code = command.bytes.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        var next = characters.baseAddress
        var arguments: [UnsafePointer<CChar>?] = []
        arguments.reserveCapacity(command.lengths.count)
        for length in command.lengths {
          arguments.append(next)
          next = next.map { $0 + length }
        }
        return redisAppendCommandArgv(
          context, Int32(command.lengths.count), &arguments, command.lengths)
      }
    }
    try check(code == REDIS_OK)
  }

  /// Writes as much of the buffer as the socket takes, and says whether that was all.
  mutating func flush() throws(ConnectionBroken) -> Bool {
    var done: Int32 = 0
    try check(redisBufferWrite(context, &done) == REDIS_OK)
    return done != 0
  }

  /// Reads what has come; nothing may have.
  mutating func read() throws(ConnectionBroken) {
    try check(redisBufferRead(context) == REDIS_OK)
  }

  /// Takes the next reply if all of it has been read.
  mutating func nextReply() throws(ConnectionBroken) -> RedisReply? {
    var reply: UnsafeMutableRawPointer?
    try check(redisGetReplyFromReader(context, &reply) == REDIS_OK)
    guard let reply else { return nil }
    defer { freeReplyObject(reply) }
    return RedisReply(reply.assumingMemoryBound(to: redisReply.self).pointee)
  }

  private func check(_ succeeded: Bool) throws(ConnectionBroken) {
    guard !succeeded else { return }
    let text = withUnsafeBytes(of: context.pointee.errstr) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    throw ConnectionBroken(description: text.isEmpty ? "hiredis failed" : text)
  }

  /// Keeps a write to a closed socket from ending the process: hiredis writes without `MSG_NOSIGNAL`.
  ///
  /// The signal is held on this thread only, which is the event loop's, where every call is made.
  private static func holdBrokenPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}
