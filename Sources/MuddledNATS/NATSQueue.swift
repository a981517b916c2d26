#if NATS
  import Glibc
  public import MuddledCore

  /// The queue of a batch on a NATS server with JetStream: a stream of its own, kept in files.
  ///
  /// Waiting is done by an ordered consumer. A lost connection is made again for
  /// ``NATSOptions/reconnectTimeout``, and what was being published is published again. libnats is driven by the event
  /// loop, as its adapters for libuv and libevent do; its calls that block have a thread of their own.
  /// Messages disappear ``NATSOptions/retention`` after they were published.
  ///
  /// Make a coordinator of it: `QueueCoordinator(try NATSQueue(url: url, batch: "b"))`.
  public actor NATSQueue: OrderedQueue {
    /// For so long nothing may come while a subscription stands: the server's heartbeats come every 5 s.
    private static let silence = Duration.seconds(15)

    private let url: NATSURL
    private let options: NATSOptions
    private let stream: NATSStream
    private let loop: EventLoop
    private let ownsLoop: Bool
    /// The thread of calls that block.
    private let desk = EventLoop()

    private var link: NATSLink?
    /// The connection on which the stream is being looked for.
    private var opening: NATSLink?
    private var connecting: Task<NATSLink, any Error>?
    private var outage: Outage?
    private var hasBeenThere = false
    /// When the stream was made that was used first.
    private var birth: Int64?
    private var isClosed = false

    /// The event loop, on whose thread everything but the blocking calls is done.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Describes the queue; the first operation connects, and makes the stream if there is none.
    ///
    /// - Parameters:
    ///   - url: where the server is.
    ///   - batch: the id of the batch, 1 to 200 bytes of any text.
    ///   - options: the bounds to keep.
    ///   - loop: the thread to work on, best that of the ``QueueCoordinator``; by default one of its own.
    /// - Throws: ``MuddledError`` with code ``MuddledError/Code/usage`` if the id is empty or too long.
    public init(
      url: NATSURL, batch: String, options: NATSOptions = NATSOptions(), on loop: EventLoop? = nil
    ) throws {
      try CoordinatorLimits.check(id: batch, of: "batch")
      self.url = url
      self.options = options
      self.loop = loop ?? EventLoop()
      ownsLoop = loop == nil
      stream = NATSStream(of: batch, at: url.location, retention: options.retention)
    }

    deinit {
      if let link {
        Task(executorPreference: desk) { [desk] in Self.end(link, on: desk) }
      } else {
        desk.stop()
      }
      if ownsLoop { loop.stop() }
    }

    private static func end(_ link: NATSLink, on desk: EventLoop) {
      link.destroy()
      desk.stop()
    }

    /// The server's `max_payload`, at most 1 MiB.
    public var messageBytes: Int {
      get async throws {
        while true {
          do { return min(1 << 20, try await openLink().messageBytes) } catch let broken
            as NATSBroken
          {
            try await pause(after: broken)
          }
        }
      }
    }

    /// Publishes, and waits for the server's acknowledgement.
    public func publish(_ message: [UInt8]) async throws {
      while true {
        do { return try await publishOnce(message) } catch let broken as NATSBroken {
          try await pause(after: broken)
        }
      }
    }

    private func publishOnce(_ message: [UInt8]) async throws {
      let link = try await openLink()
      let deadline = ContinuousClock.now + options.commandTimeout
      do {
        let ticket = try link.publish(message, to: stream.subject)
        try await flush(link, until: deadline)
        while true {
          switch link.takeAck(of: ticket) {
          case .stored:
            outage = nil
            return
          case .noStream: throw NATSBroken("no stream takes messages")
          case .refused(let reason):
            throw MuddledError(
              .unavailable, "The NATS server at \(url.location) did not keep a message: \(reason).")
          case nil: break
          }
          try await waitToRead(link, until: deadline)
        }
      } catch {
        throw explained(error, on: link)
      }
    }

    /// The messages from a number on that have come, waiting for the first of them.
    public func messages(
      from sequence: UInt64, waitingAtMost limit: Duration
    ) async throws -> [QueueMessage] {
      let deadline = ContinuousClock.now + limit
      while !Task.isCancelled, !isClosed {
        do {
          let messages = try await messagesOnce(from: sequence, until: deadline)
          if !messages.isEmpty { return messages }
        } catch let broken as NATSBroken {
          if Task.isCancelled || isClosed { return [] }
          try await pause(after: broken, until: deadline)
        }
        if deadline <= .now { return [] }
      }
      return []
    }

    private func messagesOnce(
      from sequence: UInt64, until deadline: ContinuousClock.Instant
    ) async throws -> [QueueMessage] {
      let link = try await openLink()
      do {
        if !link.brings(sequence) {
          let stream = stream
          let subscription = try await atDesk(link) { link in
            Subscription(pointer: try stream.subscribe(on: link, from: sequence))
          }
          try link.begin(subscription.pointer, at: sequence)
        }
        while link.isOpen {
          let messages = link.takeMessages()
          if !messages.isEmpty {
            outage = nil
            return messages
          }
          let silent = link.lastRead + Self.silence
          let events = await loop.wait(
            for: link.attachment.descriptor, events: Int16(POLLIN), until: min(deadline, silent))
          if events != 0 {
            try link.read()
          } else if Task.isCancelled || deadline <= .now {
            return []
          } else if silent <= .now {
            throw NATSBroken("the server went silent")
          }
        }
        throw NATSBroken.closed
      } catch {
        throw explained(error, on: link)
      }
    }

    /// Removes the messages before a number from the stream.
    public func purge(before sequence: UInt64) async throws {
      let stream = stream
      while true {
        do {
          let link = try await openLink()
          do { return try await atDesk(link) { try stream.purge(on: $0, before: sequence) } } catch
          {
            throw explained(error, on: link)
          }
        } catch let broken as NATSBroken {
          try await pause(after: broken)
        }
      }
    }

    /// Ends the connection.
    public func close() async {
      isClosed = true
      guard let link else { return }
      drop(link)
      // The thread does one thing after the other.
      await Task(executorPreference: desk) {}.value
    }
  }

  // MARK: - Connecting

  extension NATSQueue {
    /// A subscription on its way from the thread that made it.
    private struct Subscription: @unchecked Sendable {
      // Only who receives it uses it.
      let pointer: OpaquePointer
    }

    /// Since when a server is away, and how long to wait before it is called again.
    private struct Outage {
      let since: ContinuousClock.Instant
      var pause = Duration.milliseconds(5)
    }

    private func openLink() async throws -> NATSLink {
      if let link, link.isOpen { return link }
      guard !isClosed else { throw MuddledError(.internalBug, "A closed NATS queue was used.") }
      if let connecting { return try await connecting.value }
      let task = Task(executorPreference: loop) { try await self.connect() }
      connecting = task
      defer { connecting = nil }
      return try await task.value
    }

    private func connect() async throws -> NATSLink {
      let (url, options, stream, birth) = (url, options, stream, birth)
      let attachment = NATSAttachment { [weak self, loop] in
        Task(executorPreference: loop) { await self?.flushRest() }
      }
      let link = try await Task(executorPreference: desk) {
        try NATSLink(to: url, options: options, attachment: attachment)
      }.value
      // Who takes a connection is there, even if it is not ready in the next moment.
      hasBeenThere = true
      opening = link
      defer { opening = nil }
      do {
        // What libnats wanted to write before the connection was known here.
        try await flush(link, until: .now + options.commandTimeout)
        self.birth = try await atDesk(link) { try stream.open(on: $0, birth: birth) }
      } catch {
        let error = explained(error, on: link)
        drop(link)
        throw error
      }
      self.link = link
      return link
    }

    /// Runs a call that blocks on the thread for such, and reads on this one what it waits for.
    private func atDesk<Value: Sendable>(
      _ link: NATSLink, _ body: @escaping @Sendable (NATSLink) throws -> Value
    ) async throws -> Value {
      let reading = Task(executorPreference: loop) { await self.readWhileNeeded(link) }
      defer { reading.cancel() }
      return try await Task(executorPreference: desk) { try body(link) }.value
    }

    private func readWhileNeeded(_ link: NATSLink) async {
      while link.isOpen, !Task.isCancelled {
        let events = await loop.wait(
          for: link.attachment.descriptor, events: Int16(POLLIN), until: nil)
        // A connection that ended fails the call that is waited for.
        guard events != 0, (try? link.read()) != nil else { return }
      }
    }

    private func waitToRead(_ link: NATSLink, until deadline: ContinuousClock.Instant) async throws
    {
      let events = await loop.waitThroughCancellation(
        for: link.attachment.descriptor, events: Int16(POLLIN), until: deadline)
      guard events != 0 else {
        throw NATSBroken("no acknowledgement within \(options.commandTimeout)")
      }
      try link.read()
    }

    private func flush(_ link: NATSLink, until deadline: ContinuousClock.Instant) async throws {
      link.flush()
      while link.isOpen, link.attachment.hasOutput {
        let events = await loop.waitThroughCancellation(
          for: link.attachment.descriptor, events: Int16(POLLOUT), until: deadline)
        guard events != 0 else {
          throw NATSBroken("nothing taken within \(options.commandTimeout)")
        }
        link.flush()
      }
    }

    /// Writes what libnats wants to say by itself.
    private func flushRest() async {
      for link in [link, opening].compactMap(\.self) {
        try? await flush(link, until: .now + options.commandTimeout)
      }
    }

    /// Ends a connection that broke, and says so if it is the login's fault.
    private func explained(_ error: any Error, on link: NATSLink) -> any Error {
      guard error is NATSBroken else { return error }
      let lacksPermission = link.isOpen && link.lacksPermission
      drop(link)
      guard lacksPermission else { return error }
      return MuddledError(
        .configuration,
        "The NATS server at \(url.location) does not let this login use the stream \(stream.name); "
          + "allow it $JS.API.> and muddled.*, or log in as another user.")
    }

    /// Ends a connection, after the call that may be using it.
    private func drop(_ link: NATSLink) {
      guard link.isOpen else { return }
      link.abandon()
      if self.link === link { self.link = nil }
      Task(executorPreference: desk) { link.destroy() }
    }

    /// Waits after a failure before the next attempt, not longer than to the deadline.
    ///
    /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if the server has been
    ///   away for too long, or was never there.
    private func pause(
      after broken: NATSBroken, until deadline: ContinuousClock.Instant? = nil
    ) async throws {
      let now = ContinuousClock.now
      var outage = outage ?? Outage(since: now)
      guard hasBeenThere, !isClosed, now + outage.pause - outage.since < options.reconnectTimeout
      else {
        self.outage = hasBeenThere ? outage : nil
        throw MuddledError(
          .unavailable,
          "The NATS server at \(url.location) cannot be reached (\(broken)); "
            + "see that it runs there and takes connections.")
      }
      let pause = outage.pause
      outage.pause = min(outage.pause * 2, .milliseconds(500))
      self.outage = outage
      let end = now + pause
      _ = await loop.waitThroughCancellation(
        for: -1, events: 0, until: deadline.map { min($0, end) } ?? end)
    }
  }
#endif
