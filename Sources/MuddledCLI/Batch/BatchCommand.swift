import ArgumentParser
import MuddledCore

/// `muddled batch`: what is in the store where batches meet.
struct BatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "Show the batches in a coordinator's store, or remove one.",
    discussion: """
      The store is that of the config file, as 'muddled run' reads it; lease_ms in it says how long a node \
      may be silent before it counts as lost. Looking changes nothing in the store.
      """,
    subcommands: [ListCommand.self, ShowCommand.self, RemoveCommand.self])

  /// `muddled batch list`.
  struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Print every batch in the store, one a line.")

    @OptionGroup var coordinator: CoordinatorArguments

    @Flag(help: "Print a JSON object for each batch, one a line.")
    var json = false

    func run() async throws {
      try await withDirectory(coordinator) { directory, lease in
        let batches = try await directory.overviews(lease: lease)
        guard json else { return try StandardStreams.write(BatchOverview.table(of: batches)) }
        for batch in batches { try StandardStreams.writeLine(batch.json) }
      }
    }
  }

  /// `muddled batch show`.
  struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Print all that is known of one batch and its nodes.")

    @OptionGroup var coordinator: CoordinatorArguments

    @Argument(help: .init("The batch's id.", valueName: "id"))
    var batch: String

    @Flag(help: "Print a JSON object on one line.")
    var json = false

    func run() async throws {
      try await withDirectory(coordinator) { directory, lease in
        let overview = try await directory.overview(of: batch, lease: lease)
        try StandardStreams.write(json ? overview.json + "\n" : overview.text)
      }
    }
  }

  /// `muddled batch remove`.
  struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove",
      abstract: "Remove all that the store holds of a batch that nobody takes part in.",
      discussion: """
        A batch with a node whose lease has not run out is refused with exit code 64, and so is an id that \
        is not there. Afterwards the id is free again.
        """)

    @OptionGroup var coordinator: CoordinatorArguments

    @Argument(help: .init("The batch's id.", valueName: "id"))
    var batch: String

    func run() async throws {
      try await withDirectory(coordinator) { directory, lease in
        try await directory.removeIdle(batch, lease: lease)
      }
    }
  }
}

/// Opens the store that the arguments name, and closes it after; a signal to end stops that.
private func withDirectory(
  _ arguments: CoordinatorArguments,
  _ body: @escaping @Sendable (any BatchDirectory, _ lease: Duration) async throws -> Void
) async throws {
  try await exitingWithCode {
    let configuration = try arguments.load(isClient: false)
    try await interruptible {
      let loop = EventLoop()
      defer { loop.stop() }
      let directory = try await configuration.makeBatchDirectory(loop: loop)
      do { try await body(directory, configuration.lease) } catch {
        await directory.close()
        throw error
      }
      await directory.close()
    }
  }
}
