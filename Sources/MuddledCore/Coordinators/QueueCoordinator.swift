/// A coordinator on any queue that has one order: the first claim of a position wins it.
///
/// A node publishes "I claim this position with this record" and reads on until it finds its own words: if
/// nobody claimed the position before them, it is won. Every node that reads the queue sees the same winners. A lease is a
/// message, and its age is a difference of two times of the queue's own clock. A trim says in the queue
/// what must be known behind it, and purges what is before; the last record always stays.
///
/// Records longer than a message are cut into several; the claim counts where its last part stands.
/// All operations may be called from any task. One whose task is cancelled goes on to its end, but for
/// ``records(from:waitingAtMost:)``. Even one that only looks publishes a short message.
public final class QueueCoordinator: Coordinator {
  private let queue: any OrderedQueue
  private let reader: QueueReader
  private let loop: EventLoop
  private let ownsLoop: Bool
  private let marks = QueueMarks()

  /// Makes a coordinator on a queue; nothing is read or published yet.
  ///
  /// - Parameters:
  ///   - queue: the batch's queue; ``close()`` closes it.
  ///   - loop: the thread to work on; by default one of its own.
  public init(_ queue: any OrderedQueue, on loop: EventLoop? = nil) {
    self.queue = queue
    self.loop = loop ?? EventLoop()
    ownsLoop = loop == nil
    reader = QueueReader(queue, on: self.loop)
  }

  deinit { if ownsLoop { loop.stop() } }

  /// Stores `record` at `position` if the log ends exactly there.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable``, also if the log ends before
  ///   `position`, as after the queue has lost messages.
  public func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    try CoordinatorLimits.check(record: record)
    try await reach(position)
    guard await reader.log.end == position else { return .taken }
    let mark = marks.next()
    let claims = QueueEntry.claims(
      of: position, with: record, mark: mark, messageBytes: try await queue.messageBytes)
    switch try await reader.say(claims, mark: mark) {
    case .decided(let result): return result
    case .refused, .heard: throw lost
    case .unplaced, .interrupted:
      throw MuddledError(
        .unavailable,
        "A record was trimmed before this node could see whether it was stored; start this node again"
      )
    }
  }

  /// The records from `position` on, waiting for the first of them.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable``, also if the log ends before
  ///   `position`.
  public func records(
    from position: UInt64, waitingAtMost limit: Duration
  ) async throws -> [LogRecord] {
    guard !Task.isCancelled else { return [] }
    let deadline = ContinuousClock.now + limit
    if limit <= .zero { try await reader.catchUp(marks) } else { try await reach(position) }
    return try await reader.records(from: position, until: deadline)
  }

  /// Says that `node` lives, and tells how long ago each was seen, by the queue's clock.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the id is empty or too long.
  public func renewLease(of node: String?) async throws -> [Lease] {
    try await reader.catchUpOnce(marks)
    guard let node else {
      let now = try await reader.catchUp(marks)
      return await reader.log.leases(at: now)
    }
    try CoordinatorLimits.check(id: node, of: "node")
    let mark = marks.next()
    if case .heard(let now) = try await reader.say([.renewed(mark, node: node)], mark: mark) {
      return await reader.log.leases(at: now)
    }
    // A trim came in between, and says who was there.
    return try await renewLease(of: nil)
  }

  /// Removes the lease of `node`; a node without one is ignored.
  public func dropLease(of node: String) async throws {
    try await reader.catchUpOnce(marks)
    let mark = marks.next()
    _ = try await reader.say([.dropped(mark, node: node)], mark: mark)
  }

  /// Forgets every record before `position` but the last one.
  public func trim(before position: UInt64) async throws {
    try await reader.catchUpOnce(marks)
    try await reader.trim(before: position)
  }

  /// Ends all waits, and closes the queue.
  public func close() async { await reader.close() }

  /// Sees to it that the log is known up to a position whose predecessors somebody has seen.
  private func reach(_ position: UInt64) async throws {
    try await reader.catchUpOnce(marks)
    if await reader.log.end < position {
      try await reader.catchUp(marks)
      if await reader.log.end < position { throw lost }
    }
  }

  private var lost: MuddledError {
    MuddledError(
      .unavailable,
      "The queue no longer has the batch's log: it lost messages; start all nodes again with a new batch id"
    )
  }
}
