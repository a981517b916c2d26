/// A queue whose messages stand in one order, the same for all who read it, and stay there when read.
///
/// A stream of NATS or Kafka is one, a queue that hands each message to a single reader is not.
/// ``QueueCoordinator`` makes a ``Coordinator`` of any such queue. A value of this type stands
/// for one batch; batches have queues of their own.
///
/// Rules for an implementation:
/// - messages are numbered from 0 without gaps; those that were purged are a gap at the beginning;
/// - what was read once at a sequence number stands there unchanged, or was purged;
/// - every operation throws ``MuddledError`` with code ``MuddledError/Code/unavailable`` when the queue
///   cannot be reached, or has lost messages that nobody purged;
/// - ``publish(_:)`` may be called from several tasks at once, also while another one reads;
/// - `CoordinatorConformance` in `MuddledTestKit` checks a coordinator on the queue.
public protocol OrderedQueue: Sendable {
  /// The longest message that the queue takes, in bytes, at least 1024; longer records are cut into several.
  var messageBytes: Int { get async throws }

  /// Adds a message at the end, and returns once the queue keeps it.
  ///
  /// A message may come to stand there twice, as when a lost connection left its fate unknown. A cancelled
  /// task goes on to the end. After an error the message may stand there or not.
  ///
  /// - Parameter message: at most ``messageBytes`` long.
  func publish(_ message: [UInt8]) async throws

  /// The messages from a sequence number on, as many as the queue likes, waiting for the first of them.
  ///
  /// Called by one task at a time, each time with the number after the last message that it returned.
  ///
  /// - Parameters:
  ///   - sequence: the first number wanted; if it was purged, the first message left is returned.
  ///   - limit: how long to wait.
  /// - Returns: an empty list if nothing came in time, or the task was cancelled.
  func messages(
    from sequence: UInt64, waitingAtMost limit: Duration
  ) async throws -> [QueueMessage]

  /// Allows the queue to forget the messages before a sequence number; it may keep them all.
  ///
  /// Provided: keeps them.
  func purge(before sequence: UInt64) async throws

  /// Ends the connections of this value; no other operation may follow.
  func close() async
}

extension OrderedQueue {
  /// Keeps everything, for queues that forget by themselves.
  public func purge(before sequence: UInt64) async throws {}
}

/// A message as it stands in an ``OrderedQueue``.
public struct QueueMessage: Hashable, Sendable {
  /// The message's number in the queue, from 0.
  public let sequence: UInt64
  /// When the queue took it, by the queue's own clock: the time since some fixed moment.
  public let time: Duration
  /// What was published, unchanged.
  public let bytes: [UInt8]

  /// Makes a message, as an implementation of ``OrderedQueue`` does for its callers.
  public init(sequence: UInt64, time: Duration, bytes: [UInt8]) {
    self.sequence = sequence
    self.time = time
    self.bytes = bytes
  }
}
