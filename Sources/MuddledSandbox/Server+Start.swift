import MuddledCore

extension Server {
  /// Starts the server in the folder, and waits until it answers.
  ///
  /// - Parameter limit: how long to wait for an answer.
  /// - Throws: ``StartFailure`` if the server ends before; ``MuddledError/Code/unavailable`` if it does not
  ///   answer in time. It is gone in both cases, and after a cancellation.
  func start(in folder: SandboxFolder, waitingAtMost limit: Duration) async throws -> ServerProcess
  {
    let process = try ServerProcess(
      command: command, pidFile: pidFile, output: log, keeper: folder.keeperDescriptor)
    do {
      try await waitForAnswer(of: process, until: .now + limit)
      return process
    } catch {
      await process.kill()
      throw error
    }
  }

  private func waitForAnswer(
    of process: ServerProcess, until deadline: ContinuousClock.Instant
  ) async throws {
    while true {
      let hasEnded = process.hasEnded
      if !hasEnded, let connection = ProbeConnection(endpoint) {
        if let request { connection.write(request) }
        var answer = connection.read()
        while answer == nil, !process.hasEnded, .now < deadline {
          try await Task.sleep(for: .milliseconds(2))
          answer = connection.read()
        }
        if let answer, isAnswer(answer) { return }
      }
      if hasEnded { throw StartFailure(name: name, words: lastLines(of: log)) }
      guard .now < deadline else {
        throw MuddledError(
          .unavailable,
          "The sandbox's \(name) did not answer in time; the end of its log:" + lastLines(of: log))
      }
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}

/// A server ended instead of starting.
struct StartFailure: Error {
  let name: String
  /// The end of the server's log.
  let words: String

  /// Whether another process has taken the port meanwhile.
  var isPortTaken: Bool { words.lowercased().contains("address already in use") }

  /// The same for the caller.
  var error: MuddledError {
    MuddledError(
      .unavailable, "The sandbox's \(name) ended while starting; the end of its log:" + words)
  }
}
