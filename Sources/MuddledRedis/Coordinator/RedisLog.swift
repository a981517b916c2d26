import MuddledCore

/// The log of one batch on one server: what to ask of it, and what the answers mean.
struct RedisLog: Sendable {
  let url: RedisURL
  let batch: String
  let keys: RedisKeys

  init(of batch: String, at url: RedisURL) {
    self.url = url
    self.batch = batch
    keys = RedisKeys(batch: batch)
  }

  /// Asks for the position after the last record.
  var endQuestion: RedisCommand { RedisCommand("HGET", keys.state, "end") }

  /// Throws if the log ends before a position that was written already.
  func checkEnd(_ reply: RedisReply, reaches position: UInt64) throws {
    switch reply {
    case .error(let text): throw RedisRefusal.error(text, to: "HGET", from: url)
    case .bytes(let digits):
      guard let end = UInt64(String(decoding: digits, as: UTF8.self)), end >= position else {
        throw lost
      }
    default: throw lost
    }
  }

  /// Asks for records, and lets the question stand until the first of them is there if `block` is given.
  func question(from position: UInt64, count: Int, block: Duration? = nil) -> RedisCommand {
    var command = RedisCommand("XREAD", "COUNT", String(count))
    if let block {
      command.add("BLOCK")
      command.add(block.milliseconds)
    }
    command.add("STREAMS")
    command.add(keys.log)
    command.add(RedisLogEntry.id(before: position))
    return command
  }

  /// The records in a reply to ``question(from:count:block:)``.
  func records(in reply: RedisReply) throws -> [LogRecord] {
    switch reply {
    case .null: return []
    case .error(let text): throw RedisRefusal.error(text, to: "XREAD", from: url)
    case .array(let streams):
      guard case .array(let stream)? = streams.first, stream.count == 2,
        case .array(let entries) = stream[1]
      else { throw foreign }
      return try entries.map { reply in
        guard let entry = RedisLogEntry(reply) else { throw foreign }
        return entry.record
      }
    default: throw foreign
    }
  }

  /// What to throw when records that were there are there no more.
  var lost: MuddledError {
    MuddledError(
      .unavailable,
      "The Redis server at \(url.location) no longer has the log of batch \(batch.debugDescription): "
        + "it was restarted without its data, or keys were removed; start again under a new batch id."
    )
  }

  /// What to throw when the keys of the batch hold what muddled did not write.
  var foreign: MuddledError {
    MuddledError(
      .unavailable,
      "The key \(keys.log.debugDescription) of the Redis server at \(url.location) holds what muddled "
        + "did not write; remove it, or use another batch id.")
  }
}
