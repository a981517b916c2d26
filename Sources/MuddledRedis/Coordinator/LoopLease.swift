import MuddledCore

/// Holds an event loop, and stops it at the end if it was made for this.
final class LoopLease: Sendable {
  let loop: EventLoop
  private let isOwn: Bool

  /// Starts a loop.
  init() {
    loop = EventLoop()
    isOwn = true
  }

  /// Uses a loop that somebody else stops.
  init(of loop: EventLoop) {
    self.loop = loop
    isOwn = false
  }

  deinit { if isOwn { loop.stop() } }
}
