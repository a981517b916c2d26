/// The keys of one batch.
///
/// `muddled:{batch}:log` is the stream of records. `muddled:{batch}:state` is a hash: `end` is the
/// position after the last record, `made` when the batch was first used, `n` and a node's id when that node was last
/// seen, both in microseconds of the server's clock. The braces put both on one node of a cluster.
struct RedisKeys: Hashable, Sendable {
  let log: String
  let state: String

  init(batch: String) {
    // A brace would end or empty the part that a cluster hashes.
    var safe = ""
    for scalar in batch.unicodeScalars {
      switch scalar {
      case "%": safe += "%25"
      case "{": safe += "%7B"
      case "}": safe += "%7D"
      default: safe.unicodeScalars.append(scalar)
      }
    }
    log = "muddled:{\(safe)}:log"
    state = "muddled:{\(safe)}:state"
  }

  /// What `SCAN` finds the hash of every batch by.
  static let pattern = "muddled:{*}:state"

  /// The id of the batch whose hash has this name; `nil` if it is another's.
  static func batch(ofState key: String) -> String? {
    let (start, end) = ("muddled:{", "}:state")
    guard key.hasPrefix(start), key.hasSuffix(end) else { return nil }
    let id = String(key.dropFirst(start.count).dropLast(end.count))
      .replacing("%7D", with: "}").replacing("%7B", with: "{").replacing("%25", with: "%")
    return RedisKeys(batch: id).state == key ? id : nil
  }
}
