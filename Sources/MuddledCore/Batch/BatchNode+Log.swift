import Logging

extension BatchNode {
  var ownIndex: Int? { confirmed.index(of: configuration.node) }

  /// Notes what this node has done; it stands in the log only after the next ``flush()``.
  func emit(_ event: BatchEvent) {
    if pending.isEmpty {
      pendingRank = tentative.rank
      pendingAttempt = tentative.attempt
    }
    pending.append(event)
    _ = tentative.apply(record(of: [event], rank: tentative.rank, attempt: tentative.attempt))
  }

  private func record(of events: [BatchEvent], rank: UInt128, attempt: UInt32) -> BatchRecord {
    BatchRecord(
      node: configuration.node,
      incarnation: ownIndex.map { confirmed.nodes[$0].incarnation } ?? 0,
      rank: rank, attempt: attempt, events: events)
  }

  /// Writes what this node has done into the log, after what others have written there meanwhile.
  func flush() async throws {
    while !pending.isEmpty {
      let record = record(of: pending, rank: pendingRank, attempt: pendingAttempt)
      if try await append(record) { pending = [] }
    }
  }

  /// Appends one record, cut into parts if it is long.
  ///
  /// - Returns: `false` if others wrote first; their records are applied then, and what was pending is judged anew.
  func append(_ record: BatchRecord) async throws -> Bool {
    let frames = RecordFraming.frames(for: record.encoded(), instance: instance)
    for (index, frame) in frames.enumerated() {
      let position = nextPosition
      guard try await coordinator.append(frame, at: position) == .appended else {
        try await apply(
          try await coordinator.records(from: position, waitingAtMost: BatchNode.readLimit))
        return false
      }
      if index == frames.count - 1 { pending = [] }
      try await apply([LogRecord(position: position, bytes: frame)])
    }
    return true
  }

  /// Applies records of the log in their sequence, and tells the user what they mean.
  func apply(_ records: [LogRecord]) async throws {
    try await refuseIfGivenUp(in: records)
    var hasNews = false
    for record in records where record.position >= nextPosition {
      if record.position > nextPosition && nextPosition > 0 { try startAnew() }
      nextPosition = record.position + 1
      bytesSinceSnapshot += record.bytes.count + BatchNode.recordOverhead
      guard let message = try framing.add(record) else { continue }
      try await apply(message, endingAt: record.position)
      hasNews = true
    }
    if hasNews { rebase() }
  }

  /// Deals with a log that was trimmed past what this node has read.
  ///
  /// Nobody trims what a live node has still to read: this process slept, and was given up. One that is only about to join
  /// reads on from the snapshot that the log begins with now.
  private func startAnew() throws {
    if isRegistered, let me = ownIndex { throw givenUp(confirmed.nodes[me]) }
    confirmed = BatchState()
    framing = RecordFraming()
  }

  /// Stops a process that slept and was given up, before it reports what its successor reports too.
  func refuseIfGivenUp(in records: [LogRecord]) async throws {
    guard isRegistered, let me = ownIndex else { return }
    noteSilence()
    // What came first may be from before the sleep, and the word of the loss only on its way.
    let later = wasSilent ? try await recordsBehind(records) : []
    wasSilent = false
    guard records.count + later.count > 1 else { return }
    let own = confirmed.nodes[me]
    // A copy, so that the parts of a message are not taken twice.
    var framing = framing
    var next = nextPosition
    for record in records + later where record.position >= next {
      // Trimmed: see startAnew().
      if record.position > next { throw givenUp(own) }
      next = record.position + 1
      guard let message = try framing.add(record) else { continue }
      let events = try BatchRecord(decoding: message.payload).events
      guard events.contains(.lost(node: own.id, incarnation: own.incarnation)) else { continue }
      throw givenUp(own)
    }
  }

  /// All that the log holds behind some of its records.
  private func recordsBehind(_ records: [LogRecord]) async throws -> [LogRecord] {
    var later: [LogRecord] = []
    var next = (records.last?.position).map { $0 + 1 } ?? nextPosition
    while true {
      let more = try await coordinator.records(from: next, waitingAtMost: .zero)
      guard let last = more.last else { return later }
      later += more
      next = last.position + 1
    }
  }

  private func apply(_ message: RecordFraming.Message, endingAt position: UInt64) async throws {
    let record = try BatchRecord(decoding: message.payload)
    logger.trace("record", metadata: ["position": "\(position)", "record": "\(record)"])
    let effects = confirmed.apply(record)
    if confirmed.isEndRecorded, endPosition == nil { endPosition = message.firstPosition }
    for effect in effects {
      if case .snapshot(let rank) = effect {
        // A long snapshot is paid off first, so that snapshots are never most of the log.
        bytesSinceSnapshot = -message.payload.count
        untrimmedSnapshot = (message.firstPosition, rank)
      }
      try await take(effect)
    }
    try await noticeStart()
  }

  /// Applies what this node has done and not said yet on top of what the log says now.
  private func rebase() {
    tentative = confirmed
    // Others wrote after the server had said that the own statement waits: it has to be asked again.
    pending.removeAll { $0 == .blocked }
    guard !pending.isEmpty else { return }
    _ = tentative.apply(record(of: pending, rank: pendingRank, attempt: pendingAttempt))
    if isRegistered, confirmed.rank != pendingRank || confirmed.attempt != pendingAttempt {
      // The order was abandoned meanwhile; what was done in it counts no more.
      pending = []
      tentative = confirmed
    }
  }

  /// Keeps one look at the log under way.
  func keepReading() {
    guard reading == nil else { return }
    let position = nextPosition
    reading = Task.immediate(executorPreference: loop) { await self.read(from: position) }
  }

  private func read(from position: UInt64) async {
    let result: Result<[LogRecord], any Error>
    do {
      result = .success(
        try await coordinator.records(from: position, waitingAtMost: BatchNode.readLimit))
    } catch {
      result = .failure(error)
    }
    inbox.yield(.records(result))
  }
}
