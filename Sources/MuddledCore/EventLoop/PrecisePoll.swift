#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

private typealias PrecisePoll =
  @convention(c) (
    UnsafeMutablePointer<pollfd>, nfds_t, UnsafePointer<timespec>?, UnsafePointer<sigset_t>?
  ) -> Int32

/// `ppoll` is part of every Linux C library, but hidden from Swift's view of its headers.
private let precisePoll: PrecisePoll = {
  guard let symbol = dlsym(nil, "ppoll") else { preconditionFailure("this C library has no ppoll") }
  return unsafeBitCast(symbol, to: PrecisePoll.self)
}()

private typealias ProcessControl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32

/// Has the kernel wake the calling thread at its deadlines; by default it may be 50 us late, to save power.
///
/// `prctl` is variadic, and hidden from Swift for that.
func takeDeadlinesAtTheirWord() {
  guard let symbol = dlsym(nil, "prctl") else { return }
  let setTimerSlack: Int32 = 29
  _ = unsafeBitCast(symbol, to: ProcessControl.self)(setTimerSlack, 1, 0, 0, 0)
}

/// Waits for descriptors as `poll` does, to a deadline in nanoseconds; `nil` waits without end.
func pollPrecisely(
  _ descriptors: inout [pollfd], until deadline: ContinuousClock.Instant?
) -> Int32 {
  guard let deadline else {
    return precisePoll(&descriptors, nfds_t(descriptors.count), nil, nil)
  }
  let left = max(.zero, ContinuousClock.now.duration(to: deadline)).components
  var timeout = timespec(
    tv_sec: Int(left.seconds), tv_nsec: Int(left.attoseconds / 1_000_000_000))
  return precisePoll(&descriptors, nfds_t(descriptors.count), &timeout, nil)
}
