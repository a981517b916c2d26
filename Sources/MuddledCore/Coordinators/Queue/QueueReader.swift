/// Reads a queue as long as somebody waits for something in it, and answers those who do.
actor QueueReader {
  /// What became of an utterance.
  enum Answer: Sendable {
    case decided(AppendResult)
    case refused
    /// The queue took it at this time of its clock.
    case heard(Duration)
    case unplaced
    /// It was purged before it was read here, or may have been.
    case interrupted
  }

  private enum Goal {
    case record(UInt64)
    case answer(QueueEntry.Mark)
  }

  private struct Wait {
    let id: UInt64
    let goal: Goal
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  /// How long one look at the queue waits.
  private static let slice = Duration.seconds(5)
  /// How long an utterance that the queue has taken may need to come back.
  private static let answerLimit = Duration.seconds(10)

  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  let queue: any OrderedQueue
  private(set) var log = QueueLog()
  /// Whether all that stood in the queue when this value was first used has been read.
  private var hasCaughtUp = false
  private var answers: [QueueEntry.Mark: Answer] = [:]
  private var expected: Set<QueueEntry.Mark> = []
  private var waits: [Wait] = []
  private var lastID: UInt64 = 0
  private var reading: Task<Void, Never>?
  private var alarm: Alarm?
  private var isClosed = false

  init(_ queue: any OrderedQueue, on loop: EventLoop) {
    self.queue = queue
    self.loop = loop
  }

  /// Reads all that stood in the queue before this value was first used.
  func catchUpOnce(_ marks: QueueMarks) async throws {
    if !hasCaughtUp { try await catchUp(marks) }
  }

  /// Reads all that stands in the queue at this moment.
  ///
  /// - Returns: the time, by the queue's clock.
  @discardableResult
  func catchUp(_ marks: QueueMarks) async throws -> Duration {
    // A purge may come between the words and the answer, and once before the first word.
    for _ in 0..<4 {
      let mark = marks.next()
      if case .heard(let time) = try await say([.asked(mark)], mark: mark) {
        hasCaughtUp = true
        return time
      }
    }
    throw MuddledError(
      .unavailable,
      "The beginning of the batch is no longer in the queue; start all nodes again with a new batch id"
    )
  }

  /// Publishes entries that share a mark, and waits until they are read back.
  func say(_ entries: [QueueEntry], mark: QueueEntry.Mark) async throws -> Answer {
    expected.insert(mark)
    defer {
      expected.remove(mark)
      answers[mark] = nil
    }
    for entry in entries { try await queue.publish(entry.encoded) }
    try await wait(for: .answer(mark), until: .now + Self.answerLimit, heedsCancellation: false)
    guard let answer = answers[mark] else {
      throw MuddledError(
        .unavailable,
        "The queue took a message and did not give it back within \(Self.answerLimit)")
    }
    return answer
  }

  /// The records from a position on that are known, once there is one or the deadline has passed.
  func records(
    from position: UInt64, until deadline: ContinuousClock.Instant
  ) async throws -> [LogRecord] {
    try await wait(for: .record(position), until: deadline, heedsCancellation: true)
    return log.records(from: position)
  }

  /// Ends every wait and the queue's connections.
  func close() async {
    isClosed = true
    reading?.cancel()
    alarm?.set(to: nil)
    alarm = nil
    for wait in takeWaits({ _ in true }) { wait.continuation.resume() }
    await queue.close()
  }

  // MARK: Waiting

  private func isReached(_ goal: Goal) -> Bool {
    switch goal {
    case .record(let position): log.end > position
    case .answer(let mark): answers[mark] != nil
    }
  }

  private func wait(
    for goal: Goal, until deadline: ContinuousClock.Instant, heedsCancellation: Bool
  ) async throws {
    guard !isReached(goal), !isClosed, deadline > .now else { return }
    lastID += 1
    let id = lastID
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        waits.append(Wait(id: id, goal: goal, deadline: deadline, continuation: continuation))
        setAlarm()
        if heedsCancellation, Task.isCancelled { end(id) }
        read()
      }
    } onCancel: {
      if heedsCancellation { Task(executorPreference: loop) { await self.end(id) } }
    }
  }

  private func end(_ id: UInt64) {
    for wait in takeWaits({ $0.id == id }) { wait.continuation.resume() }
  }

  private func takeWaits(_ isDue: (Wait) -> Bool) -> [Wait] {
    let due = waits.filter(isDue)
    if !due.isEmpty { waits.removeAll(where: isDue) }
    return due
  }

  private func setAlarm() {
    let alarm =
      alarm
      ?? Alarm(on: loop) { [weak self] in self?.assumeIsolated { $0.endOverdue() } }
    self.alarm = alarm
    alarm.set(to: waits.map(\.deadline).min())
  }

  private func endOverdue() {
    let now = ContinuousClock.now
    for wait in takeWaits({ $0.deadline <= now }) { wait.continuation.resume() }
    setAlarm()
  }

  // MARK: Reading

  private func read() {
    guard reading == nil, !isClosed, !waits.isEmpty else { return }
    reading = Task.immediate(executorPreference: loop) { await self.readOn() }
  }

  private func readOn() async {
    while !waits.isEmpty, !isClosed {
      do {
        let messages = try await queue.messages(
          from: log.nextSequence, waitingAtMost: Self.slice)
        for message in messages { take(try log.apply(message)) }
      } catch {
        let failure =
          error is MalformedBytes
          ? MuddledError(
            .unavailable,
            "The batch's queue holds what this version of muddled did not write; use another batch id"
          )
          : error
        for wait in takeWaits({ _ in true }) { wait.continuation.resume(throwing: failure) }
      }
      for wait in takeWaits({ isReached($0.goal) }) { wait.continuation.resume() }
    }
    reading = nil
  }

  private func take(_ events: [QueueLog.Event]) {
    for event in events {
      switch event {
      case .decided(let mark, let result): answer(mark, .decided(result))
      case .refused(let mark): answer(mark, .refused)
      case .heard(let mark, let time): answer(mark, .heard(time))
      case .unplaced(let mark): answer(mark, .unplaced)
      case .interrupted: for mark in expected { answer(mark, .interrupted) }
      }
    }
  }

  /// Keeps the first answer: what is read twice was published twice.
  private func answer(_ mark: QueueEntry.Mark, _ answer: Answer) {
    if expected.contains(mark), answers[mark] == nil { answers[mark] = answer }
  }
}
