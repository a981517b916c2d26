/// Runs orders, one after the other, on one copy of the tested database: all clients in this process, on one thread.
///
/// It carries out what an ``ExecutionStateMachine`` decides: begins statements on the clients' sessions, waits for
/// replies, and asks the server who waits when a reply is late.
actor Lane {
  /// A statement's reply, or the end of its session.
  typealias Reply = (client: Int, result: Result<[StatementResult], any Error>)

  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  let scenario: Scenario
  let database: any Database
  let limits: ExploreLimits
  var sessions: [any DatabaseSession] = []
  /// How many statements are under way.
  private var underWay = 0
  /// Resets of sessions that nobody can notice.
  private var resets: [Task<Void, any Error>] = []
  /// The statements of each client's steps.
  let texts: [[[String]]]
  /// Which clients' statements leave a session as good as new.
  private let leaveNoTrace: [Bool]
  /// The statements of the scenario's reset.
  private let resetTexts: [String]
  /// What ``mayRunTogether(_:_:)`` was asked last, and said.
  private var together: (queries: [String], statements: [String], areFit: Bool)?
  var replies: [Reply] = []
  private var listener: UnsafeContinuation<Void, Never>?
  private var alarm: Alarm?
  private var isSetUp = false
  /// Whether the reset has been run for an order that is still to come.
  private var isReset = false
  /// What the previous order's dispatches did: the next order often begins with the same ones.
  var memory: [(slot: Slot, wasBlocked: Bool)] = []
  /// Which steps have waited, and how often those that have not were run.
  var habits: StepHabits
  /// How long replies take lately, in microseconds.
  var usualReply = 100
  /// The queries for the final state, if they are the same after every order.
  private var tableQueries: [String]?
  /// The queries of tables that are too large to be part of the final state.
  private(set) var largeTables: Set<String> = []
  /// Whom waiting steps wait for.
  let holders: HolderMemory
  /// Why the server does not tell whom every step waits for.
  var holderGap: String? { holders.gap }
  /// Why the server cannot be asked who waits; set once that is known.
  var probeRefusal: String?

  /// Tables with more rows are not part of the final state unless a check reads them.
  private static let smallTableRows = 100

  /// Makes the lane's database empty, for a scenario that only knows how to set it up.
  private let empty: (@Sendable () async throws -> Void)?

  /// Makes a lane.
  ///
  /// - Parameter empty: makes the lane's database empty; `nil` if it holds what is not the lane's.
  init(
    _ scenario: Scenario, on database: any Database, limits: ExploreLimits,
    empty: (@Sendable () async throws -> Void)?
  ) {
    self.scenario = scenario
    self.empty = empty
    self.database = database
    self.limits = limits
    holders = HolderMemory(database)
    habits = StepHabits(scenario)
    texts = scenario.sessions.map { $0.steps.map { $0.block.statements.map(\.text) } }
    resetTexts = scenario.reset?.statements.map(\.text) ?? []
    leaveNoTrace = scenario.sessions.map { session in
      let blocks = [session.setup, session.teardown].compactMap { $0 } + session.steps.map(\.block)
      return database.leaveNoTrace(blocks.flatMap(\.statements).map(\.text))
    }
    loop = database.loop
  }

  /// Whether the sessions are open.
  var isOpen: Bool { !sessions.isEmpty }

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
    alarm?.set(to: Moment.never)
    alarm = nil
    await database.close()
  }

  // MARK: One order

  /// Runs one order from the scenario's first state.
  ///
  /// - Parameter isFollowed: whether another order is likely to come, for which everything may be reset at once.
  /// - Throws: ``SessionLost`` if a session broke, ``MuddledError`` if the order cannot be run at all.
  func run(_ slots: [Slot], isFollowed: Bool) async throws -> LaneRun {
    var run = LaneRun()
    try await prepare(&run)
    try await runSteps(slots, &run)
    try await resetSessions(&run)
    try await look(at: &run, isFollowed: isFollowed)
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
      await withUnsafeContinuation { listener = $0 }
    }
  }

  /// Brings the sessions back to the state of new ones, all at the same time, but for those that are as good as new.
  ///
  /// Waits only for those that others may still notice: the rest may go on beside the checks and the next
  /// order's reset, see ``settleResets()``.
  private func resetSessions(_ run: inout LaneRun) async throws {
    var urgent: [Task<Void, any Error>] = []
    let wasCancelled = run.steps.contains { $0.results.contains(.cancelled) }
    for (client, session) in sessions.enumerated() {
      let isNoticed = await session.holdsLocks()
      if !isNoticed, leaveNoTrace[client], !wasCancelled { continue }
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
      if isSetUp, !scenario.setup.isEmpty, let empty {
        try await settleResets()
        try await empty()
      }
      for block in scenario.setup {
        run.setup.append(TranscriptBlock(results: try await runOutside([block])))
      }
    }
    isSetUp = true
    if let reset = scenario.reset, !isReset { _ = try await runOutside([reset], as: "the reset, ") }
    isReset = false
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
    _ blocks: [SQLBlock], as name: String = "", mayFail: Bool = false
  ) async throws -> [StatementResult] {
    let statements = blocks.flatMap(\.statements)
    let results = try await database.run(statements.map(\.text), limit: limits.stepTimeout)
    if case .error(let error)? = results.last?.last, !mayFail {
      let statement = statements[results.count - 1]
      throw failure(
        "\(name)line \(statement.line): \(statement.text.prefix(60).description.quoted)", error)
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

  /// Takes what the checks return, or, without checks, the rows of every small table; then what the assertions return.
  private func look(at run: inout LaneRun, isFollowed: Bool) async throws {
    let queries = try await stateQueries()
    let found = try await look(queries + scenario.assertions, isFollowed: isFollowed)
    run.assertions = Array(found[queries.count...])
    run.checks = found[..<queries.count].filter { check in
      guard scenario.checks.isEmpty, case .rows(let rows)? = check.results.last,
        rows.count > Self.smallTableRows
      else { return true }
      largeTables.insert(check.sql)
      return false
    }
  }

  /// The queries for the final state.
  private func stateQueries() async throws -> [String] {
    if !scenario.checks.isEmpty { return scenario.checks }
    if let tableQueries { return tableQueries }
    let queries = try await database.tableQueries(limitedTo: Self.smallTableRows + 1)
    if !changesTables { tableQueries = queries }
    return queries
  }

  /// Whether a step could make, rename or remove a table.
  private var changesTables: Bool {
    scenario.sessions.lazy.flatMap(\.steps).contains { step in
      let text = step.block.text.uppercased()
      return ["CREATE", "DROP", "RENAME", "ALTER"].contains { text.contains($0) }
    }
  }

  /// Runs queries, and the reset for the next order with the last of them if nobody can tell.
  private func look(_ queries: [String], isFollowed: Bool) async throws -> [ExecutedCheck] {
    let reset = isFollowed ? resetTexts : []
    let areTogether = mayRunTogether(queries, reset)
    var checks: [ExecutedCheck] = []
    while checks.count < queries.count {
      let left = queries[checks.count...]
      let statements = areTogether ? left + reset : [left[left.startIndex]]
      let results = try await database.run(statements, limit: limits.stepTimeout)
      checks += zip(left, results).map { ExecutedCheck(sql: $0, results: $1) }
      guard areTogether, !reset.isEmpty, results.count == statements.count else { continue }
      // A reset that failed is run again before the next order, and fails there with a word about it.
      if case .error? = results.last?.last { continue }
      isReset = true
    }
    return checks
  }

  /// Whether it makes no difference that queries and statements after them share a session, and come one right after the other.
  private func mayRunTogether(_ queries: [String], _ statements: [String]) -> Bool {
    if let together, together.queries == queries, together.statements == statements {
      return together.areFit
    }
    let areFit =
      queries.allSatisfy { $0.prefix(6).uppercased() == "SELECT" }
      && database.leaveNoTrace(queries + statements)
    together = (queries, statements, areFit)
    return areFit
  }

  // MARK: Statements under way

  func send(_ statements: [String], to client: Int) {
    underWay += 1
    sessions[client].run(statements, on: loop) { [self] result in
      assumeIsolated { lane in
        lane.underWay -= 1
        lane.replies.append((client, result))
        lane.wake()
      }
    }
  }

  func nextReply(until deadline: Moment) async -> Reply? {
    if replies.isEmpty, deadline > .now {
      alarm?.set(to: deadline)
      await withUnsafeContinuation { listener = $0 }
      alarm?.set(to: Moment.never)
    }
    return replies.count > 1 ? replies.removeFirst() : replies.popLast()
  }

  private func wake() {
    listener?.resume()
    listener = nil
  }
}
