import Foundation
import MuddledCore

/// A batch's meeting place in a folder that all processes share, on one machine.
///
/// In a folder for the batch each record is a file, named by its position, each lease is one, and `trimmed` says how
/// much of the log is gone. Whoever changes something holds the lock on `lock`, which the system takes from a process
/// that dies. A wait looks again every few milliseconds.
public struct FolderCoordinator: Coordinator {
  /// How long a batch that nobody uses is kept.
  private static let retention: TimeInterval = 7 * 24 * 3600
  /// The most that one read returns.
  private static let recordsPerRead = 64

  private let folder: BatchFolder

  /// Makes the batch's folder, and removes those that nobody has used for a week.
  ///
  /// - Parameters:
  ///   - path: the folder in which the processes of all batches meet.
  ///   - batch: the batch's id.
  /// - Throws: ``MuddledError`` if the id is empty or too long, or the folder cannot be used.
  public init(path: String, batch: String) throws {
    try checkID(batch, of: "batch")
    BatchFolder.removeAll(in: path, unusedFor: Self.retention)
    folder = try BatchFolder(path: path, batch: batch)
  }

  /// Stores the record in a file of its own, if the log ends there.
  public func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    try await folder.locked {
      let trimmed = try folder.trimmed()
      guard position >= trimmed, !folder.has(position) else { return .taken }
      guard position == trimmed || folder.has(position - 1) else {
        throw MuddledError(
          .unavailable, "The folder \(folder.path) has lost records before position \(position).")
      }
      try folder.write(record, to: "\(position)")
      return .appended
    }
  }

  /// Looks for the next files until there is one, or the time is over, or the task is cancelled.
  public func records(
    from position: UInt64, waitingAtMost limit: Duration
  ) async throws -> [LogRecord] {
    let deadline = ContinuousClock.now + limit
    var pause = Duration.milliseconds(1)
    while true {
      var records: [LogRecord] = []
      var next = max(position, try folder.trimmed())
      while records.count < Self.recordsPerRead, let bytes = folder.read("\(next)") {
        records.append(LogRecord(position: next, bytes: bytes))
        next += 1
      }
      if !records.isEmpty || .now >= deadline { return records }
      // A cancelled task sleeps no longer.
      do { try await Task.sleep(until: min(.now + pause, deadline)) } catch { return [] }
      pause = min(pause * 2, .milliseconds(10))
    }
  }

  /// Writes the time into the node's file, and reads all nodes' files.
  public func renewLease(of node: String?) async throws -> [Lease] {
    if let node { try checkID(node, of: "node") }
    return try await folder.locked {
      // The machine's own clock, which is the same for all its processes and goes on while it sleeps.
      var now = timespec()
      clock_gettime(CLOCK_BOOTTIME, &now)
      let time = UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
      if let node {
        try folder.write(Array("\(time) \(node)".utf8), to: leaseFile(of: node))
      }
      let leases = try folder.files().filter { $0.hasPrefix("lease-") }.compactMap { file in
        folder.read(file).flatMap { lease($0, at: time) }
      }
      return leases.sorted { $0.node.utf8.lexicographicallyPrecedes($1.node.utf8) }
    }
  }

  private func lease(_ content: [UInt8], at now: UInt64) -> Lease? {
    let parts = content.split(separator: UInt8(ascii: " "), maxSplits: 1)
    guard parts.count == 2, let seen = UInt64(String(decoding: parts[0], as: UTF8.self)) else {
      return nil
    }
    // Before the last start of the machine the clock stood higher.
    let age = Duration.nanoseconds(Int64(now > seen ? now - seen : 0))
    return Lease(node: String(decoding: parts[1], as: UTF8.self), age: age)
  }

  /// Removes the node's file.
  public func dropLease(of node: String) async throws {
    try await folder.locked { folder.remove(leaseFile(of: node)) }
  }

  private func leaseFile(of node: String) -> String { "lease-" + nameOfFile(for: node) }

  /// Notes how much is gone, and removes it.
  public func trim(before position: UInt64) async throws {
    try await folder.locked {
      let trimmed = try folder.trimmed()
      guard position > trimmed else { return }
      try folder.write(Array("\(position)".utf8), to: "trimmed")
      for gone in trimmed..<position { folder.remove("\(gone)") }
    }
  }

  /// Does nothing: no file stays open.
  public func close() async {}
}

/// Refuses an id that is empty or too long.
private func checkID(_ id: String, of holder: String) throws {
  guard 1...CoordinatorLimits.idBytes ~= id.utf8.count else {
    throw MuddledError(
      .usage,
      "The \(holder) id has \(id.utf8.count) bytes; give one of 1 to \(CoordinatorLimits.idBytes).")
  }
}
