/// Calls a function on an event loop's thread when a time has come, for less than a task costs.
package final class Alarm: Sendable {
  struct Setting {
    let alarm: Alarm
    let deadline: Moment
  }

  private let loop: EventLoop
  /// What is called, on the loop's thread.
  let ring: @Sendable () -> Void

  package init(on loop: EventLoop, _ ring: @escaping @Sendable () -> Void) {
    self.loop = loop
    self.ring = ring
  }

  /// Sets the time, which replaces an earlier one; `nil` clears it.
  package func set(to deadline: ContinuousClock.Instant?) {
    set(to: deadline.map(Moment.init) ?? .never)
  }

  /// Sets the time, which replaces an earlier one; ``Moment/never`` clears it.
  package func set(to deadline: Moment) { loop.set(self, to: deadline) }
}
