package import MuddledCore

/// One connection to a Redis server, made when it is first needed and made again after it broke.
///
/// It runs on an event loop, and never blocks its thread but to look up a host's name. Use
/// either ``perform(_:)`` from any number of tasks, which then take turns, or the other methods from one task at a time.
package actor RedisConnection {
  private let loop: EventLoop
  /// Where the server is.
  package nonisolated let url: RedisURL
  /// The bounds of every wait.
  package nonisolated let options: RedisOptions
  /// Whether a cancelled task stops waiting; otherwise it waits on, up to the same bounds.
  private let heedsCancellation: Bool
  private let server: RedisServer

  private var context: RedisContext?
  var outage: Outage?
  var turn = Turn()

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  /// Describes a connection; nothing is opened yet.
  ///
  /// - Parameters:
  ///   - url: where the server is.
  ///   - options: the bounds of every wait.
  ///   - loop: the thread to use.
  ///   - server: what is known of the server, shared by all connections to it.
  ///   - heedsCancellation: whether a cancelled task stops waiting.
  package init(
    to url: RedisURL, options: RedisOptions, on loop: EventLoop,
    server: RedisServer = RedisServer(), heedsCancellation: Bool = false
  ) {
    self.server = server
    self.url = url
    self.options = options
    self.loop = loop
    self.heedsCancellation = heedsCancellation
  }

  /// Connects and logs in, if that has not been done.
  ///
  /// - Throws: ``ConnectionBroken`` if the server is not there, ``MuddledError`` if it refuses.
  package func open() async throws {
    guard context == nil else { return }
    let deadline = ContinuousClock.now + options.connectTimeout
    do {
      let fresh = try RedisContext.connect(to: url.endpoint)
      let descriptor = fresh.descriptor
      context = consume fresh
      guard await isReady(descriptor, for: .write, until: deadline) else {
        throw ConnectionBroken(description: "no connection within \(options.connectTimeout)")
      }
      try context?.checkConnected()
      // Who takes a connection is there, even if it breaks in the next moment.
      server.hasBeenThere = true
      try await introduce(until: deadline)
    } catch {
      context = nil
      throw error
    }
  }

  /// Whether the connection has been made and has not been found broken.
  package var isOpen: Bool { context != nil }

  /// Notes that the server answers, so that the next failure counts as a new one.
  package func serves() { outage = nil }

  /// Ends the connection; ``open()`` may make it again.
  package func close() { context = nil }

  /// Sends commands in one go.
  package func send(_ commands: [RedisCommand]) async throws {
    for command in commands { try context?.add(command) }
    let deadline = ContinuousClock.now + options.commandTimeout
    while let done = try context?.flush() {
      if done { return }
      guard await isReady(descriptor, for: .write, until: deadline) else {
        throw ConnectionBroken(description: "no command taken within \(options.commandTimeout)")
      }
    }
    throw ConnectionBroken(description: "the connection is closed")
  }

  /// Waits for the next reply.
  ///
  /// - Returns: `nil` if it has not come by the deadline, or if the task was cancelled and the
  ///   connection heeds that.
  package func receive(until deadline: ContinuousClock.Instant) async throws -> RedisReply? {
    while context != nil {
      if let reply = try context?.nextReply() { return reply }
      guard await isReady(descriptor, for: .read, until: deadline) else { return nil }
      try context?.read()
    }
    throw ConnectionBroken(description: "the connection is closed")
  }

  /// Sends commands in one go and waits for the reply of each.
  package func exchange(_ commands: [RedisCommand]) async throws -> [RedisReply] {
    try await send(commands)
    let replies = try await receive(
      commands.count, until: .now + options.commandTimeout,
      timeout: options.commandTimeout)
    serves()
    return replies
  }

  private func receive(
    _ count: Int, until deadline: ContinuousClock.Instant, timeout: Duration
  ) async throws -> [RedisReply] {
    var replies: [RedisReply] = []
    while replies.count < count {
      guard let reply = try await receive(until: deadline) else {
        throw ConnectionBroken(description: "no reply within \(timeout)")
      }
      replies.append(reply)
    }
    return replies
  }

  /// Logs in, selects the database and looks at the server's version, in one round trip.
  private func introduce(until deadline: ContinuousClock.Instant) async throws {
    let commands = RedisGreeting.commands(for: url)
    try await send(commands)
    let replies = try await receive(
      commands.count, until: deadline, timeout: options.connectTimeout)
    for (command, reply) in zip(commands, replies) {
      try RedisGreeting.check(reply, to: command, from: url)
    }
  }

  private var descriptor: Int32 { context?.descriptor ?? -1 }
}

extension RedisConnection {
  /// Waits after a failure before the next attempt, not longer than to the deadline.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if the server has been
  ///   away for too long, or was never there.
  package func pause(
    after broken: ConnectionBroken, until deadline: ContinuousClock.Instant? = nil
  ) async throws {
    context = nil
    let now = ContinuousClock.now
    var outage = outage ?? Outage(since: now)
    guard server.hasBeenThere, now + outage.pause - outage.since < options.reconnectTimeout
    else {
      self.outage = server.hasBeenThere ? outage : nil
      throw MuddledError(
        .unavailable,
        "The Redis server at \(url.location) cannot be reached (\(broken)); "
          + "see that it runs there and takes connections.")
    }
    let pause = outage.pause
    outage.pause = min(outage.pause * 2, .milliseconds(500))
    self.outage = outage
    _ = await isReady(-1, for: .nothing, until: min(now + pause, deadline ?? now + pause))
  }

  /// Waits for the socket; `false` at the deadline, or when the task is cancelled and that counts.
  private func isReady(
    _ descriptor: Int32, for readiness: Readiness, until deadline: ContinuousClock.Instant
  ) async -> Bool {
    let events = readiness.rawValue
    var came = await loop.wait(for: descriptor, events: events, until: deadline)
    if came == 0, Task.isCancelled, !heedsCancellation, .now < deadline {
      // A new task is not cancelled with this one.
      came = await Task { [loop] in
        await loop.wait(for: descriptor, events: events, until: deadline)
      }.value
    }
    return came != 0
  }
}

/// Since when a server is away, and how long to wait before it is called again.
struct Outage {
  let since: ContinuousClock.Instant
  var pause = Duration.milliseconds(5)
}
