#if NATS
  public import MuddledCore

  /// The batches that meet on one NATS server, as ``NATSQueue`` keeps them: in a stream each.
  ///
  /// Looking publishes nothing. All operations may be called from any task; each connects anew, and its calls, which
  /// block, have a thread of their own.
  public final class NATSBatchDirectory: BatchDirectory {
    private let url: NATSURL
    private let options: NATSOptions
    /// The thread of calls that block.
    private let desk = EventLoop()

    /// Describes the directory.
    ///
    /// - Parameters:
    ///   - url: where the server is.
    ///   - options: the bounds to keep.
    public init(url: NATSURL, options: NATSOptions = NATSOptions()) {
      self.url = url
      self.options = options
    }

    deinit { desk.stop() }

    /// The ids of the batches, found by the streams' names and descriptions.
    public func batches() async throws -> [String] {
      let ids = try await withLookup { try $0.batches() }
      return ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// What the stream of a batch holds.
    public func batch(_ id: String) async throws -> StoredBatch? {
      let stream = NATSStream(of: id, at: url.location, retention: options.retention)
      return try await withLookup { try $0.batch(id, in: stream) }
    }

    /// Deletes the stream of a batch.
    public func remove(_ id: String) async throws {
      let stream = NATSStream(of: id, at: url.location, retention: options.retention)
      try await withLookup { lookup in
        guard try lookup.batch(id, in: stream) != nil else { return }
        try lookup.delete(stream)
      }
    }

    /// Does nothing: no connection stays open between two operations.
    public func close() async {}

    private func withLookup<Value: Sendable>(
      _ body: @escaping @Sendable (borrowing NATSLookup) throws -> Value
    ) async throws -> Value {
      let (url, options) = (url, options)
      return try await Task(executorPreference: desk) {
        do {
          let lookup = try NATSLookup(at: url, options: options)
          return try body(lookup)
        } catch let broken as NATSBroken {
          throw MuddledError(
            .unavailable,
            "The NATS server at \(url.location) cannot be reached (\(broken)); "
              + "see that it runs there and takes connections.")
        }
      }.value
    }
  }
#endif
