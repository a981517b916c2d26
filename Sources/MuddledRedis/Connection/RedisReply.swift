import CHiredis

/// What Redis answered, as a Swift value.
package enum RedisReply: Hashable, Sendable {
  /// Null: nothing there, or a blocking command that ran out of time.
  case null
  /// A number.
  case integer(Int64)
  /// A short word such as `OK`.
  case status(String)
  /// An error, in the server's words.
  case error(String)
  /// A string of any bytes.
  case bytes([UInt8])
  /// A list of replies.
  case array([RedisReply])
}

extension RedisReply {
  /// Copies a reply of hiredis; the caller still owns and frees it.
  init(_ reply: borrowing redisReply) {
    switch reply.type {
    case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
    case REDIS_REPLY_STATUS: self = .status(String(decoding: Self.copy(reply), as: UTF8.self))
    case REDIS_REPLY_ERROR: self = .error(String(decoding: Self.copy(reply), as: UTF8.self))
    case REDIS_REPLY_STRING: self = .bytes(Self.copy(reply))
    case REDIS_REPLY_ARRAY:
      // A null array, as XREAD sends it after its time, comes as REDIS_REPLY_NIL.
      let elements = UnsafeBufferPointer(start: reply.element, count: reply.elements)
      self = .array(elements.map { $0.map { RedisReply($0.pointee) } ?? .null })
    default: self = .null
    }
  }

  private static func copy(_ reply: borrowing redisReply) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: reply.str, count: reply.len))
  }
}
