/// Runs orders of a scenario with all clients in this process, and tells what they gave.
public struct Explorer: Sendable {
  private let scenario: Scenario
  private let database: any Database & LaneDatabases
  private let options: ExploreOptions
  private let reporters: [any Reporter]

  /// Makes an explorer.
  ///
  /// - Parameters:
  ///   - scenario: what is explored.
  ///   - database: the server; lanes are databases made on it. It stays open.
  ///   - options: how it is explored.
  ///   - reporters: who is told of what happens, in this sequence.
  public init(
    _ scenario: Scenario, database: any Database & LaneDatabases,
    options: ExploreOptions = ExploreOptions(), reporters: [any Reporter] = []
  ) {
    self.scenario = scenario
    self.database = database
    self.options = options
    self.reporters = reporters
  }

  /// Runs the orders.
  ///
  /// The reporters get the summary whatever happens. Cancelling the task ends the run after the orders under way,
  /// removes the lanes, and throws an error with code ``MuddledError/Code/interrupted``.
  ///
  /// - Throws: ``MuddledError`` if the scenario cannot be run, or not to its end.
  public func run() async throws -> ExploreSummary {
    try scenario.validate()
    try checkOptions()
    let plan = try OrderPlan(options.selection, of: scenario)
    let count = max(1, min(options.lanes ?? 1, Int(clamping: max(plan.count, 1))))
    var entrances: [any Database] = []
    do {
      if options.lanes == nil {
        entrances = [database]
      } else {
        for _ in 0..<count { entrances.append(try await database.makeLane()) }
      }
    } catch {
      await remove(entrances)
      throw error
    }
    let collector = ExploreCollector(
      scenario, plan: plan, options: options, lanes: entrances.count, reporters: reporters,
      loop: entrances.count == 1 ? entrances[0].loop : nil)
    await collector.begin()
    await explore(entrances, plan, collector)
    let result: Result<ExploreSummary, any Error>
    do { result = .success(try await collector.finish()) } catch { result = .failure(error) }
    // Only now: the collector may live on a lane's thread.
    if options.lanes != nil { await remove(entrances) }
    return try result.get()
  }

  private func checkOptions() throws {
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

  private func explore(
    _ entrances: [any Database], _ plan: OrderPlan, _ collector: ExploreCollector
  ) async {
    await withTaskGroup(of: Void.self) { group in
      for entrance in entrances {
        let driver = LaneDriver(
          scenario, lane: Lane(scenario, on: entrance, limits: options.limits), plan: plan,
          options: options, collector: collector)
        group.addTask(executorPreference: entrance.loop) { await driver.run() }
      }
      await withTaskCancellationHandler {
        await group.waitForAll()
      } onCancel: {
        collector.interrupt()
      }
    }
  }

  private func remove(_ lanes: [any Database]) async {
    for lane in lanes { try? await database.removeLane(lane) }
  }
}
