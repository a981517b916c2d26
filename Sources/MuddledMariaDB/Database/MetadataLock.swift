import MuddledCore

/// A row of `performance_schema.metadata_locks`: a lock on a table's metadata, or a user lock, that a session has or
/// waits for.
///
/// Two locks get in each other's way by the tables in the server's `sql/mdl.cc` (`MDL_object_lock`), which MariaDB
/// 10.11 and MySQL 8.0 share for the types listed here. What is not listed there is told nothing of.
struct MetadataLock: Hashable {
  let session: UInt64
  /// Which thing the lock is on: the columns OBJECT_TYPE, OBJECT_SCHEMA and OBJECT_NAME.
  let object: [SQLValue]
  let type: String
  let isPending: Bool

  /// The columns that ``init(_:)`` reads.
  static let columns =
    "t.PROCESSLIST_ID, m.OBJECT_TYPE, m.OBJECT_SCHEMA, m.OBJECT_NAME, m.LOCK_TYPE, m.LOCK_STATUS"

  /// Reads a row; `nil` if it is of something else, or of no session.
  init?(_ row: [SQLValue]) {
    guard row.count == 6, case .number(let id) = row[0], let session = UInt64(id),
      case .text(let kind) = row[1], Self.kinds.contains(kind), case .text(let type) = row[4],
      case .text(let status) = row[5], ["GRANTED", "PENDING"].contains(status)
    else { return nil }
    self.session = session
    object = Array(row[1...3])
    self.type = type
    isPending = status == "PENDING"
  }

  private static let kinds = ["TABLE", "USER LEVEL LOCK", "FUNCTION", "PROCEDURE", "TRIGGER"]

  /// Whether it is a user lock, for which a session waits as long as its statement says.
  var isUserLock: Bool { object.first == .text("USER LEVEL LOCK") }

  /// Whether all that this one would have to wait for is known.
  var isKnown: Bool { Self.incompatibleGranted[type] != nil }

  /// Whether this one, which waits, has to wait for the other.
  func mustWait(for other: MetadataLock) -> Bool {
    guard isPending, object == other.object, session != other.session else { return false }
    // User locks are granted in the sequence of the requests, but no column tells that sequence.
    let table = other.isPending ? Self.incompatibleWaiting : Self.incompatibleGranted
    return table[type]?.contains(other.type) ?? false
  }

  /// For each type that is asked for, the types that must not be granted to anybody else.
  private static let incompatibleGranted: [String: Set<String>] = [
    "SHARED": ["EXCLUSIVE"],
    "SHARED_HIGH_PRIO": ["EXCLUSIVE"],
    "SHARED_READ": ["EXCLUSIVE", "SHARED_NO_READ_WRITE"],
    "SHARED_WRITE": [
      "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_READ_ONLY",
    ],
    "SHARED_UPGRADABLE": [
      "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_UPGRADABLE",
    ],
    "SHARED_NO_WRITE": [
      "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_UPGRADABLE", "SHARED_WRITE",
    ],
    "SHARED_NO_READ_WRITE": [
      "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_READ_ONLY",
      "SHARED_UPGRADABLE", "SHARED_WRITE", "SHARED_READ",
    ],
    "EXCLUSIVE": [
      "EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE", "SHARED_READ_ONLY",
      "SHARED_UPGRADABLE", "SHARED_WRITE", "SHARED_READ", "SHARED", "SHARED_HIGH_PRIO",
    ],
  ]

  /// For each type that is asked for, the types that others who wait are given first.
  private static let incompatibleWaiting: [String: Set<String>] = [
    "SHARED": ["EXCLUSIVE"],
    "SHARED_READ": ["EXCLUSIVE", "SHARED_NO_READ_WRITE"],
    "SHARED_WRITE": ["EXCLUSIVE", "SHARED_NO_READ_WRITE", "SHARED_NO_WRITE"],
    "SHARED_UPGRADABLE": ["EXCLUSIVE"],
    "SHARED_NO_WRITE": ["EXCLUSIVE"],
    "SHARED_NO_READ_WRITE": ["EXCLUSIVE"],
  ]
}
