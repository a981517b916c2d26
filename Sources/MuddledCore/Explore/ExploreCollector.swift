import Synchronization

/// Hands out orders to the lanes, and brings what they gave into sequence.
actor ExploreCollector {
  /// Where the summary counts an assertion that did not hold.
  private struct ViolationPlace {
    let index: Int
    let place: Int
  }

  /// What is known of an order.
  private enum Answer {
    case run(EndedOrder)
    case known(EffectMemory.Known)
  }

  /// How far lanes may run ahead of the slowest one, in orders.
  private static let lookahead: UInt128 = 4096
  /// How many effects are remembered where they only serve to find nondeterminism.
  private static let verifiedEffects = 200_000

  private let loop: EventLoop?
  nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop?.asUnownedSerialExecutor() ?? fallback.asUnownedSerialExecutor()
  }
  private nonisolated let fallback: EventLoop
  private nonisolated let isInterrupted = Atomic(false)

  private let scenario: Scenario
  private let plan: OrderPlan
  private let options: ExploreOptions
  private let reporters: [any Reporter]
  private var summary: ExploreSummary
  private var failure: (any Error)?
  private var claimed: UInt128 = 0
  private var delivered: UInt128 = 0
  private var isDelivering = false
  private var waiting: [UInt128: Answer] = [:]
  private var sleepers: [CheckedContinuation<Void, Never>] = []
  private(set) var memory: EffectMemory
  private var claims = DistinctClaims()
  private(set) var executions: Set<UInt64> = []
  /// In distinct mode: the executions, held back until it is known for how many orders each stands.
  private var held: [Execution] = []
  private var heldTranscripts: [TranscriptPermutation] = []
  private var standing: [Digest: UInt128] = [:]
  /// In distinct mode: the executions in which an assertion did not hold.
  private var violated: [Digest: [ViolationPlace]] = [:]
  private let beganAt = ContinuousClock.now

  init(
    _ scenario: Scenario, plan: OrderPlan, options: ExploreOptions, lanes: Int,
    reporters: [any Reporter], loop: EventLoop?, memory: EffectMemory = EffectMemory()
  ) {
    self.memory = memory
    self.scenario = scenario
    self.plan = plan
    self.options = options
    self.reporters = reporters
    self.loop = loop
    fallback = loop ?? EventLoop()
    summary = ExploreSummary(scenario: scenario, orders: plan.count)
    summary.lanes = lanes
  }

  /// Has no more orders begun.
  nonisolated func interrupt() { isInterrupted.store(true, ordering: .relaxed) }

  /// Whether no more orders are to be begun.
  nonisolated var wasInterrupted: Bool { isInterrupted.load(ordering: .relaxed) }

  /// Tells the reporters what is going to be run.
  func begin() async {
    do {
      try await report(
        .started(
          RunStart(clients: scenario.clients, orders: plan.count, firstRank: 0, isBatch: false)))
    } catch { fail(error) }
  }

  // MARK: For the lanes

  /// Takes what orders gave, and hands out the next ones: both at once, as each call is two changes of thread.
  ///
  /// - Parameters:
  ///   - orders: what the lane has run since it last handed in.
  ///   - most: how many orders it wants at most.
  /// - Returns: the indices of the orders to run; `nil` if there is nothing left to do.
  func exchange(_ orders: [EndedOrder], forUpTo most: Int) async throws -> Range<UInt128>? {
    try await take(orders)
    while true {
      guard failure == nil, !wasInterrupted else {
        // What they sleep for may be an order that this lane has not begun.
        wakeSleepers()
        return nil
      }
      if options.isDistinct {
        if let index = claimUnknown() { return index..<index + 1 }
        await deliver()
        if claimed == plan.count, claims.isEmpty { return nil }
      } else if claimed == plan.count {
        return nil
      } else if claimed < delivered + Self.lookahead {
        let room = delivered + Self.lookahead - claimed
        let indices = claimed..<claimed + min(UInt128(most), fairShare, room)
        claimed = indices.upperBound
        return indices
      }
      // Whoever still runs an order hands it in, and wakes those that sleep.
      if failure == nil, !wasInterrupted {
        await withCheckedContinuation { sleepers.append($0) }
      }
    }
  }

  /// How many orders a lane gets at most, so that towards the end no lane has much left when the others have nothing.
  /// A single lane changes no threads, and hands in each.
  private var fairShare: UInt128 {
    summary.lanes == 1 ? 1 : max(1, (plan.count - claimed) / UInt128(summary.lanes * 4))
  }

  /// The next order of an execution that is not known, and that no lane is about to run; orders that are
  /// known are accounted for on the way.
  private func claimUnknown() -> UInt128? {
    while true {
      let index: UInt128
      if let postponed = claims.nextReady() {
        index = postponed
      } else if claimed < plan.count, claimed < delivered + Self.lookahead {
        index = claimed
        claimed += 1
      } else {
        return nil
      }
      switch memory.follow(plan[index].slots, clientCount: scenario.sessions.count) {
      case .known(let known):
        waiting[index] = .known(known)
      case .unknown(let frontier):
        if claims.begin(index, at: frontier) { return index }
      }
    }
  }

  /// Takes what orders gave.
  func take(_ orders: [EndedOrder]) async throws {
    for order in orders {
      waiting[order.index] = .run(order)
      guard options.isDistinct else { continue }
      learn(order.run, outcome: order.execution.outcome)
      claims.end(order.index)
      wakeSleepers()
    }
    await deliver()
    if let failure { throw failure }
  }

  func fail(_ error: any Error) {
    failure = failure ?? error
    wakeSleepers()
  }

  func noteAbandoned() { summary.abandonedOrders += 1 }

  func noteAssumedWaits(_ reason: String) {
    let remark =
      "lock waits were assumed, not seen: a statement without a reply after "
      + "\(options.limits.assumeBlockedTimeout.milliseconds) ms counted as blocked, because \(reason)"
    if !summary.remarks.contains(remark) { summary.remarks.append(remark) }
  }

  func noteUnknownHolders(_ reason: String) {
    let remark = "whom a step waits for is not told for every wait: \(reason)"
    if !summary.remarks.contains(remark) { summary.remarks.append(remark) }
  }

  func noteLargeTables(_ queries: [String]) {
    for query in queries {
      let remark = "the final state leaves out a table of more than 100 rows (\(query)); --check it"
      if !summary.remarks.contains(remark) { summary.remarks.append(remark) }
    }
  }

  // MARK: In sequence

  private func deliver() async {
    // Reporters may take their time; whoever reports already goes on with what has come meanwhile.
    guard !isDelivering else { return }
    isDelivering = true
    let before = delivered
    while let next = waiting.removeValue(forKey: delivered) {
      delivered += 1
      switch next {
      case .run(let finished):
        do { try await record(finished) } catch { fail(error) }
      case .known(let known):
        summary.tally.addOrder(to: known.outcome, isDeferred: known.isDeferred)
        standing[known.execution, default: 0] += 1
        for violation in violated[known.execution] ?? [] {
          summary.violations[violation.index].places[violation.place].orders += 1
        }
      }
    }
    isDelivering = false
    if delivered > before { wakeSleepers() }
  }

  private func wakeSleepers() {
    for sleeper in sleepers { sleeper.resume() }
    sleepers = []
  }

  private func record(_ finished: EndedOrder) async throws {
    let execution = finished.execution
    summary.tally.add(execution)
    summary.duration = .now - beganAt
    let key = EffectMemory.key(of: finished.run.dispatched)
    let isNew = executions.insert(UInt64(truncatingIfNeeded: key.value)).inserted
    if isNew { summary.executions += 1 }
    if !options.isDistinct, memory.count < Self.verifiedEffects {
      learn(finished.run, outcome: execution.outcome)
    }
    if let count = finished.run.holderSurprise { noteSurprise(finished.run, count - 1) }
    let broken = execution.assertions.filter { !$0.holds }.map { violate($0.sql, execution) }
    if options.isDistinct, !broken.isEmpty { violated[key] = broken }
    let transcript = options.wantsTranscripts ? transcript(of: finished) : nil
    if options.isDistinct {
      standing[key, default: 0] += 1
      // Lanes may have run it at the same time, before it was known.
      guard isNew else { return }
      held.append(execution)
      if let transcript { heldTranscripts.append(transcript) }
      heldKeys.append(key)
    } else {
      try await report(.order(execution))
      if let transcript { try await report(.transcript(transcript)) }
    }
  }

  private var heldKeys: [Digest] = []

  private func transcript(of finished: EndedOrder) -> TranscriptPermutation {
    let order =
      finished.execution.permutation.map { scenario.permutations[$0].steps }
      ?? Slot.slots(of: finished.execution.order).map {
        PermutationStep(StepReference(session: $0.client, step: $0.step))
      }
    return TranscriptPermutation(
      order: order, execution: finished.execution, setup: finished.run.setup,
      teardown: finished.run.teardown)
  }

  private func learn(_ run: LaneRun, outcome: Digest) {
    guard scenario.sessions.count <= EffectMemory.clientLimit else { return }
    if let surprise = memory.learn(run, outcome: outcome) { noteSurprise(run, surprise) }
  }

  private func noteSurprise(_ run: LaneRun, _ index: Int) {
    guard summary.nondeterminism.count < ExploreSummary.nondeterminismLimit else { return }
    summary.nondeterminism.append(.init(dispatched: Array(run.dispatched[...index])))
  }

  /// Counts an assertion that did not hold.
  private func violate(_ assertion: String, _ execution: Execution) -> ViolationPlace {
    let index =
      summary.violations.firstIndex { $0.assertion == assertion } ?? summary.violations.count
    if index == summary.violations.count {
      summary.violations.append(.init(assertion: assertion, places: []))
    }
    let places = summary.violations[index].places
    let place = places.firstIndex { $0.witness.outcome == execution.outcome } ?? places.count
    if place == places.count {
      summary.violations[index].places.append(
        .init(witness: execution, executions: 0, orders: 0))
    }
    summary.violations[index].places[place].executions += 1
    summary.violations[index].places[place].orders += 1
    return ViolationPlace(index: index, place: place)
  }

  private func report(_ event: RunEvent) async throws {
    for reporter in reporters { try await reporter.report(event) }
  }

  // MARK: The end

  /// Tells the reporters what was held back, and the summary, which says whether the run came to its end.
  func finish() async -> ExploreSummary {
    var thrown = failure
    do {
      for (index, execution) in held.enumerated() {
        var execution = execution
        execution.standsFor = standing.removeValue(forKey: heldKeys[index]) ?? 0
        try await report(.order(execution))
        if index < heldTranscripts.count { try await report(.transcript(heldTranscripts[index])) }
      }
    } catch {
      thrown = thrown ?? error
    }
    if thrown == nil, delivered < plan.count {
      thrown = MuddledError(.interrupted, "stopped by the user")
    }
    if let thrown {
      summary.failure = Self.failure(thrown)
      if let first = plan.firstRank, delivered < plan.count {
        summary.remainingRanks = first + delivered..<first + plan.count
      }
      try? await report(.explored(summary))
      return summary
    }
    do { try await report(.explored(summary)) } catch { summary.failure = Self.failure(error) }
    return summary
  }
}

extension ExploreCollector {
  static func failure(_ error: any Error) -> MuddledError {
    error as? MuddledError
      ?? MuddledError(.internalBug, "muddled cannot go on, and that is its own fault: \(error)")
  }

  /// Ends the thread, if the collector has one of its own; nothing may be asked of it afterwards.
  nonisolated func stop() {
    if loop == nil { fallback.stop() }
  }
}

extension ExecutedCheck {
  /// Whether this, as an assertion, holds: it gave no rows, or one value that is true.
  public var holds: Bool {
    guard case .rows(let rows)? = results.last else { return false }
    if rows.count == 0 { return true }
    guard rows.count == 1, let row = rows.rows.first, row.count == 1 else { return false }
    switch row[0] {
    case .number(let digits): return digits.contains { ("1"..."9").contains($0) }
    case .null, .text, .binary: return false
    }
  }
}
