/// Decides what happens next while one order is run. It has no clock and does no I/O: events go in,
/// actions come out.
///
/// The rules are these. A dispatched statement is *in flight* until its reply has come; it is
/// *blocked* once the server has said that it waits for a lock, and *unknown* before that. While
/// any statement is unknown nothing is dispatched. When all is quiet, the first remaining slot
/// whose client is not in flight is dispatched; a slot whose client is blocked is thereby deferred, and
/// runs before later slots once that client is free. What one statement does may end the wait
/// of another, so every reply, and every statement that starts to wait, makes the other blocked
/// statements unknown again.
public struct ExecutionStateMachine: Sendable {
  /// What whoever carries out the order has to do.
  public enum Action: Hashable, Sendable {
    /// Send this step of this client to its session now; it is in flight from here on.
    case dispatch(client: Int, step: Int)
    /// Wait until the server has answered, or says of its wait, for each of these clients.
    case settle(clients: [Int])
    /// Only blocked statements are left. Wait for the server to end one of the waits; past the
    /// limit for a stall, cancel the statement of this client, which was blocked last.
    case stalled(cancel: Int)
    /// Every step has its result.
    case finished
  }

  /// What is known of a statement that was dispatched and has no reply yet.
  public struct InFlight: Hashable, Sendable {
    /// The index of the step in its client.
    public let step: Int
    /// The place of the step in ``ExecutionStateMachine/dispatched``.
    public let sequence: Int
    /// Whether the server said, after the last event that could change it, that the statement waits for a lock.
    public fileprivate(set) var isBlocked = false
    /// When the statement was first found blocked, counted over the order; `nil` if it never was.
    public fileprivate(set) var blockedSequence: Int?

    fileprivate init(step: Int, sequence: Int) {
      self.step = step
      self.sequence = sequence
    }
  }

  /// The slots in the sequence in which they were dispatched.
  public private(set) var dispatched: [Slot] = []
  /// For each client, its statement in flight.
  public private(set) var inFlight: [InFlight?]
  /// What is to be done now.
  public private(set) var action: Action

  /// The slots of the order that were not dispatched yet.
  private var remaining: [Slot]
  private var blockedCount = 0

  /// Starts an order of all steps; ``action`` is the first thing to do.
  ///
  /// - Parameters:
  ///   - order: the client index of each slot; a client's slots run its steps in their sequence.
  ///   - clientCount: how many clients there are, with or without steps.
  public init(order: [UInt8], clientCount: Int) {
    self.init(slots: Slot.slots(of: order), clientCount: clientCount)
  }

  /// Starts any sequence of steps; ``action`` is the first thing to do.
  ///
  /// - Parameters:
  ///   - slots: what is to run, in sequence; steps may be left out and may come again.
  ///   - clientCount: how many clients there are, with or without steps.
  public init(slots: [Slot], clientCount: Int) {
    precondition(
      slots.allSatisfy { $0.client < clientCount }, "a slot names a client that is not there")
    remaining = slots
    inFlight = Array(repeating: nil, count: clientCount)
    dispatched.reserveCapacity(slots.count)
    action = .finished
    action = next()
  }

  /// The step that ``action`` named was sent; now it is waited for.
  public mutating func noteDispatched() {
    guard case .dispatch = action else { return }
    action = .settle(clients: inFlight.indices.filter { inFlight[$0]?.isBlocked == false })
  }

  /// The reply to the client's statement has come, whatever it says.
  public mutating func completed(client: Int) -> Action {
    precondition(inFlight[client] != nil, "client \(client) has no statement in flight")
    inFlight[client] = nil
    doubtBlocked(except: client)
    return advance()
  }

  /// The server says that the client's statement waits for a lock at this moment.
  public mutating func blocked(client: Int) -> Action {
    precondition(inFlight[client] != nil, "client \(client) has no statement in flight")
    let isNew = inFlight[client]!.blockedSequence == nil
    inFlight[client]!.isBlocked = true
    if isNew {
      inFlight[client]!.blockedSequence = blockedCount
      blockedCount += 1
      // A new wait may close a cycle, and the server may end another client's wait to break it.
      doubtBlocked(except: client)
    }
    return advance()
  }

  /// The server says which statements in flight wait for a lock, all at one moment.
  ///
  /// - Parameter clients: those that wait; of the others in flight it says that they do not.
  public mutating func waiting(clients: Set<Int>) -> Action {
    for client in inFlight.indices where inFlight[client] != nil {
      inFlight[client]!.isBlocked = clients.contains(client)
      if clients.contains(client), inFlight[client]!.blockedSequence == nil {
        inFlight[client]!.blockedSequence = blockedCount
        blockedCount += 1
      }
    }
    return advance()
  }

  private mutating func doubtBlocked(except client: Int) {
    for other in inFlight.indices where other != client { inFlight[other]?.isBlocked = false }
  }

  private mutating func advance() -> Action {
    action = next()
    return action
  }

  private mutating func next() -> Action {
    let unknown = inFlight.indices.filter { inFlight[$0]?.isBlocked == false }
    if !unknown.isEmpty { return .settle(clients: unknown) }
    if let place = remaining.firstIndex(where: { inFlight[$0.client] == nil }) {
      let slot = remaining.remove(at: place)
      inFlight[slot.client] = InFlight(step: slot.step, sequence: dispatched.count)
      dispatched.append(slot)
      return .dispatch(client: slot.client, step: slot.step)
    }
    let last = inFlight.indices.max {
      (inFlight[$0]?.blockedSequence ?? -1) < (inFlight[$1]?.blockedSequence ?? -1)
    }
    guard let last, inFlight[last] != nil else { return .finished }
    return .stalled(cancel: last)
  }
}
