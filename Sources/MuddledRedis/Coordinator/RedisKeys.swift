/// The keys of one batch.
///
/// `muddled:{batch}:log` is the stream of records. `muddled:{batch}:state` is a hash: `end` is the
/// position after the last record, `n` and a node's id is when that node was last seen, in
/// microseconds of the server's clock. The braces put both on one node of a cluster.
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
}
