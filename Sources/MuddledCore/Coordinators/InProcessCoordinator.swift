/// A coordinator for nodes in one process, and the reference for the others.
///
/// Comes from ``InProcessStore/coordinator(batch:)``. Nothing but
/// ``records(from:waitingAtMost:)`` waits, and nothing is ever unavailable.
public struct InProcessCoordinator: Coordinator {
  let log: InProcessLog

  /// Appends as ``Coordinator/append(_:at:)`` says.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/internalBug`` if the record is too long,
  ///   or the log ends before `position`.
  public func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    try CoordinatorLimits.check(record: record)
    return try log.append(record, at: position)
  }

  /// Reads as ``Coordinator/records(from:waitingAtMost:)`` says.
  public func records(
    from position: UInt64, waitingAtMost limit: Duration
  ) async throws -> [LogRecord] {
    await log.records(from: position, waitingAtMost: limit)
  }

  /// Renews as ``Coordinator/renewLease(of:)`` says.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the id is empty or too long.
  public func renewLease(of node: String?) async throws -> [Lease] {
    if let node { try CoordinatorLimits.check(id: node, of: "node") }
    return log.renewLease(of: node)
  }

  /// Drops as ``Coordinator/dropLease(of:)`` says; a node without a lease is ignored.
  public func dropLease(of node: String) async throws { log.dropLease(of: node) }

  /// Forgets every record before `position` at once.
  public func trim(before position: UInt64) async throws { log.trim(before: position) }

  /// Does nothing: the store goes on, and there is no connection to end.
  public func close() async {}
}
