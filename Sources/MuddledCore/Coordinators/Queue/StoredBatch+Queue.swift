extension StoredBatch {
  /// Works out what a queue's messages hold of a batch.
  ///
  /// - Parameters:
  ///   - id: the batch's id.
  ///   - age: how long ago its queue was made.
  ///   - messages: every message of the queue, in order.
  ///   - now: the time of the queue's clock.
  package init(id: String, age: Duration, messages: [QueueMessage], now: Duration) {
    var log = QueueLog()
    // What muddled did not write tells nothing, and is there to be removed.
    for message in messages { _ = try? log.apply(message) }
    self.init(id: id, age: age, leases: log.leases(at: now), records: log.records(from: 0))
  }
}
