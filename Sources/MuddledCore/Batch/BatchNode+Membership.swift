import Logging

// Coming and going.
extension BatchNode {
  /// Opens the session, finds the batch in the coordinator and registers, or says why that cannot be.
  func join() async throws {
    let opened = try await database.openSession()
    // What the first answer takes to find out would else delay the first order.
    _ = await opened.holdsLocks()
    session = opened
    let registration = Registration(
      instance: instance, members: configuration.members,
      steps: configuration.steps.map(\.sql), reset: configuration.reset,
      checks: configuration.checks, connectionID: opened.connectionID)
    try await readAll()
    while !isRegistered {
      try refuseIfOver()
      try await takePlace(registration)
    }
    try refuseIfOver()
    keepLease()
    try await noticeStart()
    if startedAt == nil {
      let absent = configuration.members.filter { confirmed.index(of: $0) == nil }
      if !absent.isEmpty { try await notice("waiting for \(absent.quotedList)") }
    }
  }

  /// Does the next thing on the way to this node's place in the batch: registers, waits for an earlier process of the same
  /// id or takes over from it, or notes that the place is its own.
  private func takePlace(_ registration: Registration) async throws {
    guard let me = ownIndex else {
      guard confirmed.stage == .registering else {
        throw MuddledError(
          .usage,
          "batch \(configuration.batch.quoted) is run by the nodes \(confirmed.nodes.map(\.id).quotedList); "
            + "node \(configuration.node.quoted) is none of them; choose another batch id")
      }
      return try await register(registration)
    }
    let earlier = confirmed.nodes[me]
    if earlier.registration.instance == instance {
      isRegistered = true
      joinedAt = (confirmed.rank, confirmed.attempt)
      return
    }
    if earlier.presence == .live { return try await waitForSilence(of: earlier) }
    if let difference = registration.difference(from: earlier.registration) {
      throw MuddledError(
        difference.code,
        "node \(configuration.node.quoted) cannot take part in batch \(configuration.batch.quoted) "
          + "again: \(difference.message); choose another batch id")
    }
    try await endConnections(of: earlier)
    try await register(registration)
  }

  /// Ends the connections of an earlier process of this id that was lost; one that left has ended them itself.
  private func endConnections(of earlier: BatchState.Node) async throws {
    guard earlier.presence == .lost else { return }
    let leases = try await coordinator.renewLease(of: nil)
    // A lease that is gone was dropped by its owner, who had time to end its connections too.
    guard let lease = leases.first(where: { $0.node == earlier.id }) else { return }
    let registration = earlier.registration
    for connection in [registration.connectionID, registration.outsideConnectionID] {
      guard let connection else { continue }
      try await database.endSession(connection, seenAgo: lease.age)
    }
  }

  private func readAll() async throws {
    while true {
      let records = try await coordinator.records(from: nextPosition, waitingAtMost: .zero)
      if records.isEmpty { return }
      try await apply(records)
    }
  }

  private func register(_ registration: Registration) async throws {
    // The lease comes first: a node that dies right after it has registered must be missed.
    _ = try await coordinator.renewLease(of: configuration.node)
    pending = [.registered(registration)]
    pendingRank = confirmed.rank
    pendingAttempt = confirmed.attempt
    let record = BatchRecord(
      node: configuration.node, incarnation: 0, rank: 0, attempt: 0, events: pending)
    _ = try await append(record)
    pending = []
  }

  func refuseIfOver() throws {
    // Worked out only for an error: this is asked after every record.
    var batch: String { configuration.batch.quoted }
    switch confirmed.stage {
    case .ended where !isRegistered:
      let orders = confirmed.endedOrders ?? confirmed.rank
      throw MuddledError(
        .usage,
        "batch \(batch) has already ended: all its \(orders) orders were run; choose another batch id"
      )
    case .refused(let code, let reason):
      throw MuddledError(code, "batch \(batch) cannot be run: \(reason)")
    default: break
    }
  }

  /// Waits until the lease of an earlier process of the same id has run out, and declares it lost.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if that process lives.
  private func waitForSilence(of earlier: BatchState.Node) async throws {
    let began = ContinuousClock.now
    var isFirst = true
    while true {
      let leases = try await coordinator.renewLease(of: nil)
      let age = leases.first { $0.node == configuration.node }?.age
      let waited = ContinuousClock.now - began
      if let age, age > configuration.lease { break }
      if age == nil, waited > configuration.lease { break }
      // A lease that is younger than this wait was renewed during it.
      if let age, !isFirst, age < waited - .milliseconds(50) {
        throw MuddledError(
          .usage,
          "a live process already takes part in batch \(configuration.batch.quoted) as node "
            + "\(configuration.node.quoted); give this one another id or another batch")
      }
      isFirst = false
      try throwIfInterrupted()
      await loop.sleep(for: min(configuration.lease / 4, .milliseconds(250)))
      try await readAll()
      guard let me = ownIndex, confirmed.nodes[me] == earlier else { return }
    }
    pending = [.lost(node: earlier.id, incarnation: earlier.incarnation)]
    let record = BatchRecord(
      node: configuration.node, incarnation: 0, rank: 0, attempt: 0, events: pending)
    _ = try await append(record)
    pending = []
  }

  /// Tells the user once that all nodes are there.
  func noticeStart() async throws {
    guard isRegistered || ownIndex.map({ confirmed.nodes[$0].registration.instance }) == instance
    else { return }
    if isRegistered, !isLeaving { try refuseIfOver() }
    guard startedAt == nil, let space = confirmed.space, confirmed.areAllLive else { return }
    startedAt = .now
    let clients = confirmed.nodes.map(\.id)
    summary.clients = clients
    summary.orders = space.count
    summary.firstRank = confirmed.rank
    if confirmed.nodes.allSatisfy({ $0.registration.reset == nil }) {
      remark(
        "there is no reset file (reset.fpath): each order found the data as the last one left it")
    }
    try await report(
      .started(RunStart(clients: clients, orders: space.count, firstRank: confirmed.rank)))
    for execution in history { try await report(.earlierOrder(execution)) }
    history = []
  }

  /// Tells the user, and decides, what a change in the batch means for this node.
  func take(_ effect: BatchState.Effect) async throws {
    guard isRegistered else {
      if case .finished(let execution) = effect { history.append(execution) }
      return
    }
    if isLeaving { return try await takeWhileLeaving(effect) }
    switch effect {
    case .registered(let node, let isBack):
      let id = confirmed.nodes[node].id
      if isBack { try await notice("node \(id.quoted) is back") }
      if confirmed.areAllLive { rejoinDeadline = nil }
    case .complete, .snapshot: break
    case .finished(let execution):
      try await tell(execution)
      await trimLog(after: execution.rank)
    case .abandoned(let rank):
      summary.abandonedOrders += 1
      try await notice("order \(rank) was abandoned and will be run again")
    case .lost(let node): try await takeLoss(of: confirmed.nodes[node])
    case .left(let node, let reason):
      let id = confirmed.nodes[node].id
      guard id != configuration.node, confirmed.stage != .ended else { return }
      guard startedAt != nil else {
        return try await notice("node \(id.quoted) has left: \(reason)")
      }
      throw MuddledError(
        .unavailable, "node \(id.quoted) has left batch \(configuration.batch.quoted): \(reason)")
    }
  }

  private func tell(_ execution: Execution) async throws {
    // Once more: the sleep may have come between the record and this line.
    try await refuseIfGivenUp(in: [])
    summary.tally.add(execution)
    if let startedAt { summary.duration = .now - startedAt }
    try await report(.order(execution))
  }

  /// Tells the user of an order whose end stands in the log before this node's farewell.
  ///
  /// The others tell theirs, and all go on behind it.
  private func takeWhileLeaving(_ effect: BatchState.Effect) async throws {
    switch effect {
    case .finished(let execution) where !hasReporterFailed:
      do { try await tell(execution) } catch let error where hasReporterFailed {
        // The others must be told all the same; the next process of this node adds the order.
        logger.warning("an order could not be reported", metadata: ["why": "\(error)"])
      }
    case .lost(let node) where confirmed.nodes[node].id == configuration.node:
      throw givenUp(confirmed.nodes[node])
    default: break
    }
  }

  /// Why this process, which the others have given up, cannot go on.
  func givenUp(_ node: BatchState.Node) -> MuddledError {
    // The id, and its lease, may belong to another process by now.
    isRegistered = false
    leasing?.cancel()
    leasing = nil
    return MuddledError(
      .unavailable,
      "this process was silent for longer than \(configuration.lease.milliseconds) ms (lease_ms), and the "
        + "others have given it up; start node \(node.id.quoted) again to go on")
  }

  private func takeLoss(of node: BatchState.Node) async throws {
    guard node.id != configuration.node else { throw givenUp(node) }
    try await notice(
      "node \(node.id.quoted) is lost: it has not been heard of for more than "
        + "\(configuration.lease.milliseconds) ms; waiting "
        + "\(configuration.rejoinTimeout.milliseconds) ms for it to come back")
    if startedAt != nil { rejoinDeadline = .now + configuration.rejoinTimeout }
  }

  /// Lets the coordinator forget the log before the last snapshot once every node has read past it.
  ///
  /// Every node has, when the order that the snapshot began is over: each released its session in it. The order before
  /// it is not enough. Often one record ends that and begins the next, and others have yet to read what led to it.
  private func trimLog(after rank: UInt128) async {
    guard let snapshot = untrimmedSnapshot, rank >= snapshot.rank, confirmed.opener == ownIndex
    else { return }
    untrimmedSnapshot = nil
    do { try await coordinator.trim(before: snapshot.position) } catch {
      logger.warning("the log could not be trimmed", metadata: ["why": "\(error)"])
    }
  }

  // MARK: Leaving

  /// Ends all that this node has open; tells the others first if it leaves before the end.
  func close(failure: MuddledError?) async {
    reading?.cancel()
    leasing?.cancel()
    timer?.task.cancel()
    if let failure {
      if statement != nil { cancelStatement() }
      await within(BatchNode.farewellLimit) { await self.sayFarewell(failure) }
      // The summary comes next, and no order after it.
      isRegistered = false
    }
    await within(BatchNode.farewellLimit) { await self.giveUpLease() }
    await within(BatchNode.farewellLimit) { await self.closeConnections() }
    inbox.finish()
  }

  private func sayFarewell(_ failure: MuddledError) async {
    guard isRegistered, let me = ownIndex, confirmed.nodes[me].presence == .live,
      confirmed.nodes[me].registration.instance == instance, confirmed.stage != .ended
    else { return }
    let reason = failure.code == .interrupted ? "its user stopped it" : failure.message
    isLeaving = true
    owesFarewell = true
    let incarnation = confirmed.nodes[me].incarnation
    do {
      while true {
        pending = [.left(reason: reason)]
        let record = BatchRecord(
          node: configuration.node, incarnation: incarnation, rank: confirmed.rank,
          attempt: confirmed.attempt, events: pending)
        guard try await append(record) else { continue }
        owesFarewell = false
        return
      }
    } catch {
      logger.warning("the others could not be told", metadata: ["why": "\(error)"])
    }
  }

  private func giveUpLease() async {
    // Who left without a word is missed only when its lease runs out.
    guard leasing != nil, !owesFarewell else { return }
    do {
      // Before the first order there is nothing to go on with, and after the last one neither.
      if confirmed.stage != .registering, confirmed.stage != .ended {
        try await (coordinator as? any TransientCoordinator)?.keep()
      }
      try await coordinator.dropLease(of: configuration.node)
      guard confirmed.stage == .ended, try await coordinator.renewLease(of: nil).isEmpty
      else { return }
      // The last to go leaves only the record that says that this batch id was used.
      try await readAll()
      if let endPosition { try await coordinator.trim(before: endPosition) }
    } catch {
      logger.warning("the lease could not be given up", metadata: ["why": "\(error)"])
    }
  }

  private func closeConnections() async {
    await session?.close()
    await database.close()
    await coordinator.close()
  }

  /// Waits for something at most for a time, and lets it go on alone after that.
  private func within(_ limit: Duration, _ body: @escaping @Sendable () async -> Void) async {
    let (ends, end) = AsyncStream<Void>.makeStream()
    let loop = loop
    let work = Task(executorPreference: loop) {
      await body()
      end.finish()
    }
    let alarm = Task(executorPreference: loop) {
      await loop.sleep(for: limit)
      end.finish()
    }
    for await _ in ends {}
    work.cancel()
    alarm.cancel()
  }
}
