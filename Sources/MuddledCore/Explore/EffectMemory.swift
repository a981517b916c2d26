/// What sequences of dispatches did, so that orders that come to the same are known without being run.
///
/// The state of a server after a sequence of dispatches is taken to depend on that sequence alone. Where a
/// sequence did different things at different times, that is nondeterminism, and is reported.
struct EffectMemory: Sendable {
  /// What came of the last dispatch of a sequence before the next one, as sets of clients.
  private struct Effect: Hashable {
    /// The clients whose statements were answered.
    let settled: UInt64
    /// The clients whose statements waited.
    let waiting: UInt64
    /// A digest of all that was seen, results included.
    let digest: Digest
  }

  /// What is known of an order that was not run.
  struct Known {
    /// The key of the execution that it comes to.
    let execution: Digest
    let outcome: Digest
    let isDeferred: Bool
  }

  /// Where an order leads.
  enum Path {
    case known(Known)
    /// The key of the first sequence of dispatches on the way whose effect is not known. Orders with different such
    /// keys come to different executions.
    case unknown(Digest)
  }

  /// How many effects are remembered.
  var count: Int { effects.count }

  /// Names a sequence of dispatches.
  static func key(of dispatched: [Slot]) -> Digest {
    var key = Digest()
    for slot in dispatched { key.update(slot) }
    return key
  }

  /// More clients than this are not remembered.
  static let clientLimit = 64

  private var effects: [Digest: Effect] = [:]
  private var outcomes: [Digest: Digest] = [:]

  /// Notes what an execution did.
  ///
  /// - Returns: the index of the first dispatch that did something else than the same sequence did before.
  mutating func learn(_ run: LaneRun, outcome: Digest) -> Int? {
    var surprise: Int?
    var key = Digest()
    for (index, slot) in run.dispatched.enumerated() {
      key.update(slot)
      var settled: UInt64 = 0
      var waiting: UInt64 = 0
      for step in run.steps[...index] {
        if step.settledAfter == index { settled |= 1 << UInt64(step.client) }
        if step.settledAfter > index { waiting |= 1 << UInt64(step.client) }
      }
      let effect = Effect(settled: settled, waiting: waiting, digest: run.effects[index])
      if let known = effects[key], known != effect { surprise = surprise ?? index }
      effects[key] = effect
    }
    outcomes[key] = outcome
    return surprise
  }

  /// Follows an order through what is known.
  func follow(_ slots: [Slot], clientCount: Int) -> Path {
    var machine = ExecutionStateMachine(slots: slots, clientCount: clientCount)
    var key = Digest()
    while case .dispatch(let client, let step) = machine.action {
      key.update(Slot(client: client, step: step))
      guard let effect = effects[key] else { return .unknown(key) }
      machine.noteDispatched()
      for client in 0..<clientCount where effect.settled & 1 << UInt64(client) != 0 {
        guard machine.inFlight[client] != nil else { return .unknown(key) }
        _ = machine.completed(client: client)
      }
      let waiting = (0..<clientCount).filter { effect.waiting & 1 << UInt64($0) != 0 }
      if !waiting.isEmpty { _ = machine.waiting(clients: Set(waiting)) }
    }
    guard machine.action == .finished, let outcome = outcomes[key] else { return .unknown(key) }
    return .known(
      Known(execution: key, outcome: outcome, isDeferred: machine.dispatched != slots))
  }
}

extension Digest {
  fileprivate mutating func update(_ slot: Slot) {
    update(UInt64(slot.client) << 32 | UInt64(slot.step))
  }
}
