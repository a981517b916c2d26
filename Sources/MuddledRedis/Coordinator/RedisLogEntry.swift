import MuddledCore

/// A record as it stands in the stream: `w` is a mark of its one append, `r` are its bytes.
struct RedisLogEntry: Hashable, Sendable {
  /// Says which append wrote the entry, should its reply be lost.
  let mark: [UInt8]
  let record: LogRecord

  /// The id of the entry at a position; Redis has no id 0-0.
  static func id(of position: UInt64) -> String { "\(position + 1)-0" }

  /// The id after which the entries from a position on stand.
  static func id(before position: UInt64) -> String { "\(position)-0" }

  /// Reads an entry as `XRANGE` and `XREAD` send it; `nil` if muddled did not write it.
  init?(_ reply: RedisReply) {
    guard case .array(let parts) = reply, parts.count == 2, case .bytes(let id) = parts[0],
      case .array(let fields) = parts[1], fields.count == 4,
      case .bytes(let mark) = fields[1], case .bytes(let bytes) = fields[3],
      let number = UInt64(String(decoding: id.prefix { $0 != UInt8(ascii: "-") }, as: UTF8.self)),
      number > 0
    else { return nil }
    self.mark = mark
    record = LogRecord(position: number - 1, bytes: bytes)
  }
}
