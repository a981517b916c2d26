// What happens between the first step of an order and the last.
extension Lane {
  /// After how many microseconds the server is asked again, or for the first time where the last order that began like this met a wait.
  private static let expectedLook = 60
  private static let longestPause = 20_000

  private struct Dispatched {
    let slot: Slot
    let at: Moment
    var isCancelRequested = false
    var wait: StepWait?
    var hasHolders = false
    var step: ExecutedStep?

    /// The statement is known to wait, now for the first time or again.
    mutating func noteWait(isAssumed: Bool) {
      guard wait == nil else { return }
      wait = StepWait(
        foundMicroseconds: UInt64(Moment.now.microseconds(since: at)), isAssumed: isAssumed)
    }
  }

  /// What is known of an order while its steps run.
  private struct Progress {
    var machine: ExecutionStateMachine
    var dispatched: [Dispatched] = []
    /// What its dispatches did, for the next order.
    var memory: [(slot: Slot, wasBlocked: Bool)] = []
    /// Whether it began like the last one.
    var isLikeLast = true
    /// When the server is asked next, and how long after that once more, in microseconds.
    var lookAt = Moment.now
    var pause = Lane.expectedLook
    var stalledSince: Moment?

    init(_ slots: [Slot], clientCount: Int) {
      machine = ExecutionStateMachine(slots: slots, clientCount: clientCount)
    }
  }

  /// Runs the steps of one order, and notes what they did.
  func runSteps(_ slots: [Slot], _ run: inout LaneRun) async throws {
    var progress = Progress(slots, clientCount: scenario.sessions.count)
    while progress.machine.action != .finished {
      if case .dispatch(let client, let step) = progress.machine.action {
        dispatch(Slot(client: client, step: step), &progress)
      } else if let reply = await nextReply(until: try await prepareToWait(&progress)) {
        try finish(reply, progress.machine, &progress.dispatched)
        _ = progress.machine.completed(client: reply.client)
        progress.lookAt = .now
        progress.pause = Self.expectedLook
      } else if case .settle(let unknown) = progress.machine.action, progress.lookAt <= .now {
        try await lookForWaits(of: unknown, &progress)
      }
    }
    memory = progress.memory
    run.dispatched = progress.machine.dispatched
    run.steps = progress.dispatched.compactMap(\.step)
    run.steps.noteWakes()
    run.holderSurprise = holders.takeSurprise()
    run.effects = Self.effects(run.steps)
  }

  private func dispatch(_ slot: Slot, _ progress: inout Progress) {
    let now = Moment.now
    let index = progress.dispatched.count
    progress.isLikeLast =
      progress.isLikeLast && index < memory.count && memory[index].slot == slot
    progress.dispatched.append(Dispatched(slot: slot, at: now))
    progress.memory.append((slot, false))
    send(texts[slot.client][slot.step], to: slot.client)
    progress.pause = firstLook(slot, progress.isLikeLast ? memory[index].wasBlocked : nil)
    progress.lookAt = now.advanced(microseconds: progress.pause)
    progress.machine.noteDispatched()
  }

  /// Cancels a statement that stalls the order too long.
  ///
  /// - Returns: until when a reply is waited for before anything else is done.
  private func prepareToWait(_ progress: inout Progress) async throws -> Moment {
    guard case .stalled(let client) = progress.machine.action else {
      progress.stalledSince = nil
      return probeRefusal == nil
        ? progress.lookAt : progress.lookAt.advanced(by: limits.assumeBlockedTimeout)
    }
    let now = Moment.now
    let end = (progress.stalledSince ?? now).advanced(by: limits.stallTimeout)
    if end > now {
      progress.stalledSince = progress.stalledSince ?? now
      return end
    }
    try await cancel(client, &progress.dispatched, progress.machine)
    progress.stalledSince = now
    return now.advanced(by: limits.stallTimeout)
  }

  /// Asks the server who waits, and notes what it says.
  ///
  /// - Parameter unknown: the clients that may wait.
  private func lookForWaits(of unknown: [Int], _ progress: inout Progress) async throws {
    let waiting = try await waits(progress.machine, unknown)
    guard replies.isEmpty else { return }
    let late = unknown.filter { client in
      let sentAt = progress.dispatched.last { $0.slot.client == client }?.at ?? .now
      return !waiting.contains(client) && sentAt.advanced(by: limits.stepTimeout) < .now
    }
    for client in late { try await cancel(client, &progress.dispatched, progress.machine) }
    _ = progress.machine.waiting(clients: waiting)
    for client in waiting {
      guard let sequence = progress.machine.inFlight[client]?.sequence else { continue }
      progress.memory[sequence].wasBlocked = true
      habits.noteWait(of: progress.dispatched[sequence].slot)
      progress.dispatched[sequence].noteWait(isAssumed: probeRefusal != nil)
    }
    try await noteHolders(progress.machine, &progress.dispatched)
    progress.lookAt = .now.advanced(microseconds: progress.pause)
    progress.pause = min(progress.pause * 3 / 2, Self.longestPause)
  }

  /// For how many microseconds a statement runs before the server is asked whether it waits.
  ///
  /// A question costs the server as much as some statements do, and where it has more to do than it can, each
  /// makes the next reply later. So a reply is given the time that replies take lately, and more of it where
  /// none is expected to wait.
  ///
  /// - Parameter wasBlocked: whether it waited in the last order that began like this, if one did.
  private func firstLook(_ slot: Slot, _ wasBlocked: Bool?) -> Int {
    if wasBlocked == true { return Self.expectedLook }
    // Hardly a reply takes that long: what was learned of this step is then no longer true.
    if wasBlocked == false || habits.neverWaits(slot) {
      return min(max(usualReply * 8, 4000), 8000)
    }
    return min(max(usualReply * 3, 300), 1000)
  }

  /// Which clients in flight wait for a lock now; with a server that does not say, all that are late.
  private func waits(
    _ machine: ExecutionStateMachine, _ unknown: [Int]
  ) async throws -> Set<Int> {
    let inFlight = machine.inFlight.indices.filter { machine.inFlight[$0] != nil }
    if probeRefusal == nil {
      switch try await database.lockWaits(among: inFlight.map { sessions[$0].connectionID }) {
      case .waiting(let ids):
        return Set(inFlight.filter { ids.contains(sessions[$0].connectionID) })
      case .unavailable(let reason): probeRefusal = reason
      }
      return []
    }
    return Set(inFlight)
  }

  /// Asks whom those wait for that were not asked about yet; once all is quiet, so that the answer is always the same.
  private func noteHolders(
    _ machine: ExecutionStateMachine, _ dispatched: inout [Dispatched]
  ) async throws {
    if case .settle = machine.action { return }
    let new = machine.inFlight.indices.filter { client in
      // The machine may count the next step already, which is not sent yet.
      guard let sequence = machine.inFlight[client]?.sequence, sequence < dispatched.count else {
        return false
      }
      return !dispatched[sequence].hasHolders
    }
    guard probeRefusal == nil, !new.isEmpty else { return }
    let found = try await holders.waits(
      of: new, after: dispatched.map(\.slot), connections: sessions.map(\.connectionID))
    for (client, wait) in zip(new, found) {
      guard let sequence = machine.inFlight[client]?.sequence else { continue }
      dispatched[sequence].hasHolders = true
      dispatched[sequence].wait?.holders = wait.holders
      dispatched[sequence].wait?.mayLapse = wait.mayLapse
    }
  }

  private func finish(
    _ reply: Reply, _ machine: ExecutionStateMachine, _ dispatched: inout [Dispatched]
  ) throws {
    guard let statement = machine.inFlight[reply.client] else { return }
    let index = statement.sequence
    var results = try reply.result.get()
    if dispatched[index].isCancelRequested, !results.contains(where: \.isOtherError) {
      results = [.cancelled]
    }
    let slot = dispatched[index].slot
    let took = Moment.now.microseconds(since: dispatched[index].at)
    if statement.blockedSequence == nil { usualReply += (took - usualReply) / 8 }
    habits.noteRun(of: slot)
    dispatched[index].step = ExecutedStep(
      client: slot.client, step: slot.step,
      sql: scenario.sessions[slot.client].steps[slot.step].block.text, results: results,
      wasBlocked: statement.blockedSequence != nil, settledAfter: machine.dispatched.count - 1,
      microseconds: UInt64(took))
    let wait = dispatched[index].wait
    dispatched[index].step?.wait = wait
  }

  private func cancel(
    _ client: Int, _ dispatched: inout [Dispatched], _ machine: ExecutionStateMachine
  ) async throws {
    guard let index = machine.inFlight[client]?.sequence, !dispatched[index].isCancelRequested
    else { return }
    dispatched[index].isCancelRequested = true
    try await database.cancelStatement(of: sessions[client].connectionID)
  }

  /// For each dispatch, a digest of what had come of it, and of those before it, when the next one was due.
  private static func effects(_ steps: [ExecutedStep]) -> [Digest] {
    var digest = Digest()
    return steps.indices.map { index in
      digest.update(UInt64(steps[index].client))
      digest.update(UInt64(steps[index].step))
      for (place, step) in steps[...index].enumerated() where step.settledAfter >= index {
        digest.update(UInt64(place))
        digest.update(step.wasBlocked || step.settledAfter > index ? 1 : 0)
        if step.settledAfter == index { digest.update(step.results) }
      }
      return digest
    }
  }
}
