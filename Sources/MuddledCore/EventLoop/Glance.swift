/// Something that no file descriptor tells of, such as a word in memory that processes share.
///
/// An ``EventLoop`` looks at it while it is awake, and says when it goes to sleep; from then on the glance itself
/// has to wake whoever waits.
package protocol Glance: AnyObject, Sendable {
  /// Whether there is something to take; asked on the loop's thread every microsecond or so.
  var hasNews: Bool { get }

  /// Takes it, on the loop's thread.
  func takeNews()

  /// The loop's thread is about to sleep, and will not look again until something else wakes it.
  func loopSleeps()
}

extension EventLoop {
  /// Looks at something from now on, until it is removed.
  package func add(_ glance: any Glance) {
    change { $0.glances.append(glance) }
  }

  /// Looks at it no more.
  package func remove(_ glance: any Glance) {
    state.withLock { state in state.glances.removeAll { $0 === glance } }
  }
}
