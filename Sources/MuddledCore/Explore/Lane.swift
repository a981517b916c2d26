/// Runs orders, one after the other, on one copy of the tested database: all clients in this process, on one thread.
///
/// It carries out what an ``ExecutionStateMachine`` decides: begins statements on the clients' sessions, waits for
/// replies, and asks the server who waits when a reply is late.
actor Lane {
  /// A statement's reply, or the end of its session.
  private typealias Reply = (client: Int, result: Result<[StatementResult], any Error>)

  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let scenario: Scenario
  private let database: any Database
  private let limits: ExploreLimits
  private var sessions: [any DatabaseSession] = []
  /// How many statements are under way.
  private var underWay = 0
  /// Resets of sessions that nobody can notice.
  private var resets: [Task<Void, any Error>] = []
  private var replies: [Reply] = []
  private var listener: CheckedContinuation<Void, Never>?
  private var alarm: Alarm?
  private var isSetUp = false
  /// What the previous order's dispatches did: the next order often begins with the same ones.
  private var memory: [(slot: Slot, wasBlocked: Bool)] = []
  /// The queries for the final state, if they are the same after every order.
  private var tableQueries: [String]?
  /// The queries of tables that are too large to be part of the final state.
  private(set) var largeTables: Set<String> = []
  /// Whom waiting steps wait for.
  private let holders: HolderMemory
  /// Why the server does not tell whom every step waits for.
  var holderGap: String? { holders.gap }
  /// Why the server cannot be asked who waits; set once that is known.
  private(set) var probeRefusal: String?

  /// How long a statement runs before the server is asked whether it waits.
  private static let firstLook = Duration.microseconds(300)
  /// The same where the last order that began like this met a wait.
  private static let expectedLook = Duration.microseconds(60)
  /// Tables with more rows are not part of the final state unless a check reads them.
  private static let smallTableRows = 100
  private static let longestPause = Duration.milliseconds(20)

  init(_ scenario: Scenario, on database: any Database, limits: ExploreLimits) {
    self.scenario = scenario
    self.database = database
    self.limits = limits
    holders = HolderMemory(database)
    loop = database.loop
  }

  /// Opens the sessions.
  func open() async throws {
    alarm = Alarm(on: loop) { [weak self] in
      guard let self else { return }
      self.assumeIsolated { $0.wake() }
    }
    for _ in scenario.sessions { sessions.append(try await database.openSession()) }
  }

  /// Ends the sessions, and undoes the setup.
  func close() async {
    await endSessions()
    if isSetUp, let teardown = scenario.teardown { _ = try? await runOutside([teardown]) }
    alarm?.set(to: nil)
    alarm = nil
    await database.close()
  }

  // MARK: One order

  /// Runs one order from the scenario's first state.
  ///
  /// - Throws: ``SessionLost`` if a session broke, ``MuddledError`` if the order cannot be run at all.
  func run(_ slots: [Slot]) async throws -> LaneRun {
    var run = LaneRun()
    try await prepare(&run)
    try await runSteps(slots, &run)
    try await resetSessions(&run)
    run.checks = try await finalState()
    run.assertions = try await look(scenario.assertions)
    if scenario.reset == nil, let teardown = scenario.teardown {
      run.teardown.append(TranscriptBlock(results: try await runOutside([teardown])))
      isSetUp = false
    }
    return run
  }

  /// Cancels what runs and opens new sessions, after one of them broke.
  func recover() async throws {
    await endSessions()
    (replies, memory) = ([], [])
    try await open()
  }

  private func endSessions() async {
    // A statement or a reset under way ends as lost.
    for session in sessions { await session.close() }
    sessions = []
    for reset in resets { _ = await reset.result }
    resets = []
    while underWay > 0 {
      replies = []
      await withCheckedContinuation { listener = $0 }
    }
  }

  /// Brings the sessions back to the state of new ones, all at the same time.
  ///
  /// Waits only for those that others may still notice: the rest may go on beside the checks and the next
  /// order's reset, see ``settleResets()``.
  private func resetSessions(_ run: inout LaneRun) async throws {
    try await settleResets()
    var urgent: [Task<Void, any Error>] = []
    for (client, session) in sessions.enumerated() {
      let isNoticed = await session.holdsLocks()
      let reset = Task(executorPreference: loop) { try await session.reset() }
      if isNoticed || scenario.sessions[client].teardown != nil {
        urgent.append(reset)
      } else {
        resets.append(reset)
      }
    }
    for reset in urgent { try await reset.value }
    for client in scenario.sessions.indices {
      guard let block = scenario.sessions[client].teardown else { continue }
      run.teardown.append(
        TranscriptBlock(session: client, results: try await runInSession(block, client)))
      try await sessions[client].reset()
    }
  }

  /// Waits for the resets that are still under way, before the sessions are used again.
  private func settleResets() async throws {
    let begun = resets
    resets = []
    for reset in begun { try await reset.value }
  }

  private func prepare(_ run: inout LaneRun) async throws {
    if isSetUp, scenario.reset == nil, let teardown = scenario.teardown {
      // The last order never came to its own.
      _ = try await runOutside([teardown], mayFail: true)
      isSetUp = false
    }
    if !isSetUp || scenario.reset == nil {
      for block in scenario.setup {
        run.setup.append(TranscriptBlock(results: try await runOutside([block])))
      }
    }
    isSetUp = true
    if let reset = scenario.reset { _ = try await runOutside([reset]) }
    try await settleResets()
    for (client, session) in scenario.sessions.enumerated() {
      guard let setup = session.setup else { continue }
      let results = try await runInSession(setup, client)
      if case .error(let error)? = results.last {
        throw failure("the setup of session \(session.name.quoted)", error)
      }
      run.setup.append(TranscriptBlock(session: client, results: results))
    }
  }

  private func runOutside(
    _ blocks: [SQLBlock], mayFail: Bool = false
  ) async throws -> [StatementResult] {
    let statements = blocks.flatMap(\.statements)
    let results = try await database.run(statements.map(\.text), limit: limits.stepTimeout)
    if case .error(let error)? = results.last?.last, !mayFail {
      let statement = statements[results.count - 1]
      throw failure(
        "line \(statement.line): \(statement.text.prefix(60).description.quoted)", error)
    }
    return results.flatMap { $0 }
  }

  private func failure(_ what: String, _ error: ServerError) -> MuddledError {
    MuddledError(
      .unusableInput,
      "scenario \(scenario.name): \(what) failed: error \(error.code) (\(error.sqlstate)): "
        + error.message)
  }

  private func runInSession(_ block: SQLBlock, _ client: Int) async throws -> [StatementResult] {
    var results: [StatementResult] = []
    for statement in block.statements {
      results += try await sessions[client].execute(statement.text)
      if case .error = results.last { break }
    }
    return results
  }

  /// What the checks return, or, without checks, the rows of every small table.
  private func finalState() async throws -> [ExecutedCheck] {
    guard scenario.checks.isEmpty else { return try await look(scenario.checks) }
    let queries: [String]
    if let tableQueries {
      queries = tableQueries
    } else {
      queries = try await database.tableQueries(limitedTo: Self.smallTableRows + 1)
      if !changesTables { tableQueries = queries }
    }
    return try await look(queries).filter { check in
      guard case .rows(let rows)? = check.results.last, rows.count > Self.smallTableRows else {
        return true
      }
      largeTables.insert(check.sql)
      return false
    }
  }

  /// Whether a step could make, rename or remove a table.
  private var changesTables: Bool {
    scenario.sessions.lazy.flatMap(\.steps).contains { step in
      let text = step.block.text.uppercased()
      return ["CREATE", "DROP", "RENAME", "ALTER"].contains { text.contains($0) }
    }
  }

  private func look(_ queries: [String]) async throws -> [ExecutedCheck] {
    var checks: [ExecutedCheck] = []
    for query in queries {
      let results = try await database.run([query], limit: limits.stepTimeout)
      checks.append(ExecutedCheck(sql: query, results: results.last ?? []))
    }
    return checks
  }

  // MARK: The steps

  private struct Dispatched {
    let slot: Slot
    let at: ContinuousClock.Instant
    var isCancelRequested = false
    var wait: StepWait?
    var hasHolders = false
    var step: ExecutedStep?

    /// The statement is known to wait, now for the first time or again.
    mutating func noteWait(isAssumed: Bool) {
      guard wait == nil else { return }
      wait = StepWait(
        foundMicroseconds: (ContinuousClock.now - at).microseconds, isAssumed: isAssumed)
    }
  }

  private func runSteps(_ slots: [Slot], _ run: inout LaneRun) async throws {
    var machine = ExecutionStateMachine(slots: slots, clientCount: scenario.sessions.count)
    var dispatched: [Dispatched] = []
    var newMemory: [(slot: Slot, wasBlocked: Bool)] = []
    var isMemoryValid = true
    var lookAt = ContinuousClock.now
    var pause = Self.firstLook
    var stalledSince: ContinuousClock.Instant?
    while machine.action != .finished {
      let now = ContinuousClock.now
      var deadline = now
      switch machine.action {
      case .finished: break
      case .dispatch(let client, let step):
        let slot = Slot(client: client, step: step)
        let index = dispatched.count
        isMemoryValid = isMemoryValid && index < memory.count && memory[index].slot == slot
        dispatched.append(Dispatched(slot: slot, at: now))
        newMemory.append((slot, false))
        send(scenario.sessions[client].steps[step].block.statements.map(\.text), to: client)
        pause =
          isMemoryValid && memory[index].wasBlocked ? Self.expectedLook : Self.firstLook
        lookAt = now + pause
        machine.noteDispatched()
        continue
      case .settle:
        stalledSince = nil
        deadline = probeRefusal == nil ? lookAt : lookAt + limits.assumeBlockedTimeout
      case .stalled(let client):
        let since = stalledSince ?? now
        stalledSince = since
        deadline = since + limits.stallTimeout
        if deadline <= now {
          try await cancel(client, &dispatched, machine)
          deadline = now + limits.stallTimeout
          stalledSince = now
        }
      }
      if let reply = await nextReply(until: deadline) {
        try finish(reply, machine, &dispatched)
        _ = machine.completed(client: reply.client)
        lookAt = .now
        pause = Self.expectedLook
        continue
      }
      guard case .settle(let unknown) = machine.action, lookAt <= .now else { continue }
      let waiting = try await waits(machine, unknown)
      guard replies.isEmpty else { continue }
      let late = unknown.filter { client in
        !waiting.contains(client)
          && ContinuousClock.now - (dispatched.last { $0.slot.client == client }?.at ?? .now)
            > limits.stepTimeout
      }
      for client in late { try await cancel(client, &dispatched, machine) }
      _ = machine.waiting(clients: waiting)
      for client in waiting {
        if let sequence = machine.inFlight[client]?.sequence {
          newMemory[sequence].wasBlocked = true
          dispatched[sequence].noteWait(isAssumed: probeRefusal != nil)
        }
      }
      try await noteHolders(machine, &dispatched)
      lookAt = .now + pause
      pause = min(pause * 3 / 2, Self.longestPause)
    }
    memory = newMemory
    run.dispatched = machine.dispatched
    run.steps = dispatched.compactMap(\.step)
    run.steps.noteWakes()
    run.holderSurprise = holders.takeSurprise()
    run.effects = Self.effects(run.steps)
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
    dispatched[index].step = ExecutedStep(
      client: slot.client, step: slot.step,
      sql: scenario.sessions[slot.client].steps[slot.step].block.text, results: results,
      wasBlocked: statement.blockedSequence != nil, settledAfter: machine.dispatched.count - 1,
      microseconds: (ContinuousClock.now - dispatched[index].at).microseconds)
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
    steps.indices.map { index in
      var digest = Digest()
      for (place, step) in steps[...index].enumerated() {
        digest.update(UInt64(step.client))
        digest.update(UInt64(step.step))
        digest.update(step.wasBlocked || step.settledAfter > index ? 1 : 0)
        if step.settledAfter <= index { digest.update(step.results) }
        digest.update(UInt64(place))
      }
      return digest
    }
  }

  // MARK: Statements under way

  private func send(_ statements: [String], to client: Int) {
    underWay += 1
    sessions[client].run(statements, on: loop) { [self] result in
      assumeIsolated { lane in
        lane.underWay -= 1
        lane.replies.append((client, result))
        lane.wake()
      }
    }
  }

  private func nextReply(until deadline: ContinuousClock.Instant) async -> Reply? {
    if replies.isEmpty, deadline > .now {
      alarm?.set(to: deadline)
      await withCheckedContinuation { listener = $0 }
      alarm?.set(to: nil)
    }
    return replies.isEmpty ? nil : replies.removeFirst()
  }

  private func wake() {
    listener?.resume()
    listener = nil
  }
}
