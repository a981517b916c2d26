/// What the messages of a queue mean together: the log of records and the leases.
///
/// Pure: every node that reads the same messages has the same log. In the queue's order the first complete claim of
/// a position wins it, if all positions before it are won; every other claim of it means nothing.
struct QueueLog {
  /// What a message means for whoever waits for an answer.
  enum Event: Hashable {
    /// Whether the claim with this mark won its position.
    case decided(QueueEntry.Mark, AppendResult)
    /// The claim was of a position past the log's end.
    case refused(QueueEntry.Mark)
    /// What bears this mark was read, and when the queue took it.
    case heard(QueueEntry.Mark, Duration)
    /// This was read, but not what the log was before it.
    case unplaced(QueueEntry.Mark)
    /// Messages were purged before they were read here; what bore other marks may be among them.
    case interrupted
  }

  private struct Kept {
    let record: LogRecord
    /// Where the first part of its claim stands in the queue.
    let sequence: UInt64
  }

  /// The parts of a claim that is not complete yet.
  private struct Partial {
    let sequence: UInt64
    var count: UInt64 = 0
    var bytes: [UInt8] = []
  }

  /// The number of the next message to read.
  private(set) var nextSequence: UInt64 = 0
  /// Where the log ends: the position of the next record.
  private(set) var end: UInt64 = 0
  private var kept: [Kept] = []
  private var leases: [QueueLease] = []
  private var partials: [QueueEntry.Mark: Partial] = [:]
  /// Where reading began behind a purge, until the cut that was made there is found.
  private var cutSought: UInt64?
  /// What was read meanwhile.
  private var backlog: [(QueueMessage, QueueEntry)] = []

  /// The first position that is kept.
  var start: UInt64 { end - UInt64(kept.count) }

  /// The kept records from a position on.
  func records(from position: UInt64) -> [LogRecord] {
    guard position < end else { return [] }
    let index = position > start ? Int(position - start) : 0
    return kept[index...].map(\.record)
  }

  /// All leases at a time of the queue's clock, in the order of the ids' bytes.
  func leases(at now: Duration) -> [Lease] {
    leases.map { Lease(node: $0.node, age: max(.zero, now - $0.renewed)) }
  }

  /// The cut that forgets records before a position; `nil` if there is nothing to forget.
  ///
  /// The last record always stays: a reader could not tell from an empty queue where the log ends.
  func cut(before position: UInt64) -> QueueCut? {
    let first = min(position, max(end, 1) - 1)
    guard cutSought == nil, first > start else { return nil }
    return QueueCut(
      sequence: kept[Int(first - start)].sequence, position: first,
      leasesAt: max(nextSequence, 1) - 1, leases: leases)
  }

  /// Takes the next message in.
  ///
  /// - Throws: ``MalformedBytes`` if muddled did not write it.
  mutating func apply(_ message: QueueMessage) throws -> [Event] {
    guard message.sequence >= nextSequence else { return [] }
    var events: [Event] = []
    if message.sequence > nextSequence {
      // Only a purge makes a gap. What the log was before it stands in the cut that was said there.
      if nextSequence > 0 { events.append(.interrupted) }
      (kept, partials, leases, backlog) = ([], [:], [], [])
      cutSought = message.sequence
    }
    nextSequence = message.sequence + 1
    let entry = try QueueEntry(message.bytes)
    guard let sought = cutSought else { return events + perform(entry, of: message) }
    backlog.append((message, entry))
    guard case .trimmed(let cut) = entry, cut.sequence == sought else {
      if case .asked(let mark) = entry { events.append(.unplaced(mark)) }
      return events
    }
    cutSought = nil
    end = cut.position
    leases = cut.leases
    let replay = backlog
    backlog = []
    for (message, entry) in replay {
      events += perform(entry, of: message, knowsLeases: message.sequence <= cut.leasesAt)
    }
    return events
  }

  private mutating func perform(
    _ entry: QueueEntry, of message: QueueMessage, knowsLeases: Bool = false
  ) -> [Event] {
    switch entry {
    case .claim(let mark, let position, let part, let parts, let bytes):
      guard position == end else {
        return [position < end ? .decided(mark, .taken) : .refused(mark)]
      }
      var partial = partials[mark] ?? Partial(sequence: message.sequence)
      // A repeated part is not taken twice.
      guard part == partial.count else { return [] }
      partial.count += 1
      partial.bytes += bytes
      partials[mark] = partial
      guard partial.count == parts else { return [] }
      // All other claims that are under way are of the same position, and have lost it.
      partials = [:]
      kept.append(
        Kept(
          record: LogRecord(position: end, bytes: partial.bytes), sequence: partial.sequence))
      end += 1
      return [.decided(mark, .appended)]
    case .renewed(let mark, let node):
      if !knowsLeases { renew(node, at: message.time) }
      return [.heard(mark, message.time)]
    case .dropped(let mark, let node):
      if !knowsLeases { leases.removeAll { $0.node.utf8.elementsEqual(node.utf8) } }
      return [.heard(mark, message.time)]
    case .asked(let mark): return [.heard(mark, message.time)]
    case .trimmed(let cut):
      if cut.position > start {
        kept.removeFirst(Int(min(cut.position - start, UInt64(kept.count))))
      }
      return []
    }
  }

  private mutating func renew(_ node: String, at time: Duration) {
    let index = leases.firstIndex { !$0.node.utf8.lexicographicallyPrecedes(node.utf8) }
    if let index, leases[index].node.utf8.elementsEqual(node.utf8) {
      leases[index].renewed = time
    } else {
      leases.insert(QueueLease(node: node, renewed: time), at: index ?? leases.endIndex)
    }
  }
}
