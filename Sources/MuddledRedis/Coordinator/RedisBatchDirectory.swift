public import MuddledCore

/// The batches that meet on one Redis server, as ``RedisCoordinator`` keeps them: in the URL's database.
///
/// All operations may be called from any task, and take turns on one connection.
public final class RedisBatchDirectory: BatchDirectory {
  private let url: RedisURL
  private let options: RedisOptions
  private let loop: LoopLease
  private let commands: RedisConnection

  /// Describes the directory; the first operation connects.
  ///
  /// - Parameters:
  ///   - url: where the server is.
  ///   - options: the bounds to keep.
  public convenience init(url: RedisURL, options: RedisOptions = RedisOptions()) {
    self.init(url: url, options: options, loop: LoopLease())
  }

  /// Describes the directory, to be used on a thread that the caller keeps alive.
  package convenience init(
    url: RedisURL, options: RedisOptions = RedisOptions(), on loop: EventLoop
  ) {
    self.init(url: url, options: options, loop: LoopLease(of: loop))
  }

  private init(url: RedisURL, options: RedisOptions, loop: LoopLease) {
    self.url = url
    self.options = options
    self.loop = loop
    commands = RedisConnection(to: url, options: options, on: loop.loop)
  }

  /// The ids of the batches, found by `SCAN`.
  public func batches() async throws -> [String] {
    var ids: Set<String> = []
    var cursor = "0"
    repeat {
      let reply = try await ask(
        RedisCommand("SCAN", cursor, "MATCH", RedisKeys.pattern, "COUNT", "1000"))
      guard case .array(let parts) = reply, parts.count == 2, case .bytes(let next) = parts[0],
        case .array(let keys) = parts[1]
      else { throw unexpected("SCAN") }
      for case .bytes(let key) in keys {
        if let id = RedisKeys.batch(ofState: String(decoding: key, as: UTF8.self)) {
          ids.insert(id)
        }
      }
      cursor = String(decoding: next, as: UTF8.self)
    } while cursor != "0"
    return ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What the two keys of a batch hold.
  public func batch(_ id: String) async throws -> StoredBatch? {
    switch try await ask(RedisScripts.age(keys: RedisKeys(batch: id))) {
    case .null: return nil
    case .integer(let microseconds):
      let coordinator = try RedisCoordinator(url: url, batch: id, options: options, on: loop.loop)
      do {
        // The server's clock may have been set back.
        let batch = try await StoredBatch(
          id: id, age: .microseconds(max(0, microseconds)), reading: coordinator)
        await coordinator.close()
        return batch
      } catch {
        await coordinator.close()
        throw error
      }
    default: throw unexpected("EVAL")
    }
  }

  /// Deletes the two keys of a batch.
  public func remove(_ id: String) async throws {
    let keys = RedisKeys(batch: id)
    _ = try await ask(RedisCommand("DEL", keys.log, keys.state))
  }

  /// Ends the connection.
  public func close() async { await commands.closeInTurn() }

  private func ask(_ command: RedisCommand) async throws -> RedisReply {
    try await commands.perform { [url] connection, _ in
      let reply = try await connection.exchange([command])[0]
      if case .error(let text) = reply {
        throw RedisRefusal.error(text, to: command.name, from: url)
      }
      return reply
    }
  }

  private func unexpected(_ command: String) -> MuddledError {
    MuddledError(
      .unavailable, "The Redis server at \(url.location) answered \(command) with something else.")
  }
}
