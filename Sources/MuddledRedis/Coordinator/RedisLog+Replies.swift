import MuddledCore

extension RedisLog {
  /// Whether the record at a position came from the append with this mark.
  ///
  /// - Throws: ``MuddledError`` with code ``MuddledError/Code/unavailable`` if the record was
  ///   trimmed meanwhile, so that nobody can tell.
  func holds(
    _ mark: [UInt8], at position: UInt64, over connection: isolated RedisConnection
  ) async throws -> Bool {
    let id = RedisLogEntry.id(of: position)
    let reply = try await connection.exchange([RedisCommand("XRANGE", keys.log, id, id)])[0]
    switch reply {
    case .array(let entries) where entries.isEmpty:
      throw MuddledError(
        .unavailable,
        "The connection to the Redis server at \(url.location) broke in an append to batch "
          + "\(batch.debugDescription), and the record was trimmed before it could be looked for; "
          + "start this node again.")
    case .array(let entries):
      guard let entry = RedisLogEntry(entries[0]) else { throw foreign }
      return entry.mark == mark
    case .error(let text): throw RedisRefusal.error(text, to: "XRANGE", from: url)
    default: throw foreign
    }
  }

  /// The leases in the reply to ``RedisScripts/renew(_:keys:retention:)``.
  func leases(in reply: RedisReply) throws -> [Lease] {
    if case .error(let text) = reply { throw RedisRefusal.error(text, to: "EVAL", from: url) }
    guard case .array(let parts) = reply, parts.count == 2, case .integer(let now) = parts[0],
      case .array(let fields) = parts[1]
    else { throw foreign }
    var leases: [Lease] = []
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      guard case .bytes(let field) = fields[index], case .bytes(let value) = fields[index + 1]
      else { throw foreign }
      guard field.first == UInt8(ascii: "n") else { continue }
      guard let seen = Int64(String(decoding: value, as: UTF8.self)) else { throw foreign }
      // The server's clock may have been set back.
      let age = Duration.microseconds(max(0, now - seen))
      leases.append(Lease(node: String(decoding: field.dropFirst(), as: UTF8.self), age: age))
    }
    return leases.sorted { $0.node.utf8.lexicographicallyPrecedes($1.node.utf8) }
  }
}
