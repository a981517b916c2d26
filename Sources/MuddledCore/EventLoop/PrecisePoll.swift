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
package func takeDeadlinesAtTheirWord() {
  guard let symbol = dlsym(nil, "prctl") else { return }
  let setTimerSlack: Int32 = 29
  _ = unsafeBitCast(symbol, to: ProcessControl.self)(setTimerSlack, 1, 0, 0, 0)
}

/// Waits for descriptors as `poll` does, to a deadline in nanoseconds.
///
/// Returns early if one of `glances` has news before the thread sleeps.
func pollPrecisely(
  _ descriptors: inout [pollfd], until deadline: Moment, isWatchful: Bool,
  _ glances: [any Glance]
) -> Int32 {
  if isWatchful, let ready = pollWithoutSleep(&descriptors, until: deadline, glances) {
    return ready
  }
  for glance in glances { glance.loopSleeps() }
  guard deadline < .never else {
    return precisePoll(&descriptors, nfds_t(descriptors.count), nil, nil)
  }
  let left = max(0, deadline.nanoseconds - Moment.now.nanoseconds)
  var timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
  return precisePoll(&descriptors, nfds_t(descriptors.count), &timeout, nil)
}

/// How many microseconds a watchful thread that has nothing to do goes on looking before it sleeps.
///
/// Replies come within this time as a rule. A thread that slept is woken by way of the scheduler, on a
/// virtual machine even of the host, which takes as long as the statement itself: measured on two virtual
/// cores, a batch ran 1.25 times as many orders a second. Between the looks others may have the core; a wait of
/// any length costs at most this much of it.
private let watchfulness = 150

/// Looks until something is ready or the deadline has passed; `nil` if neither happened soon.
private func pollWithoutSleep(
  _ descriptors: inout [pollfd], until deadline: Moment, _ glances: [any Glance]
) -> Int32? {
  let end = Moment.now.advanced(microseconds: watchfulness)
  var none = timespec()
  while true {
    let ready = precisePoll(&descriptors, nfds_t(descriptors.count), &none, nil)
    if ready != 0 { return ready }
    if glances.contains(where: \.hasNews) { return 0 }
    let now = Moment.now
    if deadline <= now { return 0 }
    if now >= end { return nil }
    sched_yield()
  }
}
