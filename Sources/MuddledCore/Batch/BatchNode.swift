import Logging
import Synchronization

/// One process's part in a batch: carries out what ``BatchState`` says that this node has to do.
///
/// One task, ``run()``, changes all that is here. Everything that takes its time (a statement, a look at the
/// log, a probe, a timer) runs beside it and posts what came of it into ``inputs``.
actor BatchNode {
  /// Something that the main task waits for.
  enum Input: Sendable {
    case records(Result<[LogRecord], any Error>)
    case reply(ticket: UInt64, Result<Reply, any Error>)
    case probe(ticket: UInt64, Result<LockProbe, any Error>)
    case leases(Result<[Lease], any Error>, renewedAfter: Duration)
    case tick
    case interrupt
  }

  /// What came of the own statement.
  struct Reply: Sendable {
    var results: [StatementResult]
    let took: Duration
    /// Whether other sessions may still notice the own one; found out only after the last step.
    let holdsLocks: Bool
  }

  /// The own statement in flight.
  struct Statement {
    let ticket: UInt64
    /// Whether it is the last of the order for this node.
    let isLast: Bool
    let startedAt: ContinuousClock.Instant
    /// Since when the statement has not been known to be blocked.
    var doubtedAt: ContinuousClock.Instant
    /// Whether this node has said in the log that it is blocked, and nothing has happened since.
    var isReportedBlocked = false
    var isProbing = false
    /// The question whose answer counts; answers to earlier ones came too late.
    var probeTicket: UInt64 = 0
    var nextProbeAt: ContinuousClock.Instant
    var probeDelay: Duration = BatchNode.firstProbeDelay
    var isCancelRequested = false
    /// Whether the last answer was that it waits.
    var wasSeenWaiting = false
  }

  /// How long a statement runs before the server is asked whether it waits, and how the pauses between
  /// questions grow.
  static let firstProbeDelay = Duration.milliseconds(1)
  static let longestProbeDelay = Duration.milliseconds(50)
  /// How long after the first sight of a wait the second look comes, where there must be one.
  static let secondLookDelay = Duration.milliseconds(2)
  /// How long one look at the log waits before it is renewed.
  static let readLimit = Duration.seconds(5)
  /// How long a lost database may take to come back.
  static let reconnectLimit = Duration.seconds(5)
  /// How long a node that gives up tries to tell the others.
  static let farewellLimit = Duration.seconds(2)
  /// After so many bytes of log the opener writes a snapshot, so that the log before it can go.
  static let snapshotInterval = 64 * 1024
  /// What a store needs for a record besides its bytes, about: a table's row has 70 bytes of its own, a few
  /// records fill a page, and those that were deleted stay for a while.
  static let recordOverhead = 100

  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  let configuration: BatchConfiguration
  let database: any Database
  let coordinator: any Coordinator
  let reporters: [any Reporter]
  let logger: Logger
  /// Tells this process from an earlier or a second one of the same id.
  let instance = UInt64.random(in: 0...UInt64(UInt32.max))

  /// Set when the user wants to stop; the main task may be busy elsewhere than at its inputs.
  nonisolated let isInterrupted = Atomic(false)
  nonisolated let inputs: AsyncStream<Input>
  nonisolated let inbox: AsyncStream<Input>.Continuation

  var summary: BatchSummary
  var session: (any DatabaseSession)?
  /// Whether the session was declared released before it was reset, as nobody else can notice the difference.
  var owesReset = false
  var statement: Statement?
  var lastTicket: UInt64 = 0

  // The log: what it says, what this node has done and not said yet, and both together.
  var confirmed = BatchState()
  var tentative = BatchState()
  var pending: [BatchEvent] = []
  var pendingRank: UInt128 = 0
  var pendingAttempt: UInt32 = 0
  var nextPosition: UInt64 = 0
  var framing = RecordFraming()
  var bytesSinceSnapshot = 0
  /// Where the last snapshot stands and which order it began, until the log before it has been trimmed.
  var untrimmedSnapshot: (position: UInt64, rank: UInt128)?
  var endPosition: UInt64?

  var reading: Task<Void, Never>?
  var leasing: Task<Void, Never>?
  var timer: (task: Task<Void, Never>, deadline: ContinuousClock.Instant)?

  let beganAt = ContinuousClock.now
  var isRegistered = false
  /// When this node last said that it lives.
  var renewedAt = ContinuousClock.now
  /// Whether it was silent for longer than its lease since it last looked whether it was given up.
  var wasSilent = false
  /// Whether this node has given up, and only has to tell the others and what it learns meanwhile of orders.
  var isLeaving = false
  /// Whether this node has left and could not say so.
  var owesFarewell = false
  /// Whether a reporter has failed, so that what it was not told must not be followed by more.
  var hasReporterFailed = false
  /// The orders that the log told of before this process took part: those since the last snapshot.
  var history: [Execution] = []
  var startedAt: ContinuousClock.Instant?
  var stalledSince: ContinuousClock.Instant?
  var rejoinDeadline: ContinuousClock.Instant?
  /// The order that the batch was at when this node joined, and how often that had been abandoned before.
  var joinedAt: (rank: UInt128, attempt: UInt32) = (0, 0)
  /// Why the server cannot be asked who waits; set once that is known.
  var probeRefusal: String?
  var probeFailures = 0

  init(
    _ configuration: BatchConfiguration, database: any Database, coordinator: any Coordinator,
    reporters: [any Reporter], logger: Logger, loop: EventLoop
  ) {
    self.configuration = configuration
    self.database = database
    self.coordinator = coordinator
    self.reporters = reporters
    self.logger = logger
    self.loop = loop
    summary = BatchSummary(batch: configuration.batch, node: configuration.node)
    (inputs, inbox) = AsyncStream.makeStream()
  }

  nonisolated func interrupt() {
    isInterrupted.store(true, ordering: .relaxed)
    inbox.yield(.interrupt)
  }

  func throwIfInterrupted() throws {
    if isInterrupted.load(ordering: .relaxed) {
      throw MuddledError(.interrupted, "stopped by the user")
    }
  }

  func run() async throws -> BatchSummary {
    do {
      try configuration.validate()
      try await join()
      try await work()
      await close(failure: nil)
      try await report(.summary(summary))
      return summary
    } catch {
      let failure =
        error as? MuddledError
        ?? MuddledError(.internalBug, "muddled cannot go on, and that is its own fault: \(error)")
      summary.failure = failure
      await close(failure: failure)
      try? await report(.summary(summary))
      throw failure
    }
  }

  /// Does what there is to do, and waits for what comes, until every order was run.
  private func work() async throws {
    var iterator = inputs.makeAsyncIterator()
    while true {
      try await performDuties()
      if confirmed.stage == .ended, confirmed.isEndRecorded || confirmed.opener != ownIndex {
        return
      }
      armTimer()
      guard let input = await iterator.next(isolation: self) else { return }
      try await handle(input)
    }
  }

  private func handle(_ input: Input) async throws {
    switch input {
    case .records(let result):
      reading = nil
      try await apply(try result.get())
    case .reply(let ticket, let result):
      guard let current = statement, current.ticket == ticket else { return }
      try takeReply(to: current, result)
    case .probe(let ticket, let result):
      takeProbe(ticket, result)
    case .leases(let result, let renewedAfter):
      try await judge(leases: try result.get(), renewedAfter: renewedAfter)
      // During an own statement nobody else looks at the log; the others may have left meanwhile.
      keepReading()
    case .tick:
      timer = nil
      try checkDeadlines()
    case .interrupt: try throwIfInterrupted()
    }
  }

  func report(_ event: RunEvent) async throws {
    do {
      for reporter in reporters { try await reporter.report(event) }
    } catch {
      hasReporterFailed = true
      throw error
    }
  }

  /// Tells the user something, at once or never: a reporter that fails here will fail again.
  func notice(_ text: String) async throws { try await report(.notice(text)) }

  func remark(_ text: String) {
    if !summary.remarks.contains(text) { summary.remarks.append(text) }
  }
}
