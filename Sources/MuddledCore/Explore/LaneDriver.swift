/// Fetches orders for one lane, runs them, and hands in what they gave.
struct LaneDriver: Sendable {
  let scenario: Scenario
  let lane: Lane
  let plan: OrderPlan
  let options: ExploreOptions
  let collector: ExploreCollector

  init(
    _ scenario: Scenario, lane: Lane, plan: OrderPlan, options: ExploreOptions,
    collector: ExploreCollector
  ) {
    self.scenario = scenario
    self.lane = lane
    self.plan = plan
    self.options = options
    self.collector = collector
  }

  /// Works until there is nothing left, or somebody has failed. It does not notice a cancellation itself: the
  /// collector hands out no more then.
  func run() async {
    do {
      // A task of its own is not cancelled with the one that explores, so that lanes can be left in order.
      try await Task(executorPreference: lane.loop) {
        try await lane.open()
        while let indices = await collector.claim() {
          for index in indices { try await run(index) }
        }
      }.value
    } catch {
      await collector.fail(error)
    }
    await Task(executorPreference: lane.loop) { await lane.close() }.value
    if let refusal = await lane.probeRefusal { await collector.noteAssumedWaits(refusal) }
    if let gap = await lane.holderGap { await collector.noteUnknownHolders(gap) }
    await collector.noteLargeTables(lane.largeTables.sorted())
  }

  private func run(_ index: UInt128) async throws {
    let order = plan[index]
    let run = try await attempt(order)
    var execution = Execution(
      rank: order.rank, order: order.slots.map { UInt8($0.client) },
      dispatched: run.dispatched.map { UInt8($0.client) }, steps: run.steps, checks: run.checks)
    execution.permutation = order.permutation
    execution.assertions = run.assertions
    try await collector.take(index, execution, run)
  }

  private func attempt(_ order: PlannedOrder) async throws -> LaneRun {
    var attempts = 1
    while true {
      do { return try await lane.run(order.slots) } catch let error as SessionLost {
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
