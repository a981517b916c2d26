extension Explorer {
  /// Runs a scenario's orders together with other workers, each with its own lanes.
  ///
  /// The reporters get the orders that this worker runs, and the summary of all. Cancelling the task ends this
  /// worker's part after the orders under way, and throws an error with code ``MuddledError/Code/interrupted``; the
  /// others go on, and so does a worker that is started later.
  ///
  /// - Parameters:
  ///   - scenario: what is explored, the same for every worker.
  ///   - fleet: where the workers meet.
  /// - Throws: ``MuddledError`` if the scenario cannot be run, or not to its end, if the fleet explores something
  ///   else, or if the coordinator is not there.
  public func explore(_ scenario: Scenario, with fleet: Fleet) async throws -> ExploreSummary {
    let plan: OrderPlan
    do { plan = try planShared(scenario) } catch {
      await fleet.coordinator.close()
      throw error
    }
    let worker = FleetWorker(
      fleet, digest: digest(of: scenario), name: scenario.name, orders: plan.count)
    do { try await worker.join() } catch {
      // What the log says by now may be about something else.
      _ = await Task { try await worker.leave() }.result
      throw ExploreCollector.failure(error)
    }
    var summary = ExploreSummary(scenario: scenario, orders: plan.count)
    let beganAt = ContinuousClock.now
    do { summary.lanes = try await work(scenario, plan, worker) } catch {
      summary.failure = ExploreCollector.failure(error)
    }
    await worker.state.findings.apply(to: &summary)
    summary.duration = .now - beganAt
    let workers = await worker.workerCount
    if workers > 1 {
      summary.remarks.append("\(workers) workers took part; time and speed are those of this one")
    }
    do {
      for reporter in reporters { try await reporter.report(.explored(summary)) }
    } catch { summary.failure = summary.failure ?? ExploreCollector.failure(error) }
    // Also after a cancellation. Who cannot say so is missed when its lease runs out.
    _ = await Task { try await worker.leave() }.result
    if let failure = summary.failure { throw failure }
    return summary
  }

  /// - Returns: how many lanes there were.
  private func work(
    _ scenario: Scenario, _ plan: OrderPlan, _ worker: FleetWorker
  ) async throws -> Int {
    let start = RunStart(
      clients: scenario.clients, orders: plan.count, firstRank: 0, isBatch: false)
    for reporter in reporters { try await reporter.report(.started(start)) }
    let entrances = try await makeEntrances(for: plan)
    let lanes = makeLanes(scenario, entrances)
    let result: Result<Void, any Error>
    do { result = .success(try await work(scenario, plan, worker, lanes)) } catch {
      result = .failure(error)
    }
    for lane in lanes { await Task(executorPreference: lane.loop) { await lane.close() }.value }
    await leave(entrances)
    try result.get()
    return lanes.count
  }

  private func work(
    _ scenario: Scenario, _ plan: OrderPlan, _ worker: FleetWorker, _ lanes: [Lane]
  ) async throws {
    var memory = EffectMemory()
    while let (chunk, orders) = try await worker.nextChunk() {
      let part = plan[orders]
      let collector = ExploreCollector(
        scenario, plan: part, options: options, lanes: lanes.count,
        reporters: reporters.map(OrdersOnly.init), loop: lanes.count == 1 ? lanes[0].loop : nil,
        // Where executions are run once, what is known must have been run in the same chunk.
        memory: options.isDistinct ? EffectMemory() : memory)
      await explore(scenario, lanes, part, collector, isLast: false)
      let summary = await collector.finish()
      let executions = await collector.executions
      memory = await collector.memory
      collector.stop()
      if let failure = summary.failure { throw failure }
      try await worker.found(chunk, FleetFindings(summary, executions: executions))
    }
  }

  /// Makes sure that workers can share a scenario, before any store is touched.
  ///
  /// - Throws: ``MuddledError``, which says why they cannot.
  package func checkSharing(of scenario: Scenario) throws { _ = try planShared(scenario) }

  private func planShared(_ scenario: Scenario) throws -> OrderPlan {
    try scenario.validate()
    try checkOptions(for: scenario)
    guard options.lanes != nil else {
      throw MuddledError(
        .usage,
        "workers that share a batch need lanes, or they would meet in the database itself; use --lanes 1 or more"
      )
    }
    if let obstacle = scenario.laneObstacle {
      throw MuddledError(
        .usage,
        "scenario \(scenario.name) cannot be shared by workers: \(obstacle), so that their orders would meet; "
          + "explore it without --batch")
    }
    return try OrderPlan(options.selection, of: scenario)
  }

  /// What must be the same for all workers; also what only looks on, as their findings make one table.
  private func digest(of scenario: Scenario) -> Digest {
    var digest = scenario.digest
    for texts in [scenario.checks, scenario.assertions, scenario.reset.map { [$0.text] } ?? []] {
      digest.update(UInt64(texts.count))
      for text in texts { digest.update(text) }
    }
    digest.update("\(options.selection)")
    digest.update(options.isDistinct ? 1 : 0)
    return digest
  }
}

/// Hands on the orders, and neither begin nor end of a part of the whole.
private struct OrdersOnly: Reporter {
  let reporter: any Reporter

  init(_ reporter: any Reporter) { self.reporter = reporter }

  func report(_ event: RunEvent) async throws {
    switch event {
    case .started, .explored: return
    default: try await reporter.report(event)
    }
  }
}
