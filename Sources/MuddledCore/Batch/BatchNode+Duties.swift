import Logging

extension BatchNode {
  /// Does everything that this node can do without waiting for others, then says it and listens.
  func performDuties() async throws {
    while let me = tentative.index(of: configuration.node) {
      let duty = tentative.duty(of: me)
      if duty != .breakStall { stalledSince = nil }
      switch duty {
      case .open: try await open(as: me)
      case .check: try await check(as: me)
      case .end: emit(.ended(orders: tentative.rank))
      case .release:
        guard statement == nil else {
          cancelStatement()
          return
        }
        try await release()
      case .settle(let step):
        guard try await settle(step, of: me) else { continue }
        return
      case .wait, .awaitReply, .breakStall:
        if !pending.isEmpty {
          try await flush()
          continue
        }
        if duty == .breakStall, stalledSince == nil { stalledSince = .now }
        // The log is looked at while the session is reset.
        keepReading()
        if owesReset { try await resetSession() }
        return
      }
    }
  }

  // MARK: Own steps

  /// - Returns: `false` if there was something to say first, after which everything has to be judged anew.
  private func settle(_ step: Int, of client: Int) async throws -> Bool {
    guard statement != nil else {
      if owesReset { try await resetSession() }
      guard let session else { return true }
      let outside = tentative.nodes[client].registration.outsideConnectionID
      guard try await haveSaid(session.connectionID, outside, as: client) else { return false }
      let steps = tentative.nodes[client].registration.steps
      start(steps[step], isLast: step == steps.count - 1)
      return true
    }
    guard statement!.isReportedBlocked else { return true }
    // Something has happened since the server said that the statement waits: ask again, at once.
    statement!.isReportedBlocked = false
    statement!.doubtedAt = .now
    statement!.probeDelay = BatchNode.firstProbeDelay
    if probeRefusal == nil { probe() }
    return true
  }

  private func start(_ sql: String, isLast: Bool) {
    guard let session else { return }
    lastTicket += 1
    let (ticket, now) = (lastTicket, ContinuousClock.now)
    statement = Statement(
      ticket: ticket, isLast: isLast, startedAt: now, doubtedAt: now,
      nextProbeAt: now + BatchNode.firstProbeDelay)
    // At once, so that the server works while this node goes on with its own affairs.
    Task.immediate(executorPreference: loop) {
      await self.execute(sql, on: session, isLast: isLast, ticket: ticket)
    }
  }

  private func execute(
    _ sql: String, on session: any DatabaseSession, isLast: Bool, ticket: UInt64
  ) async {
    let start = ContinuousClock.now
    let result: Result<Reply, any Error>
    do {
      let results = try await session.execute(sql)
      let took = ContinuousClock.now - start
      result = .success(
        Reply(
          results: results, took: took, holdsLocks: isLast ? await session.holdsLocks() : true))
    } catch {
      result = .failure(error)
    }
    inbox.yield(.reply(ticket: ticket, result))
  }

  func takeReply(to finished: Statement, _ result: Result<Reply, any Error>) throws {
    statement = nil
    switch result {
    case .success(var reply):
      if finished.isCancelRequested, !reply.results.contains(where: \.isOtherError) {
        // Not every interrupted statement fails: GET_LOCK returns NULL, SLEEP returns 1.
        reply.results = [.cancelled]
      }
      let report = StepReport(results: reply.results, microseconds: reply.took.microseconds)
      emit(ownIndex.map { tentative.event(for: report, of: $0) } ?? .ran(report))
      if finished.isLast, !reply.holdsLocks, let session {
        // The others need not wait for a reset that they cannot notice.
        emit(.released(connectionID: session.connectionID))
        owesReset = true
      }
    case .failure(let error as SessionLost):
      session = nil
      logger.info("the session broke", metadata: ["why": "\(error)"])
      emit(.sessionLost)
    case .failure(let error): throw error
    }
  }

  /// Asks the server to end the own statement; its reply comes all the same.
  func cancelStatement() {
    guard statement?.isCancelRequested == false, let session else { return }
    statement?.isCancelRequested = true
    let (database, logger) = (database, logger)
    Task(executorPreference: loop) {
      do { try await database.cancelStatement(of: session.connectionID) } catch {
        logger.warning("a statement could not be cancelled", metadata: ["why": "\(error)"])
      }
    }
  }

  // MARK: The whole order

  private func open(as me: Int) async throws {
    if let reset = confirmed.nodes[me].registration.reset {
      guard let results = try await runOutside(reset, as: me) else { return }
      if case .error(let error)? = results.last?.last {
        throw MuddledError(
          .unusableInput,
          "statement \(results.count) of the reset failed before order \(tentative.rank): "
            + "error \(error.code) (\(error.sqlstate)): \(error.message)")
      }
    }
    let wantsSnapshot = bytesSinceSnapshot > BatchNode.snapshotInterval
    emit(
      .begin(
        rank: tentative.rank, attempt: tentative.attempt,
        snapshot: wantsSnapshot ? tentative.snapshot : nil))
  }

  private func check(as me: Int) async throws {
    var results: [[StatementResult]] = []
    for query in configuration.checks ?? [] {
      guard let outcome = try await runOutside([query], as: me) else { return }
      results.append(outcome.last ?? [])
    }
    emit(.finished(checks: results))
  }

  /// Runs statements outside every client, again if the server went away and came back.
  ///
  /// - Returns: `nil` if nothing was sent, as the order was abandoned meanwhile.
  private func runOutside(_ statements: [String], as me: Int) async throws -> [[StatementResult]]? {
    try await refuseIfGivenUp(in: [])
    do {
      return try await retrying("the database under test") { [database, configuration] in
        try await database.run(statements, limit: configuration.stepTimeout) {
          try await self.admit($0, as: me)
        }
      }
    } catch let withheld as Withheld {
      if let cause = withheld.cause { throw cause }
      return nil
    }
  }

  /// Why statements were not sent; no reason to try it again.
  private struct Withheld: Error {
    /// What is wrong; `nil` if this node only has to decide anew what to do.
    var cause: (any Error)?
  }

  /// Keeps statements from being sent over a connection that the others do not know.
  private func admit(_ connection: UInt64, as me: Int) async throws {
    let (duty, attempt) = (tentative.duty(of: me), tentative.attempt)
    do {
      let session = tentative.nodes[me].registration.connectionID
      while try await !haveSaid(session, connection, as: me) {}
    } catch {
      throw Withheld(cause: error)
    }
    guard tentative.duty(of: me) == duty, tentative.attempt == attempt else { throw Withheld() }
  }

  /// Sees to it that the log knows this node's connections before anything is sent over them.
  ///
  /// Whoever takes the place of a lost node ends those that the log knows. So a process that slept, and only wakes now,
  /// has none by which it could still take part in an order: where it has to say that it made another, it learns the rest.
  ///
  /// - Returns: whether the log knew them. If it did not, others may have written there first.
  private func haveSaid(_ session: UInt64, _ outside: UInt64?, as me: Int) async throws -> Bool {
    let known = confirmed.nodes[me].registration
    guard known.connectionID != session || known.outsideConnectionID != outside else { return true }
    emit(.connected(session: session, outside: outside))
    try await flush()
    return false
  }

  private func release() async throws {
    // What befell the order before this node joined, such as a stop by the user, does not count against it.
    let earlier = tentative.rank == joinedAt.rank ? joinedAt.attempt : 0
    let abandoned = tentative.attempt - min(earlier, tentative.attempt)
    if abandoned > configuration.attemptLimit {
      throw MuddledError(
        .unavailable,
        "order \(tentative.rank) was begun \(abandoned) times and never came to its end, "
          + "as a session or a node was lost each time")
    }
    let open = try await resetSession()
    emit(.released(connectionID: open.connectionID))
  }

  /// Brings the session back to its first state, or opens another if it broke.
  @discardableResult
  private func resetSession() async throws -> any DatabaseSession {
    owesReset = false
    do {
      if let session {
        try await session.reset()
        return session
      }
    } catch is SessionLost {
      session = nil
    }
    let opened = try await retrying("the database under test") { [database] in
      try await database.openSession()
    }
    session = opened
    return opened
  }

  /// Repeats what fails because a server is away, with growing pauses, for a bounded time.
  private func retrying<Value: Sendable>(
    _ server: String, _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    let deadline = ContinuousClock.now + BatchNode.reconnectLimit
    var pause = Duration.milliseconds(20)
    while true {
      do { return try await body() } catch let error as MuddledError {
        guard error.code == .unavailable, ContinuousClock.now + pause < deadline else {
          guard error.code == .unavailable else { throw error }
          throw MuddledError(.unavailable, "\(server) went away: \(error.message)")
        }
        try throwIfInterrupted()
        await loop.sleep(for: pause)
        pause *= 2
      }
    }
  }
}

extension StatementResult {
  /// Whether the statement failed for another reason than that it was interrupted.
  var isOtherError: Bool {
    if case .error(let error) = self { error.code != ServerError.interruptedCode } else { false }
  }
}

extension Duration {
  /// Whole microseconds, for reports.
  package var microseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(0, seconds)) * 1_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000_000)
  }
}
