/// Fetches orders for one lane, runs them, and hands in what they gave.
struct LaneDriver: Sendable {
  let scenario: Scenario
  let lane: Lane
  let plan: OrderPlan
  let options: ExploreOptions
  let collector: ExploreCollector
  /// Whether the lane is closed at the end; else it goes on with other orders.
  let isLast: Bool

  init(
    _ scenario: Scenario, lane: Lane, plan: OrderPlan, options: ExploreOptions,
    collector: ExploreCollector, isLast: Bool
  ) {
    self.scenario = scenario
    self.lane = lane
    self.plan = plan
    self.options = options
    self.collector = collector
    self.isLast = isLast
  }

  /// Works until there is nothing left, or somebody has failed. A cancellation reaches it through the collector: it
  /// begins no more orders then.
  func run() async {
    do {
      // A task of its own is not cancelled with the one that explores, so that lanes can be left in order.
      try await Task(executorPreference: lane.loop) {
        if await !lane.isOpen { try await lane.open() }
        try await work()
      }.value
    } catch {
      await collector.fail(error)
    }
    if isLast { await Task(executorPreference: lane.loop) { await lane.close() }.value }
    if let refusal = await lane.probeRefusal { await collector.noteAssumedWaits(refusal) }
    if let gap = await lane.holderGap { await collector.noteUnknownHolders(gap) }
    await collector.noteLargeTables(lane.largeTables.sorted())
  }

  /// Runs orders until there is nothing left; how many at a time depends on how long they take.
  private func work() async throws {
    var ended: [EndedOrder] = []
    var size = 1
    while let indices = try await collector.exchange(ended, forUpTo: size) {
      ended = []
      let beganAt = Moment.now
      var handedInAt = beganAt
      for index in indices where !collector.wasInterrupted {
        if handedInAt.advanced(microseconds: Self.patience) < .now {
          // These take longer than those before.
          try await collector.take(ended)
          (ended, handedInAt) = ([], .now)
        }
        do { ended.append(try await run(index)) } catch {
          try await collector.take(ended)
          throw error
        }
      }
      let each = max(1, Moment.now.microseconds(since: beganAt) / indices.count)
      size = min(max(1, Self.patience / each), size * 2)
    }
  }

  /// For how many microseconds what orders gave is kept back: handing it in one by one costs two changes of thread
  /// for each.
  private static let patience = 20_000

  private func run(_ index: UInt128) async throws -> EndedOrder {
    let order = plan[index]
    let run = try await attempt(order, isFollowed: index + 1 < plan.count)
    var execution = Execution(
      rank: order.rank, order: order.slots.map { UInt8($0.client) },
      dispatched: run.dispatched.map { UInt8($0.client) }, steps: run.steps, checks: run.checks)
    execution.permutation = order.permutation
    execution.assertions = run.assertions
    return EndedOrder(index: index, execution: execution, run: run)
  }

  private func attempt(_ order: PlannedOrder, isFollowed: Bool) async throws -> LaneRun {
    var attempts = 1
    while true {
      do {
        return try await lane.run(order.slots, isFollowed: isFollowed)
      } catch let error as SessionLost {
        await collector.noteAbandoned()
        guard attempts < options.limits.attempts else {
          throw MuddledError(
            .unavailable,
            "order \(order.rank) was begun \(attempts) times, and a session broke each time: \(error)"
          )
        }
        attempts += 1
        try await lane.recover()
      }
    }
  }
}

/// What one order gave.
struct EndedOrder: Sendable {
  /// Its place among those that are to be run.
  let index: UInt128
  let execution: Execution
  let run: LaneRun
}

extension PlannedOrder {
  /// The rank, or 0 for a permutation line.
  var rank: UInt128 {
    if case .rank(let rank) = target { rank } else { 0 }
  }

  /// The index of the permutation line, if it is one.
  var permutation: Int? {
    if case .permutation(let index) = target { index } else { nil }
  }
}
