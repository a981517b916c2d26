#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes the event stream to a file, each line as soon as its order is over.
///
/// A batch that begins with its first order starts the file anew; a node that joins a batch again
/// goes on at the file's end, after the last complete line, and first adds what an earlier process of the node could
/// not write any more, as it died or left before it knew. So does the summary of a batch that did not begin.
public actor EventFileReporter: Reporter {
  private let path: String
  private let descriptor: Int32
  private var clients: [String] = []
  /// The first rank that the file lacks, as far as its last order tells.
  private var missingRank: UInt128?

  /// Opens the file, and makes it if there is none; its contents stay until the batch begins.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if it cannot be written.
  public init(path: String) throws {
    // Each line goes to the end that the file has then: an earlier process of the same node, which was
    // given up while it slept, may still write a line.
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    self.path = path
    guard descriptor >= 0 else {
      throw MuddledError(
        .usage,
        "the events file \(path.quoted) cannot be written: \(String(cString: strerror(errno))); name another"
      )
    }
  }

  deinit { close(descriptor) }

  /// Writes the line that belongs to the event, if one does.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if the file cannot take it.
  public func report(_ event: RunEvent) async throws {
    switch event {
    case .notice, .transcript: break
    case .explored(let summary): try write(EventStream.line(for: summary))
    case .started(let start):
      clients = start.clients
      try goOn(at: start.firstRank == 0 ? 0 : endOfLastLine())
      missingRank = rankAfterLastOrder()
    case .earlierOrder(let execution):
      guard let missingRank, execution.rank >= missingRank else { return }
      try write(EventStream.line(for: execution, clients: clients))
    case .order(let execution):
      try write(EventStream.line(for: execution, clients: clients))
    case .summary(let summary):
      // What an earlier run has written stays: this one has nothing to put in its place.
      if summary.orders == nil { try goOn(at: endOfLastLine()) }
      try write(EventStream.line(for: summary))
    }
  }

  /// Drops what stands from a place on.
  private func goOn(at end: off_t) throws {
    // Not every file can be cut: a pipe has nothing to drop.
    guard ftruncate(descriptor, end) == 0 || errno == EINVAL else { throw failure() }
  }

  /// The rank after that of the file's last order; 0 for a file without one, `nil` after a line of another kind.
  private func rankAfterLastOrder() -> UInt128? {
    let mark = #"{"event":"order","rank":"#
    var end = lseek(descriptor, 0, SEEK_END)
    while end > 0 {
      let start = endOfLine(before: end - 1)
      var bytes = [UInt8](repeating: 0, count: 128)
      let count = pread(descriptor, &bytes, bytes.count, start)
      let line = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
      if line.hasPrefix(mark) {
        return UInt128(line.dropFirst(mark.count).prefix { $0.isNumber }).map { $0 + 1 }
      }
      // A process that was stopped left its summary behind its orders, and may not have known of the last of them.
      guard line.hasPrefix(#"{"event":"summary","batch":"#) else { return nil }
      end = start
    }
    return 0
  }

  /// Where the line after the last complete one begins.
  private func endOfLastLine() -> off_t { endOfLine(before: lseek(descriptor, 0, SEEK_END)) }

  /// Where the line begins in which a place is.
  private func endOfLine(before place: off_t) -> off_t {
    var end = place
    var byte: UInt8 = 0
    while end > 0, pread(descriptor, &byte, 1, end - 1) == 1, byte != UInt8(ascii: "\n") {
      end -= 1
    }
    return end
  }

  private func write(_ line: [UInt8]) throws {
    var rest = (line + [UInt8(ascii: "\n")])[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw failure()
      }
    }
  }

  private func failure() -> MuddledError {
    MuddledError(
      .unavailable,
      "the events file \(path.quoted) cannot be written: \(String(cString: strerror(errno)))")
  }
}
