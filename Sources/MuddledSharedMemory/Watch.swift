internal import MuddledCore
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Those of this process who wait for a batch's log to grow.
///
/// While the event loop is awake, its thread looks at the sequence number in the mapped memory. When it goes to
/// sleep, a thread that was made for this sleeps on that number as a futex, and wakes whoever waits.
///
/// A futex and not a `pthread_cond_t`: a condition variable is left in a state in which others hang if a process is
/// killed in a call of it (its own words are not robust as the mutex is). A number that only grows, and a
/// kernel that compares it before it lets anybody sleep, has no such state.
final class Watch: Glance {
  private struct Waiter {
    let id: UInt64
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var waiters: [Waiter] = []
    var nextID: UInt64 = 0
    var hasGlance = false
    var hasThread = false
    var isClosed = false
    var alarm: Alarm?
  }

  /// The longest that the thread sleeps on the futex: so late is noticed a record whose writer died before the wake-up.
  private static let slice: UInt32 = 500

  private let file: BatchFile
  private let loop: EventLoop
  private let state = Mutex(State())
  /// The sequence number that the first waiter saw.
  private let seen = Atomic<UInt32>(0)
  private let gate = ThreadGate()

  init(_ file: BatchFile, on loop: EventLoop) {
    self.file = file
    self.loop = loop
  }

  /// The number now; look at the log after this, then wait for another number.
  var sequence: UInt32 { file.header.sequence.value }

  /// Looks until the number is another one or the time has come, and lets others have the core between two looks.
  ///
  /// - Returns: whether it is another one.
  func lookAwhile(since sequence: UInt32, until end: ContinuousClock.Instant) -> Bool {
    while true {
      if sequence != self.sequence { return true }
      if ContinuousClock.now >= end { return false }
      sched_yield()
    }
  }

  /// Waits until the number is another one, the deadline has passed, or the task is cancelled. May return early.
  nonisolated(nonsending) func wait(
    since sequence: UInt32, until deadline: ContinuousClock.Instant
  ) async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        add(Waiter(id: id, deadline: deadline, continuation: continuation), since: sequence)
        if Task.isCancelled { end { $0.id == id } }
      }
    } onCancel: {
      end { $0.id == id }
    }
  }

  private func add(_ waiter: Waiter, since sequence: UInt32) {
    let isOver = state.withLock { state in
      if state.isClosed { return true }
      if state.waiters.isEmpty { seen.store(sequence, ordering: .relaxed) }
      state.waiters.append(waiter)
      if !state.hasGlance {
        state.hasGlance = true
        state.alarm = Alarm(on: loop) { [weak self] in self?.ring() }
        loop.add(self)
      }
      // Wakes the loop too, which may sleep without a thread that looks for it.
      state.alarm?.set(to: state.waiters.map(\.deadline).min())
      return false
    }
    if isOver { waiter.continuation.resume() }
    if sequence != self.sequence { takeNews() }
  }

  private func end(_ isMeant: (Waiter) -> Bool) {
    let ended = state.withLock { state in
      let split = state.waiters.partition(by: isMeant)
      defer { state.waiters.removeSubrange(split...) }
      return Array(state.waiters[split...])
    }
    for waiter in ended { waiter.continuation.resume() }
  }

  private func ring() {
    let now = ContinuousClock.now
    end { $0.deadline <= now }
    state.withLock { state in
      if let next = state.waiters.map(\.deadline).min() { state.alarm?.set(to: next) }
    }
  }

  /// Whether no wait lasts any more.
  var isClosed: Bool { state.withLock(\.isClosed) }

  /// Ends every wait, now and later.
  func close() {
    let alarm = state.withLock { state in
      state.isClosed = true
      defer { state.alarm = nil }
      return state.alarm
    }
    alarm?.set(to: nil)
    loop.remove(self)
    end { _ in true }
    gate.open()
    file.header.sequence.wake()
  }

  // MARK: Glance

  var hasNews: Bool {
    seen.load(ordering: .relaxed) != sequence && state.withLock { !$0.waiters.isEmpty }
  }

  func takeNews() { end { _ in true } }

  func loopSleeps() {
    let mustStart = state.withLock { state -> Bool? in
      guard !state.waiters.isEmpty, !state.isClosed else { return nil }
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard let mustStart else { return }
    gate.open()
    if mustStart { Thread { [self] in sleepForTheLoop() }.start() }
  }

  // MARK: The thread

  private func sleepForTheLoop() {
    takeDeadlinesAtTheirWord()
    while gate.pass(), !isClosed {
      while state.withLock({ !$0.isClosed && !$0.waiters.isEmpty }) {
        let number = seen.load(ordering: .relaxed)
        if number == sequence {
          file.header.sequence.wait(while: number, atMost: Self.slice)
        } else {
          takeNews()
        }
      }
    }
  }
}

/// Lets one thread through each time that it is opened, however often that is before.
///
/// Unchecked, as both words are only used atomically.
private final class ThreadGate: @unchecked Sendable {
  private let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 2)
  private let opened: Futex

  init() {
    words.initialize(repeating: 0, count: 2)
    opened = Futex(words, sleepers: words + 1)
  }

  deinit { words.deallocate() }

  func open() {
    opened.value = 1
    opened.wake()
  }

  /// Waits until it is open, and closes it.
  func pass() -> Bool {
    while opened.value == 0 { opened.wait(while: 0, atMost: 60_000) }
    opened.value = 0
    return true
  }
}
