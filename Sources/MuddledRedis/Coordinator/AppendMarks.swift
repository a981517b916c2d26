import Synchronization

/// Makes marks that no other append of any process has.
final class AppendMarks: Sendable {
  private let origin = UInt64.random(in: .min ... .max)
  private let count = Atomic<UInt64>(0)

  /// 16 bytes: a random origin and a count.
  func next() -> [UInt8] {
    let number = count.wrappingAdd(1, ordering: .relaxed).newValue
    return withUnsafeBytes(of: (origin, number)) { Array($0) }
  }
}
