import MuddledCore

/// Waits for records on a connection of its own; for one task at a time.
///
/// A wait that ends early leaves its `XREAD BLOCK` standing on the connection, for the next wait
/// to take up: reading takes nothing out of the stream.
actor RedisLogReader {
  /// The longest that one `XREAD` stays with the server; a connection that is silent for longer is dead.
  private static let block = Duration.seconds(10)

  private struct Question {
    let position: UInt64
    /// The reply to the look at the end of the log comes first.
    var looksAtEnd: Bool
    let overdue: ContinuousClock.Instant
  }

  private let loop: EventLoop
  private let connection: RedisConnection
  private let log: RedisLog
  private var asked: Question?
  private var window = ReadWindow()
  /// Whether the log may have lost its end since the last reply that held a record.
  private var doubtsEnd = true

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ log: RedisLog, options: RedisOptions, on loop: EventLoop, server: RedisServer) {
    self.log = log
    self.loop = loop
    connection = RedisConnection(
      to: log.url, options: options, on: loop, server: server, heedsCancellation: true)
  }

  /// The records from `position` on; an empty list at the deadline or after a cancellation.
  func records(
    from position: UInt64, until deadline: ContinuousClock.Instant
  ) async throws -> [LogRecord] {
    while !Task.isCancelled {
      do {
        try await ask(from: position)
        guard let reply = try await reply(until: deadline) else { return [] }
        let records = try await take(reply, from: position)
        if !records.isEmpty { return records }
      } catch let broken as ConnectionBroken {
        asked = nil
        doubtsEnd = true
        if Task.isCancelled {
          await connection.close()
        } else {
          try await connection.pause(after: broken, until: deadline)
        }
      }
      if deadline <= .now { return [] }
    }
    return []
  }

  /// Ends the connection.
  func close() async { await connection.close() }

  /// Sends the question unless one is standing whose answer holds what is wanted.
  private func ask(from position: UInt64) async throws {
    if let asked {
      if asked.position <= position { return }
      self.asked = nil
      await connection.close()
    }
    try await connection.open()
    let looksAtEnd = doubtsEnd && position > 0
    var commands = looksAtEnd ? [log.endQuestion] : []
    commands.append(log.question(from: position, count: window.count, block: Self.block))
    try await connection.send(commands)
    asked = Question(
      position: position, looksAtEnd: looksAtEnd,
      overdue: .now + Self.block + connection.options.commandTimeout)
  }

  /// The next reply to what was asked; `nil` if the question is left standing.
  private func reply(until deadline: ContinuousClock.Instant) async throws -> RedisReply? {
    let overdue = asked?.overdue ?? deadline
    if let reply = try await connection.receive(until: min(deadline, overdue)) { return reply }
    if overdue <= .now { throw ConnectionBroken(description: "the server went silent") }
    return nil
  }

  /// Takes one reply and returns what it holds of the records that are wanted.
  private func take(_ reply: RedisReply, from position: UInt64) async throws -> [LogRecord] {
    guard let question = asked else { return [] }
    if question.looksAtEnd {
      asked?.looksAtEnd = false
      do {
        try log.checkEnd(reply, reaches: question.position)
      } catch {
        asked = nil
        await connection.close()
        throw error
      }
      return []
    }
    asked = nil
    let records = try log.records(in: reply)
    await connection.serves()
    doubtsEnd = records.isEmpty
    window.adjust(to: records)
    return records.filter { $0.position >= position }
  }
}

/// How many records to ask for at once, so that a reply stays at some megabytes.
struct ReadWindow {
  private static let bytes = 4 << 20
  private(set) var count = 16

  /// Grows while replies are full and small, and shrinks after a large one.
  mutating func adjust(to records: [LogRecord]) {
    let size = records.reduce(0) { $0 + $1.bytes.count }
    if size > Self.bytes {
      count = max(1, count / 4)
    } else if records.count >= count, size < Self.bytes / 4 {
      count = min(64, count * 2)
    }
  }
}
