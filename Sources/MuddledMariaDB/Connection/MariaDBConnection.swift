package import MuddledCore
import Synchronization

/// One connection to a server, driven without blocking on an ``EventLoop``.
///
/// One operation at a time; the caller sees to that. Only ``close()`` may come while another is
/// under way, which then ends as lost. Call it from a task that prefers the loop, and nothing changes
/// threads.
package actor MariaDBConnection {
  package nonisolated let loop: EventLoop
  package nonisolated let dsn: MariaDBDSN
  /// Whether a cancelled task breaks the connection, or is not noticed.
  nonisolated let breaksWhenCancelled: Bool
  /// Whether one query may hold several statements.
  nonisolated let takesSeveralStatements: Bool

  /// For use between ``begin()`` and ``end()``, while the connection is open or being opened.
  private(set) var handle = MySQLHandle()
  /// The statements prepared so far, by their text.
  var statements: [String: PreparedStatement] = [:]
  /// Open, and in step with the server.
  private(set) var isOpen = false
  /// Whether the server commits each statement of a new session.
  private(set) var beginsWithAutocommit = true
  /// The longest silence of the server inside a reply, besides the DSN's read time-out.
  private var silenceLimit: Duration?
  /// The sessions whose waits for row locks, when last seen, were known to be no part of a cycle.
  var lastingWaits: Set<UInt64> = []
  /// The waits that were in the process list when it was last asked for.
  var listedWaits: Set<ListedWaiter> = []
  /// Since when the process list has shown a wait that no session can be the reason of.
  var unmetSince: ContinuousClock.Instant?
  /// Whether the server may keep a list of metadata locks.
  var listsMetadataLocks = true
  private var isBusy = false
  private var wasCancelled = false
  private var operation: Operation?
  /// Names the wait of the operation under way.
  private nonisolated let waitID: UInt64
  /// Whether the task of the operation under way was cancelled, and the connection heeds that.
  private nonisolated let mustBreak = Atomic(false)
  /// The server's id of this connection; 0 before it is open.
  package private(set) var connectionID: UInt64 = 0
  /// What the server calls itself.
  package private(set) var serverVersion = ""

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    to dsn: MariaDBDSN, on loop: EventLoop, breaksWhenCancelled: Bool, takesSeveralStatements: Bool
  ) {
    self.dsn = dsn
    self.loop = loop
    self.breaksWhenCancelled = breaksWhenCancelled
    self.takesSeveralStatements = takesSeveralStatements
    waitID = loop.nextID()
  }

  /// Opens a connection.
  ///
  /// - Parameters:
  ///   - breaksWhenCancelled: whether an operation ends with `CancellationError`, and the
  ///     connection with it, when its task is cancelled; else operations do not notice.
  ///   - takesSeveralStatements: whether one query may hold several statements.
  /// - Throws: ``MuddledError``: ``MuddledError/Code/unavailable`` if the server is not there,
  ///   ``MuddledError/Code/configuration`` if it refuses the login.
  package static func open(
    _ dsn: MariaDBDSN, on loop: EventLoop, breaksWhenCancelled: Bool = false,
    takesSeveralStatements: Bool = false
  ) async throws -> MariaDBConnection {
    let connection = MariaDBConnection(
      to: dsn, on: loop, breaksWhenCancelled: breaksWhenCancelled,
      takesSeveralStatements: takesSeveralStatements)
    try await connection.connect()
    return connection
  }

  /// Whether the server's last reply told of an open transaction.
  var isInTransaction: Bool {
    isOpen && handle.isInTransaction
  }

  /// Bounds the server's silence inside the replies to come, after which the connection counts as lost.
  ///
  /// - Parameter limit: `nil` lets the server take its time, but for the DSN's read time-out.
  func limitSilence(to limit: Duration?) { silenceLimit = limit }

  /// Ends the connection; an operation under way ends as lost.
  package func close() {
    isOpen = false
    if handle.isClosed { return }
    if isBusy {
      // The operation still uses what a close would free; ``end()`` closes after it.
      handle.hangUp()
    } else {
      closeHandle()
    }
  }

  /// Marks the connection as open, once the login is through.
  func didConnect() {
    isOpen = true
    beginsWithAutocommit = handle.hasAutocommit
    connectionID = handle.connectionID
    serverVersion = handle.serverVersion
  }

  // MARK: Running operations of the library

  /// Claims the connection for one operation.
  func begin() {
    precondition(!isBusy, "a connection runs one operation at a time")
    isBusy = true
    wasCancelled = false
    mustBreak.store(false, ordering: .relaxed)
  }

  /// Ends what ``begin()`` began.
  ///
  /// Inlined, it crashes the optimizer of Swift 6.3.1 ("while splitting coroutine") in release builds.
  @inline(never)
  func end() {
    isBusy = false
    if !isOpen { closeHandle() }
  }

  private func closeHandle() {
    handle.close()
    // Only after that, so that freeing them sends nothing.
    statements = [:]
  }

  /// A call of the library that could not be carried out at once.
  private struct Operation {
    let deadline: Moment
    let resume: (MySQLEvents) -> MySQLEvents
    let whenDone: () -> Void
  }

  /// Carries a started operation of the library to its end.
  ///
  /// - Parameters:
  ///   - started: the events that the `_start` call waits for; none if it is done.
  ///   - deadline: when to give the operation up, besides the DSN's read and write time-outs.
  ///   - resume: the `_cont` call, which takes the events that came and returns those it waits for.
  func finish(
    _ started: MySQLEvents, until deadline: Moment = .never,
    resume: @escaping (MySQLEvents) -> MySQLEvents
  ) async {
    guard !started.isEmpty else { return }
    guard breaksWhenCancelled else {
      return await withCheckedContinuation { continuation in
        drive(started, until: deadline, resume: resume) { continuation.resume() }
      }
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        drive(started, until: deadline, resume: resume) { continuation.resume() }
      }
    } onCancel: {
      mustBreak.store(true, ordering: .relaxed)
      loop.cancel(waitID)
    }
  }

  /// Carries a call of the library to its end.
  ///
  /// - Parameters:
  ///   - call: what ``handle`` began.
  ///   - deadline: when to give the call up, besides the DSN's read and write time-outs.
  func finish<Answer>(
    _ call: MySQLCall<Answer>, until deadline: Moment = .never
  ) async -> Answer {
    await finish(call.wanted, until: deadline) { call.resume($0) }
    return call.answer
  }

  /// Does what ``finish(_:until:resume:)`` does without a task, and calls back.
  func drive(
    _ started: MySQLEvents, until deadline: Moment = .never,
    resume: @escaping (MySQLEvents) -> MySQLEvents, whenDone: @escaping () -> Void
  ) {
    guard !started.isEmpty else { return whenDone() }
    operation = Operation(deadline: deadline, resume: resume, whenDone: whenDone)
    wait(for: started)
  }

  private func wait(for wanted: MySQLEvents) {
    loop.watch(
      handle.socket, for: wanted.pollEvents,
      until: waitEnd(wanted, until: operation?.deadline ?? .never), as: waitID
    ) { [self] came in
      assumeIsolated { $0.goOn(wanted, came) }
    }
    // The cancellation may have come between two waits.
    if mustBreak.load(ordering: .relaxed) { loop.cancel(waitID) }
  }

  private func goOn(_ wanted: MySQLEvents, _ came: Int16) {
    guard let operation else { return }
    if came == 0 { wasCancelled = mustBreak.load(ordering: .relaxed) }
    let next = operation.resume(wanted.happened(came))
    guard next.isEmpty else { return wait(for: next) }
    self.operation = nil
    operation.whenDone()
  }

  private func waitEnd(_ wanted: MySQLEvents, until deadline: Moment) -> Moment {
    var end = deadline
    if isOpen {
      if wanted.contains(.read) {
        if let limit = dsn.readTimeout { end = min(end, .now.advanced(by: limit)) }
        if let silenceLimit { end = min(end, .now.advanced(by: silenceLimit)) }
      } else if let limit = dsn.writeTimeout {
        end = min(end, .now.advanced(by: limit))
      }
    }
    if wanted.contains(.timeout) { end = min(end, .now.advanced(by: handle.timeout)) }
    return end
  }

  /// Closes the connection and says why it is lost, or throws `CancellationError` if that is why.
  func lost(_ error: ServerError? = nil) -> any Error {
    let error = error ?? handle.lastError
    close()
    if wasCancelled { return CancellationError() }
    return SessionLost("connection \(connectionID) to \(dsn.place) was lost: \(error.message)")
  }
}
