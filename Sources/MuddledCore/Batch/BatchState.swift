/// What all nodes of a batch know: derived from the log alone, record by record, the same on every node.
///
/// It is pure: a node asks ``duty(of:)`` what it has to do, does it, says so in the log, and
/// applies the log to its copy.
struct BatchState: Sendable {
  /// Whether a node that registered is there.
  enum Presence: Hashable, Sendable {
    case live
    /// Its lease ran out; it may come back.
    case lost
    /// It said that it leaves; it may come back.
    case left(reason: String)
  }

  struct Node: Hashable, Sendable {
    let id: String
    var incarnation: UInt32
    var registration: Registration
    var presence: Presence = .live
  }

  /// How far the batch and its current order are.
  enum Stage: Hashable, Sendable {
    /// Not every member has registered yet.
    case registering
    /// The next order waits for its reset, or a snapshot, which is up to the opener.
    case preparing
    /// The steps of the order run.
    case running
    /// The sessions go back to their first state, one after the other.
    case releasing
    /// The checker reads the final state.
    case checking
    /// Every order was run.
    case ended
    /// The nodes do not fit together; nothing can be run under this batch id.
    case refused(MuddledError.Code, String)
  }

  /// The nodes that registered, sorted by id; the index is the client's index in every order.
  private(set) var nodes: [Node] = []
  private(set) var stage = Stage.registering
  /// The orders, once every member has registered.
  private(set) var space: OrderSpace?
  /// The order that is run, or comes next.
  private(set) var rank: UInt128 = 0
  /// How often that order was abandoned.
  private(set) var attempt: UInt32 = 0
  private(set) var machine: ExecutionStateMachine?
  /// Whether the last record of the log, the one that says that all is over, was read.
  private(set) var isEndRecorded = false
  /// How many orders a batch had that ended before this node read its log.
  private(set) var endedOrders: UInt128?

  private struct StepOutcome {
    let report: StepReport
    let wasBlocked: Bool
    /// The place in the dispatch sequence of the last step that was under way when the reply came.
    let settledAfter: Int
  }

  private var slots: [UInt8] = []
  /// For each client, how its steps went so far in this order.
  private var outcomes: [[StepOutcome]] = []
  private var unreleased: [Bool] = []
  /// For each client and step, the results of the last time since the last snapshot, if they are small.
  private var lastResults: [[[StatementResult]?]] = []

  func index(of node: String) -> Int? { nodes.firstIndex { $0.id == node } }

  /// The node that runs the reset: the first that has one, or else the one that ends every order.
  var opener: Int { nodes.firstIndex { $0.registration.reset != nil } ?? finisher }

  /// The node that runs the checks: the first that has some.
  var checker: Int? { nodes.firstIndex { $0.registration.checks != nil } }

  /// The node whose session is released last, as it goes on with the checks or the next reset.
  private var finisher: Int {
    checker ?? nodes.firstIndex { $0.registration.reset != nil } ?? 0
  }

  /// After so many orders the opener says `begin`, with a snapshot, even if there is no reset.
  static let snapshotOrders: UInt128 = 32

  /// Whether the next order waits for the opener. Without a reset most orders begin by themselves, as soon as
  /// the one before them is over.
  private var needsBegin: Bool {
    rank % Self.snapshotOrders == 0 || nodes.contains { $0.registration.reset != nil }
  }

  var areAllLive: Bool { nodes.allSatisfy { $0.presence == .live } }

  /// The node whose turn it is to release its session.
  private var nextToRelease: Int? {
    let finisher = finisher
    return nodes.indices.first { unreleased[$0] && $0 != finisher }
      ?? (unreleased[finisher] ? finisher : nil)
  }
}

// MARK: - What a node has to do

extension BatchState {
  /// What one node has to do in this state.
  enum Duty: Hashable, Sendable {
    /// Wait for the others.
    case wait
    /// Run the reset, then say `begin`.
    case open
    /// Run this step, if that is not under way, and say how it ends or that it is blocked.
    case settle(step: Int)
    /// Wait for the reply to a blocked statement.
    case awaitReply
    /// The same, but only blocked statements are left: past the limit for a stall, cancel this one.
    case breakStall
    /// Bring the session back to its first state, whatever it does, and say `released`.
    case release
    /// Run the checks, then say `finished`.
    case check
    /// Say `ended`.
    case end
  }

  func duty(of node: Int) -> Duty {
    switch stage {
    case .registering, .refused: return .wait
    case .preparing: return node == opener && areAllLive ? .open : .wait
    case .releasing: return node == nextToRelease ? .release : .wait
    case .checking: return node == checker ? .check : .wait
    case .ended: return node == opener && !isEndRecorded ? .end : .wait
    case .running:
      guard let machine, let statement = machine.inFlight[node] else { return .wait }
      guard statement.isBlocked else { return .settle(step: statement.step) }
      return machine.action == .stalled(cancel: node) ? .breakStall : .awaitReply
    }
  }
}

// MARK: - Applying the log

extension BatchState {
  /// A change that a node tells its user of.
  enum Effect: Sendable {
    case registered(node: Int, isBack: Bool)
    /// Every member is there for the first time.
    case complete
    /// The order of this rank began, with a snapshot that stands for all of the log before its record.
    case snapshot(rank: UInt128)
    case finished(Execution)
    case abandoned(rank: UInt128)
    case lost(node: Int)
    case left(node: Int, reason: String)
  }

  /// Applies one record; events that do not fit the state have no effect, on any node.
  mutating func apply(_ record: BatchRecord) -> [Effect] {
    var effects: [Effect] = []
    var isCurrent = record.rank == rank && record.attempt == attempt
    for event in record.events {
      if case .begin(let rank, let attempt, let snapshot?) = event, nodes.isEmpty {
        restore(snapshot, rank, attempt)
        isCurrent = true
      }
      let sender = index(of: record.node)
      switch event {
      case .registered(let registration):
        register(record.node, registration, &effects)
      case .lost(let node, let incarnation):
        lose(node, incarnation, &effects)
      case .ended(let orders):
        stage = .ended
        isEndRecorded = true
        endedOrders = orders
      default:
        guard let sender, nodes[sender].incarnation == record.incarnation,
          nodes[sender].presence == .live
        else { continue }
        if case .left(let reason) = event {
          nodes[sender].presence = .left(reason: reason)
          effects.append(.left(node: sender, reason: reason))
          abandon(&effects)
        } else if case .connected(let session, let outside) = event {
          nodes[sender].registration.connectionID = session
          nodes[sender].registration.outsideConnectionID = outside
        } else if isCurrent {
          advance(event, from: sender, &effects)
        }
      }
    }
    return effects
  }

  /// What a node that joins later must know of all that came before.
  var snapshot: BatchSnapshot {
    BatchSnapshot(
      nodes: nodes.map {
        .init(id: $0.id, incarnation: $0.incarnation, registration: $0.registration)
      })
  }

  private mutating func restore(_ snapshot: BatchSnapshot, _ rank: UInt128, _ attempt: UInt32) {
    nodes = snapshot.nodes.map {
      Node(id: $0.id, incarnation: $0.incarnation, registration: $0.registration)
    }
    prepareOrders()
    self.rank = rank
    self.attempt = attempt
  }

  private mutating func register(
    _ id: String, _ registration: Registration, _ effects: inout [Effect]
  ) {
    switch stage {
    case .ended, .refused: return
    default: break
    }
    if let index = index(of: id) {
      guard nodes[index].presence != .live, registration.isSameWork(as: nodes[index].registration)
      else { return }
      nodes[index].incarnation += 1
      nodes[index].registration = registration
      nodes[index].presence = .live
      effects.append(.registered(node: index, isBack: true))
      if stage == .preparing { prepare() }
      return completeIfAllCame(&effects)
    }
    guard stage == .registering else { return }
    let node = Node(id: id, incarnation: 1, registration: registration)
    if let conflict = nodes.lazy.compactMap({ $0.conflict(with: node) }).first {
      stage = .refused(conflict.code, conflict.message)
      return
    }
    let place = nodes.firstIndex { ClientOrder.precedes(id, $0.id) } ?? nodes.count
    nodes.insert(node, at: place)
    effects.append(.registered(node: place, isBack: false))
    completeIfAllCame(&effects)
  }

  private mutating func completeIfAllCame(_ effects: inout [Effect]) {
    guard stage == .registering, areAllLive, nodes.count == nodes[0].registration.members.count
    else { return }
    prepareOrders()
    if stage == .preparing { effects.append(.complete) }
  }

  private mutating func prepareOrders() {
    do {
      space = try OrderSpace(stepCounts: nodes.map(\.registration.steps.count))
      outcomes = nodes.map { _ in [] }
      unreleased = nodes.map { _ in false }
      forgetResults()
      stage = .preparing
    } catch {
      stage = .refused(.unusableInput, "\(error)")
    }
  }

  private mutating func lose(_ id: String, _ incarnation: UInt32, _ effects: inout [Effect]) {
    guard let index = index(of: id), nodes[index].incarnation == incarnation,
      nodes[index].presence == .live, stage != .ended
    else { return }
    nodes[index].presence = .lost
    effects.append(.lost(node: index))
    abandon(&effects)
  }

  /// Gives up the current order, if one is under way: it will be run again from its reset.
  private mutating func abandon(_ effects: inout [Effect]) {
    switch stage {
    case .running, .releasing, .checking:
      effects.append(.abandoned(rank: rank))
      attempt += 1
      clearOrder()
      stage = .releasing
      unreleased = nodes.map { $0.presence == .live }
      finishIfReleased(&effects)
    default: break
    }
  }

  private mutating func advance(_ event: BatchEvent, from sender: Int, _ effects: inout [Effect]) {
    switch (event, stage) {
    case (.begin(_, _, let snapshot), .preparing) where sender == opener && areAllLive:
      if let snapshot {
        // Whoever joins with the snapshot does not know what came before.
        forgetResults()
        // A node may have been lost, and be back, while the record was on its way.
        if snapshot == self.snapshot { effects.append(.snapshot(rank: rank)) }
      }
      startOrder()
    case (.ranAlike(let microseconds), .running):
      guard let statement = machine?.inFlight[sender] else { return }
      guard let results = lastResults[sender][statement.step] else { return abandon(&effects) }
      let report = StepReport(results: results, microseconds: microseconds)
      advance(.ran(report), from: sender, &effects)
    case (.ran(let report), .running):
      guard let statement = machine?.inFlight[sender] else { return }
      lastResults[sender][statement.step] = report.isSmall ? report.results : nil
      outcomes[sender].append(
        StepOutcome(
          report: report, wasBlocked: statement.blockedSequence != nil,
          settledAfter: (machine?.dispatched.count ?? 1) - 1))
      if machine?.completed(client: sender) == .finished {
        stage = .releasing
        finishIfReleased(&effects)
      }
    case (.blocked, .running) where machine?.inFlight[sender] != nil:
      _ = machine?.blocked(client: sender)
    case (.sessionLost, .running):
      abandon(&effects)
    case (.released(let connectionID), .releasing) where unreleased[sender],
      (.released(let connectionID), .running) where unreleased[sender] && hasRunAll(sender):
      nodes[sender].registration.connectionID = connectionID
      unreleased[sender] = false
      finishIfReleased(&effects)
    case (.finished(let checks), .checking) where sender == checker:
      finish(checks: checks, &effects)
    default: break
    }
  }

  /// Whether the client has run all its steps in this order.
  private func hasRunAll(_ client: Int) -> Bool {
    outcomes[client].count == nodes[client].registration.steps.count
  }

  /// Goes on once every session is back in its first state.
  private mutating func finishIfReleased(_ effects: inout [Effect]) {
    guard stage == .releasing, nextToRelease == nil else { return }
    if machine == nil {
      prepare()
    } else if checker != nil {
      stage = .checking
    } else {
      finish(checks: [], &effects)
    }
  }

  private mutating func forgetResults() {
    lastResults = nodes.map { $0.registration.steps.map { _ in nil } }
  }

  /// What a node says of the reply to its statement: in short, if the same came the last time.
  func event(for report: StepReport, of client: Int) -> BatchEvent {
    guard let statement = machine?.inFlight[client],
      lastResults[client][statement.step] == report.results
    else { return .ran(report) }
    return .ranAlike(microseconds: report.microseconds)
  }

  private mutating func prepare() {
    stage = .preparing
    if !needsBegin, areAllLive { startOrder() }
  }

  private mutating func startOrder() {
    guard let space else { return }
    slots = space.unrank(rank).slots
    machine = ExecutionStateMachine(order: slots, clientCount: nodes.count)
    unreleased = nodes.map { _ in true }
    stage = .running
  }

  private mutating func finish(checks: [[StatementResult]], _ effects: inout [Effect]) {
    guard let machine, let space else { return }
    effects.append(.finished(execution(machine, checks)))
    clearOrder()
    rank += 1
    attempt = 0
    if rank == space.count { stage = .ended } else { prepare() }
  }

  private mutating func clearOrder() {
    machine = nil
    slots = []
    for client in outcomes.indices { outcomes[client].removeAll(keepingCapacity: true) }
  }

  private func execution(
    _ machine: ExecutionStateMachine, _ checks: [[StatementResult]]
  ) -> Execution {
    let steps = machine.dispatched.map { slot in
      let outcome = outcomes[slot.client][slot.step]
      return ExecutedStep(
        client: slot.client, step: slot.step,
        sql: nodes[slot.client].registration.steps[slot.step], results: outcome.report.results,
        wasBlocked: outcome.wasBlocked, settledAfter: outcome.settledAfter,
        microseconds: outcome.report.microseconds)
    }
    let queries = checker.flatMap { nodes[$0].registration.checks } ?? []
    return Execution(
      rank: rank, order: slots, dispatched: machine.dispatched.map { UInt8($0.client) },
      steps: steps,
      checks: zip(queries, checks).map { ExecutedCheck(sql: $0, results: $1) })
  }
}
