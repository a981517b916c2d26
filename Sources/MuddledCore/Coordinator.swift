/// Where the nodes of one batch meet: an ordered log of opaque records, and a lease per node.
///
/// A value of this type stands for one batch in one store. It knows nothing of what the records
/// mean. Positions start at 0 and have no gaps. Every operation may wait for the store, may be
/// called from any task, and throws ``MuddledError`` with code ``MuddledError/Code/unavailable``
/// when the store cannot be reached; ``records(from:waitingAtMost:)`` and
/// ``append(_:at:)`` may be under way at the same time.
///
/// Rules for an implementation:
/// - exactly one append wins each position, however many nodes try, and a record that was returned
///   once is returned unchanged by every later read;
/// - a cancelled task makes ``records(from:waitingAtMost:)`` return early, with an empty list;
/// - batches in the same store do not see each other;
/// - an id (batch or node) is any text of 1 to 200 bytes of UTF-8 and never becomes part of a command;
/// - what a batch leaves in the store disappears by itself some days after its last use.
///
/// `CoordinatorConformance` of `MuddledTestKit` checks an implementation.
public protocol Coordinator: Sendable {
  /// Stores `record` at `position` if the log ends exactly there.
  ///
  /// - Parameters:
  ///   - record: any bytes, at most ``CoordinatorLimits/recordBytes`` long.
  ///   - position: the place of the record; the caller has seen every record before it.
  /// - Returns: ``AppendResult/taken`` if another record stands at that position already.
  func append(_ record: [UInt8], at position: UInt64) async throws -> AppendResult

  /// The records from `position` on, in order, waiting for the first of them if there is none yet.
  ///
  /// The first record returned stands later than `position` if the log was trimmed meanwhile.
  ///
  /// - Parameters:
  ///   - position: the first position wanted; the caller has seen that every one before it is taken,
  ///     so that a store whose log ends earlier has lost it, and may throw.
  ///   - limit: how long to wait; `.zero` only looks.
  /// - Returns: an empty list if nothing came in time.
  func records(from position: UInt64, waitingAtMost limit: Duration) async throws -> [LogRecord]

  /// Says that `node` lives, and tells when every node of the batch was last seen.
  ///
  /// All times are taken from the store's own clock, never from a node's.
  ///
  /// - Parameter node: the node that lives; `nil` only asks.
  /// - Returns: one entry for each node that holds a lease, in the order of the ids' bytes.
  func renewLease(of node: String?) async throws -> [Lease]

  /// Gives up the lease of `node`, which leaves in good order.
  func dropLease(of node: String) async throws

  /// Allows the store to forget every record before `position`.
  func trim(before position: UInt64) async throws

  /// Ends the connections of this value; no other operation may follow.
  func close() async
}

/// A coordinator whose store forgets a batch as soon as the last node has left it.
public protocol TransientCoordinator: Coordinator {
  /// Has the store keep the batch although everybody leaves, until a node next renews a lease.
  ///
  /// A node that leaves before the batch's end calls it before it drops its lease, so that the batch can go on
  /// later where it stood.
  func keep() async throws
}

/// The bounds that every coordinator and its callers keep.
public enum CoordinatorLimits {
  /// The longest record that ``Coordinator/append(_:at:)`` must take, in bytes: 1 MiB.
  public static let recordBytes = 1 << 20
  /// The longest batch or node id, in bytes of UTF-8.
  public static let idBytes = 200
}

/// What became of an append.
public enum AppendResult: Hashable, Sendable {
  /// The record stands at the position that was asked for.
  case appended
  /// Another record stands there; read on and decide again.
  case taken
}

/// One record of a coordinator's log.
public struct LogRecord: Hashable, Sendable {
  /// The record's place in the log, from 0.
  public let position: UInt64
  /// What was appended there, unchanged.
  public let bytes: [UInt8]

  /// Makes a record, as an implementation of ``Coordinator`` does for its callers.
  public init(position: UInt64, bytes: [UInt8]) {
    self.position = position
    self.bytes = bytes
  }
}

/// When the store last heard of a node.
public struct Lease: Hashable, Sendable {
  /// The node's id.
  public let node: String
  /// How long ago the node last renewed its lease, by the store's clock.
  public let age: Duration

  /// Makes a lease, as an implementation of ``Coordinator`` does for its callers.
  public init(node: String, age: Duration) {
    self.node = node
    self.age = age
  }
}
