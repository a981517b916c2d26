import Synchronization

/// Makes marks that no other utterance of any process has.
final class QueueMarks: Sendable {
  private let origin = UInt64.random(in: .min ... .max)
  private let count = Atomic<UInt64>(0)

  /// A random origin and a count.
  func next() -> QueueEntry.Mark {
    UInt128(origin) << 64 | UInt128(count.wrappingAdd(1, ordering: .relaxed).newValue)
  }
}
