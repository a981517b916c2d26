/// Takes what happens in a run, as it happens, and shows or stores it.
///
/// Implement ``report(_:)`` so that it returns soon: the run waits for it. It is called from one
/// task, in order. What it throws ends the run.
public protocol Reporter: Sendable {
  /// Takes one event.
  func report(_ event: RunEvent) async throws
}
