import Synchronization

/// What the connections to one server know of it together.
package final class RedisServer: Sendable {
  private let state = Atomic(false)

  /// Makes the knowledge of a server that nobody has seen yet.
  package init() {}

  /// Whether the server took a connection at any time: if it has, it is worth calling again.
  var hasBeenThere: Bool {
    get { state.load(ordering: .relaxed) }
    set { state.store(newValue, ordering: .relaxed) }
  }
}
