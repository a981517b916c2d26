public import Logging

/// Runs one node's part of a batch: every order of all nodes' steps, turns taken through a coordinator.
///
/// Every process makes one runner with its own steps; they find each other through the batch id. Each
/// keeps the same picture of the batch, derived from the coordinator's log, and runs only its own
/// steps, on one session of its own.
public struct BatchRunner: Sendable {
  private let configuration: BatchConfiguration
  private let database: any Database
  private let coordinator: any Coordinator
  private let reporters: [any Reporter]
  private let logger: Logger
  private let loop: EventLoop?

  /// Makes a runner.
  ///
  /// - Parameters:
  ///   - configuration: the node's ids, steps and limits.
  ///   - database: the database under test; the runner closes it at the end.
  ///   - coordinator: the batch's place in a store; the runner closes it at the end.
  ///   - reporters: who is told of what happens, in this sequence.
  ///   - logger: where details go that help to find a fault.
  public init(
    _ configuration: BatchConfiguration, database: any Database, coordinator: any Coordinator,
    reporters: [any Reporter], logger: Logger
  ) {
    self.init(
      configuration, database: database, coordinator: coordinator, reporters: reporters,
      logger: logger, loop: nil)
  }

  /// The same, on an event loop that the database and the coordinator use too, so that no step changes its thread.
  package init(
    _ configuration: BatchConfiguration, database: any Database, coordinator: any Coordinator,
    reporters: [any Reporter], logger: Logger, loop: EventLoop?
  ) {
    self.configuration = configuration
    self.database = database
    self.coordinator = coordinator
    self.reporters = reporters
    self.logger = logger
    self.loop = loop
  }

  /// Joins the batch, runs it to its end and leaves.
  ///
  /// The reporters get the summary whatever happens. Cancelling the task stops the run in good order: the
  /// partners are told, and an error with code ``MuddledError/Code/interrupted`` is thrown.
  ///
  /// - Returns: the summary of a batch that came to its end.
  /// - Throws: ``MuddledError`` if the batch cannot begin, or cannot go on.
  public func run() async throws -> BatchSummary {
    let ownLoop = loop == nil ? EventLoop(isWatchful: true) : nil
    defer { ownLoop?.stop() }
    let node = BatchNode(
      configuration, database: database, coordinator: coordinator, reporters: reporters,
      logger: logger, loop: loop ?? ownLoop!)
    // The node works in a task of its own, as it must still speak to the stores once this one is cancelled.
    let work = Task(executorPreference: loop ?? ownLoop) { try await node.run() }
    return try await withTaskCancellationHandler {
      try await work.value
    } onCancel: {
      node.interrupt()
    }
  }
}
