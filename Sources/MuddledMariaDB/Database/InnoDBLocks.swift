/// The locks that the text of `SHOW ENGINE INNODB STATUS` lists.
///
/// It lists them, all as they are at one moment, while `innodb_status_output_locks` is on; else only the one that each
/// waiting transaction waits for.
struct InnoDBLocks {
  /// What a lock is on.
  enum Place: Hashable {
    /// A table, by its name as the server writes it.
    case table(Substring)
    /// A record, by the numbers of its tablespace, its page and its place in the page's heap.
    case record(space: Substring, page: Substring, heap: Int)
  }

  /// The mode of a lock, as the server writes it.
  enum Mode: String {
    case intentionShared = "IS"
    case intentionExclusive = "IX"
    case shared = "S"
    case exclusive = "X"
    case autoIncrement = "AUTO-INC"

    /// Whether two transactions can hold locks of these modes on one table or record (InnoDB's
    /// `lock_compatibility_matrix`, `lock0priv.h`).
    func isCompatible(with other: Mode) -> Bool {
      switch (self, other) {
      case (.exclusive, _), (_, .exclusive): false
      case (.intentionShared, _), (_, .intentionShared): true
      case (.intentionExclusive, .intentionExclusive), (.shared, .shared): true
      case (.intentionExclusive, .autoIncrement), (.autoIncrement, .intentionExclusive): true
      default: false
      }
    }
  }

  /// One lock on one table or record.
  struct Lock {
    let place: Place
    let mode: Mode
    let isGap: Bool
    let isRecordNotGap: Bool
    let isInsertIntention: Bool
    let isWaiting: Bool
  }

  /// What is listed of one transaction.
  struct Transaction {
    /// By which id its locks name it: 0 if it has none, because it has changed nothing yet.
    let id: Substring
    var session: UInt64?
    /// How long it has waited; `nil` if it does not wait.
    var waitMicroseconds: UInt64?
    var locks: [Lock] = []
    /// Whether the list of all its locks is there, besides the one that it waits for.
    var isListed = false
  }

  private let transactions: [Transaction]

  /// Whether the locks of waiting transactions are listed; `true` if nobody waits.
  var areListed: Bool {
    transactions.allSatisfy { $0.waitMicroseconds == nil || $0.isListed }
  }

  /// Reads the text.
  init(status text: String) {
    var reader = InnoDBLocksReader()
    for line in text.split(separator: "\n") where !reader.isAtEnd { reader.read(line) }
    transactions = reader.transactions
  }

  /// The connection ids of those whom a session waits for: they hold a lock that keeps its own from being granted, or
  /// wait for such a lock since before it, as locks are granted in the sequence of the requests.
  func holders(for session: UInt64) -> Set<UInt64> {
    guard let place = transactions.firstIndex(where: { $0.session == session }),
      case let waiter = transactions[place], let since = waiter.waitMicroseconds,
      let wanted = waiter.locks.last(where: \.isWaiting)
    else { return [] }
    let holders = transactions.enumerated().filter { index, other in
      index != place
        && other.locks.contains { held in
          Self.mustWait(wanted, for: held)
            && (!held.isWaiting || (other.waitMicroseconds ?? 0) > since)
        }
    }
    return Set(holders.compactMap(\.element.session)).subtracting([session])
  }

  /// Whether a lock cannot be granted beside another transaction's on the same place (InnoDB's
  /// `lock_rec_has_to_wait` and `lock_has_to_wait`, `lock0lock.cc` of MariaDB 10.11).
  private static func mustWait(_ wanted: Lock, for held: Lock) -> Bool {
    guard wanted.place == held.place, !wanted.mode.isCompatible(with: held.mode) else {
      return false
    }
    guard case .record(_, _, let heap) = wanted.place else { return true }
    // The supremum, which stands for the gap behind the page's last record.
    let isOnGap = wanted.isGap || heap == 1
    if isOnGap, !wanted.isInsertIntention { return false }
    if !wanted.isInsertIntention, held.isGap { return false }
    if wanted.isGap, held.isRecordNotGap { return false }
    return !held.isInsertIntention
  }
}
