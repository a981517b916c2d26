/// A database that can tell whom a waiting session waits for.
///
/// Implement it beside ``Database`` for servers that tell it. What is told must be the server's word: one that is
/// not sure tells nothing.
public protocol LockHolders: Sendable {
  /// Asks whom sessions wait for at this moment.
  ///
  /// It is asked only after ``Database/lockWaits(among:)`` named these sessions, and may take as long as it needs to
  /// be exact.
  ///
  /// - Parameter sessions: the sessions' ``DatabaseSession/connectionID``s.
  func lockHolders(of sessions: [UInt64]) async throws -> LockHolderProbe
}

/// What a server said of whom sessions wait for.
public struct LockHolderProbe: Hashable, Sendable {
  /// One session's wait.
  public struct Wait: Hashable, Sendable {
    /// The connection ids of those who hold the lock or come before in the queue for it; never the session's own.
    public var holders: Set<UInt64>
    /// Whether the wait can end without the lock and without an error, as that of `GET_LOCK` can.
    public var mayLapse: Bool

    /// Makes a wait.
    public init(holders: Set<UInt64>, mayLapse: Bool = false) {
      self.holders = holders
      self.mayLapse = mayLapse
    }
  }

  /// For each session of which the server told it, its wait.
  public var waits: [UInt64: Wait]
  /// Why the server did not tell it of all, and what to do about it; `nil` if nothing is to be done.
  public var gap: String?

  /// Makes an answer.
  public init(waits: [UInt64: Wait] = [:], gap: String? = nil) {
    self.waits = waits
    self.gap = gap
  }
}
