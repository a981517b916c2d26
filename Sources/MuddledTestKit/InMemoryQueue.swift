package import MuddledCore
import Synchronization

/// Queues in this process's memory, by the names of their batches.
package final class InMemoryQueues: Sendable {
  private let messageBytes: Int
  private let purges: Bool
  private let queues = Mutex<[[UInt8]: InMemoryQueue.Store]>([:])

  /// Makes a place without queues.
  ///
  /// - Parameters:
  ///   - messageBytes: the longest message that they take.
  ///   - purges: whether they forget what may be forgotten.
  package init(messageBytes: Int = 1 << 20, purges: Bool = true) {
    self.messageBytes = messageBytes
    self.purges = purges
  }

  /// A handle on the queue of a batch, which is empty if the batch is new.
  package func queue(batch: String) -> InMemoryQueue {
    let store = queues.withLock { queues in
      let store = queues[Array(batch.utf8)] ?? InMemoryQueue.Store()
      queues[Array(batch.utf8)] = store
      return store
    }
    return InMemoryQueue(store: store, messageBytes: messageBytes, purges: purges)
  }
}

/// The plainest queue with one order: a list, in which its readers look every millisecond.
package struct InMemoryQueue: OrderedQueue {
  package final class Store: Sendable {
    fileprivate struct Contents {
      var first: UInt64 = 0
      var messages: [QueueMessage] = []
    }

    fileprivate let start = ContinuousClock.now
    fileprivate let contents = Mutex(Contents())
  }

  private let store: Store
  package let messageBytes: Int
  private let purges: Bool

  fileprivate init(store: Store, messageBytes: Int, purges: Bool) {
    self.store = store
    self.messageBytes = messageBytes
    self.purges = purges
  }

  /// How many messages are kept.
  package var count: Int { store.contents.withLock { $0.messages.count } }

  package func publish(_ message: [UInt8]) async throws {
    precondition(message.count <= messageBytes, "a message is too long")
    store.contents.withLock { contents in
      contents.messages.append(
        QueueMessage(
          sequence: contents.first + UInt64(contents.messages.count),
          time: ContinuousClock.now - store.start, bytes: message))
    }
    await Task.yield()
  }

  package func messages(
    from sequence: UInt64, waitingAtMost limit: Duration
  ) async throws -> [QueueMessage] {
    let deadline = ContinuousClock.now + limit
    while !Task.isCancelled {
      let found = store.contents.withLock { contents in
        Array(contents.messages.drop { $0.sequence < sequence }.prefix(100))
      }
      if !found.isEmpty || .now >= deadline { return found }
      try? await Task.sleep(for: .milliseconds(1))
    }
    return []
  }

  package func purge(before sequence: UInt64) async throws {
    guard purges else { return }
    store.contents.withLock { contents in
      contents.messages.removeAll { $0.sequence < sequence }
      contents.first = max(contents.first, sequence)
    }
  }

  package func close() async {}
}
