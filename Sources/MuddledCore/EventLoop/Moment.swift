#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A point in time on the clock of `ContinuousClock`, in nanoseconds.
///
/// For what happens with every statement: the clock's own instants are copied and compared by calls into the runtime,
/// which took a tenth of the time that an exploration uses itself.
package struct Moment: Hashable, Comparable, Sendable {
  /// Nanoseconds since the machine was started.
  package let nanoseconds: Int64

  private init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The moment that does not come.
  package static let never = Moment(nanoseconds: .max)

  package static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  package init(_ instant: ContinuousClock.Instant) {
    self = .now.advanced(by: ContinuousClock.now.duration(to: instant))
  }

  package static func < (one: Moment, other: Moment) -> Bool {
    one.nanoseconds < other.nanoseconds
  }

  /// The moment so many microseconds later.
  package func advanced(microseconds: Int) -> Moment {
    Moment(nanoseconds: nanoseconds + Int64(microseconds) * 1000)
  }

  /// The moment that is so much later; ``never`` if that is more than a clock holds.
  package func advanced(by duration: Duration) -> Moment {
    let (seconds, attoseconds) = duration.components
    guard seconds < 1 << 32 else { return .never }
    return Moment(nanoseconds: nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }

  /// Whole microseconds from an earlier moment to this one.
  package func microseconds(since earlier: Moment) -> Int {
    Int((nanoseconds - earlier.nanoseconds) / 1000)
  }
}
