/// The times and numbers that bound an exploration.
public struct ExploreLimits: Sendable, Hashable {
  /// How long only blocked statements may be left before the last one is cancelled. Default 5 s.
  public var stallTimeout: Duration = .seconds(5)
  /// When the server does not say who waits for a lock: after this time without a reply a statement
  /// is assumed to be blocked. Default 500 ms.
  public var assumeBlockedTimeout: Duration = .milliseconds(500)
  /// How long a statement that waits for no lock may run before it is cancelled. Default 60 s.
  public var stepTimeout: Duration = .seconds(60)
  /// How often an order is run again because a session broke. Default 3.
  public var attempts = 3

  /// Makes the default limits.
  public init() {}
}
