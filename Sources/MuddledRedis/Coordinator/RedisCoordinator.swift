public import MuddledCore
import Synchronization

/// A batch's meeting place on a Redis server, 6.2 or newer: a stream, and a hash for the leases.
///
/// Waiting is done by `XREAD BLOCK` on a connection of its own (one for each wait that is under
/// way), so that it costs nothing and never holds up an append. A lost connection is made again
/// for ``RedisOptions/reconnectTimeout``; an append that was under way is then found again, or done again.
/// The keys expire ``RedisOptions/retention`` after the last append or renewal.
///
/// All operations may be called from any task. One whose task is cancelled goes on to its end,
/// but for ``records(from:waitingAtMost:)``.
public final class RedisCoordinator: Coordinator {
  private let loop: LoopLease
  private let log: RedisLog
  private let options: RedisOptions
  private let commands: RedisConnection
  private let server = RedisServer()
  private let marks = AppendMarks()
  private let readers = Mutex(Readers())

  /// The readers that nobody waits on; a wait takes one out, or makes one.
  private struct Readers {
    var idle: [RedisLogReader] = []
    var isClosed = false
  }

  /// Describes the meeting place; the first operation connects.
  ///
  /// - Parameters:
  ///   - url: where the server is.
  ///   - batch: the id of the batch, 1 to 200 bytes of any text.
  ///   - options: the bounds to keep.
  ///   - loop: the thread to work on, which the caller keeps alive and stops; by default one of its own. A task
  ///     that prefers it as its executor calls without a change of thread.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the id is empty or too long.
  public init(
    url: RedisURL, batch: String, options: RedisOptions = RedisOptions(), on loop: EventLoop? = nil
  ) throws {
    try Self.check(id: batch, of: "batch")
    self.loop = loop.map { LoopLease(of: $0) } ?? LoopLease()
    self.options = options
    log = RedisLog(of: batch, at: url)
    commands = RedisConnection(to: url, options: options, on: self.loop.loop, server: server)
  }

  /// Stores `record` at `position` if the log ends exactly there, in one round trip.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable``, also if the server has lost the log.
  public func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    precondition(
      record.count <= CoordinatorLimits.recordBytes, "a record is longer than recordBytes")
    let mark = marks.next()
    let append = RedisScripts.append(
      record, mark: mark, at: position, keys: log.keys, retention: options.retention)
    return try await commands.perform { [log] connection, isRepeated in
      let reply = try await connection.exchange([append])[0]
      switch reply {
      case .bytes(let word) where word.elementsEqual("appended".utf8): return .appended
      case .bytes(let word) where word.elementsEqual("taken".utf8):
        guard isRepeated else { return .taken }
        // The first try may have been stored although its reply was lost.
        let isOurs = try await log.holds(mark, at: position, over: connection)
        return isOurs ? .appended : .taken
      case .error(let text): throw RedisRefusal.error(text, to: append.name, from: log.url)
      default: throw log.lost
      }
    }
  }

  /// The records from `position` on, at most 64 at a time, waiting for the first of them.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable``, also if the server has lost the log.
  public func records(
    from position: UInt64, waitingAtMost limit: Duration
  ) async throws -> [LogRecord] {
    guard !Task.isCancelled else { return [] }
    guard limit > .zero else { return try await look(from: position) }
    let deadline = ContinuousClock.now + limit
    let reader =
      readers.withLock { $0.idle.popLast() }
      ?? RedisLogReader(log, options: options, on: loop.loop, server: server)
    defer { readers.withLock { if !$0.isClosed { $0.idle.append(reader) } } }
    return try await reader.records(from: position, until: deadline)
  }

  /// Says that `node` lives, and tells how long ago each was seen, by the server's clock.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the id is empty or too long.
  public func renewLease(of node: String?) async throws -> [Lease] {
    if let node { try Self.check(id: node, of: "node") }
    let renew = RedisScripts.renew(node, keys: log.keys, retention: options.retention)
    return try await commands.perform { [log] connection, _ in
      try log.leases(in: try await connection.exchange([renew])[0])
    }
  }

  /// Removes the lease of `node`.
  public func dropLease(of node: String) async throws {
    try await run(RedisCommand("HDEL", log.keys.state, "n" + node))
  }

  /// Forgets every record before `position`, exactly.
  ///
  /// `~` would leave up to a hundred records more, and spare next to nothing: an exact trim marks entries of at
  /// most one block of the stream (4 KiB or 100 entries, by default) and drops the blocks before it.
  public func trim(before position: UInt64) async throws {
    let id = RedisLogEntry.id(of: position)
    try await run(RedisCommand("XTRIM", log.keys.log, "MINID", "=", id))
  }

  /// Waits for what is under way on the connection for commands, and ends all connections.
  public func close() async {
    await commands.closeInTurn()
    let idle = readers.withLock { readers in
      readers.isClosed = true
      defer { readers.idle = [] }
      return readers.idle
    }
    for reader in idle { await reader.close() }
  }

  /// Looks once, on the connection that appends, so that every append that is done is seen.
  private func look(from position: UInt64) async throws -> [LogRecord] {
    let questions = [log.endQuestion, log.question(from: position, count: 16)]
    return try await commands.perform { [log] connection, _ in
      let replies = try await connection.exchange(questions)
      if position > 0 { try log.checkEnd(replies[0], reaches: position) }
      return try log.records(in: replies[1])
    }
  }

  private func run(_ command: RedisCommand) async throws {
    try await commands.perform { [log] connection, _ in
      if case .error(let text) = try await connection.exchange([command])[0] {
        throw RedisRefusal.error(text, to: command.name, from: log.url)
      }
    }
  }

  private static func check(id: String, of holder: String) throws {
    guard 1...CoordinatorLimits.idBytes ~= id.utf8.count else {
      throw MuddledError(
        .usage,
        "The \(holder) id has \(id.utf8.count) bytes; give one of 1 to \(CoordinatorLimits.idBytes)."
      )
    }
  }
}
