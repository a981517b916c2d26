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
    return try await reader.append(record, at: position, marks: marks)
  }

  /// The records from `position` on, waiting for the first of them.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable``, also if the log ends before
  ///   `position`.
  public func records(
    from position: UInt64, waitingAtMost limit: Duration
  ) async throws -> [LogRecord] {
    guard !Task.isCancelled else { return [] }
    return try await reader.records(from: position, waitingAtMost: limit, marks: marks)
  }

  /// Says that `node` lives, and tells how long ago each was seen, by the queue's clock.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the id is empty or too long.
  public func renewLease(of node: String?) async throws -> [Lease] {
    if let node { try CoordinatorLimits.check(id: node, of: "node") }
    return try await reader.leases(renewing: node, marks: marks)
  }

  /// Removes the lease of `node`; a node without one is ignored.
  public func dropLease(of node: String) async throws {
    try await reader.drop(node, marks: marks)
  }

  /// Forgets every record before `position` but the last one.
  public func trim(before position: UInt64) async throws {
    try await reader.trim(before: position, marks: marks)
  }

  /// Ends all waits, and closes the queue.
  public func close() async { await reader.close() }
}
