// The operations of a coordinator. They stand on the reader so that a caller changes threads once for each.
extension QueueReader {
  /// Claims a position, unless it is known to be taken.
  func append(
    _ record: [UInt8], at position: UInt64, marks: QueueMarks
  ) async throws -> AppendResult {
    try await reach(position, marks)
    guard log.end == position else { return .taken }
    let mark = marks.next()
    let claims = QueueEntry.claims(
      of: position, with: record, mark: mark, messageBytes: try await queue.messageBytes)
    switch try await say(claims, mark: mark) {
    case .decided(let result): return result
    case .refused, .heard: throw Self.lost
    case .unplaced, .interrupted:
      throw MuddledError(
        .unavailable,
        "A record was trimmed before this node could see whether it was stored; start this node again"
      )
    }
  }

  /// The records from a position on, once there is one or the time is over.
  func records(
    from position: UInt64, waitingAtMost limit: Duration, marks: QueueMarks
  ) async throws -> [LogRecord] {
    let deadline = ContinuousClock.now + limit
    if limit <= .zero { try await catchUp(marks) } else { try await reach(position, marks) }
    return try await records(from: position, until: deadline)
  }

  /// Renews a lease, if a node is named, and tells all leases.
  func leases(renewing node: String?, marks: QueueMarks) async throws -> [Lease] {
    try await catchUpOnce(marks)
    if let node {
      let mark = marks.next()
      if case .heard(let now) = try await say([.renewed(mark, node: node)], mark: mark) {
        return log.leases(at: now)
      }
      // A trim came in between, and says who was there.
    }
    let now = try await catchUp(marks)
    return log.leases(at: now)
  }

  /// Drops a lease.
  func drop(_ node: String, marks: QueueMarks) async throws {
    try await catchUpOnce(marks)
    let mark = marks.next()
    _ = try await say([.dropped(mark, node: node)], mark: mark)
  }

  /// Publishes a cut, and lets the queue forget what is before it.
  func trim(before position: UInt64, marks: QueueMarks) async throws {
    try await catchUpOnce(marks)
    guard let cut = log.cut(before: position) else { return }
    // First the word, then the deed: who begins to read at the cut must find what it was.
    try await queue.publish(QueueEntry.trimmed(cut).encoded)
    try await queue.purge(before: cut.sequence)
  }

  /// Sees to it that the log is known up to a position whose predecessors somebody has seen.
  private func reach(_ position: UInt64, _ marks: QueueMarks) async throws {
    try await catchUpOnce(marks)
    guard log.end < position else { return }
    try await catchUp(marks)
    if log.end < position { throw Self.lost }
  }

  private static var lost: MuddledError {
    MuddledError(
      .unavailable,
      "The queue no longer has the batch's log: it lost messages; start all nodes again with a new batch id"
    )
  }
}
