/// What is known of the wait of a step that waited for a lock.
public struct StepWait: Hashable, Sendable {
  /// From the step's dispatch to the moment at which it was known to wait, in microseconds.
  public var foundMicroseconds: UInt64

  /// Makes the record of a wait.
  public init(foundMicroseconds: UInt64) {
    self.foundMicroseconds = foundMicroseconds
  }
}
