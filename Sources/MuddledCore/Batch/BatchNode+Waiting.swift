import Logging

// What happens when time passes: probes, limits, leases.
extension BatchNode {
  /// Sees to it that the main task wakes when the next limit is reached.
  func armTimer() {
    let deadlines = [
      statementDeadline, stalledSince.map { $0 + configuration.stallTimeout }, absenceDeadline,
    ]
    guard let next = deadlines.compactMap({ $0 }).min() else { return }
    if let timer, timer.deadline <= next { return }
    timer?.task.cancel()
    let (loop, inbox) = (loop, inbox)
    let task = Task(executorPreference: loop) {
      _ = await loop.wait(for: -1, events: 0, until: next)
      if !Task.isCancelled { inbox.yield(.tick) }
    }
    timer = (task, next)
  }

  func checkDeadlines() throws {
    let now = ContinuousClock.now
    if let stalledSince, stalledSince + configuration.stallTimeout <= now { cancelStatement() }
    if let absenceDeadline, absenceDeadline <= now { throw absence() }
    guard let current = statement, !current.isReportedBlocked else { return }
    if current.doubtedAt + configuration.stepTimeout <= now { cancelStatement() }
    guard !current.isProbing else { return }
    if probeRefusal != nil {
      if current.doubtedAt + configuration.assumeBlockedTimeout <= now { reportBlocked() }
    } else if current.nextProbeAt <= now {
      probe()
    }
  }

  private var statementDeadline: ContinuousClock.Instant? {
    guard let statement, !statement.isReportedBlocked, !statement.isCancelRequested else {
      return nil
    }
    let stepDeadline = statement.doubtedAt + configuration.stepTimeout
    if statement.isProbing { return stepDeadline }
    let ask =
      probeRefusal == nil
      ? statement.nextProbeAt : statement.doubtedAt + configuration.assumeBlockedTimeout
    return min(ask, stepDeadline)
  }

  // MARK: Is the own statement blocked?

  func probe() {
    guard let session, statement != nil else { return }
    lastTicket += 1
    statement!.isProbing = true
    statement!.probeTicket = lastTicket
    let (ticket, database, inbox) = (lastTicket, database, inbox)
    Task(executorPreference: loop) {
      let result: Result<LockProbe, any Error>
      do {
        result = .success(try await database.lockWaits(among: [session.connectionID]))
      } catch {
        result = .failure(error)
      }
      inbox.yield(.probe(ticket: ticket, result))
    }
  }

  func takeProbe(_ ticket: UInt64, _ result: Result<LockProbe, any Error>) {
    guard let current = statement, current.probeTicket == ticket, current.isProbing, let session
    else { return }
    statement!.isProbing = false
    switch result {
    case .success(.waiting(let waiting)):
      probeFailures = 0
      if waiting.contains(session.connectionID) {
        // A wait beside others may close a cycle that the server is about to break: look again before saying so.
        guard isAloneInFlight || current.wasSeenWaiting else {
          statement!.wasSeenWaiting = true
          statement!.nextProbeAt = .now + BatchNode.secondLookDelay
          return
        }
        return reportBlocked()
      }
      statement!.wasSeenWaiting = false
      statement!.nextProbeAt = .now + current.probeDelay
      statement!.probeDelay = min(current.probeDelay * 3 / 2, BatchNode.longestProbeDelay)
    case .success(.unavailable(let reason)): refuseProbes(reason)
    case .failure(let error):
      probeFailures += 1
      if probeFailures >= configuration.attemptLimit {
        refuseProbes("the server could not be asked who waits: \(error)")
      }
      statement!.nextProbeAt = .now + BatchNode.longestProbeDelay
    }
  }

  /// Whether no other client has a statement in flight.
  private var isAloneInFlight: Bool {
    (tentative.machine?.inFlight ?? []).count { $0 != nil } <= 1
  }

  private func refuseProbes(_ reason: String) {
    probeRefusal = reason
    remark(
      "lock waits on node \(configuration.node.quoted) were assumed, not seen: a statement without a "
        + "reply after \(configuration.assumeBlockedTimeout.milliseconds) ms (assume_blocked_ms) "
        + "counted as blocked, because \(reason)")
  }

  private func reportBlocked() {
    statement!.isReportedBlocked = true
    emit(.blocked)
  }

  // MARK: Are the others there?

  /// Renews the own lease again and again, and looks at the others'.
  func keepLease() {
    let (loop, pause) = (loop, configuration.lease / 3)
    renewedAt = .now
    leasing = Task(executorPreference: loop) {
      while !Task.isCancelled {
        await loop.sleep(for: pause)
        if Task.isCancelled { return }
        await self.renewLease()
      }
    }
  }

  private func renewLease() async {
    noteSilence()
    let result: Result<[Lease], any Error>
    do {
      result = .success(try await coordinator.renewLease(of: configuration.node))
    } catch {
      result = .failure(error)
    }
    let now = ContinuousClock.now
    inbox.yield(.leases(result, renewedAfter: now - renewedAt))
    noteSilence()
    renewedAt = now
  }

  /// Notes whether this process was silent for so long that the others may have given it up.
  func noteSilence() {
    if .now - renewedAt > configuration.lease { wasSilent = true }
  }

  /// Declares lost whoever has been silent too long.
  func judge(leases: [Lease], renewedAfter: Duration) async throws {
    // Who was asleep itself cannot tell whether the others were silent.
    guard renewedAfter < configuration.lease else { return }
    for lease in leases where lease.age > configuration.lease && lease.node != configuration.node {
      guard let index = confirmed.index(of: lease.node), confirmed.nodes[index].presence == .live
      else { continue }
      emit(.lost(node: lease.node, incarnation: confirmed.nodes[index].incarnation))
    }
    try await flush()
  }

  /// Until when absent nodes may come, if some are absent.
  private var absenceDeadline: ContinuousClock.Instant? {
    guard isRegistered, confirmed.stage != .ended else { return nil }
    if startedAt == nil { return beganAt + configuration.registerTimeout }
    return rejoinDeadline
  }

  private func absence() -> MuddledError {
    let batch = configuration.batch.quoted
    let absent = configuration.members.filter { id in
      confirmed.index(of: id).map { confirmed.nodes[$0].presence != .live } ?? true
    }
    let who = (absent.count == 1 ? "partner " : "partners ") + absent.quotedList
    guard startedAt != nil else {
      return MuddledError(
        .unavailable,
        "\(who) did not come to batch \(batch) within \(configuration.registerTimeout.milliseconds) ms "
          + "(register_ms); start every node with the same batch id and coordinator")
    }
    return MuddledError(
      .unavailable,
      "\(who) of batch \(batch) did not come back within "
        + "\(configuration.rejoinTimeout.milliseconds) ms (rejoin_ms)")
  }
}

extension Duration {
  /// Whole milliseconds, for messages.
  package var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
