/// What happens in an exploration, as it happens; see ``Explorer/explore(_:_:)``.
///
/// It begins with ``RunEvent/started(_:)``, which tells how many orders there are, has one ``RunEvent/order(_:)`` for each
/// order, and ends with ``RunEvent/explored(_:)``, also if the task is cancelled. With ``ExploreOptions/isDistinct`` there is
/// one order for each execution, and all come at the end, when it is known for how many orders each stands. It can be
/// iterated once.
public struct ExploreEvents: AsyncSequence, Sendable {
  private let channel: EventChannel

  init(_ channel: EventChannel) { self.channel = channel }

  /// Makes the iterator; a second one shares the events with the first.
  public func makeAsyncIterator() -> Iterator { Iterator(channel: channel) }

  /// Waits for one event after the other.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let channel: EventChannel

    /// The next event; `nil` when the run is over and everything is cleaned up.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async -> RunEvent? {
      await channel.next()
    }

    /// The next event, for a caller that is isolated to no actor.
    public mutating func next() async -> RunEvent? { await channel.next() }
  }
}
