/// One worker's part in a fleet: takes chunks, tells what they gave, and reads what others say.
actor FleetWorker {
  /// How many chunks a fleet's orders are divided into at least, if there are as many.
  private static let leastChunks: UInt128 = 64
  private static let chunkLimit: UInt128 = 512
  /// How often the last ones look whether the others have left.
  private static let pause = Duration.milliseconds(20)

  private let fleet: Fleet
  private let work: FleetWork
  private let instance = UInt64.random(in: .min ... .max)
  private let id: String
  private(set) var state = FleetState()
  private var framing = RecordFraming()
  private var nextPosition: UInt64 = 0
  private var endPosition: UInt64?
  private var leasing: Task<Void, Never>?
  private var leaseFailure: (any Error)?
  private var hasJoined = false
  /// How many workers there were, this one among them.
  private(set) var workerCount = 0

  /// - Parameters:
  ///   - digest: tells apart scenarios and what is run of them.
  ///   - name: what the scenario is called.
  ///   - orders: how many orders are to be run.
  init(_ fleet: Fleet, digest: Digest, name: String, orders: UInt128) {
    self.fleet = fleet
    id = "worker-" + String(instance, radix: 36)
    work = FleetWork(
      digest: digest, name: name, orders: orders,
      chunkSize: UInt64(min(max(orders / Self.leastChunks, 1), Self.chunkLimit)))
  }

  /// Takes part.
  ///
  /// - Throws: ``MuddledError``: ``MuddledError/Code/usage`` if the fleet explores something else, or has done so
  ///   and is gone.
  func join() async throws {
    try await readAll()
    try checkWork()
    _ = try await fleet.coordinator.renewLease(of: id)
    keepLease()
    hasJoined = true
    try await append(.joined(work)) { state in !state.isEnded }
    try checkWork()
  }

  private func checkWork() throws {
    if let other = state.work {
      guard other != work else { return }
      throw MuddledError(
        .usage,
        "batch \(fleet.batch.quoted) explores \(other.orders) orders of \(other.name), and this is about "
          + "\(work.orders) orders of \(work.name)"
          + (other.name == work.name
            ? ", a changed scenario, or other options, checks, assertions or another reset" : "")
          + "; give every worker the same, or choose another batch id")
    }
    guard !state.isEnded else {
      throw MuddledError(
        .usage, "batch \(fleet.batch.quoted) was explored to its end; choose another batch id")
    }
  }

  /// Takes a chunk to work on, waiting for one as long as others work on all that is left.
  ///
  /// - Returns: `nil` if every chunk was found.
  /// - Throws: ``MuddledError/Code/interrupted`` if the task is cancelled.
  func nextChunk() async throws -> (chunk: UInt64, orders: Range<UInt128>)? {
    while true {
      if Task.isCancelled { throw MuddledError(.interrupted, "stopped by the user") }
      if let leaseFailure { throw leaseFailure }
      try await readAll()
      if state.isComplete { return nil }
      let leases = try await fleet.coordinator.renewLease(of: id)
      let live = Set(leases.filter { $0.age < fleet.lease }.map(\.node))
      if let chunk = state.freeChunk({ live.contains($0) && $0 != id }) {
        let position = nextPosition
        try await append(.claimed(chunk: chunk)) { _ in self.nextPosition == position }
        if state.claims[chunk] == id { return (chunk, work.orders(ofChunk: chunk)) }
      } else {
        try apply(
          try await fleet.coordinator.records(from: nextPosition, waitingAtMost: fleet.lease / 4))
      }
    }
  }

  /// Tells what a chunk gave.
  func found(_ chunk: UInt64, _ findings: FleetFindings) async throws {
    let bytes = findings.encoded(after: state.findings)
    try await append(.found(chunk: chunk, bytes)) { $0.claims[chunk] != nil }
  }

  /// Leaves; the last to leave a fleet that is done cleans up.
  func leave() async throws {
    leasing?.cancel()
    guard hasJoined else { return await fleet.coordinator.close() }
    if state.isComplete {
      try await append(.ended) { !$0.isEnded }
    } else {
      try await append(.left) { _ in true }
      try await (fleet.coordinator as? any TransientCoordinator)?.keep()
    }
    try await fleet.coordinator.dropLease(of: id)
    if state.isEnded { try await cleanUp() }
    await fleet.coordinator.close()
  }

  /// Leaves only the record that says that this batch id was used, once nobody reads the others any more: whoever
  /// lives leaves now too, and whoever was killed is gone when its lease has run out.
  private func cleanUp() async throws {
    guard let endPosition else { return }
    let deadline = ContinuousClock.now + fleet.lease * 2
    while ContinuousClock.now < deadline {
      let leases = try await fleet.coordinator.renewLease(of: nil)
      guard leases.contains(where: { $0.age < fleet.lease }) else {
        for lease in leases { try await fleet.coordinator.dropLease(of: lease.node) }
        return try await fleet.coordinator.trim(before: endPosition)
      }
      try await Task.sleep(for: Self.pause)
    }
  }

  private func keepLease() {
    leasing = Task { [fleet, id] in
      while !Task.isCancelled {
        try? await Task.sleep(for: fleet.lease / 4)
        if Task.isCancelled { return }
        do { _ = try await fleet.coordinator.renewLease(of: id) } catch {
          if !Task.isCancelled { leaseFailure = error }
          return
        }
      }
    }
  }

  // MARK: The log

  /// Appends an event as soon as every record before it was read, unless it is due no more by then.
  private func append(_ event: FleetEvent, while isDue: (FleetState) -> Bool) async throws {
    let record = FleetRecord(worker: id, event: event)
    let frames = RecordFraming.frames(for: record.encoded(), instance: instance)
    var index = 0
    while index < frames.count {
      guard isDue(state) else { return }
      let position = nextPosition
      if try await fleet.coordinator.append(frames[index], at: position) == .appended {
        try apply([LogRecord(position: position, bytes: frames[index])])
        index += 1
      } else {
        try await readAll()
      }
    }
  }

  private func readAll() async throws {
    while true {
      let records = try await fleet.coordinator.records(from: nextPosition, waitingAtMost: .zero)
      if records.isEmpty { return }
      try apply(records)
    }
  }

  private func apply(_ records: [LogRecord]) throws {
    for record in records where record.position >= nextPosition {
      guard record.position == nextPosition || nextPosition == 0 else {
        throw MuddledError(
          .unavailable,
          "the coordinator has lost records of batch \(fleet.batch.quoted) that this worker has not read; "
            + "start all workers again with a new batch id")
      }
      nextPosition = record.position + 1
      guard let message = try framing.add(record) else { continue }
      let read = try FleetRecord(decoding: message.payload)
      if case .ended = read.event, endPosition == nil { endPosition = message.firstPosition }
      if case .joined(let joined) = read.event, joined == work { workerCount += 1 }
      do { try state.apply(read) } catch is MalformedBytes {
        throw MuddledError(
          .unavailable, "what a worker of batch \(fleet.batch.quoted) found cannot be read")
      }
    }
  }
}
