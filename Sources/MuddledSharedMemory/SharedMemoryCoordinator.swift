public import MuddledCore

/// A batch's meeting place in the memory of one machine: a mapped file in `/dev/shm`, readable by one user alone.
///
/// The file's log is guarded by a robust mutex, so that a process which is killed at any moment hangs nobody and leaves
/// the log as it was before its last step. Waiting costs nothing: see `docs/decisions/0005-shared-memory.md`.
///
/// The last process to ``close()`` removes the file, unless a node holds a lease still or ``keep()`` was called:
/// then the batch can go on where it stood, until ``SharedMemoryOptions/retention`` has passed or the machine
/// starts again.
///
/// All operations may be called from any task, and but for ``records(from:waitingAtMost:)`` and ``close()`` none
/// of them waits for more than other processes' copying of some megabytes.
public final class SharedMemoryCoordinator: TransientCoordinator {
  private let file: BatchFile
  private let watch: Watch
  /// How long a wait looks on the caller's thread before it leaves that thread to others.
  private let patience: Duration

  /// Comes to a meeting place, which is made if it is not there.
  ///
  /// - Parameters:
  ///   - name: the meeting place's name: 1 to 64 letters, digits, `-`, `_` and `.`.
  ///   - batch: the id of the batch, 1 to 200 bytes of any text.
  ///   - options: the bounds to keep.
  ///   - loop: the thread of the callers, which they keep alive and stop; by default callers may be on any thread. It
  ///     looks at the memory while it is awake, so that a wait leaves it at once, and a task that prefers it as its
  ///     executor calls without a change of thread.
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/configuration`` for the name,
  ///   ``MuddledError/Code/usage`` for the id, or ``MuddledError/Code/unavailable`` if there is no shared memory.
  public init(
    name: String, batch: String, options: SharedMemoryOptions = SharedMemoryOptions(),
    on loop: EventLoop? = nil
  ) async throws {
    let place = try MeetingPlace(name: name, folder: options.folder)
    try CoordinatorLimits.check(id: batch, of: "batch")
    file = try await BatchFile.open(place, batch: batch, options: options)
    watch = Watch(file, on: loop ?? Self.loop)
    patience = loop == nil ? .microseconds(50) : .zero
  }

  deinit { watch.close() }

  /// What looks at the memory for all coordinators that bring no loop of their own.
  private static let loop = EventLoop(isWatchful: true)

  /// Appends as ``Coordinator/append(_:at:)`` says.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if the log is full.
  public func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult {
    try CoordinatorLimits.check(record: record)
    return try file.append(record, at: position)
  }

  /// Reads as ``Coordinator/records(from:waitingAtMost:)`` says, some megabytes at a time.
  ///
  /// A wait looks at the memory on the caller's thread for at most 50 us, in which an answer comes if the other process
  /// has little to do: two changes of thread would take several times as long as the hand-over itself.
  public func records(
    from position: UInt64, waitingAtMost limit: Duration
  ) async throws -> [LogRecord] {
    let deadline = ContinuousClock.now + limit
    while !Task.isCancelled, !watch.isClosed {
      let sequence = watch.sequence
      let records = try file.records(from: position)
      guard records.isEmpty, limit > .zero, ContinuousClock.now < deadline else { return records }
      if watch.lookAwhile(since: sequence, until: min(deadline, .now + patience)) { continue }
      await watch.wait(since: sequence, until: deadline)
    }
    return []
  }

  /// Renews as ``Coordinator/renewLease(of:)`` says, by the machine's clock since it was started.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the id is empty or too long.
  public func renewLease(of node: String?) async throws -> [Lease] {
    if let node { try CoordinatorLimits.check(id: node, of: "node") }
    return try file.renewLease(of: node)
  }

  /// Drops as ``Coordinator/dropLease(of:)`` says; a node without a lease is ignored.
  public func dropLease(of node: String) async throws { try file.dropLease(of: node) }

  /// Forgets every record before `position`, and gives their memory back to the system.
  public func trim(before position: UInt64) async throws { try file.trim(before: position) }

  /// Keeps the batch as ``TransientCoordinator/keep()`` says.
  public func keep() async throws { try file.keep() }

  /// Ends all waits and leaves; the last one to leave removes the file.
  public func close() async {
    watch.close()
    // Not to be cut short: a file that nobody removes takes memory.
    await Task.detached { [file] in await file.leave() }.value
  }
}
