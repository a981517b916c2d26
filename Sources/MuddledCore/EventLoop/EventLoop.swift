import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One thread that runs Swift tasks and waits for file descriptors.
///
/// C clients that offer calls which do not block (libmariadb, hiredis) are driven from here: an
/// actor whose executor this is makes a call, waits with ``wait(for:events:until:)`` until the socket is ready, and
/// goes on, all on the same thread. A task that prefers this executor talks to such an actor
/// without a change of thread.
public final class EventLoop: SerialExecutor, TaskExecutor {
  struct Waiter {
    let id: UInt64
    let descriptor: Int32
    let events: Int16
    let deadline: Moment
    let callback: @Sendable (Int16) -> Void
  }

  struct State {
    var jobs: [UnownedJob] = []
    var waiters: [Waiter] = []
    var alarms: [Alarm.Setting] = []
    /// Waits that are to be told of their end.
    var cancelled: [Waiter] = []
    var glances: [any Glance] = []
    var nextID: UInt64 = 0
    var isSleeping = false
    var isStopped = false
  }

  let state = Mutex(State())
  /// Names the thread; 0 before it runs.
  private let thread = Atomic<UInt>(0)
  /// The ends of a pipe that a byte goes through to end the thread's sleep: read, write.
  private let wakePipe: (read: Int32, write: Int32)

  /// Whether the thread looks for replies a moment longer before it sleeps.
  private let isWatchful: Bool
  /// How many such loops the process has.
  private static let watchfulCount = Atomic(0)
  private static let watchfulLimit = max(1, ProcessorCount.active / 2)

  /// Starts the thread.
  ///
  /// - Parameter isWatchful: whether the thread goes on looking for replies for 150 us before it sleeps. Turns then
  ///   change sooner, at the cost of time on the core when nothing comes. A process with more such loops than
  ///   half of its cores has none that looks: whoever is to reply needs the cores.
  public init(isWatchful: Bool = false) {
    self.isWatchful = isWatchful
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "pipe failed with errno \(errno)")
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    wakePipe = (ends[0], ends[1])
    if isWatchful { Self.watchfulCount.add(1, ordering: .relaxed) }
    let thread = Thread { [self] in run() }
    thread.start()
  }

  deinit {
    close(wakePipe.read)
    close(wakePipe.write)
  }

  /// Ends the thread once all jobs are done; nothing may use the loop afterwards.
  public func stop() {
    change { $0.isStopped = true }
  }

  /// Adds a job to the thread's queue; the concurrency runtime calls this.
  public func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    change { $0.jobs.append(unowned) }
  }

  /// The loop as the executor of an actor.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// Traps unless the caller runs on the loop's thread.
  public func checkIsolated() {
    let isHere = thread.load(ordering: .relaxed) == Thread.current
    precondition(isHere, "this may only be called on the event loop's thread")
  }

  /// Waits until the descriptor is ready, the deadline has passed or the task is cancelled.
  ///
  /// - Parameters:
  ///   - descriptor: an open file descriptor, or -1 to wait for the deadline alone.
  ///   - events: the `poll` events to wait for.
  ///   - deadline: when to stop waiting; `nil` waits without end.
  /// - Returns: the events that came, as `poll` reports them; 0 after the deadline or a cancellation.
  public nonisolated(nonsending) func wait(
    for descriptor: Int32, events: Int16, until deadline: ContinuousClock.Instant?
  ) async -> Int16 {
    let id = nextID()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        watch(descriptor, for: events, until: deadline.map(Moment.init) ?? .never, as: id) {
          continuation.resume(returning: $0)
        }
        if Task.isCancelled { cancel(id) }
      }
    } onCancel: {
      cancel(id)
    }
  }

  /// Waits as ``wait(for:events:until:)`` does, and does not notice that its task is cancelled.
  ///
  /// For an operation that must be carried to its end, because half of it would cost the connection.
  public nonisolated(nonsending) func waitThroughCancellation(
    for descriptor: Int32, events: Int16, until deadline: ContinuousClock.Instant?
  ) async -> Int16 {
    await withCheckedContinuation { continuation in
      watch(descriptor, for: events, until: deadline.map(Moment.init) ?? .never, as: nextID()) {
        continuation.resume(returning: $0)
      }
    }
  }

  /// A name for a wait that ``cancel(_:)`` can end.
  package func nextID() -> UInt64 {
    state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
  }

  /// Calls back once, when the descriptor is ready, the deadline has passed or the wait is cancelled.
  ///
  /// This is what a wait costs without a task: the callback comes on the loop's thread, between its jobs.
  ///
  /// - Parameters:
  ///   - descriptor: an open file descriptor, or -1 to wait for the deadline alone.
  ///   - events: the `poll` events to wait for.
  ///   - deadline: when to stop waiting.
  ///   - id: what ``nextID()`` gave; one for each wait.
  ///   - callback: takes the events that came, as `poll` reports them; 0 after the deadline or a cancellation.
  package func watch(
    _ descriptor: Int32, for events: Int16, until deadline: Moment,
    as id: UInt64, callback: @escaping @Sendable (Int16) -> Void
  ) {
    let waiter = Waiter(
      id: id, descriptor: descriptor, events: events, deadline: deadline, callback: callback)
    change { $0.waiters.append(waiter) }
  }

  /// Ends a wait, as if its deadline had come; does nothing if it has ended.
  package func cancel(_ id: UInt64) {
    change { state in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return }
      let waiter = state.waiters.remove(at: index)
      state.cancelled.append(waiter)
    }
  }

  /// Waits for a time, with the precision of the kernel's timers; returns early if the task is cancelled.
  public nonisolated(nonsending) func sleep(for duration: Duration) async {
    _ = await wait(for: -1, events: 0, until: .now + duration)
  }

  /// Sets, moves or clears an alarm.
  func set(_ alarm: Alarm, to deadline: Moment) {
    change { state in
      state.alarms.removeAll { $0.alarm === alarm }
      guard deadline < .never else { return }
      state.alarms.append(Alarm.Setting(alarm: alarm, deadline: deadline))
    }
  }

  /// Changes the state, and ends the thread's sleep, so that it sees that.
  ///
  /// The byte is written before the lock is given back. The thread cannot act on the change earlier, and once
  /// it has, the loop and its pipe may be gone, and the pipe's number another's.
  func change(_ body: (inout sending State) -> Void) {
    state.withLock { state in
      body(&state)
      guard state.isSleeping else { return }
      state.isSleeping = false
      var byte: UInt8 = 1
      // A full pipe wakes the thread as well.
      _ = write(wakePipe.write, &byte, 1)
    }
  }

  private func run() {
    thread.store(Thread.current, ordering: .relaxed)
    takeDeadlinesAtTheirWord()
    Thread.letOthersGoOn()
    let serial = asUnownedSerialExecutor()
    let task = asUnownedTaskExecutor()
    var jobs: [UnownedJob] = []
    var cancelled: [Waiter] = []
    var watched = Watched()
    while true {
      jobs.removeAll(keepingCapacity: true)
      cancelled.removeAll(keepingCapacity: true)
      let isStopped = state.withLock { state in
        swap(&jobs, &state.jobs)
        swap(&cancelled, &state.cancelled)
        return state.isStopped
      }
      for waiter in cancelled { waiter.callback(0) }
      for job in jobs { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
      if !jobs.isEmpty || !cancelled.isEmpty { continue }
      if isStopped {
        if isWatchful { Self.watchfulCount.subtract(1, ordering: .relaxed) }
        return
      }
      sleepUntilReady(&watched)
    }
  }

  /// What one sleep waits for. The waiters themselves stay where they are: a copy would make every change of
  /// theirs a copy too. The room is kept from sleep to sleep.
  private struct Watched {
    /// The read end of the pipe, then a descriptor for each waiter.
    var descriptors: [pollfd] = []
    /// The id and the deadline of each waiter.
    var waits: [(id: UInt64, deadline: Moment)] = []
    var due: [(waiter: Waiter, events: Int16)] = []

    /// Takes up what to wait for, and returns the earliest deadline.
    mutating func fill(
      from waiters: [Waiter], pipe: Int32, before alarm: Moment
    ) -> Moment {
      var deadline = alarm
      descriptors.removeAll(keepingCapacity: true)
      waits.removeAll(keepingCapacity: true)
      descriptors.append(pollfd(fd: pipe, events: Int16(POLLIN), revents: 0))
      for waiter in waiters {
        descriptors.append(pollfd(fd: waiter.descriptor, events: waiter.events, revents: 0))
        waits.append((waiter.id, waiter.deadline))
        deadline = min(deadline, waiter.deadline)
      }
      return deadline
    }
  }

  /// Waits for a job, a ready descriptor, news or the earliest deadline, and calls back whoever is due.
  private func sleepUntilReady(_ watched: inout Watched) {
    let asleep = state.withLock { state -> (Moment, [any Glance])? in
      guard state.jobs.isEmpty, state.cancelled.isEmpty, !state.isStopped else { return nil }
      state.isSleeping = true
      let alarm = state.alarms.lazy.map(\.deadline).min() ?? .never
      let deadline = watched.fill(from: state.waiters, pipe: wakePipe.read, before: alarm)
      return (deadline, state.glances)
    }
    guard let (deadline, glances) = asleep else { return }
    let looksOn = isWatchful && Self.watchfulCount.load(ordering: .relaxed) <= Self.watchfulLimit
    let ready = pollPrecisely(
      &watched.descriptors, until: deadline, isWatchful: looksOn, glances)
    if ready > 0, watched.descriptors[0].revents != 0 {
      var bytes: (UInt64, UInt64) = (0, 0)
      while read(wakePipe.read, &bytes, 16) == 16 {}
    }
    callBackDue(&watched)
    for glance in glances where glance.hasNews { glance.takeNews() }
  }

  private func callBackDue(_ watched: inout Watched) {
    let now = Moment.now
    watched.due.removeAll(keepingCapacity: true)
    let ringing = state.withLock { state -> [Alarm.Setting] in
      state.isSleeping = false
      for (place, wait) in watched.waits.enumerated() {
        let events = watched.descriptors[place + 1].revents
        guard events != 0 || wait.deadline <= now,
          let index = state.waiters.firstIndex(where: { $0.id == wait.id })
        else { continue }
        watched.due.append((state.waiters.remove(at: index), events))
      }
      guard state.alarms.contains(where: { $0.deadline <= now }) else { return [] }
      defer { state.alarms.removeAll { $0.deadline <= now } }
      return state.alarms.filter { $0.deadline <= now }
    }
    for setting in ringing { setting.alarm.ring() }
    for (waiter, events) in watched.due { waiter.callback(events) }
    watched.due.removeAll(keepingCapacity: true)
  }
}
