/// What is known of the wait of a step that waited for a lock.
///
/// A statement may wait several times; this is about the first wait that was found.
public struct StepWait: Hashable, Sendable {
  /// Whom a step waits for.
  public enum Holder: Hashable, Sendable {
    /// Another client, by its index.
    case client(Int)
    /// A session that is no client's, by the id under which the server knows it.
    case outsider(connection: UInt64)
  }

  /// From the step's dispatch to the moment at which it was known to wait, in microseconds.
  public var foundMicroseconds: UInt64
  /// Whether the wait was assumed, because the server does not say who waits.
  public var isAssumed: Bool
  /// Who had to give way first, by the server's word: holders of the lock, and those before the step in the queue
  /// for it. Clients come first, by their index. Empty if the server does not tell.
  public var holders: [Holder] = []
  /// The clients, by their index, whose waits ended before this one although the same dispatch ended them all. Only
  /// what the queue proves: one that this step had to wait for, that waited itself, and that it did not outlive
  /// by giving up. It never depends on which reply came first.
  public var wokenAfter: [Int] = []
  /// Whether the wait can end without the lock and without an error.
  var mayLapse = false

  /// Makes the record of a wait.
  public init(foundMicroseconds: UInt64, isAssumed: Bool = false) {
    self.foundMicroseconds = foundMicroseconds
    self.isAssumed = isAssumed
  }
}

extension [ExecutedStep] {
  /// Fills in ``StepWait/wokenAfter`` of steps that are all done, in the sequence of their dispatch.
  mutating func noteWakes() {
    for index in indices {
      guard let wait = self[index].wait, !wait.mayLapse, self[index].wasGranted else { continue }
      let settledAfter = self[index].settledAfter
      let earlier = self[..<index]
      self[index].wait?.wokenAfter = wait.holders.compactMap { holder in
        guard case .client(let client) = holder,
          // What the holder ran when this step began to wait.
          let other = earlier.last(where: { $0.client == client }),
          other.wasBlocked, other.settledAfter == settledAfter
        else { return nil }
        return client
      }
    }
  }
}

extension ExecutedStep {
  /// Whether no wait of the step was given up.
  fileprivate var wasGranted: Bool {
    !results.contains { result in
      switch result {
      case .cancelled: true
      case .error(let error): ServerError.endsOfWaits.contains(error.code)
      case .rows, .ok: false
      }
    }
  }
}

extension ServerError {
  /// The errors with which a wait ends before it is granted.
  fileprivate static let endsOfWaits = [deadlockCode, lockWaitTimeoutCode, interruptedCode]
}
