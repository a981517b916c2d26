/// Runs orders of a scenario with all clients in this process, and tells what they gave.
///
/// ```swift
/// let report = try await Explorer(database: .mariaDB(dsn)).explore(transfer)
/// ```
public struct Explorer: Sendable {
  let database: any Database & LaneDatabases
  let options: ExploreOptions
  let reporters: [any Reporter]

  /// Makes an explorer.
  ///
  /// - Parameters:
  ///   - database: the server; lanes are databases made on it. Its own connections are closed at the end of each
  ///     exploration, and opened again when they are needed.
  ///   - options: how it is explored.
  ///   - reporters: who is told of what happens, in this sequence.
  public init(
    database: some Database & LaneDatabases, options: ExploreOptions = ExploreOptions(),
    reporters: [any Reporter] = []
  ) {
    self.database = database
    self.options = options
    self.reporters = reporters
  }

  /// Runs a scenario's orders.
  ///
  /// The reporters get the summary whatever happens. Cancelling the task ends the run after the orders under way, and
  /// throws an error with code ``MuddledError/Code/interrupted``. When this returns or throws, the lanes' databases,
  /// sessions and threads are gone.
  ///
  /// - Throws: ``MuddledError`` if the scenario cannot be run, or not to its end.
  public func explore(_ scenario: Scenario) async throws -> ExploreSummary {
    let summary = try await run(scenario, reporters)
    if let failure = summary.failure { throw failure }
    return summary
  }

  /// Runs a scenario's orders, and gives what happens to `body` as it happens.
  ///
  /// ```swift
  /// let report = try await explorer.explore(transfer) { events in
  ///   for await event in events {
  ///     if case .order(let execution) = event { print(transfer.naming(execution).transcript) }
  ///   }
  /// }
  /// ```
  ///
  /// The run waits for `body` if that falls behind. If `body` returns before the events end, the run ends after the
  /// orders under way, and its summary tells the rest (``ExploreSummary/remainingRanks``). If it throws, the run ends
  /// too, and this throws the same. Either way, and when the task is cancelled, nothing is left behind, as with
  /// ``explore(_:)``.
  ///
  /// - Parameters:
  ///   - scenario: what is explored.
  ///   - body: takes the events, which can be iterated once.
  /// - Throws: as ``explore(_:)`` does, and what `body` throws.
  public func explore(
    _ scenario: Scenario, _ body: (ExploreEvents) async throws -> Void
  ) async throws -> ExploreSummary {
    let channel = EventChannel()
    return try await withThrowingTaskGroup(of: ExploreSummary.self) { group in
      group.addTask {
        defer { channel.finish() }
        return try await run(scenario, reporters + [channel])
      }
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body(ExploreEvents(channel))) } catch {
        outcome = .failure(error)
      }
      let wasLeft = channel.leave()
      if wasLeft { group.cancelAll() }
      let result = await group.nextResult()
      try outcome.get()
      guard let summary = try result?.get() else { preconditionFailure("there is one task") }
      if let failure = summary.failure {
        guard wasLeft, failure.code == .interrupted, !Task.isCancelled else { throw failure }
      }
      return summary
    }
  }

  /// How many lanes a run gains from on this machine.
  ///
  /// Two for each core, as a lane waits for the server half its time; one where lanes would disturb each other, or
  /// where there are so few orders that making a database takes as long as running them.
  ///
  /// - Parameters:
  ///   - scenario: what is to be explored.
  ///   - selection: which orders of it.
  /// - Throws: ``MuddledError`` if the selection names what is not there.
  public static func gainfulLanes(
    for scenario: Scenario, _ selection: OrderSelection
  ) throws -> Int {
    let orders = try OrderPlan(selection, of: scenario).count
    guard orders >= ordersWorthALane * 2, scenario.laneObstacle == nil else { return 1 }
    let most = min(8, ProcessorCount.active * 2)
    return min(most, Int(clamping: orders / ordersWorthALane))
  }

  /// How many orders take about as long as making and removing a lane.
  private static let ordersWorthALane: UInt128 = 100

  /// - Throws: ``MuddledError`` if the run cannot begin; what ends it later stands in its summary.
  private func run(
    _ scenario: Scenario, _ reporters: [any Reporter]
  ) async throws -> ExploreSummary {
    try scenario.validate()
    try checkOptions(for: scenario)
    let plan = try OrderPlan(options.selection, of: scenario)
    let entrances = try await makeEntrances(for: plan)
    let collector = ExploreCollector(
      scenario, plan: plan, options: options, lanes: entrances.count, reporters: reporters,
      loop: entrances.count == 1 ? entrances[0].loop : nil)
    await collector.begin()
    await explore(scenario, makeLanes(scenario, entrances), plan, collector, isLast: true)
    let summary = await collector.finish()
    // Only now: the collector may live on a lane's thread.
    collector.stop()
    await leave(entrances)
    return summary
  }

  func checkOptions(for scenario: Scenario) throws {
    if let lanes = options.lanes, lanes > 1, let obstacle = scenario.laneObstacle {
      throw MuddledError(
        .usage,
        "scenario \(scenario.name) cannot have \(lanes) lanes: \(obstacle), so that orders side by side would meet; "
          + "run it on one lane")
    }
    if options.isDistinct, scenario.sessions.count > EffectMemory.clientLimit {
      throw MuddledError(
        .usage,
        "distinct executions are told apart for at most \(EffectMemory.clientLimit) clients; run all orders"
      )
    }
  }

  func makeEntrances(for plan: OrderPlan) async throws -> [any Database] {
    guard let lanes = options.lanes else { return [database] }
    var entrances: [any Database] = []
    do {
      for _ in 0..<max(1, min(lanes, Int(clamping: max(plan.count, 1)))) {
        entrances.append(try await database.makeLane())
      }
    } catch {
      await leave(entrances)
      throw error
    }
    return entrances
  }

  func makeLanes(_ scenario: Scenario, _ entrances: [any Database]) -> [Lane] {
    entrances.map { entrance in
      let empty: @Sendable () async throws -> Void = { try await database.emptyLane(entrance) }
      return Lane(
        scenario, on: entrance, limits: options.limits, empty: options.lanes == nil ? nil : empty)
    }
  }

  /// Runs the orders of a plan on lanes, and closes these if it is the last plan.
  func explore(
    _ scenario: Scenario, _ lanes: [Lane], _ plan: OrderPlan, _ collector: ExploreCollector,
    isLast: Bool
  ) async {
    await withTaskGroup(of: Void.self) { group in
      for lane in lanes {
        let driver = LaneDriver(
          scenario, lane: lane, plan: plan, options: options, collector: collector, isLast: isLast)
        group.addTask(executorPreference: lane.loop) { await driver.run() }
      }
      await withTaskCancellationHandler {
        await group.waitForAll()
      } onCancel: {
        collector.interrupt()
      }
    }
  }

  /// Removes the lanes, and closes what the database itself keeps open.
  func leave(_ entrances: [any Database]) async {
    // In a task of its own, which is not cancelled with the one that explores.
    let task = Task<Void, Never> {
      if options.lanes != nil {
        for lane in entrances { try? await database.removeLane(lane) }
      }
      await database.close()
    }
    await task.value
  }
}
